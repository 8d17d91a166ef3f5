/* Time, and the processor's clock without a counter. */
#ifndef SGDMARK_MACHINE_CLOCK_H
#define SGDMARK_MACHINE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t now_ns(void);

/* The timer as measured now, in nanoseconds: the smallest step that it makes and what one call costs (the least of
 * many). */
struct timer_facts {
    double resolution_ns;
    double overhead_ns;
};
struct timer_facts timer_measure(void);

/* The clock of the core that the calling thread runs on now, in GHz, from a chain of dependent operations of known
 * latency timed for about a fifth of a millisecond; disturbances only make it smaller, so the best of five parts
 * counts. NAN on architectures without a known chain. */
double clock_probe(void);

#endif
