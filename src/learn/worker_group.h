/* SPDX-License-Identifier: MIT */
/* Workers, seen from work that can be shared among them. What they are is not said here: measure/bound_group.h has
 * threads that are bound to the PUs of a placement. */
#ifndef SGDMARK_LEARN_WORKER_GROUP_H
#define SGDMARK_LEARN_WORKER_GROUP_H

#include "base/error.h"

#include <stddef.h>

/* What every worker runs: `worker` counts from 0. Returns 0, or -1 with the reason. */
struct group_task {
    int (*work)(void *context, size_t worker, struct error *err);
    void *context;
};

struct worker_group {
    size_t count;
    /* Runs the task once on each of the workers, all at the same time, and waits for the last. Returns 0, or -1 with
     * the reason of the first that failed. */
    int (*run)(void *group, const struct group_task *task, struct error *err);
    void *group;
};

#endif
