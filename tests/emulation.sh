#!/bin/bash
# SPDX-License-Identifier: MIT
# Processors that this machine does not have: which backend the program chooses there, how it refuses the others, and
# that it trains the same models from end to end. Under QEMU's user-mode emulation, so correctness only, never time.
source "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

if sanitized; then
    skip "emulated processors" "$build is built with a sanitizer"
    finish
fi

# model DIGIT COMMAND...: backend, fingerprint and update hash of one fit of $job by this program.
model() {
    local digit=$1
    shift
    timeout 300 "$@" train "${job[@]}" --digit "$digit" --json - > "$scratch/json" 2> "$scratch/stderr" ||
        cat "$scratch/stderr"
    echo "$(json "$scratch/json" isa) $(json "$scratch/json" fingerprint) $(json "$scratch/json" update_hash)"
}

# trains BACKEND ON PROGRAM DIGIT...: chooses that backend and trains what the native scalar backend trains.
trains() {
    local backend=$1 on=$2 program=$3 failed_before=$tap_failed digit native
    shift 3
    for digit in "$@"; do
        native=$(model "$digit" env SGDMARK_ISA=scalar "$sgdmark")
        # shellcheck disable=SC2086
        equal "$on: $backend is chosen and trains the same model (${job[*]:-default job}), digit $digit" \
            "$(model "$digit" $on "$program")" "${native/#scalar/$backend}"
    done
    [ "$tap_failed" -ne "$failed_before" ] || ledger "$backend" "under emulation ($on)"
}

# scores COMMAND...: the metrics of the default cross-validation.
scores() {
    timeout 300 "$@" cv --json - > "$scratch/json" 2> "$scratch/stderr" || cat "$scratch/stderr"
    local key
    for key in fold_accuracy confusion precision recall f1; do json "$scratch/json" $key; done
}

# refuses BACKEND ON PROGRAM: status 2, one line that lists the choices.
refuses() {
    local backend=$1 on=$2 program=$3 err status
    # shellcheck disable=SC2086
    timeout 60 $on "$program" train "${job[@]}" --isa "$backend" > "$scratch/stdout" 2> "$scratch/stderr"
    status=$?
    # The emulator's own warnings are about features that it leaves out.
    err=$(grep -v '^qemu-[a-z0-9_]*: warning: TCG' "$scratch/stderr")
    if [ $status = 2 ] && [[ $err == sgdmark*"$backend"*scalar*avx512* && $err != *$'\n'* ]] && [ ! -s "$scratch/stdout" ]; then
        ok "$on: --isa $backend is refused with the choices"
    else
        not_ok "$on: --isa $backend is refused with the choices" "exit status $status" "$err"
    fi
}

# unit_tests ON FOLDER: the unit programs under the emulator, but for six. test_topology binds memory to nodes, which QEMU
# does not pass on to the kernel; test_kernels, mostly faults planted in plain code, would take minutes, and the kernels
# themselves are verified below; the others simulate thousands of runs or write files, and call no kernel.
unit_tests() {
    local on=$1 program
    for program in "$2"/tests/test_*; do
        if [ ! -x "$program" ] || [[ $program =~ /test_(topology|kernels|plan|derive|stats|record)$ ]]; then continue; fi
        # shellcheck disable=SC2086
        check "$on: $(basename "$program")" timeout 300 $on "$program"
    done
}

# verifies BACKEND ON PROGRAM [--kernel NAME]: its kernels against the reference, under the emulator.
verifies() {
    local backend=$1 on=$2 program=$3
    shift 3
    # shellcheck disable=SC2086
    check "$on: the kernels of $backend are right $*" \
        timeout 300 $on "$program" kernels --verify --isa "$backend" --seed "$RANDOM" "$@"
}

# predicts ON PROGRAM: a model that was saved natively gives the same decision values there.
predicts() {
    local on=$1 program=$2
    "$sgdmark" train "${job[@]}" --save "$scratch/m.npz" > "$scratch/stdout"
    "$sgdmark" predict "${job[@]:0:2}" --model "$scratch/m.npz" --decision-out "$scratch/native.npy" > "$scratch/stdout"
    # shellcheck disable=SC2086
    timeout 300 $on "$program" predict "${job[@]:0:2}" --model "$scratch/m.npz" --decision-out "$scratch/there.npy" \
        > "$scratch/stdout" 2> "$scratch/stderr"
    check "$on: a saved model gives the same decision values" cmp "$scratch/native.npy" "$scratch/there.npy"
}

