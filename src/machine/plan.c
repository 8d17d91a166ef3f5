#include "machine/plan.h"

#include <math.h>

#define REMOTE_SHARE 0.5

double plan_fold_bytes(const struct plan_job *job) {
    double all = (double)job->rows * (double)job->row_bytes;
    return all * ((double)job->epochs * (job->folds - 1) + 1) / job->folds;
}

static unsigned workers_on_core(const struct placement *placement, const struct slot *slot) {
    unsigned workers = 0;
    for (size_t i = 0; i < placement->count; i++) {
        const struct slot *other = &placement->slots[i];
        workers += slot->core < 0 ? other->pu_os == slot->pu_os : other->core == slot->core;
    }
    return workers;
}

/* How many workers' worth of reading goes to the node that the slot reads from. */
static double readers(const struct placement *placement, const struct slot *slot, unsigned nodes) {
    if (slot->policy == MEMORY_INTERLEAVE) return (double)placement->count / nodes;
    double readers = 0;
    for (size_t i = 0; i < placement->count; i++)
        readers += placement->slots[i].memory_node == slot->memory_node;
    return readers;
}

/* Bytes per second of one worker. */
static double worker_rate(const struct placement *placement, const struct slot *slot, unsigned nodes,
                          const struct roofs *roofs) {
    double near = slot->memory_node == slot->node ? 1.0 : 0.0;
    if (slot->policy == MEMORY_INTERLEAVE) near = 1.0 / nodes;
    double core = roofs->core / (near + (1.0 - near) / REMOTE_SHARE) / workers_on_core(placement, slot);
    return fmin(core, roofs->node / readers(placement, slot, nodes));
}

struct plan plan_placement(const struct placement *placement, unsigned nodes, const struct plan_job *job,
                           const struct roofs *roofs) {
    struct plan plan = {.node_bytes = job->rows * job->row_bytes};
    if (placement->count == 0) return (struct plan){0};
    if (nodes == 0) nodes = 1;
    if (placement->slots[0].policy == MEMORY_INTERLEAVE) plan.node_bytes = (plan.node_bytes + nodes - 1) / nodes;
    double fold_bytes = plan_fold_bytes(job);
    for (size_t i = 0; i < placement->count; i++) {
        double rate = worker_rate(placement, &placement->slots[i], nodes, roofs);
        plan.folds_per_second += rate / fold_bytes;
        plan.fold_seconds = fmax(plan.fold_seconds, fold_bytes / rate);
    }
    return plan;
}
