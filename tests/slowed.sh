#!/bin/bash
# SPDX-License-Identifier: MIT
# A kernel that is slower by a known delay is called slower, by the right ratio: by the paired table of one run, and by
# compare. Two runs of one program differ in nothing.
#
# A copy of the program has, as its best backend, the scalar kernels: once as they are, once with a delay in each dot
# product. So both the time without the delay (f32/scalar of the same run) and the delay (timed alone) are known.
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

backend=$(replaceable_backend)
rows=500
if sanitized; then
    skip "slowed kernels" "$build is built with a sanitizer"
    finish
elif [ "$(backends_here bits)" = scalar ]; then
    skip "slowed kernels" "no backend but scalar runs here"
    finish
elif [ -z "$backend" ]; then
    not_ok "slowed kernels" "no object file of a backend holds dot_u8f32, though one runs here"
    finish
fi

build_settings "$backend"
# Beside other work a sample of milliseconds is interrupted; ahead of it, if that is permitted, it is not. Where the kernel
# keeps a share of each second from such programs (it does by default), they are interrupted by that.
first=()
if [ "$(cat /proc/sys/kernel/sched_rt_runtime_us)" = -1 ] && chrt -f 50 true 2> "$scratch/noise"; then first=(chrt -f 50); fi

cat > "$scratch/delay.h" << 'END'
#include <time.h>
static void delay(void) {
    struct timespec begin, now;
    if (DELAY == 0) return;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - begin.tv_sec) * 1000000000L + now.tv_nsec - begin.tv_nsec < DELAY);
}
END
cat > "$scratch/kernel.c" << END
#include "$scratch/delay.h"
#define dot_u8f32_$backend fast_dot
#define dot_prefetch_u8f32_$backend fast_dot_prefetch
#define axpy_u8f32_$backend fast_axpy
#include "$PWD/kernels/$backend.c"
#undef dot_u8f32_$backend
#undef dot_prefetch_u8f32_$backend
#undef axpy_u8f32_$backend
float dot_u8f32_$backend(const float *w, const uint8_t *x, size_t d) {
    delay();
    return dot_u8f32_scalar(w, x, d);
}
float dot_prefetch_u8f32_$backend(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row, const uint8_t *l2_row) {
    delay();
    return dot_prefetch_u8f32_scalar(w, x, d, l1_row, l2_row);
}
void axpy_u8f32_$backend(float *w, const uint8_t *x, float a, size_t d) {
    axpy_u8f32_scalar(w, x, a, d);
}
END
# The mean of the quietest hundred calls, in ns.
cat > "$scratch/calibrate.c" << END
#include "$scratch/delay.h"
#include <stdio.h>
int main(void) {
    struct timespec begin, now;
    double least = 1e30;
    for (int part = 0; part < 50; part++) {
        clock_gettime(CLOCK_MONOTONIC, &begin);
        for (int i = 0; i < 100; i++)
            delay();
        clock_gettime(CLOCK_MONOTONIC, &now);
        double each = ((double)(now.tv_sec - begin.tv_sec) * 1e9 + (double)(now.tv_nsec - begin.tv_nsec)) / 100;
        least = each < least ? each : least;
    }
    printf("%.1f\n", least);
    return 0;
}
END

# slowed PROGRAM DELAY: links it.
slowed() {
    "$compiler" -std=c17 -O2 -ffp-contract=off -D_GNU_SOURCE -Ikernels -DDELAY="$2" "${flags[@]}" -c -o "$1.o" \
        "$scratch/kernel.c" &&
        "$linker" -rdynamic -o "$1" "$build/src/cli/main.o" "$1.o" "$build/libsgdmark.a" "${libraries[@]}"
}

# timed PROGRAM FILE: a run that writes FILE.json and FILE.txt.
timed() {
    "${first[@]}" "$1" run --quick --data "synthetic:n=$rows" --isa "$backend" --place core --json "$2.json" > "$2.txt" 2>&1
}

# compared FILE FILE: the rows of the epochs, "NAME VERDICT LOW HIGH". A run has three processes, enough for an interval.
compared() {
    "$sgdmark" compare --format json "$1.json" "$2.json" |
        jq -r '.benchmarks[] | select(.name | startswith("epoch/")) | "\(.name) \(.verdict | sub(" "; "-")) \(.low) \(.high)"'
}

# differs FILE FILE: epochs that compare calls faster or slower, perhaps or not.
differs() {
    compared "$1" "$2" | grep -E ' (perhaps-)?(faster|slower) '
}

delay=10000 # five times as slow: beyond any floor that a busy machine sets
check "a build with the scalar kernels as $backend" slowed "$scratch/same" 0
check "a build with $delay ns more in each dot product" slowed "$scratch/slow" $delay
check "the delay, timed alone" "$compiler" -O2 -D_GNU_SOURCE -DDELAY=$delay -o "$scratch/calibrate" "$scratch/calibrate.c"
each=$("${first[@]}" "$scratch/calibrate")

check "a run of the build with the delay" timed "$scratch/slow" "$scratch/slow"
epochs='.sgdmark.experiments[] | select(.name == "epochs")'
if [ "$(jq -r "$epochs | .usable.state" "$scratch/slow.json")" = "not usable" ]; then
    skip "slowed kernels" "the machine was busy: $(jq -r "$epochs | .usable.reason" "$scratch/slow.json")"
    finish
fi
scalar_ns=$(jq "$epochs"' | .cases[] | select(.name == "epoch/f32/scalar") | 1e9 * ((.quiet // .summary).median)' "$scratch/slow.json")
read -r low high verdict < <(jq -r "$epochs"' | .pairs[] | select(.family == "best" and .base == "epoch/f32/scalar") |
    "\(.speed_low) \(.speed_high) \(.verdict)"' "$scratch/slow.json")
equal "the paired table says slower: [$low, $high]" "$verdict" slower
# Speeds: without the delay over with it. Ten percent for what the rounds and the delay's own timing leave open.
expected=$(awk -v ns="$scalar_ns" -v each="$each" -v rows=$rows 'BEGIN { print ns / (ns + rows * each) }')
check "and $expected is in its interval" awk -v low="$low" -v high="$high" -v want="$expected" \
    'BEGIN { exit !(low * 0.9 <= want && want <= high * 1.1) }'

for run in 1 2 3 4; do
    check "run $run of the build without the delay" timed "$scratch/same" "$scratch/same$run"
done
read -r _ verdict low high < <(compared "$scratch/same1" "$scratch/slow" | grep "^epoch/f32/$backend ")
equal "compare says slower: [$low, $high]" "$verdict" slower
check "by a ratio near 1/$expected" awk -v low="$low" -v high="$high" -v want="$expected" \
    'BEGIN { exit !(low > 0 && low * 0.9 <= 1 / want && 1 / want <= high * 1.1) }'
"$sgdmark" compare --threshold 20% "$scratch/same1.json" "$scratch/slow.json" > "$scratch/comparison" 2>&1
equal "compare --threshold: exit status" $? 1
answer=$(tail -n 1 "$scratch/comparison")
check "and its last line: $answer" grep -q '^FAIL: ' <<< "$answer"

false_ones=$(differs "$scratch/same1" "$scratch/same2"; differs "$scratch/same3" "$scratch/same4")
check "no more than one false verdict of identical builds" test "$(grep -c . <<< "$false_ones")" -le 1
finish
