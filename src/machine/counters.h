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

/* Four counters fit every processor at once, so what is wanted is counted in two passes over the same work. */
enum counter_pass { PASS_MAIN, /* cycles to L1D misses */ PASS_REST /* the others */ };
enum { PASS_COUNTERS = 4 };

/* One open group. User mode only; the first event is pinned. */
struct counters {
    enum counter_pass pass;
    int fd[PASS_COUNTERS];      /* -1: this one is missing */
    uint64_t id[PASS_COUNTERS]; /* the kernel's name for it */
    char reason[PASS_COUNTERS][256];
};

/* What was counted; NAN where a counter is missing. */
struct counter_values {
    double value[COUNTERS]; /* scaled by the time enabled over the time running */
    double running;         /* time running over time enabled: below 1 the values are estimates */
    bool multiplexed;       /* running < 1 */
    bool lost;              /* the processor's counters were taken by someone else: all values are NAN */
};

/* Opens the group for the calling thread. Returns the number of counters that are there, 0..4; `reason` says for each
 * missing one why: no PMU, or no permission with the paranoid level and the command that lifts it. */
int counters_open(struct counters *counters, enum counter_pass pass);
void counters_close(struct counters *counters);

/* Around a timed region, not in it: each is one or two system calls. */
void counters_start(const struct counters *counters);
void counters_stop(const struct counters *counters);

/* Adds the pass's values to *values, which counter_values_clear has made empty. */
void counters_read(const struct counters *counters, struct counter_values *values);
void counter_values_clear(struct counter_values *values);

/* Used by counters_open: the sentence for an errno of perf_event_open, given kernel.perf_event_paranoid (INT_MIN:
 * unknown). */
void counter_reason(char *text, size_t size, int error, int paranoid);

/* Used by counters_read: reads one group's answer, uint64 words "number, enabled ns, running ns, (value, id)...". */
void counters_decode(const struct counters *counters, const uint64_t *words, size_t count,
                     struct counter_values *values);

#endif
