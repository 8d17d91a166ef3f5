/* SPDX-License-Identifier: MIT */
/* The workers of a placement as a group that shares work (learn/worker_group.h). */
#ifndef SGDMARK_MEASURE_BOUND_GROUP_H
#define SGDMARK_MEASURE_BOUND_GROUP_H

#include "learn/worker_group.h"
#include "machine/placement.h"

struct bound_group {
    const struct topology *topology;
    const struct placement *placement;
};

/* One worker per slot, bound to its PU; worker 0 is the calling thread, whose affinity is restored. Both pointers, and
 * the struct itself, must outlive the group. */
struct worker_group bound_group(struct bound_group *bound);

#endif
