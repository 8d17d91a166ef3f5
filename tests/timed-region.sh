#!/bin/bash
# SPDX-License-Identifier: MIT
# Inside a timed sample there is no system call and no allocation. strace shows the system calls; the marks around a
# sample are the two readings of CLOCK_THREAD_CPUTIME_ID, which are system calls, and nothing else in a run makes them
# (the processes of the run do; the run itself waits meanwhile).
# Allocations become system calls here: a library put before libc's calls write(-1, "allocation") in each.
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA

if ! command -v strace > "$scratch/noise" || ! strace -o "$scratch/trace" true 2> "$scratch/noise"; then
    skip "timed regions" "strace is missing, or tracing is not permitted (tools/install-deps --test)"
    finish
fi
if sanitized; then
    skip "timed regions" "$build is built with a sanitizer, which allocates in its own way"
    finish
fi

cat > "$scratch/allocations.c" << 'END'
#include <stddef.h>
#include <unistd.h>
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void __libc_free(void *);
static void tell(void) { if (write(-1, "allocation", 10)) return; }
void *malloc(size_t size) { tell(); return __libc_malloc(size); }
void *calloc(size_t n, size_t size) { tell(); return __libc_calloc(n, size); }
void *realloc(void *old, size_t size) { tell(); return __libc_realloc(old, size); }
void free(void *old) { if (old) tell(); __libc_free(old); }
END
${CC:-cc} -O1 -fno-builtin -shared -fPIC -o "$scratch/allocations.so" "$scratch/allocations.c" 2> "$scratch/noise"
if [ ! -s "$scratch/allocations.so" ]; then
    skip "timed regions" "no compiler for the library that shows allocations: $(tail -n 1 "$scratch/noise")"
    finish
fi

# regions < TRACE: samples, calls inside of them, allocations outside of them. A clock read by a system call, as some
# machines need, belongs to the marks.
regions() {
    awk '
        /clock_gettime\(CLOCK_THREAD_CPUTIME_ID/ { inside = !inside; samples += inside; next }
        inside && /clock_gettime\(CLOCK_MONOTONIC/ { next }
        inside { calls++; if (calls <= 5) print "inside: " $0 > "/dev/stderr" }
        !inside && /"allocation"/ { outside++ }
        END { print samples + 0, calls + 0, outside + 0, inside + 0 }'
}

equal "a planted call and a planted allocation are seen" "$(printf '%s\n' 'clock_gettime(CLOCK_THREAD_CPUTIME_ID, x)' \
    'getpid()' 'write(-1, "allocation", 10)' 'clock_gettime(CLOCK_THREAD_CPUTIME_ID, x)' | regions 2> "$scratch/noise")" \
    "1 2 0 0"

strace -f -o "$scratch/trace" -E LD_PRELOAD="$scratch/allocations.so" "$sgdmark" run --quick --data synthetic:n=600 \
    --place core --json "$scratch/run.json" > "$scratch/run.txt" 2> "$scratch/errors"
equal "the traced run: exit status" $? 0
"$sgdmark" report "$scratch/run.json" > "$scratch/run.txt"
read -r samples calls outside open < <(regions < "$scratch/trace" 2> "$scratch/inside")
rounds=$(sed -n -E 's/^(EPOCHS|PLACEMENTS) .* ([0-9]+) interleaved rounds.*/\2/p' "$scratch/run.txt" | paste -s -d ' ')
check "every sample of $rounds rounds was traced ($samples samples)" test "$samples" -gt $((10 * ${rounds%% *})) -a "$open" = 0
check "allocations are seen outside of them ($outside)" test "$outside" -gt 1000
equal "system calls and allocations inside of samples" "$calls $(cat "$scratch/inside")" "0 "

# A default run times ten digits, too.
backend=$(replaceable_backend)
if [ -z "$backend" ]; then
    skip "samples of ten digits" "no backend but scalar has float32 kernels of its own here"
    finish
fi
last=$(taskset -cp $$ | sed 's/.*[ ,-]//')
strace -f -o "$scratch/trace" -E LD_PRELOAD="$scratch/allocations.so" "$sgdmark" run --data "synthetic:n=200,d=80" \
    --engine f32 --isa "$backend" --group 10 --place "core,pu:$last" --json "$scratch/run.json" > "$scratch/run.txt" 2> "$scratch/errors"
equal "the traced default run: exit status and experiments" "$? $(jq -r '[.sgdmark.experiments[].name] | join(" ")' "$scratch/run.json")" \
    "0 epochs folds digits"
read -r samples calls outside open < <(regions < "$scratch/trace" 2> "$scratch/inside")
equal "system calls and allocations inside of its samples" "$calls $open $(cat "$scratch/inside")" "0 0 "
pu=$(jq '.sgdmark.experiments[2].pu' "$scratch/run.json")
equal "ten digits run on the run's core, though the folds end on another" "$(awk '
    /execve.*"--process"/ { process[$1] = 1 }
    process[$1] && /sched_setaffinity/ && match($0, /\[.*\]/) { last[$1] = substr($0, RSTART, RLENGTH) }
    END { for (one in last) print last[one] }' "$scratch/trace" | sort -u)" "[$pu]"
check "its $samples samples were traced" test "$samples" -ge "$(jq '[.sgdmark.experiments[].samples] | add' "$scratch/run.json")"
finish
