/* SPDX-License-Identifier: MIT */
/* Cross-validation by a worker pool: one worker per slot of a placement. */
#ifndef SGDMARK_MEASURE_FOLD_POOL_H
#define SGDMARK_MEASURE_FOLD_POOL_H

#include "learn/cv.h"
#include "machine/placement.h"
#include "measure/witness.h"

#include <stdbool.h>

/* Workers (machine/workers.h) take folds x repeats items from one queue. No result depends on which worker takes which
 * item. Each worker allocates its own working memory. On a machine with several memory nodes the rows are copied to the
 * nodes that the slots name. */
struct fold_pool;

enum fold_task {
    FOLD_FIT, /* train and predict each fold (fold_worker_run) */
    FOLD_READ /* only read its rows (fold_worker_read): the read roof of the placement */
};

/* plan, topology and placement must outlive the pool. NULL with the reason on failure, for example if a worker cannot
 * be bound. fold_pool_free releases the pool. */
struct fold_pool *fold_pool_new(const struct topology *topology, const struct placement *placement,
                                const struct cv_plan *plan, const struct backend *backend, unsigned repeats,
                                enum fold_task task, struct error *err);
void fold_pool_free(struct fold_pool *pool);

/* One sample in three steps; only fold_pool_run is timed. begin wakes the workers and waits until all are ready. run
 * does the work; it allocates nothing, and its only system call is a yield when threads outnumber PUs. end fails if a
 * fit failed or if the repeats of a fold differ in any bit. The calling thread stays bound: see machine/workers.h. */
void fold_pool_begin(struct fold_pool *pool);
void fold_pool_run(struct fold_pool *pool);
int fold_pool_end(struct fold_pool *pool, struct error *err);

/* True if a worker ran on another PU than its own in the last sample. */
bool fold_pool_migrated(const struct fold_pool *pool);

/* Adds what disturbed the workers in the last sample to `all`, and their CPU time to the watcher (NULL: none). `mine`
 * is what disturbed the calling thread, worker 0. */
void fold_pool_observe(const struct fold_pool *pool, const struct disturbance *mine, struct disturbance *all,
                       struct watcher *watcher);

/* The first repeat of the last sample: its folds [plan->folds] (with FOLD_READ, `fingerprint` is the exclusive or of
 * the rows that were read), and its decision values [plan->row_list.n] in the plan's row order. */
const struct fold_result *fold_pool_folds(const struct fold_pool *pool);
const double *fold_pool_decision(const struct fold_pool *pool);

/* cross_validate (learn/cv.h) by a temporary fold pool; the outcome is the same bit for bit. result->seconds is the
 * time of folds x repeats, without starting the threads. Restores the caller's affinity. Returns 0, or -1 with the
 * reason. */
int cross_validate_on(struct cv_result *result, const struct topology *topology, const struct placement *placement,
                      const struct cv_plan *plan, const struct backend *backend, unsigned repeats, struct error *err);

#endif
