/* SPDX-License-Identifier: MIT */
/* The timer, and the clock frequency of a core measured without hardware counters. */
#ifndef SGDMARK_MACHINE_CLOCK_H
#define SGDMARK_MACHINE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t now_ns(void);

/* Measures the timer: its smallest step, and the cost of one call (the least of many). */
struct timer_facts {
    double resolution_ns;
    double overhead_ns;
};
struct timer_facts timer_measure(void);

/* The clock frequency in GHz of the core that the calling thread runs on: times a chain of dependent instructions of
 * known latency, for about 0.2 ms. A disturbance only lowers the result, so the best of five parts counts. NAN on an
 * architecture without such a chain. */
double clock_probe(void);

#endif
