#!/bin/bash
# SPDX-License-Identifier: MIT
# The processes of a run: one that fails is a failed check and adds no rounds, the others' are kept; --process is not for
# use by hand. A library that is loaded before the program makes a process fail.
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

# by_hand NAME INPUT WANT: --process refuses this input in one line that says so.
by_hand() {
    printf '%s' "$2" | timeout 60 "$sgdmark" run --quick --data synthetic:n=100,d=16 --process > "$scratch/out" 2> "$scratch/err"
    equal "--process, $1: exit status" $? 2
    equal "--process, $1: one line, no output" "$(wc -l < "$scratch/err") $(wc -c < "$scratch/out")" "1 0"
    check "--process, $1: the reason" grep -q -F "$3" "$scratch/err"
}
no_order='standard input holds no order of a run (it is not for use by hand)'
by_hand "nothing" "" "$no_order"
by_hand "no JSON" "hello" "$no_order"
by_hand "an empty object" "{}" "$no_order"
by_hand "an order without jobs" '{"process": 0, "processes": 3, "seed": 1, "budgets": [], "jobs": [], "works": {}}' "$no_order"
by_hand "an order for no process" '{"processes": 0, "jobs": [{}], "works": {}}' "$no_order"
for job in '{}' '{"engine": 0, "backend": "no-such", "prefetch": "8,1"}' '{"engine": 9, "backend": "scalar", "prefetch": "8,1"}' \
    '{"engine": 0, "backend": "scalar", "prefetch": "x"}'; do
    by_hand "the job $job" "{\"process\": 0, \"processes\": 3, \"jobs\": [$job], \"works\": {}}" "unknown job"
done
job='{"engine": 0, "backend": "scalar", "prefetch": "8,1", "epochs": ["0"]}'
ten='["0", "0", "0", "0", "0", "0", "0", "0", "0", "0"]'
for digits in "{\"job\": 1, \"group\": 10, \"epochs\": 1, \"hashes\": $ten}" "{\"job\": 0, \"group\": 11, \"epochs\": 1, \"hashes\": $ten}" \
    "{\"job\": 0, \"group\": 10, \"epochs\": 2, \"hashes\": $ten}" '{}'; do
    by_hand "the digits $digits" "{\"process\": 0, \"processes\": 3, \"jobs\": [$job], \"digits\": $digits, \"works\": {}}" \
        "does not name fits of ten digits"
done

compiler=$(sed -n '1s/ .*//p' "$build/signature")
if sanitized; then
    skip "processes that fail" "$build is built with a sanitizer, whose library must be loaded first"
    finish
elif ! "$compiler" -dumpmachine 2> /dev/null | grep -q "^$(uname -m)"; then
    skip "processes that fail" "$compiler makes no libraries for this machine"
    finish
fi

# The process of a run with the number FAIL_PROCESS, from 1 (0: each), ends as FAIL_HOW says. FAIL_COUNT is a file with a
# byte for each process so far.
cat > "$scratch/fail.c" << 'END'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
__attribute__((constructor)) static void start(int argc, char **argv) {
    const char *count = getenv("FAIL_COUNT"), *how = getenv("FAIL_HOW"), *which = getenv("FAIL_PROCESS");
    if (argc < 2 || strcmp(argv[argc - 1], "--process") != 0 || !count || !how || !which) return;
    FILE *file = fopen(count, "a");
    if (!file) _exit(99);
    fputc('.', file);
    long number = ftell(file);
    fclose(file);
    if (atol(which) != 0 && atol(which) != number) return;
    if (strcmp(how, "killed") == 0) raise(SIGKILL);
    if (strcmp(how, "exits") == 0) _exit(5);
    if (strcmp(how, "talks") == 0) printf("no rounds today\n");
    if (strcmp(how, "others") == 0) printf("{\"epochs\": {\"rounds\": 4, \"cases\": [\"x\"]}, \"folds\": {}}\n");
    fflush(stdout);
    _exit(0);
}
END
check "a library that makes a process fail" "$compiler" -shared -fPIC -o "$scratch/fail.so" "$scratch/fail.c"

# run_failing HOW WHICH: leaves the exit status in status, the result in run.json.
run_failing() {
    rm -f "$scratch/count" "$scratch/run.json"
    LD_PRELOAD=$scratch/fail.so FAIL_COUNT=$scratch/count FAIL_HOW=$1 FAIL_PROCESS=$2 "$sgdmark" run --quick \
        --data synthetic:n=100,d=16 --isa scalar --place core --json "$scratch/run.json" > "$scratch/out" 2> "$scratch/err"
    status=$?
}

