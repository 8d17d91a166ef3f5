#!/bin/bash
# SPDX-License-Identifier: MIT
# A run on a processor that others use as well shows it: samples are flagged, the A/A interval is wider than that of a
# quiet run or verdicts are withheld, and no backend wins that does not win in the quiet run.
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

if sanitized; then
    skip "a busy processor" "$build is built with a sanitizer, which is what takes the time then"
    finish
elif ! command -v taskset > "$scratch/noise"; then
    skip "a busy processor" "there is no taskset to put work on one processor"
    finish
fi

pu=$(sed -n 's/^Cpus_allowed_list:.*[^0-9]\([0-9]*\)$/\1/p' /proc/self/status)
backend=$(backends_here bits | tail -n 1)
# Epochs of one millisecond to many: a process runs for about three before another one's turn.
job=(run --quick --data synthetic:n=30000 --folds 2 --isa "$backend" --place core)
# Beside other work, the quiet run goes ahead of it where that is permitted.
first=()
if chrt -f 50 true 2> "$scratch/noise"; then first=(chrt -f 50); fi

# A process that computes and empties the caches, until the test ends.
competitor=
compete() {
    taskset -c "$pu" dd if=/dev/zero of=/dev/null bs=4M 2> "$scratch/noise" &
    competitor=$!
}
part() {
    [ -z "$competitor" ] || kill "$competitor"
    wait
    rm -rf "$scratch"
}
trap part EXIT

# epochs NAME FILTER: jq on the experiment `epochs` of a run.
epochs() {
    jq -r ".sgdmark.experiments[] | select(.name == \"epochs\") | $2" "$scratch/$1.json"
}

# disturbed NAME: flagged samples of the epochs, in thousandths.
disturbed() {
    epochs "$1" '1000 * .disturbed / .samples | floor'
}

# aa NAME FIELD: of the epochs: 1 the A/A interval's width in thousandths, of the short cases, 2 are the times usable?
aa() {
    if [ "$2" = 1 ]; then
        epochs "$1" '.controls[-1].shown | 1000 * (.high / .low - 1) | floor'
    else
        epochs "$1" .usable.state
    fi
}

# verdicts NAME: "against case, verdict" of the best one's pairs.
verdicts() {
    epochs "$1" '.pairs[] | select(.family == "best") | "\(.base), \(.verdict)"'
}

# wins NAME: those that claim something.
wins() {
    verdicts "$1" | grep -E ', (faster|slower)$'
}

# unconfirmed: wins of the busy run that no quiet run has.
unconfirmed() {
    wins busy | grep -v -x -F -f "$scratch/quiet-wins"
}

# The quietest of up to three: what else the machine does comes and goes.
status=0 tries=0
echo none > "$scratch/quiet-wins"
until [ "$tries" -eq 3 ] || { [ "$tries" -gt 0 ] && [ "$(aa quiet 1)" -le 30 ]; }; do
    tries=$((tries + 1))
    "${first[@]}" taskset -c "$pu" "$sgdmark" "${job[@]}" --json "$scratch/try.json" > "$scratch/try.txt" 2>&1 || status=$?
    wins try >> "$scratch/quiet-wins"
    if [ "$tries" -gt 1 ] && [ "$(aa try 1)" -ge "$(aa quiet 1)" ]; then continue; fi
    mv "$scratch/try.json" "$scratch/quiet.json"
    mv "$scratch/try.txt" "$scratch/quiet.txt"
done
equal "the quiet run on PU $pu: exit status" "$status" 0
compete
taskset -c "$pu" "$sgdmark" "${job[@]}" --json "$scratch/busy.json" > "$scratch/busy.txt" 2>&1
equal "the run beside a busy process: exit status" $? 0

quiet_flags=$(disturbed quiet) busy_flags=$(disturbed busy)
quiet_width=$(aa quiet 1) busy_width=$(aa busy 1)
equal "both runs gave a paired table of the same backends" "$(verdicts busy | cut -d , -f 1)" "$(verdicts quiet | cut -d , -f 1)"
check "the busy run's samples are flagged ($busy_flags of 1000)" test "$busy_flags" -gt 100
check "none of its verdicts but a quiet run has it, too: $(unconfirmed | paste -s -d ';')" test -z "$(unconfirmed)"
# What follows sets one run against the other, so the quiet one must have been quiet.
if [ "$quiet_flags" -ge 100 ] || [ "$(aa quiet 2)" = "not usable" ]; then
    skip "the busy run against a quiet one" "there was none: $quiet_flags of 1000 samples flagged, times $(aa quiet 2)"
    finish
fi
check "more of them than the quiet run's ($quiet_flags)" test "$busy_flags" -gt $((2 * quiet_flags))
equal "the busy run's times are not usable (A/A $busy_width against $quiet_width thousandths)" "$(aa busy 2)" "not usable"
check "the quiet run has verdicts" test -n "$(wins quiet)"
"$sgdmark" compare "$scratch/quiet.json" "$scratch/busy.json" > "$scratch/comparison" 2>&1
equal "compare: exit status" $? 0
equal "compare calls the one program neither faster nor slower" "$(grep -E ' (faster|slower)$' "$scratch/comparison")" ""
finish
