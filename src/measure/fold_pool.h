/* Cross-validation by a worker pool: one worker on each slot of a placement. */
#ifndef SGDMARK_MEASURE_FOLD_POOL_H
#define SGDMARK_MEASURE_FOLD_POOL_H

#include "learn/cv.h"
#include "machine/placement.h"

#include <stdbool.h>

/* Workers (machine/workers.h) that share folds x repeats through one queue. No result depends on which worker takes
 * which fold. Each worker allocates its own working memory; on a machine with several memory nodes the rows are copied
 * to the nodes that the slots name. */
struct fold_pool;

enum fold_task {
    FOLD_FIT, /* train and predict each fold: fold_worker_run */
    FOLD_READ /* only read its rows: fold_worker_read, the read roof of this placement */
};

/* `plan`, topology and placement must outlive the pool. Returns NULL and the reason on failure, also when a worker
 * cannot be bound. fold_pool_free releases the pool. */
struct fold_pool *fold_pool_new(const struct topology *topology, const struct placement *placement,
                                const struct cv_plan *plan, const struct backend *backend, unsigned repeats,
                                enum fold_task task, struct error *err);
void fold_pool_free(struct fold_pool *pool);

/* One sample in three steps; time the middle one. begin wakes the workers and waits until all are ready. run does the
 * work; it allocates nothing and makes no system call but a yield, where threads outnumber PUs. end fails when a fit
 * failed or when the repeats of a fold differ in any bit. The calling thread stays bound: see machine/workers.h. */
void fold_pool_begin(struct fold_pool *pool);
void fold_pool_run(struct fold_pool *pool);
int fold_pool_end(struct fold_pool *pool, struct error *err);

/* Was a worker seen on a PU other than its own in the last sample? */
bool fold_pool_migrated(const struct fold_pool *pool);

/* The first repeat of the last sample: its folds [plan->folds], and its decision values [n] in the plan's row order. */
const struct fold_result *fold_pool_folds(const struct fold_pool *pool);
const double *fold_pool_decision(const struct fold_pool *pool);

/* cross_validate (learn/cv.h) by a fold pool that lives for one sample; the outcome is the same bit for bit. `seconds`
 * of the result is that sample: folds x repeats, without making the threads. The caller's affinity is restored. */
int cross_validate_on(struct cv_result *result, const struct topology *topology, const struct placement *placement,
                      const struct cv_plan *plan, const struct backend *backend, unsigned repeats, struct error *err);

#endif
