#!/bin/bash
# SPDX-License-Identifier: MIT
# The main job where the system refuses something: system calls, as containers do (tests/refused/deny.c), /proc, /sys, stack,
# address space, large files. What can be measured without it is measured, and the missing thing is named; what cannot be
# measured is refused before anything is timed. Nothing crashes or hangs.
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

compiler=$(sed -n '1s/ .*//p' "$build/signature")
if sanitized; then
    skip "refusals" "$build is built with a sanitizer, which needs what is refused here"
    finish
elif ! "$compiler" -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra -o "$scratch/deny" tests/refused/deny.c 2> "$scratch/noise"; then
    skip "refusals" "the denier cannot be built: $(tail -n 1 "$scratch/noise")"
    finish
elif ! "$scratch/deny" fsync true 2> "$scratch/noise"; then
    skip "refusals" "$(cat "$scratch/noise")"
    finish
fi

job=(run --quick --data "synthetic:n=60,d=16" --isa scalar --engine f32)
program=$sgdmark

# attempt COMMAND...: leaves status, out, err, and r.json where the command writes it. 124: it hangs.
attempt() {
    rm -f "$scratch/r.json"
    timeout 60 "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null
    status=$?
}

# measured NAME COMMAND...: the main job, behind the command, times epochs and folds on one core and writes a sound result.
# A machine that is busy while the test runs may put a case above its roof, which is status 1; no other check may fail.
measured() {
    local name=$1 other
    shift
    attempt "$@" "$program" "${job[@]}" --json "$scratch/r.json"
    mv "$scratch/out" "$scratch/screen"
    "$sgdmark" report "$scratch/r.json" > "$scratch/out" 2> "$scratch/noise"
    if [ ! -s "$scratch/r.json" ]; then
        not_ok "$name: is measured" "exit status $status" "$(tail -n 3 "$scratch/err")"
        return
    fi
    other=$(jq -c '.sgdmark.verdict.failures | map(select(.what | contains("of its roof") | not))' "$scratch/r.json")
    equal "$name: is measured, and every check holds" "$((status > 1)) $other" "0 []"
    equal "$name: times epochs and folds" "$(jq -r '[.benchmarks[].name | select(startswith("epoch/f32/scalar") or
        startswith("cv/f32/scalar/place:core")) | split("/")[0]] | unique | join(" ")' "$scratch/r.json")" "cv epoch"
}

# fact FILTER: of the result's own facts.
fact() {
    jq -c -r ".sgdmark | $1" "$scratch/r.json" 2>&1
}

# refused NAME WANT COMMAND...: status 2 and one line that holds WANT, before anything is timed.
refused() {
    local name=$1 want=$2
    shift 2
    attempt "$@"
    equal "$name: refused in one line, nothing written" \
        "$status $(wc -l < "$scratch/err") $(ls "$scratch/r.json" 2> /dev/null)" "2 1 "
    check "$name: says $want" grep -q -F "$want" "$scratch/err"
}

deny=$scratch/deny
measured "no hardware counters" "$deny" perf_event_open
check "no hardware counters: named" grep -q "perf_event_open\|not permitted\|no permission" <(fact '.experiments[0].clock')
equal "no hardware counters: nothing else is named" "$(fact '.machine.refused')" "[]"
measured "no random numbers" "$deny" getrandom:ENOSYS
rows=${job[3]}
job[3]=synthetic:n=3000 # more than the 2 MiB from which on huge pages are asked for
measured "no madvise" "$deny" madvise
check "no madvise: named" grep -q "refuses.*madvise" <(fact '.environment.memory.huge_pages_requested_reason')
job[3]=$rows
measured "fchmod and fsync refused" "$deny" fchmod,fsync
measured "memfd_create, clone3, getcpu, getrusage, prlimit64 and sysinfo refused" \
    "$deny" memfd_create,clone3:ENOSYS,getcpu,getrusage,prlimit64,sysinfo

