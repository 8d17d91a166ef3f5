/* SPDX-License-Identifier: MIT */
#include "measure/fold_pool.h"

#include "base/clock.h"
#include "machine/binding.h"
#include "machine/workers.h"
#include "measure/node_rows.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* What one worker needs for its folds. */
struct fold_slot {
    struct cv_plan plan; /* the pool's plan, but with the copy of the rows that this worker reads */
    struct fold_worker *worker;
};

struct fold_pool {
    const struct topology *topology;
    const struct cv_plan *plan;
    const struct backend *backend;
    unsigned repeats;
    enum fold_task task;
    struct worker_pool *workers;
    struct fold_slot *slots; /* [slot_count] */
    size_t slot_count;
    struct node_rows *rows;
    struct fold_result *items; /* [repeats][folds] */
    double *decision;          /* [n] */
    atomic_size_t next;        /* the next item to take */
};

static int set_up(void *context, size_t worker, struct error *err) {
    struct fold_pool *pool = context;
    struct fold_slot *slot = &pool->slots[worker];
    slot->worker = fold_worker_new(&slot->plan, pool->backend, err);
    return slot->worker ? 0 : -1;
}

/* Takes items until the queue is empty. A failed fit does not stop the others. */
static int take_items(void *context, size_t worker, struct error *err) {
    struct fold_pool *pool = context;
    struct fold_worker *mine = pool->slots[worker].worker;
    size_t folds = pool->plan->folds, all = folds * pool->repeats;
    int bad = 0;
    for (;;) {
        size_t item = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (item >= all) return bad;
        if (pool->task == FOLD_READ)
            pool->items[item].fingerprint = fold_worker_read(mine, (unsigned)(item % folds));
        else if (fold_worker_run(mine, (unsigned)(item % folds), &pool->items[item], err) != 0)
            bad = -1;
        else if (item < folds)
            fold_worker_decisions(mine, 0, pool->decision);
    }
}

static int start_workers(struct fold_pool *pool, const struct placement *placement, struct error *err) {
    pool->slots = calloc(placement->count, sizeof *pool->slots);
    pool->items = calloc((size_t)pool->plan->folds * pool->repeats, sizeof *pool->items);
    pool->decision = calloc(pool->plan->row_list.n, sizeof *pool->decision);
    if (!pool->slots || !pool->items || !pool->decision)
        return fail_program(err, "out of memory for %zu workers and %u repeats of %u folds", placement->count,
                            pool->repeats, pool->plan->folds);
    pool->rows = node_rows_new(pool->topology, placement, pool->plan->row_list.ds, err);
    if (!pool->rows) return -1;
    pool->slot_count = placement->count;
    for (size_t i = 0; i < placement->count; i++) {
        struct cv_plan *plan = &pool->slots[i].plan;
        *plan = *pool->plan;
        plan->row_list.ds = node_rows_list(pool->rows)[i];
    }
    const struct worker_task task = {.set_up = set_up, .work = take_items, .context = pool};
    pool->workers = worker_pool_new(pool->topology, placement, &task, err);
    return pool->workers ? 0 : -1;
}

struct fold_pool *fold_pool_new(const struct topology *topology, const struct placement *placement,
                                const struct cv_plan *plan, const struct backend *backend, unsigned repeats,
                                enum fold_task task, struct error *err) {
    if (!placement->available) {
        fail(err, "%s: %s", placement->name, placement->reason);
        return NULL;
    }
    struct fold_pool *pool = calloc(1, sizeof *pool);
    if (!pool) {
        fail_program(err, "out of memory");
        return NULL;
    }
    pool->topology = topology;
    pool->plan = plan;
    pool->backend = backend;
    pool->repeats = repeats;
    pool->task = task;
    if (start_workers(pool, placement, err) == 0) return pool;
    fold_pool_free(pool);
    return NULL;
}

void fold_pool_free(struct fold_pool *pool) {
    if (!pool) return;
    worker_pool_free(pool->workers);
    for (size_t i = 0; i < pool->slot_count; i++)
        fold_worker_free(pool->slots[i].worker);
    free(pool->slots);
    node_rows_free(pool->rows);
    free(pool->items);
    free(pool->decision);
    free(pool);
}

void fold_pool_begin(struct fold_pool *pool) {
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    worker_pool_begin(pool->workers);
}

void fold_pool_run(struct fold_pool *pool) {
    worker_pool_run(pool->workers);
}

static bool same_fold(const struct fold_result *a, const struct fold_result *b) {
    const bool untrained = isnan(a->accuracy) && isnan(b->accuracy);
    return a->fingerprint == b->fingerprint && a->update_hash == b->update_hash && a->updates == b->updates &&
           (untrained || a->accuracy == b->accuracy);
}

int fold_pool_end(struct fold_pool *pool, struct error *err) {
    if (worker_pool_end(pool->workers, err) != 0) return -1;
    size_t folds = pool->plan->folds, all = folds * pool->repeats;
    for (size_t item = folds; item < all; item++)
        if (!same_fold(&pool->items[item], &pool->items[item % folds]))
            return fail_as(err, ERROR_CHECK,
                           "fold %zu came out different in repeat %zu: a core or a kernel computes wrongly",
                           item % folds + 1, item / folds + 1);
    return 0;
}

bool fold_pool_migrated(const struct fold_pool *pool) {
    return worker_pool_migrated(pool->workers);
}

void fold_pool_observe(const struct fold_pool *pool, const struct disturbance *mine, struct disturbance *all,
                       struct watcher *watcher) {
    for (size_t w = 0; w < worker_pool_count(pool->workers); w++) {
        const struct disturbance *seen = worker_pool_seen(pool->workers, w);
        disturbance_add(all, seen);
        const int pu = worker_pool_pu(pool->workers, w);
        if (watcher && pu >= 0) watcher_own(watcher, (unsigned)pu, w == 0 ? mine->cpu : seen->cpu);
    }
    if (watcher) watcher_elsewhere(watcher, mine->cpu);
}

const struct fold_result *fold_pool_folds(const struct fold_pool *pool) {
    return pool->items;
}

const double *fold_pool_decision(const struct fold_pool *pool) {
    return pool->decision;
}

/* Takes one sample and scores it. Restores the affinity of the calling thread. */
static int sample_once(struct cv_result *result, struct fold_pool *pool, struct error *err) {
    struct affinity *saved = affinity_save(pool->topology, err);
    if (!saved) return -1;
    fold_pool_begin(pool);
    double begin = seconds_now();
    fold_pool_run(pool);
    result->seconds = seconds_now() - begin;
    int bad = fold_pool_end(pool, err);
    if (affinity_restore(pool->topology, saved, err) != 0) bad = -1;
    if (bad) return -1;
    memcpy(result->fold, fold_pool_folds(pool), result->folds * sizeof *result->fold);
    memcpy(result->decision, fold_pool_decision(pool), result->n * sizeof *result->decision);
    cv_result_score(result);
    return 0;
}

int cross_validate_on(struct cv_result *result, const struct topology *topology, const struct placement *placement,
                      const struct cv_plan *plan, const struct backend *backend, unsigned repeats, struct error *err) {
    if (cv_result_new(result, plan, err) != 0) return -1;
    struct fold_pool *pool = fold_pool_new(topology, placement, plan, backend, repeats, FOLD_FIT, err);
    int bad = pool ? sample_once(result, pool, err) : -1;
    fold_pool_free(pool);
    if (bad) cv_free(result);
    return bad;
}
