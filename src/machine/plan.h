/* What a placement can be expected to take, from read bandwidths: for machines that are not at hand. */
#ifndef SGDMARK_MACHINE_PLAN_H
#define SGDMARK_MACHINE_PLAN_H

#include "machine/placement.h"

#include <stdint.h>

/* Read bandwidths in bytes per second. */
struct roofs {
    double core; /* one core from its own memory node */
    double node; /* all cores together from one memory node */
};

/* The cross-validation of the fixed job: `folds` fits of `epochs` epochs, each over the other folds' rows, and one
 * prediction of the fold's own rows. */
struct plan_job {
    uint64_t rows;
    uint64_t row_bytes;
    unsigned folds, epochs;
};

struct plan {
    uint64_t node_bytes;     /* rows on each memory node that the placement reads */
    double fold_seconds;     /* of the slowest worker, while all workers are busy */
    double folds_per_second; /* of all workers */
};

/* The bytes that one fold reads: rows * row_bytes * (epochs * (folds - 1) + 1) / folds. */
double plan_fold_bytes(const struct plan_job *job);

/* Every worker reads at the least of: its core's bandwidth, shared by the workers on that core; half of it for what
 * lies on another node (one core's bandwidth is its concurrency over the latency, and a remote node's latency is about
 * twice the local one); and the node's bandwidth, shared by all who read there. Caches are left out. `nodes` is the
 * number of memory nodes that pages are interleaved over. */
struct plan plan_placement(const struct placement *placement, unsigned nodes, const struct plan_job *job,
                           const struct roofs *roofs);

#endif
