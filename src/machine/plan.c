/* SPDX-License-Identifier: MIT */
#include "machine/plan.h"

#include <math.h>
#include <stdbool.h>

/* Bandwidth of a core to a remote node / to its own node. */
#define REMOTE_SHARE 0.5

double plan_fold_bytes(const struct plan_job *job) {
    double all = (double)job->rows * (double)job->row_bytes;
    return all * ((double)job->epochs * (job->folds - 1) + 1) / job->folds;
}

static bool same_core(const struct slot *a, const struct slot *b) {
    return a->core < 0 ? a->pu_os == b->pu_os : a->core == b->core;
}

/* Workers on the core of slot `at`. Slots are in logical order, so the slots of a core are neighbours. */
static unsigned workers_on_core(const struct placement *placement, size_t at) {
    const struct slot *slot = &placement->slots[at];
    size_t first = at;
    size_t last = at;
    while (first > 0 && same_core(slot, &placement->slots[first - 1]))
        first--;
    while (last + 1 < placement->count && same_core(slot, &placement->slots[last + 1]))
        last++;
    return (unsigned)(last - first + 1);
}

/* How many workers read from the node that the slot reads from; an interleaved worker counts 1 / nodes. */
static double count_readers(const struct placement *placement, const struct slot *slot, unsigned nodes) {
    if (slot->policy == MEMORY_INTERLEAVE) return (double)placement->count / nodes;
    double readers = 0;
    for (size_t i = 0; i < placement->count; i++)
        readers += placement->slots[i].memory_node == slot->memory_node;
    return readers;
}

/* Bytes per second of one of `sharing` workers on a core that read from a node with `readers` readers. */
static double worker_rate(const struct slot *slot, unsigned nodes, unsigned sharing, double readers,
                          const struct roofs *roofs) {
    double local = slot->memory_node == slot->node ? 1.0 : 0.0; /* share of its pages on its own node */
    if (slot->policy == MEMORY_INTERLEAVE) local = 1.0 / nodes;
    double core = roofs->core / (local + (1.0 - local) / REMOTE_SHARE) / sharing;
    return fmin(core, roofs->node / readers);
}

struct plan plan_placement(const struct placement *placement, unsigned nodes, const struct plan_job *job,
                           const struct roofs *roofs) {
    struct plan plan = {.node_bytes = job->rows * job->row_bytes};
    if (placement->count == 0) return (struct plan){0};
    if (nodes == 0) nodes = 1;
    if (placement->slots[0].policy == MEMORY_INTERLEAVE) plan.node_bytes = (plan.node_bytes + nodes - 1) / nodes;
    double fold_bytes = plan_fold_bytes(job);
    double readers = 0;
    for (size_t i = 0; i < placement->count; i++) {
        const struct slot *slot = &placement->slots[i];
        if (i == 0 || slot->memory_node != slot[-1].memory_node) readers = count_readers(placement, slot, nodes);
        double rate = worker_rate(slot, nodes, workers_on_core(placement, i), readers, roofs);
        plan.folds_per_second += rate / fold_bytes;
        plan.fold_seconds = fmax(plan.fold_seconds, fold_bytes / rate);
    }
    return plan;
}
