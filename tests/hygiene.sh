#!/bin/bash
# SPDX-License-Identifier: MIT
# Which instructions stand where, read off the disassembled program: none above the baseline outside the object file of
# the backend that promises to look first; no packed arithmetic in the scalar kernels; each kernel one plain symbol that
# uses its level's widest registers. Prints a census of every kernel symbol.
source "$(dirname "$0")/lib.sh"

if sanitized; then
    skip "instructions of the program" "$build is built with a sanitizer, whose checks are instructions too"
    finish
fi

# kernels GROUP: the names in SHARED_KERNELS, OWN_KERNELS or PACKED_KERNELS of kernels.h, by the C preprocessor.
kernels() {
    tr ' ' '\n' < "$build/registry.txt" | awk -v group="${1%_KERNELS}" '
        $0 == "kernel" { getline; now = $0; getline; if (now == group) print }'
}

# backends FOLDER: suffix|base|parity|rows|flags of the registry's lines for the architecture of a build.
backends() {
    sed -nE 's/^backend ([a-z0-9_]+) ([a-z0-9_]+) PARITY_([A-Z]+) ([A-Z]+) "(.*)"$/\1|\2|\3|\4|\5/p' "$1/registry.txt"
}

# kernels_of SUFFIX BASE ROWS: what the file of the backend holds.
kernels_of() {
    [ "$1" != "$2" ] || kernels SHARED_KERNELS
    kernels OWN_KERNELS
    [ "$3" != PACKED ] || kernels PACKED_KERNELS
}

# level_of FLAGS: what a file compiled with these flags may use on x86-64: 0 SSE2, 2 AVX2, 3 AVX-512.
level_of() {
    case $1 in
    *avx512* | *x86-64-v4*) echo 3 ;;
    *avx2* | *x86-64-v3*) echo 2 ;;
    *) echo 0 ;;
    esac
}

# disassemble PROGRAM OBJDUMP: symbol, first opcode byte, whether the opcode is in the maps 0f38 and 0f3a, mnemonic and
# operands of every instruction.
disassemble() {
    "$2" -d -w "$1" | awk -F '\t' '
        /^[0-9a-f]+ <.*>:$/ { symbol = $0; sub(/^[^<]*</, "", symbol); sub(/>:$/, "", symbol); next }
        NF >= 3 {
            bytes = $2
            sub(/^((26|2e|36|3e|64|65|66|67|f2|f3) )+/, "", bytes)
            legacy = bytes ~ /^(4[0-9a-f] )?0f (38|3a)/
            print symbol "\t" substr(bytes, 1, 2) "\t" legacy "\t" $3 " " $4
        }'
}

# levels: from a disassembly, each symbol with the highest level in it: 3 EVEX, 2 VEX, 1 SSSE3 to SSE4.2 and their like.
# In 64-bit mode the bytes 62, c4 and c5 begin nothing else.
levels() {
    awk -F '\t' '
        { level = $2 == "62" ? 3 : $2 == "c4" || $2 == "c5" ? 2 : $3 ? 1 : 0 }
        !($1 in most) || level > most[$1] { most[$1] = level }
        END { for (symbol in most) print most[symbol], symbol }'
}