x86=no arm=no arm_program=build-aarch64-linux-gnu/sgdmark
if ! command -v qemu-x86_64 > "$scratch/which"; then
    skip "x86-64 processors" "qemu-x86_64 is not installed (tools/install-deps --test)"
elif [ "$(uname -m)" != x86_64 ]; then
    skip "x86-64 processors" "$sgdmark is not built for x86-64"
else
    x86=yes
fi
if ! command -v qemu-aarch64 > "$scratch/which"; then
    skip "Arm processors" "qemu-aarch64 is not installed (tools/install-deps --test)"
elif [ ! -x $arm_program ]; then
    skip "Arm processors" "$arm_program is not there (tools/install-deps --cross; make CROSS=aarch64-linux-gnu-)"
elif [ "$(qemu-aarch64 $arm_program --version)" != "$("$sgdmark" --version)" ]; then
    skip "Arm processors" "$arm_program is of another version than $sgdmark (make CROSS=aarch64-linux-gnu- all tests)"
else
    arm=yes
fi

# all_digits: $job for every digit, on processors of each level. QEMU emulates no AVX-512: its Skylake-Server is a
# processor whose AVX-512 is masked, as under many hypervisors.
all_digits() {
    if [ $x86 = yes ]; then
        trains scalar "qemu-x86_64 -cpu Westmere" "$sgdmark" 5
        trains avx2 "qemu-x86_64 -cpu Haswell" "$sgdmark" {0..9}
        trains avx2 "qemu-x86_64 -cpu Skylake-Server" "$sgdmark" 5
    fi
    if [ $arm = yes ]; then
        trains neon "qemu-aarch64 -cpu cortex-a72" $arm_program {0..9}
        trains neon "qemu-aarch64 -cpu max" $arm_program 5
    fi
}

# Rows that every processor makes itself.
job=(--data synthetic:n=3000 --epochs 3)
all_digits
if [ $x86 = yes ]; then
    for processor in Westmere Haswell Skylake-Server; do
        refuses avx512 "qemu-x86_64 -cpu $processor" "$sgdmark"
        refuses doesnotexist "qemu-x86_64 -cpu $processor" "$sgdmark"
    done
    unit_tests "qemu-x86_64 -cpu Haswell" "$build"
    # Of its updates QEMU 7.2 reads 16 bytes for the 4 of a scalar multiply-add, into the guard page: not verified here.
    verifies avx2 "qemu-x86_64 -cpu Haswell" "$sgdmark" --kernel dot_u8f32
    verifies avx2 "qemu-x86_64 -cpu Haswell" "$sgdmark" --kernel sigmoid_f32
    predicts "qemu-x86_64 -cpu Haswell" "$sgdmark"
    refuses avx2 "qemu-x86_64 -cpu Westmere" "$sgdmark"
fi
if [ $arm = yes ]; then
    refuses avx2 "qemu-aarch64 -cpu max" $arm_program
    unit_tests "qemu-aarch64 -cpu max" build-aarch64-linux-gnu
    predicts "qemu-aarch64 -cpu max" $arm_program
    for backend in neon neon-dotprod neon-i8mm; do verifies $backend "qemu-aarch64 -cpu max" $arm_program; done
    # Only engine int has dot products of its own with these.
    job=(--data synthetic:n=3000 --epochs 3 --engine int)
    trains neon-dotprod "qemu-aarch64 -cpu neoverse-n1" $arm_program {0..9}
    trains neon-i8mm "qemu-aarch64 -cpu max" $arm_program {0..9}
fi

# The real rows: a part for every digit, and the whole default job.
if have_mnist; then
    job=(--limit 2000)
    all_digits
    job=()
    [ $x86 = no ] || trains avx2 "qemu-x86_64 -cpu Haswell" "$sgdmark" 5
    [ $arm = no ] || trains neon "qemu-aarch64 -cpu cortex-a72" $arm_program 5
    if [ $arm = yes ]; then
        failed_before=$tap_failed
        equal "qemu-aarch64 -cpu max: autovec reaches the same metrics (default job)" \
            "$(SGDMARK_ISA=autovec scores qemu-aarch64 -cpu max $arm_program)" "$(scores "$sgdmark")"
        [ "$tap_failed" -ne "$failed_before" ] || ledger autovec "under emulation (qemu-aarch64 -cpu max)"
    fi
else
    skip "the default job on emulated processors" "$mnist is not there (tools/fetch-mnist)"
fi

# Float64 arithmetic is the same too: Arm compilers like to contract it.
job=(--data synthetic:n=3000 --engine f64)
[ $arm = no ] || trains scalar "qemu-aarch64 -cpu max" $arm_program 5

finish
