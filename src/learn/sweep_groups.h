/* SPDX-License-Identifier: MIT */
/* Which points of a sweep are computed together: those whose fits share the order of their rows (learn/group.h). */
#ifndef SGDMARK_LEARN_SWEEP_GROUPS_H
#define SGDMARK_LEARN_SWEEP_GROUPS_H

#include "learn/sweep.h"

/* Points point[first] to point[first + count - 1]. */
struct sweep_group {
    size_t first, count;
};

struct sweep_groups {
    size_t *point; /* [plan->count] the points to do, those of a group side by side */
    struct sweep_group *group;
    size_t count; /* of groups; their first points are in the plan's order */
};

/* Groups of at most plan->group points, and no fewer groups than `workers` where there are points enough. A group's
 * points have one digit, folds, order of rows, and fits that share their order. Returns 0, or -1 when memory runs out;
 * sweep_groups_free releases them. */
int sweep_groups_make(struct sweep_groups *groups, const struct sweep_plan *plan, size_t workers, struct error *err);
void sweep_groups_free(struct sweep_groups *groups);

/* The most points that share one order; 1: each has its own. 0 when memory runs out, with the reason. */
size_t sweep_most_together(const struct sweep_plan *plan, struct error *err);

#endif