# failures: of the checks, one a line: case, process, what.
failures() {
    jq -r '.sgdmark.verdict.failures[] | "\(.case)|\(.process)|\(.what)"' "$scratch/run.json"
}

# timed_by: for each experiment the numbers of the processes that timed it.
timed_by() {
    jq -c '[.sgdmark.experiments[].schedule.process | unique]' "$scratch/run.json"
}

run_failing killed 99
equal "no process fails: exit status" $status 0
equal "no process fails: three processes" "$(wc -c < "$scratch/count")" 3
equal "no process fails: all timed both experiments" "$(timed_by)" "[[0,1,2],[0,1,2]]"
equal "no process fails: no failed check" "$(failures)" ""
equal "no process fails: each has a median" "$(jq -c '[.sgdmark.experiments[].cases[].process_medians | length] | unique' "$scratch/run.json")" "[3]"
equal "no process fails: each has an order of its own" "$(jq '[.sgdmark.experiments[0].schedule | [.process, .order] |
    transpose | group_by(.[0])[] | map(.[1])[0:3]] | unique | length' "$scratch/run.json")" 3
whole=$(jq '.sgdmark.experiments[0].schedule.process | length' "$scratch/run.json")

while IFS='|' read -r how which others what; do
    run_failing "$how" "$which"
    equal "process $which $how: exit status" $status 1
    equal "process $which $how: the others go on" "$(wc -c < "$scratch/count")" 3
    equal "process $which $how: a failed check" "$(failures)" "process|$((which - 1))|process $which $what"
    equal "process $which $how: the rounds of the others" "$(timed_by)" "[$others,$others]"
    check "process $which $how: it adds none" test "$(jq '.sgdmark.experiments[0].schedule.process | length' "$scratch/run.json")" -lt "$((whole * 2))"
    equal "process $which $how: not correct" "$(jq -c '.sgdmark.verdict.correct' "$scratch/run.json")" false
    equal "process $which $how: medians of the others" "$(jq -c '[.sgdmark.experiments[].cases[].process_medians | length] | unique' "$scratch/run.json")" "[2]"
    check "process $which $how: the report says so" grep -q -F "process $which ${what%% (*}" <(tr -s ' \n' ' ' < "$scratch/out")
done << 'END'
killed|2|[0,2]|was ended by signal 9 (Killed)
exits|1|[1,2]|ended with status 5
talks|3|[0,1]|wrote no rounds: '[' or '{' expected near 'no'
others|2|[0,2]|the rounds of a process cannot be read: it timed other cases
END

run_failing killed 0
equal "all processes killed: exit status" $status 1
equal "all processes killed: one line" "$(grep -c . "$scratch/err")" 1
check "all processes killed: the reason" grep -q "no process timed anything: the last one was ended by signal 9" "$scratch/err"
check "all processes killed: no result" test ! -e "$scratch/run.json"

# A loader that is started by hand, with words of its own before the program's name: /proc/self/exe is the loader.
loader=$(LC_ALL=C readelf -l "$sgdmark" 2> "$scratch/noise" | sed -n 's/.*program interpreter: \(.*\)]$/\1/p')
job=(run --quick --data 'synthetic:n=100,d=16' --isa scalar --place core --json "$scratch/run.json")
if [ ! -x "${loader:-/none}" ]; then
    skip "a loader started by hand" "the program names none (readelf, of binutils)"
else
    for words in "" "--library-path $scratch" "--inhibit-cache"; do
        rm -f "$scratch/run.json"
        # shellcheck disable=SC2086
        "$loader" $words "$sgdmark" "${job[@]}" > "$scratch/out" 2> "$scratch/err"
        equal "a loader started by hand, $words: exit status" $? 0
        equal "a loader started by hand, $words: all processes timed" "$(timed_by)" "[[0,1,2],[0,1,2]]"
        equal "a loader started by hand, $words: the hash is the program's" \
            "$(jq -r .sgdmark.build.program_sha256 "$scratch/run.json")" "$(sha256sum < "$sgdmark" | cut -d ' ' -f 1)"
    done
fi
"$sgdmark" "${job[@]}" -- > "$scratch/out" 2> "$scratch/err"
equal "-- at the end of the options: exit status" $? 0

# Without /proc the program is known by the name that it was started with.
job_text=$(printf '%q ' "${job[@]}")
timeout 60 unshare -m bash -c "mount -t tmpfs none /proc || exit 9; exec $sgdmark $job_text" > "$scratch/out" 2> "$scratch/err"
case $? in
0) equal "without /proc: all processes timed" "$(timed_by)" "[[0,1,2],[0,1,2]]" ;;
9) skip "without /proc" "mounting is not allowed here" ;;
*) not_ok "without /proc" "$(cat "$scratch/err")" ;;
esac
finish
