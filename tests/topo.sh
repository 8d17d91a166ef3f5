#!/bin/bash
# SPDX-License-Identifier: MIT
# What `sgdmark topo` and `sgdmark run` say under taskset and under a control group's quota; topo on narrow and plain
# terminals, what its export leaves out, and topologies from standard input. The plans themselves are tests/unit/test_topology.c.
. "$(dirname "$0")/lib.sh"
needs jq

unset SGDMARK_ISA
job=(--quick --data synthetic:n=600 --isa "$(backends_here bits | tail -n 1)")
last_pu=$(sed -E 's/.*[-,]//' /sys/devices/system/cpu/online)
if [ "$last_pu" -gt 0 ] && taskset -c "$last_pu" true 2> "$scratch/noise"; then
    COLUMNS=200 taskset -c "$last_pu" "$sgdmark" topo > "$scratch/one"
    check "one PU allowed is said" grep -q "^One PU is allowed ($last_pu)" "$scratch/one"
    check "what is not allowed is said" grep -q '^Not allowed here (cgroup cpuset, taskset): PUs 0' "$scratch/one"
    check "all-pus is that PU" grep -q -E "^all-pus +1  PU $last_pu;" "$scratch/one"
    equal "a PU that is not allowed is refused" \
        "$(taskset -c "$last_pu" "$sgdmark" topo --place pu:0 2>&1 > /dev/null)" \
        "sgdmark topo: placement 'pu:0': pu:0 is not allowed here (cgroup or taskset): the allowed PUs are $last_pu"
    taskset -c "$last_pu" "$sgdmark" run "${job[@]}" --json "$scratch/one.json" > "$scratch/one"
    check "run cautions that not all PUs may be used" grep -q '^Caution: .*not all PUs may be used' "$scratch/one"
    "$sgdmark" report "$scratch/one.json" > "$scratch/one"
    check "run says that one PU is allowed" grep -q "^allowed  *PUs $last_pu, not 0" "$scratch/one"
    check "and times epochs there" grep -q "^EPOCHS of .* on PU $last_pu," "$scratch/one"
    equal "and folds by no more than one worker" \
        "$(sed -n 's/^      "threads": \([0-9]*\),.*/\1/p' "$scratch/one.json" | sort -u)" 1
else
    skip "one PU allowed" "needs two PUs and taskset"
fi

# A quota: files of a control group (version 2) laid over the real ones, seen by one process.
mkdir -p "$scratch/group/job/step"
echo "0::/job/step" > "$scratch/path"
echo "max 100000" > "$scratch/group/job/step/cpu.max"
echo "150000 100000" > "$scratch/group/job/cpu.max"
printf 'usage_usec 5\nnr_throttled 7\n' > "$scratch/group/job/step/cpu.stat"
under_quota() {
    unshare --mount bash -c 'mount --bind "$1/path" "/proc/$$/cgroup" && mount --bind "$1/group" /sys/fs/cgroup &&
        shift && exec "$@"' - "$scratch" "$@" 2> "$scratch/noise"
}
if under_quota true; then
    under_quota "$sgdmark" run "${job[@]}" --json "$scratch/quota.json" > "$scratch/quota"
    check "run warns of the quota" grep -q '^Caution: .*a CPU quota of 1.5' "$scratch/quota"
    check "its report says the quota" grep -q "^CPU quota  *1.5 CPUs' worth of time (cgroup /job/step)" <("$sgdmark" report "$scratch/quota.json")
    check "and records it" grep -q '"quota_cpus": 1.5' "$scratch/quota.json"
    COLUMNS=200 under_quota "$sgdmark" topo > "$scratch/quota"
    check "the quota of the group above is said" \
        grep -q "^CPU quota: 1.5 CPUs' worth of time (cgroup /job/step, quota and period 150000 100000)" "$scratch/quota"
    under_quota "$sgdmark" topo --json - > "$scratch/quota.json"
    check "and recorded" grep -q '"quota_cpus": 1.5' "$scratch/quota.json"
    check "with how often it has struck" grep -q '"nr_throttled": 7' "$scratch/quota.json"
else
    skip "a CPU quota is said" "needs a mount namespace (root)"
fi

machine='package:2 group:2 [numa(memory=64GB)] l3:1(size=32MB) core:4 pu:2(indexes=2*16:16*1)'
for columns in 44 80; do
    COLUMNS=$columns LC_ALL=C "$sgdmark" topo --topology "$machine" > "$scratch/plain"
    equal "no line is longer than $columns columns" "$(awk -v n=$columns 'length > n' "$scratch/plain")" ""
    equal "no byte outside of ASCII ($columns columns)" "$(LC_ALL=C grep -c '[^ -~]' "$scratch/plain")" 0
done
check "another machine is not timed" grep -q "nothing on it can be bound or timed" "$scratch/plain"
check "the expected time is that of the given roof" sh -c \
    "'$sgdmark' topo --topology '$machine' --place core --roof 10 | grep -q -E '^core +1 +17.25 +57.98 '"

"$sgdmark" topo --export "$scratch/this.xml" --json "$scratch/this.json" > "$scratch/drawing"
equal "the export names no host, process or cgroup" \
    "$(grep -c -E 'HostName|ProcessName|CommandLine|Cgroup|OSVersion|Serial' "$scratch/this.xml")" 0
"$sgdmark" topo --topology "$scratch/this.xml" --json "$scratch/again.json" > "$scratch/drawing"
equal "the export is the same machine" "$(json "$scratch/again.json" topology | grep -o '"sha256":"[0-9a-f]*"')" \
    "$(json "$scratch/this.json" topology | grep -o '"sha256":"[0-9a-f]*"')"
check "but not this one" grep -q '"this_system": false' "$scratch/again.json"
printf '\357\273\277' | cat - "$scratch/this.xml" | "$sgdmark" topo --topology - --json "$scratch/again.json" > "$scratch/drawing"
equal "so is what standard input holds, with a byte order mark" \
    "$(json "$scratch/again.json" topology | grep -o '"sha256":"[0-9a-f]*"')" \
    "$(json "$scratch/this.json" topology | grep -o '"sha256":"[0-9a-f]*"')"
check "a pipe is read" grep -q '^core:0 ' <("$sgdmark" topo --topology <(cat "$scratch/this.xml") --place core:0)
equal "a description, too" "$(echo 'package:1 core:3 pu:1' | "$sgdmark" topo --topology - --json - | jq .topology.cores)" 3
equal "nothing is refused" "$("$sgdmark" topo --topology - 2>&1 > /dev/null < /dev/null)" \
    "sgdmark topo: standard input: empty"

# Each number is the operating system's.
smt='pack:2 [numa] core:4 pu:2(indexes=2*8:8*1)'
equal "--place pu: takes the numbers that are drawn" \
    "$("$sgdmark" topo --topology "$smt" --place pu:0,8 --json - | jq -c '.placements[0].slots | map([.pu_os, .core])')" \
    "[[0,0],[8,0]]"
equal "and strides as taskset does" \
    "$("$sgdmark" topo --topology "$smt" --place pu:0-14:7 --json - | jq -c '.placements[0].slots | map(.pu_os)')" "[0,14,7]"
equal "a wrong number is refused by its own name" \
    "$("$sgdmark" topo --topology "$smt" --place pu:16 2>&1 > /dev/null)" \
    "sgdmark topo: placement 'pu:16': there is no PU 16; the PUs are 0-15"
finish