# census: per symbol the instructions, those that are fused multiply-adds, moves from and to memory, the widest register.
census() {
    awk -F '\t' '
        { count[$1]++ }
        $4 ~ /^(vfn?m(add|sub)|fml[as]|fn?m(add|sub))/ { fused[$1]++ }
        $4 ~ /^v?(add|mul)[ps][sd] |^f(add|mul) / { plain[$1]++ }
        $4 ~ /\(%|\[[xs]/ { memory[$1]++ }
        { width = $4 ~ /%zmm/ ? 512 : $4 ~ /%ymm/ ? 256 : $4 ~ /%xmm|v[0-9]+\.|q[0-9]/ ? 128 : 64 }
        width > widest[$1] { widest[$1] = width }
        END {
            for (symbol in count)
                printf "%s: %d instructions, %d fused multiply-adds, %d other sums and products, %d with memory, registers of %d bits\n",
                    symbol, count[symbol], fused[symbol], plain[symbol], memory[symbol], widest[symbol]
        }' | sort
}

# allowed_levels FOLDER: level and symbol of every function in the object files of backends. kernel_call_enter watches
# the upper vector halves on behalf of the kernel check, and tests first what the processor has.
allowed_levels() {
    local suffix flags
    echo "3 kernel_call_enter"
    backends "$1" | while IFS='|' read -r suffix _ _ _ flags; do
        nm --defined-only "$1/kernels/$suffix.o" | awk -v level="$(level_of "$flags")" '$2 ~ /[tT]/ { print level, $3 }'
    done
}

x86_levels() {
    local above
    levels < "$listing" > "$scratch/levels"
    allowed_levels "$1" > "$scratch/allowed"
    above=$(awk 'NR == FNR { if ($1 > allowed[$2]) allowed[$2] = $1; next } $1 > allowed[$2] + 0 { print $2 " uses level " $1 }' \
        "$scratch/allowed" "$scratch/levels")
    equal "$1: no instruction above its level outside a backend's file" "$above" ""
    check "$1: the disassembly shows AVX-512 where it belongs" grep -q '^3 .*_avx512$' "$scratch/levels"
}

# packed SYMBOL-PATTERN: packed arithmetic in these symbols. Moves, logic (zeroing) and conversions of one number are not.
packed() {
    grep -E "^$1	" "$listing" | awk -F '\t' '
        $4 ~ /^v?(add|sub|mul|div|sqrt|min|max|hadd|hsub|addsub|dp|rcp|rsqrt)p[sd] / ||
        $4 ~ /^vf.*p[sd] / || $4 ~ /^v?p(add|sub|mul|madd|avg|sad|min|max|cmp|unpck|mov[sz]x)/ ||
        $4 ~ /^f?(add|sub|mul|div|ml[as]|madd|cvt[a-z]*|[su]cvtf|[us]xtl2?) +v[0-9]+\.[0-9]+[bhsd]/ { print $1 ": " $4 }'
}

# examine FOLDER ARCH OBJDUMP
examine() {
    local folder=$1 arch=$2 kernel suffix base parity rows flags widest faults listed claim
    listing=$scratch/listing.$arch
    disassemble "$folder/sgdmark" "$3" > "$listing"
    [ "$arch" = AARCH64 ] || x86_levels "$folder"
    equal "$folder: no packed arithmetic in scalar kernels" \
        "$(packed '[a-z0-9_]+_(scalar|reference)')" ""

    census < "$listing" > "$scratch/census.$arch"
    while IFS='|' read -r suffix base parity rows flags; do
        widest=128
        [ "$arch" = AARCH64 ] || case $(level_of "$flags") in 2) widest=256 ;; 3) widest=512 ;; esac
        for kernel in $(kernels_of "$suffix" "$base" "$rows"); do
            faults="" claim="one plain symbol"
            listed=$(nm "$folder/sgdmark" | grep -c " T ${kernel}_$suffix$")
            [ "$listed" = 1 ] || faults="$listed global symbols of this name"
            if [ "$suffix" != scalar ] && [ "$parity" = BITS ]; then
                claim="$claim with registers of $widest bits"
                grep -q "^${kernel}_$suffix: .* of $widest bits" "$scratch/census.$arch" || faults+=" no such register"
            fi
            if [[ $kernel == dot_prefetch_* || $kernel == decision_* || $kernel == dot_packed ]]; then
                claim="$claim that asks for rows to come"
                grep -E "^${kernel}_$suffix	" "$listing" | grep -qE '	(prefetcht0|prfm +pldl1keep)' || faults+=" no such instruction"
            fi
            if [[ $kernel == dot_prefetch_* ]]; then
                claim="$claim, into L1 and L2"
                grep -E "^(${kernel}|${kernel/prefetch/prefetch_l2})_$suffix	" "$listing" | grep -qE '	(prefetcht1|prfm +pldl2keep)' ||
                    faults+=" none into L2"
            fi
            equal "$folder: ${kernel}_$suffix is $claim" "$faults" ""
            grep "^${kernel}_$suffix:" "$scratch/census.$arch" | sed 's/^/#   /'
        done
    done < <(backends "$folder")
}

for folder in "$build" build-aarch64-linux-gnu; do
    [ -x "$folder/sgdmark" ] || continue
    if [ "$folder" != "$build" ] && [ -n "$(find kernels -newer "$folder/sgdmark")" ]; then
        skip "instructions of $folder/sgdmark" "it is older than the kernels' sources"
        continue
    fi
    case $(od -An -tx1 -j18 -N1 "$folder/sgdmark" | tr -d ' ') in # e_machine
    3e) arch=X86_64 machine=x86_64 ;;
    b7) arch=AARCH64 machine=aarch64 ;;
    *) continue ;;
    esac
    objdump=objdump
    [ "$(uname -m)" = "$machine" ] || objdump=$machine-linux-gnu-objdump
    if command -v "$objdump" > "$scratch/which"; then
        examine "$folder" "$arch" "$objdump"
    else
        skip "instructions of $folder/sgdmark" "$objdump is not installed"
    fi
done
finish
