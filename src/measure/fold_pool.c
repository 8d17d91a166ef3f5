#include "measure/fold_pool.h"

#include "base/clock.h"
#include "base/pages.h"
#include "machine/binding.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* One copy of the rows, shared by the members whose slots want them in the same place. */
struct rows_copy {
    struct dataset ds;
    struct slot slot; /* the first member's: says where the copy lies */
};

struct member {
    struct fold_pool *crew;
    const struct slot *slot;
    struct cv_plan plan; /* the crew's, with the rows that this member reads */
    struct fold_worker *worker;
    pthread_t thread;
    bool started;
    sem_t wake;
    bool moved; /* seen on another PU in the last sample */
    bool failed;
    struct error err;
};

struct fold_pool {
    const struct topology *topology;
    const struct cv_plan *plan;
    const struct backend *backend;
    unsigned repeats;
    enum fold_task task;
    struct member *members;
    size_t count;
    struct rows_copy *copies;
    size_t copy_count;
    struct fold_result *items; /* [repeats][folds] */
    double *decision;          /* [n] */
    /* A sample: members come to the gate, the gate opens, items are taken until there are none. */
    atomic_uint gate; /* number of the sample that may run */
    unsigned sample;
    atomic_size_t ready, finished, next;
    atomic_bool closing;
};

