#!/bin/bash
# SPDX-License-Identifier: MIT
# `sgdmark soak`: cores that compute rightly pass, and a core that flips a bit now and then is named, for every kernel.
# The faults are those of tests/builds/planted.c, which counts multiplications: how busy the machine is changes nothing.
. "$(dirname "$0")/lib.sh"
needs jq

# of FILE FILTER: what jq makes of the section.
of() {
    jq -c -r ".sgdmark.soak | $2" "$1"
}

"$sgdmark" soak --minutes 0.03 --json "$scratch/sound.json" > "$scratch/sound.txt" 2> "$scratch/errors"
equal "sound cores pass" "$?/$(cat "$scratch/errors")" 0/
check "the verdict says so, with its bound" grep -q '^SOUND    yes: .*at 95 % at most one multiplication in' "$scratch/sound.txt"
equal "every unit ran" "$(of "$scratch/sound.json" '.units | map(select(.calls == 0)) | length')" 0
equal "so did every core, in one state at least" "$(of "$scratch/sound.json" '.cores | map(select(.calls == 0)) | length')" 0
equal "the bound is 3 over all multiplications" \
    "$(of "$scratch/sound.json" '(.bound * .multiplications * 1000000 | round) == 3000000 and .multiplications > 0')" true
listed=$(backend_table | awk -F '|' '$3 == "yes" { print $1 }' | sort)
equal "every backend that runs here is soaked" "$(of "$scratch/sound.json" '.units[].backend' | sort -u)" "$listed"
equal "and every engine's fits" "$(of "$scratch/sound.json" '[.units[] | select(.kernel == "fit").engine] | unique | join(" ")')" "f32 f64 int"
"$sgdmark" report "$scratch/sound.json" > "$scratch/again.txt"
check "report prints the file as the soak did" cmp "$scratch/sound.txt" "$scratch/again.txt"
check "the file tells the processor" jq -e '.sgdmark.cpu | has("microcode") or has("part")' "$scratch/sound.json"
"$sgdmark" soak --minutes 0.001 --isa scalar --kernel dot_u8f32 --json - > "$scratch/one.json"
equal "one kernel, and nothing but JSON" "$(of "$scratch/one.json" '.units | map("\(.kernel) \(.backend)") | join(",")')" "dot_u8f32 scalar"

out=$("$sgdmark" run --soak 0.005 --data synthetic:n=600 2>&1)
equal "run --soak: sound cores pass" "$?/$(grep -c '^SOUND    yes' <<< "$out")" 0/1
"$sgdmark" run --soak 0.005 --data synthetic:n=600 --json "$scratch/x" > /dev/null 2> "$scratch/errors"
equal "run --soak with --json is refused" "$?/$(wc -l < "$scratch/errors")" 2/1

# An interrupted soak tells what it has.
"$sgdmark" soak --minutes 0.5 --isa scalar --json "$scratch/cut.json" > "$scratch/cut.txt" 2> "$scratch/errors" &
pid=$!
sleep 2
kill -TERM "$pid"
wait "$pid"
equal "interrupted: it ends by the signal" $? 143
check "interrupted: it has reported" grep -q '^SOAK .*, interrupted: ' "$scratch/cut.txt"
equal "interrupted: the file says so" "$(jq -r '"\(.sgdmark.soak.stopped) \(.sgdmark.status)"' "$scratch/cut.json")" "true incomplete"

if sanitized; then
    skip "a core that flips a bit is named" "$build is built with a sanitizer"
    finish
fi
# A program that knows another answer for one pattern of one kernel: its own reference is held to what is known.
build_other() {
    build_settings scalar
    cat > "$scratch/known.c" << 'END'
#include "verify/soak_private.h"
uint64_t __real_soak_known_answer(size_t kernel, unsigned pattern);
uint64_t __wrap_soak_known_answer(size_t kernel, unsigned pattern) {
    return __real_soak_known_answer(kernel, pattern) ^ (kernel == KERNEL_dot_u8f32 && pattern == 1);
}
END
    "$compiler" -std=c17 -O2 -D_GNU_SOURCE -Isrc -Ikernels -c -o "$scratch/known.o" "$scratch/known.c" &&
        "$linker" -rdynamic -Wl,--wrap=soak_known_answer -o "$scratch/known" "$build/src/cli/main.o" "$scratch/known.o" \
            "$build/libsgdmark.a" "${libraries[@]}"
}
if counting; then
    skip "an answer that is not the known one" "$build counts what it executes"
elif check "a build that knows another answer" build_other; then
    out=$("$scratch/known" soak --minutes 0.001 --isa scalar --kernel dot_u8f32 2>&1)
    equal "an answer that is not the known one: exit status" $? 1
    check "it is named" grep -q 'on PU [0-9]* the answers of dot_u8f32 have the hash [0-9a-f]*, not [0-9a-f]*' <<< "$out"
    "$scratch/known" soak --minutes 0.001 --isa scalar --kernel axpy_u8f32 > "$scratch/noise" 2>&1
    equal "another kernel's answers are the known ones" $? 0
