/* SPDX-License-Identifier: MIT */
/* Worker pools: every worker runs on its PU in every run, and its errors arrive. Fold pools: folds come out the same
 * with any number of workers on any PUs, and a repeat that differs is caught. */
#include "machine/binding.h"
#include "machine/workers.h"
#include "measure/fold_pool.h"
#include "setup.h"

#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_WORKERS = 64, REPEATS = 1000 };

static struct small_job job;
static struct topology *topology;
static struct placement pus; /* every PU that may be used */
static struct cv_plan plan;
static struct cv_result expected; /* by one thread, without a pool */

static int set_up(void **state) {
    (void)state;
    struct error err;
    if (small_job_load(&job, 64, &err) != 0 || topology_load(&topology, NULL, &err) != 0 ||
        placement_resolve(&pus, topology, "all-pus", &err) != 0 ||
        cv_plan_make(&plan, &job.row_list, FOLDS, ESTIMATOR_SGD, &job.hyper, &err) != 0 ||
        cross_validate(&expected, &job.row_list, FOLDS, &job.hyper, backend_scalar(), NULL, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    cv_free(&expected);
    cv_plan_free(&plan);
    placement_free(&pus);
    topology_free(topology);
    dataset_free(&job.ds);
    return 0;
}

/* `count` workers, one PU after the other from number `first` on; where there are more workers than PUs they share. */
static struct placement workers_on(struct slot slots[MOST_WORKERS], size_t count, size_t first) {
    for (size_t i = 0; i < count; i++)
        slots[i] = pus.slots[(first + i) % pus.count];
    return (struct placement){.name = "test", .available = true, .slots = slots, .count = count};
}

/* What a test's workers saw and do. */
struct seen {
    int pu[MOST_WORKERS]; /* that set_up ran on */
    atomic_uint runs[MOST_WORKERS];
    atomic_uint away;                   /* calls on a PU other than the worker's */
    int fails_in_set_up, fails_in_work; /* this worker fails; -1: none */
    const struct placement *placement;
};

static int see_set_up(void *context, size_t worker, struct error *err) {
    struct seen *seen = context;
    seen->pu[worker] = current_pu();
    return (int)worker == seen->fails_in_set_up ? fail_program(err, "worker %zu has no room", worker) : 0;
}

/* (fail) is the function of base/error.h, not cmocka's macro. */
static int see_work(void *context, size_t worker, struct error *err) {
    struct seen *seen = context;
    atomic_fetch_add(&seen->runs[worker], 1);
    if (current_pu() != (int)seen->placement->slots[worker].pu_os) atomic_fetch_add(&seen->away, 1);
    return (int)worker == seen->fails_in_work ? (fail)(err, "worker %zu stumbled", worker) : 0;
}

static void every_worker_in_every_run(void **state) {
    (void)state;
    static const size_t counts[] = {1, 2, 5, MOST_WORKERS};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        enum { RUNS = 20 };
        struct error err;
        struct slot slots[MOST_WORKERS];
        struct placement placement = workers_on(slots, counts[i], i);
        struct seen seen = {.fails_in_set_up = -1, .fails_in_work = -1, .placement = &placement};
        const struct worker_task task = {see_set_up, see_work, &seen};
        struct worker_pool *pool = worker_pool_new(topology, &placement, &task, &err);
        if (!pool) fail_msg("%s", err.text);
        for (unsigned run = 1; run <= RUNS; run++) {
            worker_pool_begin(pool);
            worker_pool_run(pool);
            assert_int_equal(worker_pool_end(pool, &err), 0);
            assert_false(worker_pool_migrated(pool));
            for (size_t w = 0; w < counts[i]; w++)
                assert_int_equal(atomic_load(&seen.runs[w]), run);
        }
        worker_pool_free(pool);
        assert_int_equal(atomic_load(&seen.away), 0);
        for (size_t w = 0; w < counts[i]; w++)
            assert_int_equal(seen.pu[w], slots[w].pu_os);
    }
}

/* The error of any worker arrives with its kind, and the next run starts afresh. */
static void a_worker_that_fails(void **state) {
    (void)state;
    struct slot slots[MOST_WORKERS];
    struct placement placement = workers_on(slots, 3, 0);
    for (int which = 0; which < 3; which++) {
        struct error err;
        struct seen seen = {.fails_in_set_up = which, .fails_in_work = -1, .placement = &placement};
        const struct worker_task task = {see_set_up, see_work, &seen};
        assert_null(worker_pool_new(topology, &placement, &task, &err));
        assert_non_null(strstr(err.text, "has no room"));
        assert_int_equal(err.kind, ERROR_PROGRAM);
        seen.fails_in_set_up = -1;
        struct worker_pool *pool = worker_pool_new(topology, &placement, &task, &err);
        if (!pool) fail_msg("%s", err.text);
        for (int run = 0; run < 3; run++) {
            seen.fails_in_work = run == 1 ? which : -1;
            worker_pool_begin(pool);
            worker_pool_run(pool);
            assert_int_equal(worker_pool_end(pool, &err), run == 1 ? -1 : 0);
        }
        assert_non_null(strstr(err.text, "stumbled"));
        assert_int_equal(err.kind, ERROR_INPUT);
        worker_pool_free(pool);
    }
}

/* ---- What disturbs a worker */

/* One worker sleeps in its work, or moves to another PU. */
struct restless {
    const struct placement *placement;
    int sleeps, moves; /* this worker; -1: none */
};

static int no_set_up(void *context, size_t worker, struct error *err) {
    (void)context, (void)worker, (void)err;
    return 0;
}

static void move_to(unsigned pu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(pu, &set);
    assert_int_equal(sched_setaffinity(0, sizeof set, &set), 0);
}

static int restless_work(void *context, size_t worker, struct error *err) {
    const struct restless *restless = context;
    const struct timespec nap = {.tv_nsec = 5000000};
    (void)err;
    if ((int)worker == restless->sleeps) nanosleep(&nap, NULL);
    if ((int)worker == restless->moves)
        for (size_t i = 0; i < pus.count; i++)
            if (pus.slots[i].pu_os != restless->placement->slots[worker].pu_os) move_to(pus.slots[i].pu_os);
    return 0;
}

enum { THREE = 3 };

static struct worker_pool *restless_pool(struct restless *restless) {
    struct error err;
    const struct worker_task task = {no_set_up, restless_work, restless};
    struct worker_pool *pool = worker_pool_new(topology, restless->placement, &task, &err);
    if (!pool) fail_msg("%s", err.text);
    assert_int_equal(worker_pool_count(pool), THREE);
    for (size_t w = 0; w < THREE; w++)
        assert_int_equal(worker_pool_pu(pool, w), restless->placement->slots[w].pu_os);
    return pool;
}

static void run_once(struct worker_pool *pool) {
    worker_pool_begin(pool);
    worker_pool_run(pool);
    assert_int_equal(worker_pool_end(pool, NULL), 0);
}

/* Worker 0 is the caller, who watches itself. */
static void a_worker_that_sleeps_is_off_the_cpu(void **state) {
    (void)state;
    for (int which = 0; which < THREE; which++) {
        struct slot slots[MOST_WORKERS];
        struct placement placement = workers_on(slots, THREE, 0);
        struct restless restless = {&placement, .sleeps = which, .moves = -1};
        struct worker_pool *pool = restless_pool(&restless);
        run_once(pool);
        const struct disturbance *seen = worker_pool_seen(pool, (size_t)which);
        if (which == 0) {
            assert_int_equal(seen->flags, 0);
            assert_true(seen->away == 0 && seen->cpu == 0);
        } else {
            assert_true(seen->flags & DISTURBED_AWAY && seen->flags & DISTURBED_SWITCH);
            assert_true(seen->away > AWAY_MOST && seen->switches > 0);
            assert_true(disturbance_spoils(seen));
        }
        worker_pool_free(pool);
    }
}

static void a_worker_that_moves_has_migrated(void **state) {
    (void)state;
    if (pus.count < 2) skip();
    for (int which = 0; which < THREE; which++) {
        struct slot slots[MOST_WORKERS];
        struct placement placement = workers_on(slots, THREE, 0);
        struct restless restless = {&placement, .sleeps = -1, .moves = which};
        struct worker_pool *pool = restless_pool(&restless);
        run_once(pool);
        assert_true(worker_pool_migrated(pool));
        for (size_t w = 0; w < THREE; w++) {
            const struct disturbance *seen = worker_pool_seen(pool, w);
            assert_int_equal((seen->flags & DISTURBED_MIGRATION) != 0, (int)w == which);
            assert_int_equal(seen->migrations > 0, (int)w == which);
        }
        assert_true(disturbance_spoils(worker_pool_seen(pool, (size_t)which)));
        if (which == 0) { /* bound again before the next run, which is a new one */
            restless.moves = -1;
            run_once(pool);
            assert_false(worker_pool_migrated(pool));
            assert_int_equal(worker_pool_seen(pool, 0)->flags, 0);
        }
        worker_pool_free(pool);
    }
}

static struct fold_pool *new_pool(const struct placement *placement, unsigned repeats) {
    struct error err;
    struct fold_pool *pool = fold_pool_new(topology, placement, &plan, backend_scalar(), repeats, FOLD_FIT, &err);
    if (!pool) fail_msg("%s", err.text);
    return pool;
}

/* One sample; its folds are those of the single thread. */
static void take_sample(struct fold_pool *pool) {
    struct error err;
    fold_pool_begin(pool);
    fold_pool_run(pool);
    if (fold_pool_end(pool, &err) != 0) fail_msg("%s", err.text);
    for (unsigned f = 0; f < FOLDS; f++) {
        assert_int_equal(fold_pool_folds(pool)[f].fingerprint, expected.fold[f].fingerprint);
        assert_int_equal(fold_pool_folds(pool)[f].update_hash, expected.fold[f].update_hash);
    }
    assert_memory_equal(fold_pool_decision(pool), expected.decision, SMALL_ROWS * sizeof *expected.decision);
}

static void any_number_of_workers(void **state) {
    (void)state;
    static const size_t counts[] = {1, 2, 3, 7, MOST_WORKERS};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct slot slots[MOST_WORKERS];
        struct placement placement = workers_on(slots, counts[i], i);
        struct fold_pool *pool = new_pool(&placement, 5);
        for (int sample = 0; sample < 3; sample++)
            take_sample(pool);
        fold_pool_free(pool);
    }
}

