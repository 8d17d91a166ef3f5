#!/bin/bash
# SPDX-License-Identifier: MIT
# The comparison with other programs: its table has every job, says what is missing, and does not time what is wrong.
source "$(dirname "$0")/lib.sh"
needs jq

if ! have_mnist; then
    skip "comparison with other programs" "$mnist is not there (tools/fetch-mnist)"
    finish
fi

# peers BUILD: the table of a build that has no other compiler and no other library beside it.
peers() {
    tools/bench-peers --rounds 1 --limit 600 --build "$1" --clang-build "$scratch/none" > "$scratch/table" 2>&1
}

# counts NAME PATTERN WANT: how many lines of the table match.
counts() {
    equal "$1" "$(grep -c -E "$2" "$scratch/table")" "$3"
}

# a_build FOLDER COMMAND: a build folder whose program is a script.
a_build() {
    mkdir "$1"
    cp "$build/signature" "$1"
    printf '#!/bin/sh\n%s\n' "$2" > "$1/sgdmark"
    chmod +x "$1/sgdmark"
}

program=$(realpath "$sgdmark")
vectors=$(backends_here bits | grep -vcx scalar)
a_build "$scratch/plain" "exec '$program' \"\$@\""
peers "$scratch/plain"
equal "the table is made" $? 0
counts "jobs" '^(FIT|CROSS-VALIDATION|PREDICTION)' 3
counts "timed lines of engine int for each job" '^sgdmark int, [^ ]+ +[0-9.]+ +[0-9.]+ to ' $((3 * vectors))
counts "ten digits and a sweep" '^(TEN DIGITS|SWEEP)' 2
counts "timed lines of fits that share their rows" '^sgdmark (f32|int) on [^ ]+ +[0-9.]+ +[0-9.]+ to ' 4
counts "a library that is missing is named" '^(LIBLINEAR|OpenBLAS) +not timed: it is not installed' 5
counts "a compiler that is missing is named" '^clang +not timed: ' $((3 + $(grep -c '^DOT' "$scratch/table")))

# A program whose backends train an epoch too many, while its reference does not; of fits that share their rows, the
# reference of engine f32.
a_build "$scratch/wrong" "case \"\$*\" in *'--isa all --json'* | *'--engine f32 --isa scalar'*) exec '$program' \"\$@\" --epochs 6 ;; *) exec '$program' \"\$@\" ;; esac"
peers "$scratch/wrong"
equal "wrong backends are found out" $? 1
counts "and not timed" '^sgdmark int, [^ ]+ +NOT TIMED, its check failed' $((3 * vectors))
counts "nor fits of f32 that share their rows" '^sgdmark f32 on [^ ]+ +NOT TIMED, its check failed' 2
counts "not one of them" '^sgdmark (int|f32), [^ ]+ +[0-9]' 0
finish
