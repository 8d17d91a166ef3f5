#!/bin/bash
# SPDX-License-Identifier: MIT
# The README's table is made from the recorded result, and that file is a whole and valid one.
source "$(dirname "$0")/lib.sh"

for recorded in results/recorded-*.json; do
    tools/readme-table "$recorded" > "$scratch/table"
    check "$recorded makes a table" grep -q 'ns/row' "$scratch/table"
    check "the README shows that table" /usr/bin/python3 -c \
        'import sys; sys.exit(open(sys.argv[1]).read() not in open("README.md").read())' "$scratch/table"
    "$sgdmark" report "$recorded" | sed '/^machine  /,$d' | sed '$d; s/^/    /; s/ *$//' > "$scratch/screen"
    check "the README shows its screen" /usr/bin/python3 -c \
        'import sys; sys.exit(open(sys.argv[1]).read() not in open("README.md").read())' "$scratch/screen"
    "$sgdmark" compare "$recorded" "$recorded" > "$scratch/compared"
    check "compare takes it for a whole result, and against itself" grep -q 'both sides are the same run' "$scratch/compared"
done
finish
