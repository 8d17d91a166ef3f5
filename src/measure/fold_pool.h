/* Cross-validation by several threads, one on each slot of a placement. */
#ifndef SGDMARK_MEASURE_FOLD_POOL_H
#define SGDMARK_MEASURE_FOLD_POOL_H

#include "learn/cv.h"
#include "machine/placement.h"

#include <stdbool.h>

/* Threads that are created once and wait, asleep, for samples. The calling thread is the first worker: it is bound to
 * the first slot for the time of each sample. Every other thread is bound to its slot before it touches its working
 * memory. The caller stays bound after a sample; machine/binding.h saves and restores. Where the machine has several
 * nodes, the rows are copied to where the slots say. */
struct fold_pool;

/* What a crew does with each fold. */
enum fold_task { FOLD_FIT, /* fold_worker_run */ FOLD_READ /* fold_worker_read: the roof of its placement */ };

/* Work is folds x repeats, taken from one queue; no result depends on who takes what. `plan` (and the topology and the
 * placement) must outlive the crew. NULL and the reason on failure, which a placement that cannot be bound is;
 * fold_pool_free releases it. */
struct fold_pool *fold_pool_new(const struct topology *topology, const struct placement *placement,
                                const struct cv_plan *plan, const struct backend *backend, unsigned repeats,
                                enum fold_task task, struct error *err);
void fold_pool_free(struct fold_pool *crew);

/* A sample in three steps, of which the middle one is to be timed: wakes the threads and waits until they stand ready;
 * does the work (no allocation; a system call only where threads outnumber PUs and must yield); looks at the outcome.
 * fold_pool_end fails when a fit failed or the repeats of a fold differ in any bit. */
void fold_pool_begin(struct fold_pool *crew);
void fold_pool_run(struct fold_pool *crew);
int fold_pool_end(struct fold_pool *crew, struct error *err);

/* Whether a thread was seen on another PU than its own in the last sample. */
bool fold_pool_migrated(const struct fold_pool *crew);

/* The outcome of the last sample's first repeat: [folds], and decision[n] in the order of the view. */
const struct fold_result *fold_pool_folds(const struct fold_pool *crew);
const double *fold_pool_decision(const struct fold_pool *crew);

/* cross_validate (learn/cv.h) by a crew, once; bit for bit the same outcome. `seconds` of the result is the one sample:
 * folds x repeats, without making the plan and the threads. The caller's affinity is put back. */
int cross_validate_on(struct cv_result *result, const struct topology *topology, const struct placement *placement,
                      const struct row_list *row_list, unsigned folds, const struct hyper *hyper,
                      const struct backend *backend, unsigned repeats, struct error *err);

#endif
