#!/bin/bash
# SPDX-License-Identifier: MIT
# The tables of both READMEs are made from the recorded result, and that file is a whole and valid one.
source "$(dirname "$0")/lib.sh"

# The table of all machines; a README that lacks its place is refused and left as it is.
tools/results-table results/recorded-*.json > "$scratch/machines"
check "the README shows the table of all recorded machines" /usr/bin/python3 -c \
    'import sys; sys.exit(open(sys.argv[1]).read() not in open("README.md").read())' "$scratch/machines"
sed '/^| AMD/d' README.md > "$scratch/stale.md"
tools/results-table --write "$scratch/stale.md" results/recorded-*.json
check "make results-table writes it anew" diff README.md "$scratch/stale.md"
grep -v '<!-- /recorded -->' README.md > "$scratch/no-place.md"
cp "$scratch/no-place.md" "$scratch/as-before.md"
tools/results-table --write "$scratch/no-place.md" results/recorded-*.json 2> "$scratch/err"
equal "a README without a place for it is refused" "$?" 1
check "and left as it is" diff "$scratch/no-place.md" "$scratch/as-before.md"

# What `make run` ends with.
touch -d '1 hour ago' "$scratch/started"
mkdir -p "$scratch/tree/results" "$scratch/tree/none"
touch "$scratch/tree/results/node-1.json"
here=$PWD
equal "make run ends with the command that makes a page" \
    "$(cd "$scratch/tree" && "$here/tools/name-report" build/sgdmark "$scratch/started" | grep page | head -n 1)" \
    "as a page with charts: build/sgdmark report results/node-1.json -o report.html"
for program in find head; do ln -s "$(command -v $program)" "$scratch/tree/none/"; done
equal "and says when gnuplot is missing" \
    "$(cd "$scratch/tree" && PATH=$scratch/tree/none "$here/tools/name-report" build/sgdmark "$scratch/started" | grep -c 'gnuplot is not installed')" 1
touch "$scratch/later"
equal "a run that wrote no result here names none" \
    "$(cd "$scratch/tree" && "$here/tools/name-report" build/sgdmark "$scratch/later")" ""

for recorded in results/recorded-*.json; do
    tools/readme-table "$recorded" > "$scratch/table"
    check "$recorded makes a table" grep -q 'ns/row' "$scratch/table"
    check "results/README.md shows that table" /usr/bin/python3 -c \
        'import sys; sys.exit(open(sys.argv[1]).read() not in open("results/README.md").read())' "$scratch/table"
    "$sgdmark" report "$recorded" | sed '/^machine  /,$d' | sed '$d; s/^/    /; s/ *$//' > "$scratch/screen"
    check "the README shows its screen" /usr/bin/python3 -c \
        'import sys; sys.exit(open(sys.argv[1]).read() not in open("README.md").read())' "$scratch/screen"
    "$sgdmark" compare "$recorded" "$recorded" > "$scratch/compared"
    check "compare takes it for a whole result, and against itself" grep -q 'both sides are the same run' "$scratch/compared"
done
finish