# Binding. A thread that may run on one PU only is bound already.
several=$(nproc)
first=$(sed -n 's/^Cpus_allowed_list:[^0-9]*\([0-9]*\).*/\1/p' /proc/self/status)
measured "no binding" "$deny" sched_setaffinity
if [ "$several" -gt 1 ]; then
    check "no binding: the screen warns" grep -q '^Caution: .*sched_setaffinity refused' "$scratch/screen"
    check "no binding: said first" grep -q '^refused  *the system refuses to bind threads to PUs (sched_setaffinity: ' "$scratch/out"
    equal "no binding: the result names no PU" "$(fact '[.experiments[].pu] | unique')" "[null]"
    equal "no binding: placements on certain PUs are left out, with the reason" "$(fact '[.placements[] |
        select(.available) | .name] - ["core", "all-cores", "all-pus"]')" "[]"
    check "no binding: all-cores is timed all the same" grep -q all-cores <(fact '[.placements[] | select(.available) | .name]')
    check "no binding: and says what it lacks" grep -q "not bound" <(fact '[.placements[] | select(.available) | .note]')
    refused "no binding: a certain PU" "the system refuses to bind" "$deny" sched_setaffinity "$program" "${job[@]}" --place pu:0
    attempt "$deny" sched_setaffinity "$program" cv --data synthetic:n=60 --place all-cores --json "$scratch/cv.json"
    equal "no binding: cv --place all-cores" "$status" 0
    check "no binding: cv says so" grep -q '^refused  *its threads are not bound: ' "$scratch/out"
    check "no binding: and records it" grep -q 'not bound' <(json "$scratch/cv.json" place_note)
    attempt taskset -c "$first" "$deny" sched_setaffinity "$program" cv --data synthetic:n=60 --place "pu:$first"
    equal "no binding, one PU: a thread is bound to it already" "$status" 0
fi
for error in EPERM ENOSYS EINVAL; do
    refused "sched_getaffinity: $error" sched_getaffinity "$deny" "sched_getaffinity:$error" "$program" "${job[@]}" \
        --json "$scratch/r.json"
done
refused "clone" "processes cannot be started here (fork: " "$deny" clone,clone3 "$program" "${job[@]}" --json "$scratch/r.json"
attempt "$deny" sched_getaffinity "$program" train --data synthetic:n=60 --isa scalar
equal "sched_getaffinity: train needs none" "$status" 0
attempt "$deny" sched_getaffinity "$program" topo --topology 'core:2 pu:1'
equal "sched_getaffinity: topo of another machine needs none" "$status" 0

# without... FOLDER COMMAND...: with an empty folder in its place.
# shellcheck disable=SC2016
empty='mount -t tmpfs none "$1" && shift && exec "$@"'
without=(unshare --mount sh -c "$empty" -)
"${without[@]}" /sys true 2> "$scratch/noise" || without=(unshare --mount --map-root-user sh -c "$empty" -)
if "${without[@]}" /sys true 2> "$scratch/noise"; then
    for folder in /proc /sys; do
        measured "no $folder" "${without[@]}" "$folder"
    done
else
    skip "no /proc, no /sys" "needs a mount namespace: $(tail -n 1 "$scratch/noise")"
fi

# limited... OPTION NUMBER COMMAND...: under this limit of the shell.
# shellcheck disable=SC2016
limited=(bash -c 'ulimit "$1" "$2" && shift 2 && exec "$@"' -)
measured "a stack of 64 KiB" "${limited[@]}" -s 64
for command in "topo" "kernels --verify --isa scalar --kernel read_u8" "cv --data synthetic:n=60 --place all-cores" \
    "describe --data synthetic:n=60" "bench --data synthetic:n=60 --isa scalar --benchmark_filter=scalar/d:16 --benchmark_min_time=0.001"; do
    # shellcheck disable=SC2086
    attempt "${limited[@]}" -s 64 "$program" $command
    equal "a stack of 64 KiB: sgdmark ${command%% *}" "$status" 0
done
measured "an address space of 300 MiB" "${limited[@]}" -v $((300 << 10))
measured "files of at most 1 MiB" "${limited[@]}" -f 1024

