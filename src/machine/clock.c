/* SPDX-License-Identifier: MIT */
#include "machine/clock.h"

#include <math.h>
#include <time.h>

uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static double smallest_step(void) {
    uint64_t smallest = UINT64_MAX;
    for (int i = 0; i < 100; i++) {
        uint64_t start = now_ns();
        uint64_t end = start;
        while (end == start)
            end = now_ns();
        if (end - start < smallest) smallest = end - start;
    }
    return (double)smallest;
}

struct timer_facts timer_measure(void) {
    enum { CALLS = 1000, ROUNDS = 20 };
    struct timer_facts facts = {.resolution_ns = smallest_step(), .overhead_ns = INFINITY};
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = now_ns();
        uint64_t end = start;
        for (int i = 0; i < CALLS; i++)
            end = now_ns();
        double each = (double)(end - start) / CALLS;
        if (each < facts.overhead_ns) facts.overhead_ns = each;
    }
    return facts;
}

enum { CHAIN = 100 }; /* instructions in one pass */

/* Runs passes of CHAIN instructions, each of which depends on the one before and takes LATENCY cycles.
 * x86-64: a 32-bit multiplication takes 3 cycles on Intel cores since Nehalem and on AMD's Zen. The textbook chain of
 * `add $constant, register` fails since Golden Cove: its renamer executes several per cycle, which reads as 11 to 18
 * GHz. Arm: adding two registers takes 1 cycle. */
#if defined(__x86_64__)
enum { LATENCY = 3 };
static void run_chain(uint64_t passes) {
    uint32_t value = 3;
    __asm__ volatile(".p2align 6\n"
                     "1:\n\t"
                     ".rept 100\n\t"
                     "imull %[factor], %[value]\n\t"
                     ".endr\n\t"
                     "decq %[passes]\n\t"
                     "jnz 1b"
                     : [value] "+&r"(value), [passes] "+&r"(passes)
                     : [factor] "r"(5)
                     : "cc");
}
#elif defined(__aarch64__)
enum { LATENCY = 1 };
static void run_chain(uint64_t passes) {
    uint64_t value = 1;
    __asm__ volatile("1:\n\t"
                     ".rept 100\n\t"
                     "add %[value], %[value], %[step]\n\t"
                     ".endr\n\t"
                     "subs %[passes], %[passes], #1\n\t"
                     "b.ne 1b"
                     : [value] "+&r"(value), [passes] "+&r"(passes)
                     : [step] "r"((uint64_t)5)
                     : "cc");
}
#endif

double clock_probe(void) {
#if defined(__x86_64__) || defined(__aarch64__)
    enum { PARTS = 5, CYCLES = 120000 }; /* cycles of one part: 40 us at 3 GHz */
    double best = 0;
    for (int part = 0; part < PARTS; part++) {
        uint64_t start = now_ns();
        run_chain(CYCLES / CHAIN / LATENCY);
        double ghz = CYCLES / (double)(now_ns() - start);
        if (ghz > best) best = ghz;
    }
    return best;
#else
    return NAN;
#endif
}
