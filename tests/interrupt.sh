#!/bin/bash
# SPDX-License-Identifier: MIT
# A run that is interrupted leaves no result or a whole one: killed at random moments, and while it writes.
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

# The fastest of what can be timed: half a second.
job=(run --quick --data 'synthetic:n=100,d=16' --isa "$(backends_here bits | tail -n 1)" --place core)
result=$scratch/result.json

# whole FILE: ends as JSON does and says that the run was complete; compare accepts nothing else.
whole() {
    [ "$(tail -c 2 "$1")" = "}" ] && grep -q '^    "status": "complete"' "$1" && grep -q '^    "samples": \[' "$1"
}

# judge: counts what the last killed run left.
finished=0 none=0 broken=() misleading=()
judge() {
    local file left
    if [ -e "$result" ]; then
        finished=$((finished + 1))
        whole "$result" || broken+=("run $1: $result is not whole")
    else
        none=$((none + 1))
    fi
    for file in "$scratch"/result.json*; do
        [ -e "$file" ] || continue
        left=${file##*/}
        [[ $left == result.json || $left == result.json.??????.tmp ]] || misleading+=("run $1 left $left")
        if "$sgdmark" compare "$scratch/first.json" "$file" > "$scratch/comparison" 2>&1 && ! whole "$file"; then
            broken+=("run $1: compare accepts $left, which is not whole")
        fi
        rm -f "$file"
    done
}

# start: the job in the background; sets child.
start() {
    "$sgdmark" "${job[@]}" --json "$result" > "$scratch/output" 2>&1 &
    child=$!
}

end() {
    kill -KILL $child 2> "$scratch/noise"
    wait $child 2> "$scratch/noise"
}

started=$EPOCHREALTIME
start
wait $child
equal "the job that is to be killed works" $? 0
took=$((${EPOCHREALTIME/./} - ${started/./})) # microseconds
check "and its result is whole" whole "$result"
mv "$result" "$scratch/first.json"
start
wait $child
check "compare accepts a whole one" "$sgdmark" compare "$scratch/first.json" "$result"
rm -f "$result"

for run in {1..30}; do
    moment=$((took * (RANDOM % 1000) / 1000))
    start
    sleep "$(printf '%d.%06d' $((moment / 1000000)) $((moment % 1000000)))"
    end
    judge "$run"
done
# As soon as anything of the file is there; at most until the run is over.
for run in {31..50}; do
    start
    until compgen -G "$scratch/result.json*" > "$scratch/noise" || ! kill -0 $child 2> "$scratch/noise"; do
        :
    done
    end
    judge "$run"
done
equal "kill -9 at 50 moments ($none left no result, $finished a finished one): none that is accepted is cut off" \
    "$(printf '%s\n' "${broken[@]}")" ""
equal "nothing that is left has a result's name" "$(printf '%s\n' "${misleading[@]}")" ""
check "some runs were killed before their end" test "$none" -gt 0

# What was there before is kept.
echo old > "$result"
start
sleep 0.1
end
equal "an older file is kept" "$(cat "$result")" old
rm -f "$result"

said="interrupted, nothing written"
# Who started the tests may ignore a signal, and the program leaves that so.
for signal in HUP INT QUIT TERM; do
    timeout -s $signal 0.3 env --default-signal "$sgdmark" "${job[@]}" --json "$result" > "$scratch/report" 2> "$scratch/output"
    equal "SIG$signal: ends with one line, and leaves nothing" \
        "$? $(cat "$scratch/output") $(compgen -G "$result*")" "124 sgdmark run: $said "
done
finish
