#!/bin/bash
# SPDX-License-Identifier: MIT
# The program with a page behind each large array that cannot be touched (tools/test-builds guarded): whole commands over
# rows of many numbers and widths, where test_guarded has their parts over more. A read behind the end ends in SIGSEGV.
. "$(dirname "$0")/lib.sh"

if sanitized; then
    skip "reads behind the end of rows" "$build is built with a sanitizer"
    finish
fi
if ! BUILD=$build tools/test-builds "$scratch/builds" guarded > "$scratch/made" 2>&1; then
    not_ok "the program with guard pages" "$(cat "$scratch/made")"
    finish
fi
guarded=$scratch/builds/guarded

# runs NAME ARGUMENTS...
runs() {
    local name=$1
    shift
    if "$guarded" "$@" > "$scratch/stdout" 2> "$scratch/stderr"; then
        ok "$name"
    else
        not_ok "$name" "exit status $?: sgdmark $*" "$(tail -n 3 "$scratch/stderr")"
    fi
}

for rows in n=20,d=65535 n=21,d=40000 n=64,d=64; do
    for engine in f32 int; do
        runs "train $rows $engine" train --data "synthetic:$rows" --engine $engine --digit 3 --order file
    done
    runs "cv $rows" cv --data "synthetic:$rows" --engine int --folds 2 --digit 3 --order file --compat 1.2
done
runs "folds by workers" cv --data synthetic:n=300 --engine int --place all-cores --repeats 2
runs "bench, the roofs with it" bench --data synthetic:n=50,d=9000 --benchmark_filter='(epoch|cv)/int/.*' --benchmark_min_time=0.001
finish