# Two memory nodes, which the system only plays: a test build takes hwloc's word for them.
policies=mbind,set_mempolicy,get_mempolicy,move_pages
if [ "$several" -lt 2 ] || ! taskset -c 0,1 true 2> "$scratch/noise" || [ -z "$(replaceable_backend)" ]; then
    measured "memory policies refused" "$deny" $policies
    skip "memory policies refused on two memory nodes" "needs PUs 0 and 1, and a vector backend for tools/test-builds"
elif ! tools/test-builds "$scratch/builds" played > "$scratch/noise" 2>&1; then
    not_ok "a test build that plays machines" "$(tail -n 3 "$scratch/noise")"
else
    "$sgdmark" topo --topology 'pack:1 numa:2 core:1 pu:1' --export "$scratch/two-nodes.xml" > "$scratch/noise"
    played=(taskset -c "0,1" env "HWLOC_XMLFILE=$scratch/two-nodes.xml" HWLOC_THISSYSTEM=1)
    program=$scratch/builds/played
    job[3]=synthetic:n=60 # rows of some pages
    measured "two nodes, memory policies refused" "${played[@]}" "$deny" $policies
    equal "two nodes: the placements that need a policy are left out with the reason" \
        "$(fact '[.placements[] | select(.reason // "" | contains("mbind")) | .name]')" '["numa-remote","numa-interleave"]'
    check "two nodes: the others are timed" grep -q 'core.*all-cores' <(fact '[.placements[] | select(.available) | .name]')
    check "two nodes: what is refused is said" grep -q '^refused .*mbind' "$scratch/out"
    check "two nodes: where rows lie is said to be unverified" grep -q '^refused .*move_pages' "$scratch/out"
    refused "two nodes: --place numa-remote" mbind "${played[@]}" "$deny" $policies "$program" "${job[@]}" \
        --place numa-remote --json "$scratch/r.json"
    for error in EPERM ENOSYS; do
        attempt "${played[@]}" "$deny" "${policies//,/:$error,}:$error" "$program" cv --data synthetic:n=60 --place all-cores
        equal "two nodes: cv --place all-cores, refused with $error" "$status" 0
    done
    # hwloc repeats this call for as long as it is answered so.
    attempt "${played[@]}" "$deny" get_mempolicy:EINVAL "$program" cv --data synthetic:n=60 --place all-cores
    equal "two nodes: get_mempolicy answers EINVAL" "$status" 0
fi

# A user's variables change nothing, and are recorded.
here=$("$sgdmark" topo --json - | jq -c '.topology | [.this_system, .cores, .allowed_cpuset]')
for setting in HWLOC_SYNTHETIC="pack:2 core:4 pu:2" HWLOC_XMLFILE=tests/golden/topologies/hybrid-p-e.xml HWLOC_THISSYSTEM=1 \
    HWLOC_COMPONENTS=no_os,stop HWLOC_THISSYSTEM_ALLOWED_RESOURCES=1; do
    env "$setting" "$sgdmark" topo --json - > "$scratch/topo.json"
    equal "$setting: ignored, and recorded" \
        "$(jq -c '.topology | [.this_system, .cores, .allowed_cpuset], .hwloc_environment' "$scratch/topo.json" | tr '\n' ' ')" \
        "$here \"${setting%%=*}: ignored\" "
done
program=$sgdmark
measured "HWLOC_XMLFILE and HWLOC_THISSYSTEM of a user" env HWLOC_XMLFILE=tests/golden/topologies/hybrid-p-e.xml HWLOC_THISSYSTEM=1
check "HWLOC_*: the screen warns" grep -q '^Caution: .*HWLOC_' "$scratch/screen"
check "HWLOC_*: said first" grep -q '^environment  *HWLOC_.*: ignored$' "$scratch/out"
check "HWLOC_*: recorded" grep -q 'HWLOC_.*HWLOC_.*: ignored' <(fact '.topology.hwloc_environment')
finish