fi

check "a build whose kernels flip a bit" tools/test-builds "$scratch" planted

mapfile -t pus < <(of "$scratch/sound.json" '.cores[].pu')
first=${pus[0]} last=${pus[-1]}
# soak NAME PLANT ARGUMENTS...: leaves $scratch/NAME.json and .txt, and the status in $status.
soak() {
    PLANT=$2 "$scratch/planted" soak "${@:3}" --json "$scratch/$1.json" > "$scratch/$1.txt" 2>&1
    status=$?
}

if [ ${#pus[@]} -eq 1 ]; then
    soak all "pu=$last every=20000 bit=3" --minutes 0.03
    equal "wrong kernels: exit status" $status 1
    skip "the core is told from the others" "there is one core"
    finish
fi

# Every kernel of every backend, and every kind of fit.
soak all "pu=$last every=20000 bit=3" --minutes 0.05
equal "wrong kernels: exit status" $status 1
equal "each kernel and fit is named" "$(of "$scratch/all.json" '.units[] | select(.wrong == 0) | "\(.kernel) of \(.backend)"')" ""
equal "on the right core, and no other" "$(of "$scratch/all.json" '[.units[].wrong_on[]] | unique | join(" ")')" "$last"
equal "each has its first wrong result in the list" \
    "$(of "$scratch/all.json" '(.faults | length) == (.units | length) and all(.faults[]; .pu == '"$last"')')" true
equal "the verdict on the core" "$(of "$scratch/all.json" '.cores[-1].verdict')" core
check "the report names PU, core, kernel, backend, engine, row, bits, time, state, clock" grep -q -E \
    "^WRONG PU $last \(core [0-9]+, package -?[0-9]+\): [a-z0-9_]+ of [a-z0-9-]+, engine (f32|f64|int), row [0-9]+, result [0-9]+: 0x[0-9a-f]+.*, not 0x[0-9a-f]+.*, bits [0-9a-f]+; after [0-9.]+ s, state [a-z]+, [0-9.]+ GHz" "$scratch/all.txt"
check "of a fit also the epoch" grep -q -E "^WRONG PU $last .*: fit of [a-z0-9-]+, engine f32, epoch [12], row [0-9]+:" "$scratch/all.txt"

vector=$(replaceable_backend)
vector=${vector:-scalar}
name=$(backend_named "$vector")
one=(--kernel dot_u8f32 --isa "$name")
soak bit "pu=$last every=2e6 kernel=dot_u8f32 suffix=$vector bit=12" --minutes 0.03 "${one[@]}"
equal "one bit of one kernel: as it was planted" \
    "$(of "$scratch/bit.json" '.faults[0] | "\(.pu) \(.kernel) \(.backend) \(.differing_bits)"')" "$last dot_u8f32 $name 00001000"
equal "repeated elsewhere it is right" "$(of "$scratch/bit.json" '.faults[0] | "\(.elsewhere_pu != .pu) \(.elsewhere.wrong) \(.elsewhere.calls > 0)"')" "true 0 true"
equal "so it is the core" "$(of "$scratch/bit.json" '[.cores[].verdict] | unique | join(" ")')" "core right"

soak busy "pu=$last every=2e5 kernel=dot_u8f32 suffix=$vector bit=12 busy=1" --minutes 0.05 "${one[@]}"
equal "only while another core works: found as such" "$(of "$scratch/busy.json" '.cores[-1] | "\(.wrong > 0) \(.states.alone.wrong) \(.only_loaded)"')" "true 0 true"
check "and printed as such" grep -q 'WRONG: core, only while other cores work$' "$scratch/busy.txt"

soak after "pu=$last every=2e5 kernel=dot_u8f32 suffix=$vector bit=12 after=1" --minutes 0.04 "${one[@]}"
equal "only after a time: no earlier" "$status $(of "$scratch/after.json" '.faults[0].seconds > 0.5')" "1 true"

soak memory "pu=$first every=2e6 kernel=dot_u8f32 suffix=$vector memory=1" --minutes 0.03 --kernel dot_u8f32
equal "memory that has changed is told from a core" "$status $(of "$scratch/memory.json" '[.faults[].cause] | unique | join(" ")')" "1 memory"
equal "and mended: the soak goes on" "$(of "$scratch/memory.json" '.units | map(select(.wrong == .calls)) | length')" 0

# The answers of the fits are computed on the first core. Engine f64's sum is no backend's kernel.
soak answers "pu=$first every=3e6 suffix=reference" --minutes 0.03 --isa scalar
equal "a core that computes wrong answers makes no other core wrong" "$(of "$scratch/answers.json" '[.cores[] | select(.wrong > 0).pu] | join(" ")')" "$first"
check "and they are told" grep -q "^WRONG this machine's own reference: .* PU $first" "$scratch/answers.txt"
finish
