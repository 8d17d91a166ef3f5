/* SPDX-License-Identifier: MIT */
/* The schedule: the order in which rounds time the cases. */
#ifndef SGDMARK_MEASURE_SCHEDULE_H
#define SGDMARK_MEASURE_SCHEDULE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Every round times every case once. A case leaves cold caches or a lower clock to the next one, so rounds come in
 * Williams squares (E. J. Williams, "Experimental designs balanced for the estimation of residual effects of
 * treatments", 1949). With a plain rotation the A/A ratio of one run was 0.70.
 *
 * Each block of `cases` rounds draws a permutation p (RandomState(seed).permutation). Round r of the block times
 * p[(r + z(s)) % cases] in slot s, with z = 0, 1, -1, 2, -2, .... With an odd number of cases every second block is the
 * one before it read backwards. So within a block each case comes in each slot once, which cancels drift inside a
 * round. Each case also follows each other case once (with an odd number: twice in two blocks). The seed reproduces the
 * order.
 *
 * In every round the first `leading` cases come before the others; each of the two parts has its own squares. So slow
 * cases, during which the rows leave the caches, never come between the fast ones. */
struct schedule {
    size_t cases;
    size_t rounds;
    uint32_t seed;
    uint32_t *which; /* [rounds][cases] */
};

/* Returns 0, or -1 with the reason; schedule_free releases it. */
int schedule_make(struct schedule *schedule, size_t cases, size_t leading, size_t rounds, uint32_t seed,
                  struct error *err);
void schedule_free(struct schedule *schedule);

/* The case timed in this slot (0..cases-1) of this round. */
size_t schedule_case(const struct schedule *schedule, size_t round, size_t slot);

#endif
