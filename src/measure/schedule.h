/* The order in which arms are timed. */
#ifndef SGDMARK_MEASURE_SCHEDULE_H
#define SGDMARK_MEASURE_SCHEDULE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Every round times every arm once. Rounds come in randomly started cyclic Latin squares, balanced for what an arm
 * leaves behind in the caches (E. J. Williams, "Experimental designs balanced for the estimation of residual effects of
 * treatments", 1949): for each block of `arms` rounds a permutation p is drawn (RandomState(seed).permutation), and
 * round r of the block times p[(r + z(s)) % arms] in slot s, with z = 0, 1, -1, 2, -2, .... For an odd number of
 * arms the next block is the same read backwards. So within a block each arm stands in each slot once, which cancels
 * drift inside a round, and follows each other arm once (for an odd number of arms twice in two blocks). The seed alone
 * reproduces the order.
 *
 * Arms may be parted in two: in every round the first `early` arms come before the others, each part in squares of its
 * own. So none of the others follows an arm that leaves behind what they must not find. */
struct schedule {
    size_t arms;
    size_t rounds;
    uint32_t seed;
    uint32_t *arm; /* [rounds][arms] */
};

/* Returns 0, or -1 with the reason; schedule_free releases it. */
int schedule_make(struct schedule *schedule, size_t arms, size_t early, size_t rounds, uint32_t seed,
                  struct error *err);
void schedule_free(struct schedule *schedule);

/* The arm timed in this slot (0..arms-1) of this round. */
size_t schedule_arm(const struct schedule *schedule, size_t round, size_t slot);

#endif
