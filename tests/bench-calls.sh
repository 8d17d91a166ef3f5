# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the tests of `sgdmark bench`: one invocation on the rows $S, and what its refusal looks like.
# shellcheck disable=SC2154,SC2034

# bench ARGUMENTS...: sets status, stdout, stderr.
bench() {
    "$sgdmark" bench --data "$S" "$@" > "$scratch/stdout" 2> "$scratch/stderr" < /dev/null
    status=$?
    stdout=$(cat "$scratch/stdout") stderr=$(cat "$scratch/stderr")
}

# left_behind: the files in the scratch folder besides the two that bench writes.
left_behind() {
    find "$scratch" -mindepth 1 ! -name stdout ! -name stderr -printf '%f\n'
}

# refuses NAME PATTERN: the last invocation gave one line of that pattern and status 2, and left no file.
refuses() {
    if [ "$status" = 2 ] && [[ $stderr == "sgdmark bench: "* ]] && [[ $stderr != *$'\n'* ]] &&
        grep -q -E -- "$2" <<< "$stderr" && [ ! -e "$out" ]; then
        ok "$1"
    else
        not_ok "$1" "exit status $status" "$stderr" "$(left_behind)"
    fi
}
