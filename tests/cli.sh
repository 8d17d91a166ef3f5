#!/bin/bash
# SPDX-License-Identifier: MIT
# The command line as a contract: every line of tests/cli/table.tsv, then help, then memory and disks that run out.
source "$(dirname "$0")/lib.sh"
needs jq
source tests/cli/fixtures.sh

F=$scratch/fixtures T=$scratch/out S=synthetic:n=600 R=$PWD/tests/golden/result.json O=$PWD/tests/golden/result-schema-1.json
make_fixtures "$F"
unset SGDMARK_ISA

# A model of 784 features.
M=$F/model.npz
"$sgdmark" train --data $S --epochs 1 --save "$M" > "$scratch/stdout"
# What cannot be written where it should goes to the current folder: one of our own.
program=$(realpath "$sgdmark")
elsewhere=$scratch/elsewhere
mkdir "$elsewhere"
ln -s "$PWD/data" "$PWD/tests" "$elsewhere"

# A backend of the other architecture: one that this program has not compiled in.
FOREIGN=neon
[ "$(uname -m)" != aarch64 ] || FOREIGN=avx2
export F M T S R O FOREIGN

# The longest that one invocation may take.
seconds=60
if sanitized || counting; then seconds=600; fi

# fits TEXT PATTERN: "-" stands for no text at all, "*" for any; newlines count as blanks.
fits() {
    case $2 in
    -) [ -z "$1" ] ;;
    \*) true ;;
    *) grep -q -E -- "$2" <<< "${1//$'\n'/ }" ;;
    esac
}

# one_line TEXT: a single line that starts with the program's name.
one_line() {
    [[ $1 == sgdmark* && $1 != *$'\n'* ]]
}

# invoke ARGUMENTS: runs the program in a fresh output folder; sets status, out, err.
invoke() {
    local -a words environment=()
    eval "words=($1)"
    while [[ ${words[0]:-} =~ ^[A-Z_]+= ]]; do
        environment+=("${words[0]}")
        words=("${words[@]:1}")
    done
    rm -rf "$T" && mkdir "$T"
    (cd "$elsewhere" && exec env "${environment[@]}" timeout $seconds "$program" "${words[@]}" \
        > "$scratch/stdout" 2> "$scratch/stderr" < /dev/null)
    status=$?
    out=$(tr -d '\0' < "$scratch/stdout") err=$(tr -d '\0' < "$scratch/stderr")
}

# refused: what a refusal must look like besides its status; prints what is wrong.
refused() {
    one_line "$err" || echo "stderr is not one line that starts with sgdmark"
    [ -z "$(ls -A "$T")" ] || echo "left behind: $(ls -A "$T")"
}

