#!/bin/bash
# SPDX-License-Identifier: MIT
# A sample of tools/hostile and of the planted faults (tools/test-builds): beside a busy neighbour `run` says nothing wrong
# of one backend under two names; and what is wrong only in a timed epoch, a fold, a launch, on one core, from some call or
# row on, in the shuffle or in the data, ends with status 1, named in the last words and in the file, which has the rest.
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

if sanitized || counting; then
    skip "planted faults" "$build is built to look at itself, which its kernels do not bear being replaced in"
    finish
elif [ "$(backends_here bits)" = scalar ]; then
    skip "planted faults" "no backend but scalar runs here"
    finish
fi

suffix=$(replaceable_backend)
if [ -z "$suffix" ]; then
    not_ok "planted faults" "no object file of a backend holds dot_u8f32, though one runs here"
    finish
fi
name=$(backend_named "$suffix")
timed=$scratch/builds
rows=(--data synthetic:n=6000 --isa "$name")
kinds=(twin later epoch launch launch2 core row64 fold)
have_mnist && kinds+=(shuffle data pixel mirrored)
# In a run of 6000 rows the checks take about 200,000 calls, a round of a process up to 300,000.
check "the test builds" env LATER=600000 tools/test-builds "$timed" "${kinds[@]}"

# start KIND OPTION...: a run of this build beside the test; leaves KIND.json, KIND.txt and KIND.status.
start() {
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
    {
        "$timed/$1" run --quick "${@:2}" --json "$scratch/$1.json" > "$scratch/$1.txt" 2>&1
        echo $? > "$scratch/$1.status"
    } &
}

# caught KIND CASE PLACE: the run of a build ended with 1; its verdict names a case that fits, with the place that fits the
# condition in jq and a command; so does what it printed; and other cases have their times.
caught() {
    local kind=$1 fits=$2 place=$3 json=$scratch/$1.json failure
    equal "$kind: exit status" "$(cat "$scratch/$kind.status")" 1
    check "$kind: the result is written, and other cases have times" jq -e --arg name "f32/$name" \
        '[.benchmarks[] | select((.run_name | contains($name) | not) and .real_time > 0)] | length > 2' "$json"
    equal "$kind: the verdict of the file" "$(jq -c '.sgdmark.verdict.correct' "$json")" false
    failure=$(jq -c --arg fits "$fits" "[.sgdmark.verdict.failures[]? | select((.case | test(\$fits)) and ($place) and
        (.what | length) > 0 and (.command | test(\"sgdmark \")))][0] // empty" "$json")
    check "$kind: a failure names $fits where $place" test -n "$failure"
    check "$kind: printed: CORRECT no, and the case" grep -q "$(jq -r .case <<< "${failure:-"{}"}")" \
        <("$sgdmark" report "$json" | sed -n '/CORRECT *no/,$p')
}

start later "${rows[@]}" --place core
start epoch "${rows[@]}" --place core
start fold "${rows[@]}" --place core
start launch "${rows[@]}" --place core
start launch2 "${rows[@]}" --place core
start row64 "${rows[@]}" --place core
[ "$(nproc)" -eq 1 ] || start core "${rows[@]}" --place all-cores
if have_mnist; then
    start shuffle --isa "$name" --place core
    start data --isa "$name" --place core
    # Other data are no fault, but not the published job either: the soak would compare with its fingerprint.
    for kind in pixel mirrored; do
        {
            "$sgdmark" run --soak 0.001 --isa "$name" --data "$timed/$kind" > "$scratch/$kind.txt" 2>&1
            echo $? > "$scratch/$kind.status"
        } &
    done
fi
wait

caught later "^(epoch|cv)/f32/$name" '.round != null'
caught epoch "^epoch/f32/$name" '.process != null'
caught fold "^cv/f32/$name/" '.process != null'
caught launch "^(epoch|cv)/f32/$name" '.process != null'
caught launch2 "^(epoch|cv)/f32/$name" '.process == 1'
caught row64 "f32/$name" true
if [ "$(nproc)" -eq 1 ]; then
    skip "core: wrong on the last PU only" "there is one PU"
else
    # The checks before the timing run wherever the system puts them, on that PU perhaps: then they name the backend.
    caught core "f32/$name" true
fi
if have_mnist; then
    caught shuffle . '.what | test("publish|golden")'
    caught data . '.what | test("publish|golden")'
    for kind in pixel mirrored; do
        equal "$kind: other images in MNIST's files are not taken for it" "$(cat "$scratch/$kind.status")" 0
        equal "$kind: nothing is said of published values" "$(grep -c published: "$scratch/$kind.txt")" 0
    done
else
    skip "shuffle, data, pixel, mirrored" "MNIST is not here (tools/fetch-mnist)"
fi

# A busy loop on the timed PU: identical code is not told apart, or the times are not used and it says why and what to do.
if ! command -v taskset > "$scratch/noise"; then
    skip "a busy neighbour" "there is no taskset to put work on one processor"
    finish
fi
pu=$(jq '.sgdmark.experiments[0].pu' "$scratch/epoch.json")
taskset -c "$pu" bash -c 'while :; do :; done' &
neighbour=$!
trap 'kill $neighbour 2> /dev/null; rm -rf "$scratch"' EXIT
"$timed/twin" run --quick --data synthetic:n=6000 --isa "$name,$name-twin" --place core --json "$scratch/busy.json" > "$scratch/busy.txt" 2>&1
equal "a busy neighbour: exit status" $? 0
kill $neighbour
busy() {
    jq -r -L tools "include \"result\"; $1" "$scratch/busy.json"
}
check "it compares the twins" test -n "$(busy 'twins("-twin") | .verdict')"
equal "none is called faster or slower" "$(busy 'twins("-twin") | select(.verdict == ("faster", "slower")) | .key')" ""
if [ "$(busy times)" = 'usable' ]; then
    ok "the times are usable in spite of it: $(busy times_text)"
else
    check "the times are $(busy times): why, and what to do" jq -e '.sgdmark.verdict.times | .reason and .advice' "$scratch/busy.json"
    check "printed, too" grep -q -E "TIMES.*$(busy times)" "$scratch/busy.txt"
fi
finish
