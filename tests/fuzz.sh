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

# fuzz TARGET SEED: leaves its output and status in $scratch/TARGET.*
fuzz() {
    local status=0
    mkdir "$scratch/$1"
    build-fuzz/fuzz/"$1" -runs="$runs" -max_total_time="$seconds" -seed="$2" -verbosity=0 -rss_limit_mb=4096 \
        -artifact_prefix=build-fuzz/ "$scratch/$1" "tests/fuzz/corpus/${1#fuzz_}" > "$scratch/$1.out" 2>&1 || status=$?
    echo "$2 $status" > "$scratch/$1.status"
}

# As many at once as there are processors: nothing is timed.
for source in tests/fuzz/fuzz_*.c; do
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
    fuzz "$(basename "$source" .c)" $((RANDOM * 32768 + RANDOM + 1)) &
done
wait
for source in tests/fuzz/fuzz_*.c; do
    target=$(basename "$source" .c)
    read -r seed status < "$scratch/$target.status"
    name="$target: up to $runs executions from seed $seed"
    if [ "$status" -eq 0 ]; then ok "$name"; else not_ok "$name" "$(tail -n 60 "$scratch/$target.out")"; fi
done
finish