/* 1000 repeats of each fold altogether, by pools of random size. */
static void random_placements(void **state) {
    (void)state;
    unsigned seed = 1;
    for (int done = 0; done < REPEATS;) {
        struct slot slots[MOST_WORKERS];
        size_t count = 1 + (size_t)rand_r(&seed) % 8;
        struct placement placement = workers_on(slots, count, (size_t)rand_r(&seed));
        unsigned repeats = 1 + (unsigned)rand_r(&seed) % 30;
        struct fold_pool *pool = new_pool(&placement, repeats);
        take_sample(pool);
        fold_pool_free(pool);
        done += (int)repeats;
    }
}

static void by_one_call(void **state) {
    (void)state;
    struct error err;
    struct slot slots[MOST_WORKERS];
    struct placement placement = workers_on(slots, 3, 0);
    struct cv_result result;
    if (cross_validate_on(&result, topology, &placement, &plan, backend_scalar(), 4, &err) != 0)
        fail_msg("%s", err.text);
    for (unsigned f = 0; f < FOLDS; f++)
        assert_int_equal(result.fold[f].fingerprint, expected.fold[f].fingerprint);
    assert_memory_equal(result.decision, expected.decision, SMALL_ROWS * sizeof *expected.decision);
    assert_memory_equal(result.predicted, expected.predicted, SMALL_ROWS);
    assert_memory_equal(&result.confusion, &expected.confusion, sizeof expected.confusion);
    cv_free(&result);
}

