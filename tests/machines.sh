#!/bin/bash
# SPDX-License-Identifier: MIT
# `sgdmark topo` on the recorded machines of tests/golden/topologies: drawn within the terminal, and recorded as they are.
. "$(dirname "$0")/lib.sh"
needs jq

# show FILE [ARGUMENT...]
show() {
    local spec=$1
    shift
    [[ $spec == *.xml ]] || spec=$(< "$spec")
    "$sgdmark" topo --topology "$spec" "$@"
}

folder=tests/golden/topologies
for file in "$folder"/*.xml "$folder"/*.txt; do
    name=$(basename "$file")
    for columns in 44 80; do
        COLUMNS=$columns LC_ALL=C show "$file" > "$scratch/drawing"
        equal "$name: exit status, and lines longer than $columns columns" \
            "$? $(awk -v n=$columns 'length > n' "$scratch/drawing")" "0 "
    done
    show "$file" --json "$scratch/machine.json" --export "$scratch/machine.xml" > "$scratch/drawing"
    show "$scratch/machine.xml" --json "$scratch/again.json" > "$scratch/drawing"
    equal "$name: its export has the same placements" "$(json "$scratch/again.json" placements | sha256sum)" \
        "$(json "$scratch/machine.json" placements | sha256sum)"
done

# says FILE TEXT: on a wide terminal.
says() {
    COLUMNS=200 show "$folder/$1" > "$scratch/drawing"
    check "$1: says $2" grep -q -F -- "$2" "$scratch/drawing"
}
says hybrid-p-e.xml 'Hybrid: kinds of core P, E, the fastest first.'
says big-little.xml 'Hybrid: kinds of core P, E, the fastest first.'
says cgroup-one-node.xml 'Memory of 1 of 2 nodes is allowed.'
says two-dies.txt 'die 1'
says node-without-memory.xml 'memory node 0, no memory'
says node-without-memory.xml 'rows: 47 MB on memory node 1; PU 0 has no memory of its own and reads another node'
says cores-without-node.xml 'PUs 2-3 have no memory of their own'
says nvdimm.xml '238 GiB, NVDIMM'
says cxl.xml '477 GiB, CXL memory'
show "$folder/four-packages-distances.xml" --json "$scratch/machine.json" > "$scratch/drawing"
check "distances between nodes are recorded" grep -q -F \
    '"node_distances":[[10,21,31,21],[21,10,21,31],[31,21,10,21],[21,31,21,10]]' <(tr -d ' \n' < "$scratch/machine.json")
show "$folder/hybrid-p-e.xml" --json "$scratch/machine.json" > "$scratch/drawing"
check "kinds of core are recorded" grep -q -F '"kinds":[{"name":"P","pus":"0-11"}' <(tr -d ' \n' < "$scratch/machine.json")
check "a machine that no description fits has a reason" grep -q -F \
    '"synthetic":null,"synthetic_reason":"thetopologyisnotsymmetric"' <(tr -d ' \n' < "$scratch/machine.json")
finish
