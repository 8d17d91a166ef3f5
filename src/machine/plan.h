/* SPDX-License-Identifier: MIT */
/* The time that a placement is expected to take, computed from read bandwidths, for machines that are not at hand. */
#ifndef SGDMARK_MACHINE_PLAN_H
#define SGDMARK_MACHINE_PLAN_H

#include "machine/placement.h"

#include <stdint.h>

/* Read bandwidths in bytes per second. */
struct roofs {
    double core; /* one core from its own memory node */
    double node; /* all cores together from one memory node */
};

/* Cross-validation: each of `folds` folds trains `epochs` epochs on the rows of the other folds and predicts its own
 * rows once. */
struct plan_job {
    uint64_t rows;
    uint64_t row_bytes;
    unsigned folds, epochs;
};

struct plan {
    uint64_t node_bytes;     /* bytes of rows on each memory node that the placement reads */
    double fold_seconds;     /* one fold by the slowest worker, while all workers are busy */
    double folds_per_second; /* all workers together */
};

/* The bytes that one fold reads: rows * row_bytes * (epochs * (folds - 1) + 1) / folds. */
double plan_fold_bytes(const struct plan_job *job);

/* The model: a worker reads at its core's bandwidth, divided by the workers on that core, but no faster than the node's
 * bandwidth divided by the workers that read there. A core reads a remote node at half its bandwidth: it has a fixed
 * number of misses in flight, and a remote node has about twice the latency. Caches are ignored. `nodes` is the number
 * of memory nodes that pages are interleaved over. */
struct plan plan_placement(const struct placement *placement, unsigned nodes, const struct plan_job *job,
                           const struct roofs *roofs);

#endif
