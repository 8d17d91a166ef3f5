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
    "$sgdmark" run --soak 0.0001 --notebook --data "$@" > "$scratch/out" 2> "$scratch/errors"
    status=$?
    result="$status $(sed -n 's/^CORRECT yes: all \([0-9]*\) checks held: .*/\1/p' "$scratch/out") $(grep -c '  published: ' "$scratch/out")"
}

soak $mnist --isa scalar
check "all published values hold" grep -q -E '^0 [0-9]+ 9$' <<< "$result"
checks=$(cut -d ' ' -f 2 <<< "$result")
check "and are counted: 9 of the notebook's steps, 9 of each of three jobs" [ "${checks:-0}" -ge 36 ]

# The walk: the notebook's digit, found and drawn, and what the notebook printed of its own shuffle beside ours.
says() {
    check "the walk says: $1" grep -q -F "$1" "$scratch/out"
}
says "X[34911] of the rows sorted by label: row 47944 of the file, labelled 5"
says "that digit is a 5: decision 57246.2951920"
says "takes it for an 8"
says "the textbook's digit is a 5: decision 161855.7457217"
says "published: 0.9502 0.96565 0.96495; the notebook: 0.9645 0.9656 0.94645"
says "published: 0.909 0.90715 0.9128; the notebook: 0.9124 0.9055 0.91105"
says "published: 53272 1307 / 1077 4344; the notebook: 53553 1026 / 1443 3978"
says "; the notebook: 0.7949640287769785"
says "; the notebook: 0.7338129496402878"
says "; the notebook: 0.7631654676258993"
says "perfect     54579 0 / 0 5421"
says "shuffled without a seed"
says "ROC AUC 0.9624496555967155"
says "at threshold 70000, precision 0.8659205116491548, recall 0.6993174691016417"
equal "the trade-off takes five lines" "$(sed -n '/^10 Trade-off/,/^$/p' "$scratch/out" | grep -c .)" 5
drawn=$("$sgdmark" describe --data $mnist --order file --show 47944 | tail -n 14)
equal "the digit is drawn as describe draws row 47944" \
    "$(sed -n '/^2 A digit/,/^3 Split/p' "$scratch/out" | sed '1d;$d' | cut -c 16-)" "$drawn"

mkdir "$scratch/changed"
ln -s "$PWD/$mnist"/t10k-* "$PWD/$mnist/train-labels-idx1-ubyte" "$scratch/changed"
cp $mnist/train-images-idx3-ubyte "$scratch/changed/"
printf '\1' | dd of="$scratch/changed/train-images-idx3-ubyte" bs=1 seek=1000016 conv=notrunc 2> /dev/null
soak "$scratch/changed" --isa scalar
check "one other pixel: another job, without published values" grep -q -E '^0 [0-9]+ 0$' <<< "$result"
finish