/* Waits for another thread's store. Between threads with PUs of their own it comes within microseconds. */
static void pause_a_moment(unsigned *spins) {
    if (++*spins % 1024 == 0) sched_yield();
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void wait_until(atomic_size_t *counter, size_t value) {
    unsigned spins = 0;
    while (atomic_load_explicit(counter, memory_order_acquire) < value)
        pause_a_moment(&spins);
}

static void take_items(struct member *member) {
    struct fold_pool *crew = member->crew;
    size_t folds = crew->plan->folds, all = folds * crew->repeats;
    member->moved = where_am_i() != (int)member->slot->pu_os;
    for (;;) {
        size_t item = atomic_fetch_add_explicit(&crew->next, 1, memory_order_relaxed);
        if (item >= all) break;
        if (crew->task == FOLD_READ)
            fold_worker_read(member->worker, (unsigned)(item % folds));
        else if (fold_worker_run(member->worker, (unsigned)(item % folds), &crew->items[item], &member->err) != 0)
            member->failed = true;
        else if (item < folds)
            fold_worker_decisions(member->worker, crew->decision);
    }
    member->moved = member->moved || where_am_i() != (int)member->slot->pu_os;
}

static int settle(struct member *member) {
    if (bind_worker(member->crew->topology, member->slot, &member->err) != 0) return -1;
    member->worker = fold_worker_new(&member->plan, member->crew->backend, &member->err);
    return member->worker ? 0 : -1;
}

static void *work(void *context) {
    struct member *member = context;
    struct fold_pool *crew = member->crew;
    member->failed = settle(member) != 0;
    atomic_fetch_add_explicit(&crew->ready, 1, memory_order_release);
    for (unsigned sample = 1;; sample++) {
        while (sem_wait(&member->wake) != 0)
            continue;
        if (atomic_load_explicit(&crew->closing, memory_order_acquire)) return NULL;
        atomic_fetch_add_explicit(&crew->ready, 1, memory_order_release);
        unsigned spins = 0;
        while (atomic_load_explicit(&crew->gate, memory_order_acquire) != sample)
            pause_a_moment(&spins);
        take_items(member);
        atomic_fetch_add_explicit(&crew->finished, 1, memory_order_release);
    }
}

static bool same_place(const struct slot *a, const struct slot *b) {
    return a->policy == b->policy && a->memory_node == b->memory_node;
}

/* Puts the bytes in memory of their own where the slot says. */
static int copy_bytes(const struct fold_pool *crew, const struct slot *slot, uint8_t **to, const uint8_t *from,
                      size_t length, struct error *err) {
    *to = pages_new(length);
    if (!*to) return fail_program(err, "no memory for a copy of the rows (%zu bytes) on another node", length);
    if (place_memory(crew->topology, *to, length, slot, err) != 0) return -1;
    memcpy(*to, from, length);
    return check_memory(crew->topology, *to, length, slot, err);
}

/* The rows for a slot: on a machine with one memory node the ones there are, else a copy where the slot says. */
static int rows_for(struct fold_pool *crew, const struct slot *slot, const struct dataset **rows, struct error *err) {
    struct topology_summary machine;
    const struct dataset *ds = crew->plan->row_list.ds;
    topology_summarize(crew->topology, &machine);
    *rows = ds;
    if (machine.nodes <= 1) return 0;
    for (size_t i = 0; i < crew->copy_count; i++) {
        *rows = &crew->copies[i].ds;
        if (same_place(&crew->copies[i].slot, slot)) return 0;
    }
    struct rows_copy *copy = &crew->copies[crew->copy_count];
    *copy = (struct rows_copy){.ds = *ds, .slot = *slot};
    copy->ds.pixels = copy->ds.packed.bytes = NULL;
    *rows = &copy->ds;
    crew->copy_count++;
    if (copy_bytes(crew, slot, &copy->ds.pixels, ds->pixels, ds->n * ds->stride, err) != 0) return -1;
    if (!ds->packed.bytes) return 0;
    return copy_bytes(crew, slot, &copy->ds.packed.bytes, ds->packed.bytes, ds->packed.size, err);
}

static int enlist(struct fold_pool *crew, const struct placement *placement, struct error *err) {
    for (size_t i = 0; i < placement->count; i++) {
        struct member *member = &crew->members[i];
        *member = (struct member){.crew = crew, .slot = &placement->slots[i], .plan = *crew->plan};
        if (rows_for(crew, member->slot, &member->plan.row_list.ds, err) != 0) return -1;
        if (sem_init(&member->wake, 0, 0) != 0) return fail(err, "a semaphore cannot be made");
        crew->count++;
    }
    for (size_t i = 1; i < crew->count; i++) {
        struct member *member = &crew->members[i];
        if (pthread_create(&member->thread, NULL, work, member) != 0)
            return fail(err, "%s: thread %zu of %zu cannot be started", placement->name, i + 1, crew->count);
        member->started = true;
    }
    struct affinity *saved = affinity_save(crew->topology, err);
    if (!saved) return -1;
    int bad = settle(&crew->members[0]);
    crew->members[0].failed = bad != 0;
    if (affinity_restore(crew->topology, saved, err) != 0) return -1;
    wait_until(&crew->ready, crew->count - 1);
    for (size_t i = 0; i < crew->count; i++)
        if (crew->members[i].failed) return fail(err, "%s: %s", placement->name, crew->members[i].err.text);
    return 0;
}

struct fold_pool *fold_pool_new(const struct topology *topology, const struct placement *placement,
                                const struct cv_plan *plan, const struct backend *backend, unsigned repeats,
                                enum fold_task task, struct error *err) {
    if (!placement->available) {
        fail(err, "%s: %s", placement->name, placement->reason);
        return NULL;
    }
    struct fold_pool *crew = calloc(1, sizeof *crew);
    if (!crew) {
        fail_program(err, "out of memory");
        return NULL;
    }
    crew->topology = topology;
    crew->plan = plan;
    crew->backend = backend;
    crew->repeats = repeats;
    crew->task = task;
    crew->members = calloc(placement->count, sizeof *crew->members);
    crew->copies = calloc(placement->count, sizeof *crew->copies);
    crew->items = calloc((size_t)plan->folds * repeats, sizeof *crew->items);
    crew->decision = calloc(plan->row_list.n, sizeof *crew->decision);
    int bad = crew->members && crew->copies && crew->items && crew->decision
                  ? enlist(crew, placement, err)
                  : fail_program(err, "out of memory for %zu workers and %u repeats of %u folds", placement->count,
                                 repeats, plan->folds);
    if (!bad) return crew;
    fold_pool_free(crew);
    return NULL;
}

void fold_pool_free(struct fold_pool *crew) {
    if (!crew) return;
    atomic_store_explicit(&crew->closing, true, memory_order_release);
    for (size_t i = 0; i < crew->count; i++) {
        struct member *member = &crew->members[i];
        if (member->started) {
            sem_post(&member->wake);
            pthread_join(member->thread, NULL);
        }
        sem_destroy(&member->wake);
        fold_worker_free(member->worker);
    }
    for (size_t i = 0; i < crew->copy_count; i++) {
        struct dataset *ds = &crew->copies[i].ds;
        pages_free(ds->pixels, ds->n * ds->stride);
        pages_free(ds->packed.bytes, ds->packed.size);
    }
    free(crew->members);
    free(crew->copies);
    free(crew->items);
    free(crew->decision);
    free(crew);
}

void fold_pool_begin(struct fold_pool *crew) {
    struct member *first = &crew->members[0];
    first->failed = bind_worker(crew->topology, first->slot, &first->err) != 0;
    crew->sample++;
    atomic_store_explicit(&crew->next, 0, memory_order_relaxed);
    atomic_store_explicit(&crew->finished, 0, memory_order_relaxed);
    atomic_store_explicit(&crew->ready, 0, memory_order_release);
    for (size_t i = 1; i < crew->count; i++)
        sem_post(&crew->members[i].wake);
    wait_until(&crew->ready, crew->count - 1);
}

void fold_pool_run(struct fold_pool *crew) {
    atomic_store_explicit(&crew->gate, crew->sample, memory_order_release);
    take_items(&crew->members[0]);
    wait_until(&crew->finished, crew->count - 1);
}

static bool same_fold(const struct fold_result *a, const struct fold_result *b) {
    return a->fingerprint == b->fingerprint && a->update_hash == b->update_hash && a->updates == b->updates &&
           a->accuracy == b->accuracy;
}

int fold_pool_end(struct fold_pool *crew, struct error *err) {
    for (size_t i = 0; i < crew->count; i++)
        if (crew->members[i].failed) return fail(err, "%s", crew->members[i].err.text);
    size_t folds = crew->plan->folds, all = folds * crew->repeats;
    for (size_t item = folds; item < all; item++)
        if (!same_fold(&crew->items[item], &crew->items[item % folds]))
            return fail(err, "fold %zu came out different in repeat %zu: a core or a kernel computes wrongly",
                        item % folds + 1, item / folds + 1);
    return 0;
}

bool fold_pool_migrated(const struct fold_pool *crew) {
    for (size_t i = 0; i < crew->count; i++)
        if (crew->members[i].moved) return true;
    return false;
}

const struct fold_result *fold_pool_folds(const struct fold_pool *crew) {
    return crew->items;
}

const double *fold_pool_decision(const struct fold_pool *crew) {
    return crew->decision;
}

/* One sample of a crew of its own, from a bound calling thread that is set free again. */
static int sample_once(struct cv_result *result, struct fold_pool *crew, struct error *err) {
    struct affinity *saved = affinity_save(crew->topology, err);
    if (!saved) return -1;
    fold_pool_begin(crew);
    double begin = seconds_now();
    fold_pool_run(crew);
    result->seconds = seconds_now() - begin;
    int bad = fold_pool_end(crew, err);
    if (affinity_restore(crew->topology, saved, err) != 0) bad = -1;
    if (bad) return -1;
    memcpy(result->fold, fold_pool_folds(crew), result->folds * sizeof *result->fold);
    memcpy(result->decision, fold_pool_decision(crew), result->n * sizeof *result->decision);
    cv_result_score(result);
    return 0;
}

int cross_validate_on(struct cv_result *result, const struct topology *topology, const struct placement *placement,
                      const struct row_list *row_list, unsigned folds, const struct hyper *hyper,
                      const struct backend *backend, unsigned repeats, struct error *err) {
    struct cv_plan plan;
    if (cv_plan_make(&plan, row_list, folds, ESTIMATOR_SGD, hyper, err) != 0) return -1;
    int bad = cv_result_new(result, &plan, err);
    if (!bad) {
        struct fold_pool *crew = fold_pool_new(topology, placement, &plan, backend, repeats, FOLD_FIT, err);
        bad = crew ? sample_once(result, crew, err) : -1;
        fold_pool_free(crew);
        if (bad) cv_free(result);
    }
    cv_plan_free(&plan);
    return bad;
}
