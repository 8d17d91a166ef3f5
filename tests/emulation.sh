#!/bin/bash
# Processors that this machine does not have: which backend the program chooses there, how it refuses the others, and
# that it trains the same models from end to end. Under QEMU's user-mode emulation, so correctness only, never time.
source "$(dirname "$0")/lib.sh"
unset SGDMARK_ISA

if sanitized; then
    skip "emulated processors" "$build is built with a sanitizer"
    finish
fi

# model DIGIT COMMAND...: backend, fingerprint and update hash of a small fit by this program.
model() {
    local digit=$1
    shift
    timeout 300 "$@" train --data "$data" --limit 2000 --digit "$digit" --json - > "$scratch/json" 2> "$scratch/stderr" ||
        cat "$scratch/stderr"
    echo "$(json "$scratch/json" isa) $(json "$scratch/json" fingerprint) $(json "$scratch/json" update_hash)"
}

# A data set that every processor makes itself, and the real rows where they are.
data=synthetic:n=3000
declare -a native
remember_native() {
    local digit
    for digit in {0..9}; do
        native[digit]=$(model "$digit" env SGDMARK_ISA=scalar "$sgdmark")
    done
}

# trains BACKEND ON PROGRAM DIGIT...: chooses that backend and trains what the native scalar backend trained.
trains() {
    local backend=$1 on=$2 program=$3 digit good=yes
    shift 3
    for digit in "$@"; do
        # shellcheck disable=SC2086
        equal "$on: $backend is chosen and trains the same model, $data, digit $digit" \
            "$(model "$digit" $on "$program")" "${native[digit]/#scalar/$backend}"
        [ "$(json "$scratch/json" isa)" = "$backend" ] || good=no
    done
    [ $good = no ] || ledger "$backend" "under emulation ($on)"
}

# refuses BACKEND ON PROGRAM: status 2, one line that lists the choices.
refuses() {
    local backend=$1 on=$2 program=$3 err status
    # shellcheck disable=SC2086
    timeout 60 $on "$program" train --data "$data" --isa "$backend" > "$scratch/stdout" 2> "$scratch/stderr"
    status=$?
    # The emulator's own warnings are about features that it leaves out.
    err=$(grep -v '^qemu-[a-z0-9_]*: warning: TCG' "$scratch/stderr")
    if [ $status = 2 ] && [[ $err == sgdmark*"$backend"*scalar*avx512* && $err != *$'\n'* ]] && [ ! -s "$scratch/stdout" ]; then
        ok "$on: --isa $backend is refused with the choices"
    else
        not_ok "$on: --isa $backend is refused with the choices" "exit status $status" "$err"
    fi
}

# unit_tests ON FOLDER NAME...: unit programs under the emulator.
unit_tests() {
    local on=$1 folder=$2 name
    shift 2
    for name in "$@"; do
        # shellcheck disable=SC2086
        [ ! -x "$folder/tests/$name" ] || check "$on: $name" timeout 300 $on "$folder/tests/$name"
    done
}

x86_processors() {
    if ! command -v qemu-x86_64 > "$scratch/which"; then
        skip "x86-64 processors" "qemu-x86_64 is not installed (tools/install-deps --test)"
        return
    fi
    if [ "$(uname -m)" != x86_64 ]; then
        skip "x86-64 processors" "$sgdmark is not built for x86-64"
        return
    fi
    # QEMU emulates no AVX-512: its Skylake-Server is a processor whose AVX-512 is masked, as many hypervisors do.
    trains scalar "qemu-x86_64 -cpu Westmere" "$sgdmark" 5
    trains avx2 "qemu-x86_64 -cpu Haswell" "$sgdmark" {0..9}
    trains avx2 "qemu-x86_64 -cpu Skylake-Server" "$sgdmark" 5
    local processor
    for processor in Westmere Haswell Skylake-Server; do
        refuses avx512 "qemu-x86_64 -cpu $processor" "$sgdmark"
        refuses doesnotexist "qemu-x86_64 -cpu $processor" "$sgdmark"
        unit_tests "qemu-x86_64 -cpu $processor" "$build" test_kernels
    done
    refuses avx2 "qemu-x86_64 -cpu Westmere" "$sgdmark"
}

arm_processors() {
    local program=build-aarch64-linux-gnu/sgdmark
    if ! command -v qemu-aarch64 > "$scratch/which"; then
        skip "Arm processors" "qemu-aarch64 is not installed (tools/install-deps --test)"
    elif [ ! -x $program ]; then
        skip "Arm processors" "$program is not there (tools/install-deps --cross; make CROSS=aarch64-linux-gnu-)"
    else
        trains neon "qemu-aarch64 -cpu cortex-a72" $program {0..9}
        trains neon "qemu-aarch64 -cpu max" $program 5
        refuses avx2 "qemu-aarch64 -cpu max" $program
        unit_tests "qemu-aarch64 -cpu max" build-aarch64-linux-gnu test_kernels test_random test_fit
    fi
}

remember_native
x86_processors
arm_processors
if have_mnist; then
    data=$mnist
    remember_native
    x86_processors
    arm_processors
fi
finish
