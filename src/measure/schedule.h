/* The order in which cases are timed. */
#ifndef SGDMARK_MEASURE_SCHEDULE_H
#define SGDMARK_MEASURE_SCHEDULE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Every round times every case once. Rounds come in randomly started cyclic Latin squares, balanced for what a case
 * leaves behind in the caches (E. J. Williams, "Experimental designs balanced for the estimation of residual effects of
 * treatments", 1949): for each block of `cases` rounds a permutation p is drawn (RandomState(seed).permutation), and
 * round r of the block times p[(r + z(s)) % cases] in slot s, with z = 0, 1, -1, 2, -2, .... For an odd number of
 * cases the next block is the same read backwards. So within a block each case stands in each slot once, which cancels
 * drift inside a round, and follows each other case once (for an odd number of cases twice in two blocks). The seed
 * alone reproduces the order.
 *
 * Cases may be parted in two: in every round the first `leading` cases come before the others, each part in squares of
 * its own. So none of the others follows a case that evicts what they must find in the caches. */
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
