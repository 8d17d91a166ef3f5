/* SPDX-License-Identifier: MIT */
#include "machine/workers.h"

#include "machine/binding.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct worker {
    struct worker_pool *pool;
    size_t index;
    const struct slot *slot;
    int home; /* the PU that it is bound to; where binding is refused, the one that it started the last run on */
    pthread_t thread;
    bool started; /* has a thread of its own that must be joined */
    sem_t wake;
    bool migrated;          /* in the last run */
    struct monitor monitor; /* not of worker 0 */
    struct snapshot before;
    struct disturbance seen; /* in the last run */
    bool failed;             /* in set-up or in the last run; `err` says why */
    struct error err;
};

struct worker_pool {
    const struct topology *topology;
    struct worker_task task;
    struct worker *workers;
    size_t count;
    unsigned run;     /* number of the current run, from 1 */
    atomic_uint gate; /* the run that may work */
    atomic_size_t ready, finished, noted;
    atomic_bool closing;
};

/* One turn of a wait for another thread's store. Workers with PUs of their own wait microseconds; the yield serves
 * workers that share a PU. */
static void spin(unsigned *turns) {
    if (++*turns % 1024 == 0) sched_yield();
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void wait_until(atomic_size_t *counter, size_t value) {
    unsigned turns = 0;
    while (atomic_load_explicit(counter, memory_order_acquire) < value)
        spin(&turns);
}

static bool is_elsewhere(const struct worker *worker) {
    return current_pu() != worker->home;
}

static void work(struct worker *worker) {
    const struct worker_task *task = &worker->pool->task;
    worker->home = bound_pu(worker->pool->topology, worker->slot);
    if (worker->home < 0) worker->home = current_pu();
    worker->migrated = is_elsewhere(worker);
    if (task->work(task->context, worker->index, &worker->err) != 0) worker->failed = true;
    worker->migrated = worker->migrated || is_elsewhere(worker);
}

/* Notes what disturbed the run that has just ended. */
static void note(struct worker *worker) {
    struct snapshot after;
    worker->seen = (struct disturbance){0};
    if (worker->started) {
        monitor_read(&worker->monitor, &after);
        worker->seen = disturbance_between(&worker->before, &after);
    }
    if (!worker->migrated || worker->seen.migrations > 0) return;
    worker->seen.migrations = 1;
    worker->seen.flags |= DISTURBED_MIGRATION;
}

static void set_up(struct worker *worker) {
    const struct worker_task *task = &worker->pool->task;
    worker->failed = bind_worker(worker->pool->topology, worker->slot, &worker->err) != 0 ||
                     task->set_up(task->context, worker->index, &worker->err) != 0;
}

/* The life of every worker but worker 0. */
static void *thread_main(void *argument) {
    struct worker *worker = argument;
    struct worker_pool *pool = worker->pool;
    set_up(worker);
    if (monitor_open(&worker->monitor, bound_pu(pool->topology, worker->slot), &worker->err) != 0)
        worker->failed = true;
    atomic_fetch_add_explicit(&pool->ready, 1, memory_order_release);
    for (unsigned run = 1;; run++) {
        while (sem_wait(&worker->wake) != 0)
            continue;
        if (atomic_load_explicit(&pool->closing, memory_order_acquire)) break;
        monitor_read(&worker->monitor, &worker->before);
        atomic_fetch_add_explicit(&pool->ready, 1, memory_order_release);
        unsigned turns = 0;
        while (atomic_load_explicit(&pool->gate, memory_order_acquire) != run)
            spin(&turns);
        work(worker);
        atomic_fetch_add_explicit(&pool->finished, 1, memory_order_release);
        note(worker);
        atomic_fetch_add_explicit(&pool->noted, 1, memory_order_release);
    }
    monitor_close(&worker->monitor);
    return NULL;
}

static int start_threads(struct worker_pool *pool, const struct placement *placement, struct error *err) {
    for (; pool->count < placement->count; pool->count++) {
        struct worker *worker = &pool->workers[pool->count];
        *worker = (struct worker){.pool = pool, .index = pool->count, .slot = &placement->slots[pool->count]};
        if (sem_init(&worker->wake, 0, 0) != 0) return fail_program(err, "%s: no semaphore", placement->name);
    }
    for (size_t i = 1; i < pool->count; i++) {
        struct worker *worker = &pool->workers[i];
        int why = pthread_create(&worker->thread, NULL, thread_main, worker);
        if (why)
            return fail(err, "%s: thread %zu of %zu cannot be started: %s (ulimit -u shows the limit)", placement->name,
                        i + 1, pool->count, strerror(why));
        worker->started = true;
    }
    return 0;
}

/* The error of the first worker that failed, behind `prefix`, with its kind; 0 where none failed. */
static int first_failure(const struct worker_pool *pool, const char *prefix, struct error *err) {
    for (size_t i = 0; i < pool->count; i++) {
        const struct worker *worker = &pool->workers[i];
        if (!worker->failed) continue;
        return fail_as(err, worker->err.kind, "%s%s", prefix, worker->err.text);
    }
    return 0;
}

/* Sets up worker 0 on the calling thread, whose affinity is restored, while the others set themselves up. */
static int set_up_all(struct worker_pool *pool, const struct placement *placement, struct error *err) {
    struct affinity *saved = affinity_save(pool->topology, err);
    if (!saved) return -1;
    set_up(&pool->workers[0]);
    if (affinity_restore(pool->topology, saved, err) != 0) return -1;
    wait_until(&pool->ready, pool->count - 1);
    char prefix[sizeof placement->name + 2];
    snprintf(prefix, sizeof prefix, "%s: ", placement->name);
    return first_failure(pool, prefix, err);
}

struct worker_pool *worker_pool_new(const struct topology *topology, const struct placement *placement,
                                    const struct worker_task *task, struct error *err) {
    if (!placement->available) {
        fail(err, "%s: %s", placement->name, placement->reason);
        return NULL;
    }
    struct worker_pool *pool = calloc(1, sizeof *pool);
    if (pool) pool->workers = calloc(placement->count, sizeof *pool->workers);
    if (!pool || !pool->workers) {
        free(pool);
        fail_program(err, "%s: out of memory for %zu workers", placement->name, placement->count);
        return NULL;
    }
    pool->topology = topology;
    pool->task = *task;
    if (start_threads(pool, placement, err) == 0 && set_up_all(pool, placement, err) == 0) return pool;
    worker_pool_free(pool);
    return NULL;
}

void worker_pool_free(struct worker_pool *pool) {
    if (!pool) return;
    atomic_store_explicit(&pool->closing, true, memory_order_release);
    for (size_t i = 0; i < pool->count; i++) {
        struct worker *worker = &pool->workers[i];
        if (worker->started) {
            sem_post(&worker->wake);
            pthread_join(worker->thread, NULL);
        }
        sem_destroy(&worker->wake);
    }
    free(pool->workers);
    free(pool);
}

void worker_pool_begin(struct worker_pool *pool) {
    for (size_t i = 0; i < pool->count; i++)
        pool->workers[i].failed = false;
    struct worker *first = &pool->workers[0];
    first->failed = bind_worker(pool->topology, first->slot, &first->err) != 0;
    pool->run++;
    atomic_store_explicit(&pool->finished, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->noted, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->ready, 0, memory_order_release);
    for (size_t i = 1; i < pool->count; i++)
        sem_post(&pool->workers[i].wake);
    wait_until(&pool->ready, pool->count - 1);
}

void worker_pool_run(struct worker_pool *pool) {
    atomic_store_explicit(&pool->gate, pool->run, memory_order_release);
    work(&pool->workers[0]);
    wait_until(&pool->finished, pool->count - 1);
}

int worker_pool_end(struct worker_pool *pool, struct error *err) {
    note(&pool->workers[0]);
    wait_until(&pool->noted, pool->count - 1);
    return first_failure(pool, "", err);
}

bool worker_pool_migrated(const struct worker_pool *pool) {
    for (size_t i = 0; i < pool->count; i++)
        if (pool->workers[i].migrated) return true;
    return false;
}

const struct disturbance *worker_pool_seen(const struct worker_pool *pool, size_t worker) {
    return &pool->workers[worker].seen;
}

size_t worker_pool_count(const struct worker_pool *pool) {
    return pool->count;
}

int worker_pool_pu(const struct worker_pool *pool, size_t worker) {
    return bound_pu(pool->topology, pool->workers[worker].slot);
}
