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

"$sgdmark" doctor --time 1s > "$scratch/text" 2> "$scratch/why"
equal "a time for nothing is refused" "$? $(grep -c -- '--time: without --measure' "$scratch/why")" "2 1"

# What can be tried. On a busy machine nothing may be told apart, but every question is answered.
SGDMARK_ISA=scalar "$sgdmark" doctor --measure --time 1 --data synthetic:n=600,d=64 --json "$scratch/measured.json" > "$scratch/text"
equal "--measure: exit status" $? 0
measured() { jq -c ".measured | $1" "$scratch/measured.json"; }
equal "the questions, in order" "$(measured '[.questions[].question]')" '["pages","smt","placement","memory"]'
equal "each is timed, or the reason is said" \
    "$(measured '[.questions[] | .timed or (.not_tried | length > 0 and all(.why != ""))] | all')" true
equal "pages: what is not timed has a reason" \
    "$(measured '.questions[0] | [(.alternatives // [])[].name, .not_tried[].name] | sort')" '["huge","thp"]'
equal "after each epoch its weights were checked" \
    "$(measured '[.questions[] | select(.timed) | .checks >= .rounds * (.cases | length)] | all')" true
equal "its weights are those of train" "$(measured .fingerprint | tr -d '"')" \
    "$("$sgdmark" train --isa scalar --data synthetic:n=600,d=64 --json - | jq -r .fingerprint)"
equal "the interval holds the ratio" "$(measured '[.questions[] | (.alternatives // [])[], .again // empty |
    select(.low) | .low <= .speed and .speed <= .high] | all')" true
equal "no verdict within what is not told apart" "$(measured '[.questions[] | .least as $least | (.alternatives // [])[] |
    if .verdict == "faster" then .low > 1 + $least elif .verdict == "slower" then .high < 1 / (1 + $least) else true end] | all')" true
equal "text and JSON have the same verdicts" \
    "$(sed -n -E 's/^    ([a-z-]+) +[0-9.]+ \[.*\]  (faster|slower|not told apart).*/\1 \2/p' "$scratch/text")" \
    "$(jq -r '.measured.questions[] | (.alternatives // [])[] | "\(.name) \(.verdict)"' "$scratch/measured.json")"
equal "rows on small pages lie on no others" "$(measured '[.questions[0].cases // [] | .[] | select(.name | contains("/4k")) |
    .pages.asked == "4k" and (.pages.huge_bytes // 0) == 0] | all')" true

# Explicit huge pages: taken where root has reserved some, else refused in one line.
"$sgdmark" train --isa scalar --data synthetic:n=600,d=64 --pages huge --json "$scratch/huge.json" > "$scratch/noise" 2> "$scratch/why"
status=$?
pool=/sys/kernel/mm/hugepages/hugepages-2048kB
if [ "$(cat $pool/free_hugepages 2> "$scratch/noise" || echo 0)" -gt 0 ]; then
    equal "--pages huge: exit status" $status 0
    equal "the rows lie on huge pages" "$(jq -c '.pages | [.asked, .huge_bytes >= 2097152]' "$scratch/huge.json")" '["huge",true]'
else
    equal "--pages huge: exit status" $status 2
    check "the reason says how many are needed and are there" grep -q -E \
        '^sgdmark train: synthetic:.*: the rows need 1 huge page of 2 MiB, and (0 are free \(as root: echo [0-9]+ > /sys/|this system has none)' \
        "$scratch/why"
fi

"$sgdmark" run --quick --isa scalar --place core --data synthetic:n=300,d=64 --json "$scratch/run.json" > "$scratch/noise" 2>&1
"$sgdmark" report "$scratch/run.json" > "$scratch/run.txt"
equal "a run records its findings" "$(jq -r '.sgdmark.findings | type' "$scratch/run.json")" array
equal "... and the pages of its rows" "$(jq -r '.sgdmark.pages.asked' "$scratch/run.json")" auto
equal "and prints the one or two worst that disturb" \
    "$(sed -n 's/^DISTURBS \([a-z-]*\): .*/\1/p' "$scratch/run.txt")" \
    "$(jq -r '[.sgdmark.findings[] | select(.weight >= 50)][:2][].name' "$scratch/run.json")"
finish
