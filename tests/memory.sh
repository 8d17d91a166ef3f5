#!/bin/bash
# SPDX-License-Identifier: MIT
# Memory that runs out: each place of the program that asks for memory is refused it once. The program goes on in full, or
# ends with status 3 and a line that says so; it never crashes, hangs or leaves half a file. Of the long commands every
# fourth place is tried, from a random one on (MEMORY_STEP=1 tries all).
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

if sanitized; then
    skip "memory that runs out" "$build is built with a sanitizer, which allocates in its own way"
    finish
fi
if counting; then
    skip "memory that runs out" "$build counts its lines, for which gcc asks for memory at the exit and falls without it"
    finish
fi
if ! ${CC:-cc} -D_GNU_SOURCE -O1 -fno-builtin -shared -fPIC -o "$scratch/refuse.so" tests/memory/refuse.c -ldl \
    2> "$scratch/noise"; then
    skip "memory that runs out" "no compiler for the library that refuses it: $(tail -n 1 "$scratch/noise")"
    finish
fi

# refusing NUMBER COMMAND...: the command with place NUMBER refused; leaves status, stdout and stderr.
refusing() {
    local number=$1
    shift
    rm -rf "$scratch/out" && mkdir "$scratch/out"
    timeout 60 env FAIL_AT="$number" PLACES="$scratch/places" LD_PRELOAD="$scratch/refuse.so" "$sgdmark" "$@" \
        > "$scratch/stdout" 2> "$scratch/stderr"
    status=$?
}

# fault COMMAND: what is wrong with how the last command ended. Status 1 is that of a check, as of a roof on a busy machine.
fault() {
    case $status in
    0 | 1) [ "$(ls "$scratch/out")" = "$made" ] || echo "succeeds without its files: made $(ls "$scratch/out")" ;;
    3)
        tail -n 1 "$scratch/stderr" | grep -q -E "^sgdmark $1: .*(memory|is full)" ||
            echo "no word of memory: $(tail -n 1 "$scratch/stderr")"
        find "$scratch/out" -name '*.tmp'
        ;;
    *) echo "exit status $status: $(tail -n 1 "$scratch/stderr")" ;;
    esac
}

# without_memory STEP COMMAND...: at every STEP-th place.
without_memory() {
    local step=$1 number count tried=0 wrong faults=()
    shift
    refusing 0 "$@"
    count=$(cat "$scratch/places") made=$(ls "$scratch/out")
    if [ $status -gt 1 ]; then
        not_ok "sgdmark $*" "exit status $status with all memory" "$(tail -n 1 "$scratch/stderr")"
        return
    fi
    for ((number = 1 + RANDOM % step; number <= count; number += step)); do
        refusing "$number" "$@"
        wrong=$(fault "$1")
        [ -z "$wrong" ] || faults+=("place $number: $wrong")
        tried=$((tried + 1))
    done
    if [ $tried -gt 0 ] && [ ${#faults[@]} -eq 0 ]; then
        ok "$tried of $count places refused: sgdmark $*"
    else
        not_ok "$tried of $count places refused: sgdmark $*" "${faults[@]}"
    fi
}

rows=(--data synthetic:n=100) out=$scratch/out
for engine in f32 f64 int; do
    without_memory 1 train "${rows[@]}" --engine $engine --json "$out/t.json" --coef-out "$out/w.npy" \
        --save "$out/m.npz"
    "$sgdmark" train "${rows[@]}" --engine $engine --save "$scratch/m.npz" > "$scratch/stdout"
    without_memory 1 predict "${rows[@]}" --model "$scratch/m.npz" --predictions-out "$out/p.npy" --json "$out/t.json"
done
without_memory 1 cv "${rows[@]}" --predictions-out "$out/p.npy" --decision-out "$out/d.npy" --curve "$out/c.csv" \
    --at-precision 0.1 --json "$out/c.json"
without_memory 1 train "${rows[@]}" --compat 1.2 --penalty elasticnet --average 5 --early-stopping --tol 0 --engine f64 \
    --json "$out/t.json"
without_memory 1 train "${rows[@]}" --digit all --epochs 1 --json "$out/t.json" --coef-out "$out/w.npy" \
    --save "$out/m.npz" --png "$out/h.png"
without_memory 1 cv "${rows[@]}" --digit all --epochs 1 --folds 2 --json "$out/c.json" --predictions-out "$out/p.npy" \
    --decision-out "$out/d.npy" --png "$out/h.png"
without_memory 1 describe --data synthetic:n=60 --show 3 --png "$out/3.png" --json "$out/d.json"
source tests/cli/fixtures.sh
good "$scratch/plain" && good "$scratch/above/raw" && gzip -n "$scratch/above/raw"/*
for folder in plain above; do
    without_memory 1 describe --data "$scratch/$folder" --split all --json "$out/d.json"
done
without_memory 1 topo --export "$out/this.xml" --json "$out/t.json"
without_memory 1 topo --topology tests/fuzz/corpus/topology/hybrid-p-e.xml --json -
for format in text json; do
    without_memory 1 compare --format $format --base tests/golden/result.json tests/golden/result-schema-1.json
done
without_memory 1 report tests/golden/result.json --data none -o "$out/p.html"
"$sgdmark" report tests/golden/result.json tests/golden/result-schema-1.json -o "$scratch/p.html" 2> "$scratch/noise"
without_memory 1 report "$scratch/p.html" -o "$out/p.html"
without_memory 1 compare --base f32/scalar tests/fuzz/corpus/result/schema-3.json # whose numbers are derived again
cp tests/golden/result.json "$scratch/one.json"
sed 's/"n": 60000/"n": 7/; s/"run_id": *"[0-9a-f]/"run_id": "f/' tests/golden/result.json > "$scratch/other.json"
for format in text json markdown; do
    without_memory 1 compare --format $format "$scratch/one.json" tests/golden/result-schema-1.json "$scratch/other.json"
done
without_memory 1 compare --history "$scratch" tests/golden/result-schema-1.json
without_memory 1 doctor --json "$out/f.json"
without_memory "${MEMORY_STEP:-4}" doctor --measure --time 1 "${rows[@]}" --json "$out/f.json"
without_memory 1 train "${rows[@]}" --engine int --pages thp --json "$out/t.json"
without_memory 1 kernels --json "$out/k.json"
without_memory 1 kernels --verify --isa scalar --kernel read_u8
without_memory "${MEMORY_STEP:-4}" sweep "${rows[@]}" --epochs 1 --vary order-seed=0..2 --vary digit=1,5 --place core \
    --out "$out/sweep" --json "$out/s.json"
without_memory "${MEMORY_STEP:-4}" run "${rows[@]}" --soak 0.001 --isa scalar
without_memory "${MEMORY_STEP:-4}" run "${rows[@]}" --quick --isa scalar --json "$out/r.json"
without_memory "${MEMORY_STEP:-4}" bench "${rows[@]}" --isa scalar --benchmark_filter=scalar/d:16 --benchmark_min_time=0.001 \
    "--benchmark_out=$out/b.json"
finish
