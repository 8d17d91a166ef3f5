/* Crews: folds come out the same whoever runs them, in whatever number, on whatever PUs; a repeat that does not is
 * caught. */
#include "data/dataset.h"
#include "data/order.h"
#include "kernels.h"
#include "machine/binding.h"
#include "measure/fold_pool.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FOLDS = 3, ROWS = 120, MOST_WORKERS = 64, REPEATS = 1000 };

static struct dataset ds;
static struct row_ref at[ROWS];
static struct row_list row_list;
static struct topology *topology;
static struct placement pus; /* every PU that may be used */
static struct cv_plan plan;
static struct cv_result expected; /* of one thread, without a crew */

static const struct hyper hyper = {.engine = ENGINE_F32, .compat = COMPAT_0_19, .alpha = 1e-4, .epochs = 2, .seed = 42};

static int set_up(void **state) {
    (void)state;
    struct error err;
    uint32_t row[ROWS];
    for (uint32_t i = 0; i < ROWS; i++)
        row[i] = i;
    if (dataset_load(&ds, "synthetic:n=120,d=64", SPLIT_TRAIN, &err) != 0 ||
        topology_load(&topology, NULL, &err) != 0 || placement_resolve(&pus, topology, "all-pus", &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    row_refs_fill(at, &ds, row, ROWS, 5);
    row_list = (struct row_list){&ds, at, ROWS};
    if (cv_plan_make(&plan, &row_list, FOLDS, ESTIMATOR_SGD, &hyper, &err) != 0) return -1;
    return cross_validate(&expected, &row_list, FOLDS, &hyper, backend_scalar(), NULL, &err);
}

static int tear_down(void **state) {
    (void)state;
    cv_free(&expected);
    cv_plan_free(&plan);
    placement_free(&pus);
    topology_free(topology);
    dataset_free(&ds);
    return 0;
}

/* `count` workers in turns on the PUs from the first-th on: more workers than PUs share them. */
static struct placement workers_on(struct slot slots[MOST_WORKERS], size_t count, size_t first) {
    for (size_t i = 0; i < count; i++)
        slots[i] = pus.slots[(first + i) % pus.count];
    return (struct placement){.name = "test", .available = true, .slots = slots, .count = count};
}

static struct fold_pool *new_crew(const struct placement *placement, unsigned repeats) {
    struct error err;
    struct fold_pool *crew = fold_pool_new(topology, placement, &plan, backend_scalar(), repeats, FOLD_FIT, &err);
    if (!crew) fail_msg("%s", err.text);
    return crew;
}

/* One sample; its folds are those of the single thread. */
static void take_sample(struct fold_pool *crew) {
    struct error err;
    fold_pool_begin(crew);
    fold_pool_run(crew);
    if (fold_pool_end(crew, &err) != 0) fail_msg("%s", err.text);
    for (unsigned f = 0; f < FOLDS; f++) {
        assert_int_equal(fold_pool_folds(crew)[f].fingerprint, expected.fold[f].fingerprint);
        assert_int_equal(fold_pool_folds(crew)[f].update_hash, expected.fold[f].update_hash);
    }
    assert_memory_equal(fold_pool_decision(crew), expected.decision, ROWS * sizeof *expected.decision);
}

static void any_number_of_workers(void **state) {
    (void)state;
    static const size_t counts[] = {1, 2, 3, 7, MOST_WORKERS};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct slot slots[MOST_WORKERS];
        struct placement placement = workers_on(slots, counts[i], i);
        struct fold_pool *crew = new_crew(&placement, 5);
        for (int sample = 0; sample < 3; sample++)
            take_sample(crew);
        fold_pool_free(crew);
    }
}

/* 1000 repeats of each fold altogether, by crews drawn at random. */
static void random_placements(void **state) {
    (void)state;
    unsigned seed = 1;
    for (int done = 0; done < REPEATS;) {
        struct slot slots[MOST_WORKERS];
        size_t count = 1 + (size_t)rand_r(&seed) % 8;
        struct placement placement = workers_on(slots, count, (size_t)rand_r(&seed));
        unsigned repeats = 1 + (unsigned)rand_r(&seed) % 30;
        struct fold_pool *crew = new_crew(&placement, repeats);
        take_sample(crew);
        fold_pool_free(crew);
        done += (int)repeats;
    }
}

static void by_one_call(void **state) {
    (void)state;
    struct error err;
    struct slot slots[MOST_WORKERS];
    struct placement placement = workers_on(slots, 3, 0);
    struct cv_result result;
    if (cross_validate_on(&result, topology, &placement, &row_list, FOLDS, &hyper, backend_scalar(), 4, &err) != 0)
        fail_msg("%s", err.text);
    for (unsigned f = 0; f < FOLDS; f++)
        assert_int_equal(result.fold[f].fingerprint, expected.fold[f].fingerprint);
    assert_memory_equal(result.decision, expected.decision, ROWS * sizeof *expected.decision);
    assert_memory_equal(result.predicted, expected.predicted, ROWS);
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

static float faulty_ahead(const float *w, const uint8_t *x, size_t d, const uint8_t *near, const uint8_t *far) {
    (void)near, (void)far;
    return faulty(w, x, d);
}

static void a_fault_in_one_repeat(void **state) {
    (void)state;
    struct backend broken = *backend_scalar();
    broken.dot_u8f32 = faulty;
    broken.dot_prefetch_u8f32 = faulty_ahead;
    for (int wrong = 0; wrong < 2; wrong++) {
        struct error err;
        struct slot slots[MOST_WORKERS];
        struct placement placement = workers_on(slots, 2, 0);
        struct fold_pool *crew = fold_pool_new(topology, &placement, &plan, &broken, 4, FOLD_FIT, &err);
        assert_non_null(crew);
        atomic_store(&calls, 0);
        atomic_store(&wrong_call, wrong ? WRONG_CALL : UINT_MAX / 2);
        fold_pool_begin(crew);
        fold_pool_run(crew);
        int bad = fold_pool_end(crew, &err);
        assert_true(atomic_load(&calls) > WRONG_CALL + FAULTY);
        if (wrong) {
            assert_int_equal(bad, -1);
            assert_non_null(strstr(err.text, "came out different in repeat"));
        } else {
            assert_int_equal(bad, 0);
        }
        fold_pool_free(crew);
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
        cmocka_unit_test(any_number_of_workers),
        cmocka_unit_test(random_placements),
        cmocka_unit_test(by_one_call),
        cmocka_unit_test(a_fault_in_one_repeat),
        cmocka_unit_test(a_slot_that_cannot_be_bound),
    };
    return cmocka_run_group_tests_name("crew", tests, set_up, tear_down);
}
