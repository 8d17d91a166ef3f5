#!/bin/bash
# SPDX-License-Identifier: MIT
# The fuzzing targets, for a bounded number of executions and seconds each: they must build, and hold on every seed of
# their corpus and on the mutations that a new random seed leads to. `make fuzz` makes a million executions of each and
# keeps what it learns.
source "$(dirname "$0")/lib.sh"
runs=${FUZZ_RUNS:-20000}
seconds=${FUZZ_SECONDS:-10}

if ! echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return p && n > 9; }' |
    clang -fsanitize=fuzzer,address,undefined -x c -o "$scratch/probe" - 2> /dev/null; then
    skip "broken input is refused in good order" "needs clang with libFuzzer (tools/install-deps --dev)"
    finish
fi
if ! make -j2 fuzz-targets > "$scratch/make.log" 2>&1; then
    not_ok "the fuzzing targets build" "$(tail -n 20 "$scratch/make.log")"
    finish
fi
for source in tests/fuzz/fuzz_*.c; do
    target=$(basename "$source" .c)
    seed=$((RANDOM * 32768 + RANDOM + 1))
    mkdir "$scratch/$target"
    check "$target: up to $runs executions from seed $seed" build-fuzz/fuzz/"$target" -runs="$runs" \
        -max_total_time="$seconds" -seed=$seed -verbosity=0 \
        -rss_limit_mb=4096 -artifact_prefix=build-fuzz/ "$scratch/$target" "tests/fuzz/corpus/${target#fuzz_}"
done
finish
