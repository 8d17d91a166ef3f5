/* SPDX-License-Identifier: MIT */
/* Hardware counters of the calling thread through perf_event_open. */
#ifndef SGDMARK_MACHINE_COUNTERS_H
#define SGDMARK_MACHINE_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum counter {
    COUNTER_CYCLES,
    COUNTER_INSTRUCTIONS,
    COUNTER_BRANCH_MISSES,
    COUNTER_L1D_MISSES, /* reads that missed the L1 data cache */
    COUNTER_REF_CYCLES, /* cycles at the constant reference clock */
    COUNTER_LLC_MISSES,
    COUNTER_BRANCHES,
    COUNTER_DTLB_MISSES, /* reads that missed the data TLB */
    COUNTERS
};
extern const char *const counter_names[COUNTERS]; /* "cycles", "instructions", ... */

/* Every processor can count four events at once, so the eight are counted in two passes over the same work. */
enum counter_pass { PASS_MAIN, /* cycles to L1D misses */ PASS_REST /* the others */ };
enum { PASS_COUNTERS = 4 };

/* One open group of events, counted in user mode only. The first event is pinned. */
struct counters {
    enum counter_pass pass;
    int fd[PASS_COUNTERS];           /* -1: missing */
    uint64_t id[PASS_COUNTERS];      /* the kernel's identifier of the event */
    char reason[PASS_COUNTERS][256]; /* why it is missing */
};

/* The counts; NAN where a counter is missing. */
struct counter_values {
    double value[COUNTERS]; /* scaled by time enabled / time running */
    double running;         /* time running / time enabled: below 1 the values are estimates */
    bool multiplexed;       /* running < 1 */
    bool lost;              /* another user took the hardware counters: all values are NAN */
};

/* Opens the group for the calling thread. Returns the number of counters that work, 0..4. For each of the others
 * `reason` says why: no PMU, or no permission, with the command that grants it. */
int counters_open(struct counters *counters, enum counter_pass pass);
void counters_close(struct counters *counters);

/* Call these outside the timed region: each makes one or two system calls. */
void counters_start(const struct counters *counters);
void counters_stop(const struct counters *counters);

/* Adds the values of this pass to *values; counter_values_clear sets all of them to NAN first. */
void counters_read(const struct counters *counters, struct counter_values *values);
void counter_values_clear(struct counter_values *values);

/* Used by counters_open: explains an errno of perf_event_open, given kernel.perf_event_paranoid (INT_MIN: unknown). */
void counter_reason(char *text, size_t size, int error, int paranoid);

/* Used by counters_read: decodes what read() returns for a group: words "number, enabled ns, running ns, (value,
 * id)...".
 */
void counters_decode(const struct counters *counters, const uint64_t *words, size_t count,
                     struct counter_values *values);

#endif