while IFS= read -r line; do
    [[ $line != \#* ]] || continue
    IFS=$'\t' read -r want_status want_out want_err arguments <<< "$line"
    invoke "$arguments"
    faults=()
    [ "$status" = "$want_status" ] || faults+=("exit status $status, want $want_status")
    fits "$out" "$want_out" || faults+=("stdout does not match $want_out: ${out:0:300}")
    fits "$err" "$want_err" || faults+=("stderr does not match $want_err: ${err:0:300}")
    if [ "$want_status" = 2 ] || [ "$want_status" = 3 ]; then
        fault=$(refused)
        [ -z "$fault" ] || faults+=("$fault: $err")
    fi
    if [ ${#faults[@]} -eq 0 ]; then ok "sgdmark $arguments"; else not_ok "sgdmark $arguments" "${faults[@]}"; fi
done < tests/cli/table.tsv

# Help has examples and fits a terminal of 80 columns.
for command in "" $("$sgdmark" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
    # shellcheck disable=SC2086
    "$sgdmark" $command --help > "$scratch/stdout"
    check "help has examples: sgdmark $command --help" grep -q '^Examples\?:' "$scratch/stdout"
    equal "no line of help is longer than 79 columns: sgdmark $command --help" "$(awk 'length > 79' "$scratch/stdout")" ""
done

# refuses NAME: the last invocation ended as a refusal and left nothing in the output folder.
refuses() {
    local fault
    fault=$(refused)
    if [ "$status" = 2 ] && [ -z "$fault" ]; then ok "$1"; else not_ok "$1" "exit status $status" "$err" "$fault"; fi
}

# Standard output on a full disk.
for command in "train --data $S" "train --data $S --json -" "cv --data $S" "describe --data $S" kernels "kernels --json -" --help; do
    rm -rf "$T" && mkdir "$T"
    # shellcheck disable=SC2086
    (cd "$elsewhere" && "$program" $command > /dev/full 2> "$scratch/stderr")
    status=$?
    err=$(cat "$scratch/stderr")
    refuses "full standard output: $command"
done

# Standard output that is closed: no data file may take its place.
rm -rf "$T" && mkdir "$T"
"$sgdmark" train --data $S >&- 2> "$scratch/stderr"
status=$?
err=$(cat "$scratch/stderr")
refuses "closed standard output"

# A current folder where results/ cannot be made: said before the work, not after it.
# shellcheck disable=SC2317
cannot_make_results() {
    mount -t tmpfs -o ro none "$T" && cd "$T" || exit 9
    "$program" run --data "$S" > /dev/null 2> "$scratch/stderr"
}
export -f cannot_make_results
export scratch program
rm -rf "$T" && mkdir "$T"
timeout 10 unshare -m bash -c cannot_make_results > /dev/null 2>&1
status=$?
err=$(cat "$scratch/stderr")
case $status in
1 | 9) skip "results/ cannot be made" "mounting a tmpfs is not allowed here" ;;
*) if [[ $err == *results*--json* ]]; then refuses "results/ cannot be made"; else not_ok "results/ cannot be made" "$err"; fi ;;
esac

# A file that reaches the size limit of the process: writes fail half-way. One that was there before keeps its content.
if counting; then
    skip "file size limit" "$build writes files of its own"
else
    rm -rf "$T" && mkdir "$T"
    err=$(cd "$elsewhere" && ulimit -f 1 && "$program" cv --data synthetic:n=6000 --decision-out "$T/d.npy" 2>&1 > /dev/null)
    status=$?
    refuses "file size limit"

    mkdir -p "$T" && echo old > "$T/d.npy"
    (cd "$elsewhere" && ulimit -f 1 && "$program" cv --data synthetic:n=6000 --decision-out "$T/d.npy" > /dev/null 2>&1)
    equal "file size limit: the old file is kept" "$(ls "$T") $(cat "$T/d.npy")" "d.npy old"
fi

# Memory that the system refuses: exit status 3.
if sanitized; then
    skip "no memory for the rows" "$build is built with a sanitizer, which needs more of it"
elif [ "$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)" -lt 1000000 ]; then
    skip "no memory for the rows" "the machine has less than 1 GB of it"
else
    err=$(ulimit -v 300000; "$sgdmark" train --data synthetic:n=500000 2>&1 > /dev/null)
    equal "no memory for the rows: exit status" $? 3
    check "no memory for the rows: the reason" one_line "$err"
fi

# A small file system that fills up; runs in a shell of its own, in a mount namespace.
# shellcheck disable=SC2317
full_disk() {
    mount -t tmpfs -o size=8k none "$T" || exit 9
    cd "$elsewhere" && "$program" cv --data synthetic:n=6000 --decision-out "$T/d.npy" > /dev/null 2> "$scratch/stderr"
    status=$?
    [ -z "$(ls -A "$T")" ] || exit 8
    exit "$status"
}
export -f full_disk
export program scratch elsewhere
rm -rf "$T" && mkdir "$T"
unshare -m bash -c full_disk > /dev/null 2>&1
status=$?
err=$(cat "$scratch/stderr")
case $status in
0 | 2) refuses "full file system" ;;
8) not_ok "full file system" "a file is left behind" ;;
*) skip "full file system" "mounting a tmpfs is not allowed here" ;;
esac

# A job of a few microseconds: its times have digits.
"$sgdmark" run --quick --data synthetic:n=100,d=16 --isa "$(backends_here bits | tail -n 1)" --place core \
    --json "$scratch/tiny.json" > "$scratch/stdout" 2> "$scratch/stderr"
"$sgdmark" report "$scratch/tiny.json" > "$scratch/tiny"
equal "a tiny job's tables are in microseconds" "$(grep -c -E '^(engine/backend|placement) .* us(/fold)? ' "$scratch/tiny")" 2
equal "in which no epoch takes 0.00" "$(grep -c -E '^(f32|f64|int)/[a-z0-9-]+ +0\.00 ' "$scratch/tiny")" 0

finish