/* A processor that computes wrongly for a while: FAULTY calls from the wrong_call-th on. */
enum { FAULTY = 50, WRONG_CALL = 500 };
static atomic_uint calls, wrong_call;

static float faulty(const float *w, const uint8_t *x, size_t d) {
    unsigned since = atomic_fetch_add(&calls, 1) - atomic_load(&wrong_call);
    float sum = backend_scalar()->dot_u8f32(w, x, d);
    return since < FAULTY ? sum + 1e20F : sum;
}

static float faulty_prefetch(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row, const uint8_t *l2_row) {
    (void)l1_row, (void)l2_row;
    return faulty(w, x, d);
}

static void a_fault_in_one_repeat(void **state) {
    (void)state;
    struct backend broken = *backend_scalar();
    broken.dot_u8f32 = faulty;
    broken.dot_prefetch_u8f32 = faulty_prefetch;
    for (int wrong = 0; wrong < 2; wrong++) {
        struct error err;
        struct slot slots[MOST_WORKERS];
        struct placement placement = workers_on(slots, 2, 0);
        struct fold_pool *pool = fold_pool_new(topology, &placement, &plan, &broken, 4, FOLD_FIT, &err);
        assert_non_null(pool);
        atomic_store(&calls, 0);
        atomic_store(&wrong_call, wrong ? WRONG_CALL : UINT_MAX / 2);
        fold_pool_begin(pool);
        fold_pool_run(pool);
        int bad = fold_pool_end(pool, &err);
        assert_true(atomic_load(&calls) > WRONG_CALL + FAULTY);
        if (wrong) {
            assert_int_equal(bad, -1);
            assert_non_null(strstr(err.text, "came out different in repeat"));
        } else {
            assert_int_equal(bad, 0);
        }
        fold_pool_free(pool);
    }
}

