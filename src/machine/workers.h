/* SPDX-License-Identifier: MIT */
/* A worker pool: threads bound to the PUs of a placement that run a callback. */
#ifndef SGDMARK_MACHINE_WORKERS_H
#define SGDMARK_MACHINE_WORKERS_H

#include "base/error.h"
#include "machine/disturbance.h"
#include "machine/placement.h"

#include <stdbool.h>
#include <stddef.h>

/* What the workers do. `worker` counts from 0 in the order of the placement's slots. Both callbacks run on the worker's
 * own thread, bound to its PU, and return 0, or -1 with the reason. */
struct worker_task {
    int (*set_up)(void *context, size_t worker, struct error *err); /* once; memory touched here is local to the PU */
    int (*work)(void *context, size_t worker, struct error *err);   /* in each run */
    void *context;
};

/* The threads are created once and sleep between runs. The calling thread is worker 0. worker_pool_begin binds it to
 * the first slot and leaves it bound: affinity_save and affinity_restore (machine/binding.h) set it free again. */
struct worker_pool;

/* Starts the threads, binds each and sets it up. Topology, placement and context must outlive the pool. Returns NULL
 * and the reason when a thread cannot be started, bound or set up. worker_pool_free ends the threads; what set_up made
 * is the caller's to release after that. */
struct worker_pool *worker_pool_new(const struct topology *topology, const struct placement *placement,
                                    const struct worker_task *task, struct error *err);
void worker_pool_free(struct worker_pool *pool);

/* One run in three steps; time the middle one. begin wakes the workers and waits until all are ready. run lets all of
 * them work and waits for the last; its only system call is a yield, where threads outnumber PUs. end returns 0, or -1
 * with the reason of the first worker that failed; every worker has then noted what disturbed it. */
void worker_pool_begin(struct worker_pool *pool);
void worker_pool_run(struct worker_pool *pool);
int worker_pool_end(struct worker_pool *pool, struct error *err);

/* Did a worker start or end the last run on a PU other than its own? */
bool worker_pool_migrated(const struct worker_pool *pool);

/* What disturbed a worker in the last run. Of worker 0 only whether it ran on another PU than its own, as a migration:
 * the rest is its caller's to watch. */
const struct disturbance *worker_pool_seen(const struct worker_pool *pool, size_t worker);
size_t worker_pool_count(const struct worker_pool *pool);
int worker_pool_pu(const struct worker_pool *pool, size_t worker); /* by OS index; -1: it is not bound */

#endif
