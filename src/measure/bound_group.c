/* SPDX-License-Identifier: MIT */
#include "measure/bound_group.h"

#include "machine/binding.h"
#include "machine/workers.h"

static int no_set_up(void *context, size_t worker, struct error *err) {
    (void)context, (void)worker, (void)err;
    return 0;
}

static int run(void *group, const struct group_task *task, struct error *err) {
    const struct bound_group *bound = group;
    const struct worker_task bound_task = {.set_up = no_set_up, .work = task->work, .context = task->context};
    struct worker_pool *pool = worker_pool_new(bound->topology, bound->placement, &bound_task, err);
    struct affinity *saved = pool ? affinity_save(bound->topology, err) : NULL;
    int bad = saved ? 0 : -1;
    if (!bad) {
        worker_pool_begin(pool);
        worker_pool_run(pool);
        bad = worker_pool_end(pool, err);
        if (affinity_restore(bound->topology, saved, bad ? NULL : err) != 0) bad = -1;
    }
    worker_pool_free(pool);
    return bad;
}

struct worker_group bound_group(struct bound_group *bound) {
    return (struct worker_group){bound->placement->count, run, bound};
}
