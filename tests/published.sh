#!/bin/bash
# SPDX-License-Identifier: MIT
# On the notebook's own job the published values are checks of `run`; on any other job, one pixel apart, they are not.
# `run --soak` is used because it times nothing.
. "$(dirname "$0")/lib.sh"
unset SGDMARK_ISA

if ! have_mnist; then
    skip "the published job" "$mnist is not there (tools/fetch-mnist)"
    finish
fi
if [ ! -e $mnist/train-images-idx3-ubyte ]; then
    skip "the published job" "$mnist is compressed, and this test changes one byte of it"
    finish
fi

# soak FOLDER ARGUMENTS...: leaves what it prints in $scratch/out; "STATUS CHECKS PUBLISHED-LINES" in result.
soak() {
    local status
    "$sgdmark" run --soak 0.0001 --data "$@" > "$scratch/out" 2> "$scratch/errors"
    status=$?
    result="$status $(sed -n 's/^CORRECT yes: all \([0-9]*\) checks held: .*/\1/p' "$scratch/out") $(grep -c '  published: ' "$scratch/out")"
}

soak $mnist --isa scalar
check "all published values hold" grep -q -E '^0 [0-9]+ 7$' <<< "$result"
checks=$(cut -d ' ' -f 2 <<< "$result")
check "and are counted: 5 of the notebook's steps, 9 of each of three jobs" [ "${checks:-0}" -ge 32 ]

mkdir "$scratch/changed"
ln -s "$PWD/$mnist"/t10k-* "$PWD/$mnist/train-labels-idx1-ubyte" "$scratch/changed"
cp $mnist/train-images-idx3-ubyte "$scratch/changed/"
printf '\1' | dd of="$scratch/changed/train-images-idx3-ubyte" bs=1 seek=1000016 conv=notrunc 2> /dev/null
soak "$scratch/changed" --isa scalar
check "one other pixel: another job, without published values" grep -q -E '^0 [0-9]+ 0$' <<< "$result"
finish
