#!/bin/bash
# SPDX-License-Identifier: MIT
# `sgdmark doctor` on this machine: it only reads, its text and its JSON say the same, and a run records and prints what
# it found. What it finds on other machines, test_doctor says.
. "$(dirname "$0")/lib.sh"
needs jq

"$sgdmark" doctor --json "$scratch/doctor.json" > "$scratch/text"
equal "exit status" $? 0
equal "text and JSON name the same findings" "$(sed -n -E 's/^([a-z-]+): .*/\1/p' "$scratch/text" | grep -v ' ')" \
    "$(jq -r '.findings[].name' "$scratch/doctor.json")"
equal "the worst comes first" "$(jq -c '[.findings[].weight]' "$scratch/doctor.json")" \
    "$(jq -c '[.findings[].weight] | sort | reverse' "$scratch/doctor.json")"

if command -v strace > "$scratch/noise" && strace -o "$scratch/trace" true 2> "$scratch/noise" && ! counting && ! sanitized; then
    strace -f -e trace=all -o "$scratch/trace" "$sgdmark" doctor > "$scratch/text"
    check "it reads files of /proc and /sys" grep -q 'open.*"/proc/self/status"' "$scratch/trace"
    equal "it opens no file for writing" "$(grep -E 'open(at)?\(.*(O_WRONLY|O_RDWR|O_CREAT)' "$scratch/trace")" ""
    equal "it changes nothing" "$(grep -E \
        '^[0-9]+ +(unlink|rename|mkdir|chmod|chown|truncate|mount|kill|fork|execve\(.*/s?bin|sched_set|setpriority|personality|sysctl)' \
        "$scratch/trace")" ""
else
    skip "it only reads" "strace is missing, tracing is not permitted, or the build does more than the program"
fi

"$sgdmark" run --quick --isa scalar --place core --data synthetic:n=300,d=64 --json "$scratch/run.json" > "$scratch/noise" 2>&1
"$sgdmark" report "$scratch/run.json" > "$scratch/run.txt"
equal "a run records its findings" "$(jq -r '.sgdmark.findings | type' "$scratch/run.json")" array
equal "and prints the one or two worst that disturb" \
    "$(sed -n 's/^DISTURBS \([a-z-]*\): .*/\1/p' "$scratch/run.txt")" \
    "$(jq -r '[.sgdmark.findings[] | select(.weight >= 50)][:2][].name' "$scratch/run.json")"
finish