/* Every thread sleeps in its first dot product of a sample. */
static atomic_uint sample;

static float sleepy(const float *w, const uint8_t *x, size_t d) {
    static _Thread_local unsigned slept;
    const struct timespec nap = {.tv_nsec = 5000000};
    if (slept != atomic_load(&sample)) nanosleep(&nap, NULL);
    slept = atomic_load(&sample);
    return backend_scalar()->dot_u8f32(w, x, d);
}

static float sleepy_prefetch(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row, const uint8_t *l2_row) {
    (void)l1_row, (void)l2_row;
    return sleepy(w, x, d);
}

/* What disturbs any worker of a fold pool disturbs the sample, though its caller saw nothing. */
static void a_sample_has_the_disturbances_of_all_workers(void **state) {
    (void)state;
    struct error err;
    struct slot slots[MOST_WORKERS];
    struct placement placement = workers_on(slots, 2, 0);
    struct backend backend = *backend_scalar();
    backend.dot_u8f32 = sleepy;
    backend.dot_prefetch_u8f32 = sleepy_prefetch;
    for (unsigned repeats = 1; repeats < 50; repeats *= 7) {
        struct fold_pool *pool = fold_pool_new(topology, &placement, &plan, &backend, repeats, FOLD_FIT, &err);
        if (!pool) fail_msg("%s", err.text);
        const struct disturbance mine = {.cpu = 0.25, .switches = 5};
        struct disturbance all = mine;
        atomic_fetch_add(&sample, 1);
        fold_pool_begin(pool);
        fold_pool_run(pool);
        if (fold_pool_end(pool, &err) != 0) fail_msg("%s", err.text);
        fold_pool_observe(pool, &mine, &all, NULL);
        assert_true(all.flags & DISTURBED_AWAY && all.away > 0.01);
        assert_true(disturbance_spoils(&all));
        assert_true(all.switches > 5 && all.cpu > 0.25);
        fold_pool_free(pool);
    }
}

/* A PU that the machine does not have: binding fails, in one line, whichever worker it is. */
static void a_slot_that_cannot_be_bound(void **state) {
    (void)state;
    for (size_t which = 0; which < 2; which++) {
        struct error err;
        struct slot slots[MOST_WORKERS];
        struct placement placement = workers_on(slots, 2, 0);
        slots[which].pu_os = 4000;
        assert_null(fold_pool_new(topology, &placement, &plan, backend_scalar(), 1, FOLD_FIT, &err));
        assert_non_null(strstr(err.text, "4000"));
        assert_null(strchr(err.text, '\n'));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_worker_in_every_run),
        cmocka_unit_test(a_worker_that_fails),
        cmocka_unit_test(a_worker_that_sleeps_is_off_the_cpu),
        cmocka_unit_test(a_worker_that_moves_has_migrated),
        cmocka_unit_test(any_number_of_workers),
        cmocka_unit_test(random_placements),
        cmocka_unit_test(by_one_call),
        cmocka_unit_test(a_fault_in_one_repeat),
        cmocka_unit_test(a_sample_has_the_disturbances_of_all_workers),
        cmocka_unit_test(a_slot_that_cannot_be_bound),
    };
    return cmocka_run_group_tests_name("worker pool", tests, set_up, tear_down);
}
