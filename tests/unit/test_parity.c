/* SPDX-License-Identifier: MIT */
/* Parity between verified jobs, on made-up jobs: which level two jobs share, how far their decisions are apart, which
 * verdict follows, and which job is the best. */
#include "verify/parity.h"

#include "verify/published.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { FOLDS = 3, ROWS = 4 };

struct made {
    struct verified_job verified;
    struct fold_result fold[FOLDS];
    double decision[ROWS];
};

static void make(struct made *made) {
    memset(made, 0, sizeof *made);
    made->verified.model.update_hash = 11;
    made->verified.model.fingerprint = 12;
    made->verified.engine = ENGINE_F32;
    made->verified.backend = backend_scalar();
    made->verified.cv.folds = FOLDS;
    made->verified.cv.n = ROWS;
    made->verified.cv.decision = made->decision;
    memcpy(made->decision, (const double[]){-8.0, 0.5, 0.0, 2.0}, sizeof made->decision);
    made->verified.cv.fold = made->fold;
    made->verified.cv.confusion = (struct confusion){53272, 1307, 1077, 4344};
    for (unsigned f = 0; f < FOLDS; f++)
        made->fold[f] = (struct fold_result){.accuracy = 0.9 + f, .update_hash = 20 + f, .fingerprint = 30 + f};
}

static enum parity_level level(const struct made *a, const struct made *b) {
    return parity_between(&a->verified, &b->verified);
}

static void equal_jobs_reach_the_top(void **state) {
    (void)state;
    struct made a, b;
    make(&a);
    make(&b);
    assert_int_equal(level(&a, &b), PARITY_L2);
    b.fold[1].seconds = 5; /* times are not part of parity */
    b.verified.engine = ENGINE_F64;
    assert_int_equal(level(&a, &b), PARITY_L2);
}

static void other_weights_are_level_1(void **state) {
    (void)state;
    struct made a, b;
    make(&a);
    make(&b);
    b.verified.model.fingerprint++;
    assert_int_equal(level(&a, &b), PARITY_L1);
    for (unsigned f = 0; f < FOLDS; f++) {
        make(&b);
        b.fold[f].fingerprint++;
        assert_int_equal(level(&a, &b), PARITY_L1);
        assert_int_equal(level(&b, &a), PARITY_L1);
    }
}

static void other_updates_are_level_0(void **state) {
    (void)state;
    struct made a, b;
    make(&a);
    make(&b);
    b.verified.model.update_hash++;
    assert_int_equal(level(&a, &b), PARITY_L0);
    make(&b);
    b.verified.model.update_hash_by_epoch++;
    assert_int_equal(level(&a, &b), PARITY_L0);
    for (unsigned f = 0; f < FOLDS; f++) {
        make(&b);
        b.fold[f].update_hash++;
        assert_int_equal(level(&a, &b), PARITY_L0);
        make(&b);
        b.fold[f].update_hash_by_epoch++;
        assert_int_equal(level(&a, &b), PARITY_L0);
    }
}

static void other_metrics_are_no_parity(void **state) {
    (void)state;
    struct made a, b;
    make(&a);
    for (unsigned f = 0; f < FOLDS; f++) {
        make(&b);
        b.fold[f].accuracy += 1e-15;
        assert_int_equal(level(&a, &b), PARITY_NONE);
    }
    for (size_t cell = 0; cell < 4; cell++) {
        make(&b);
        uint64_t *const cells[] = {&b.verified.cv.confusion.tn, &b.verified.cv.confusion.fp,
                                   &b.verified.cv.confusion.fn, &b.verified.cv.confusion.tp};
        ++*cells[cell];
        assert_int_equal(level(&a, &b), PARITY_NONE);
    }
    make(&b);
    b.verified.cv.folds = FOLDS - 1;
    assert_int_equal(level(&a, &b), PARITY_NONE);
}

static void the_gate_asks_for_what_is_needed(void **state) {
    (void)state;
    static const enum parity_level levels[] = {PARITY_L0, PARITY_L1, PARITY_L2};
    struct made a, b[4];
    make(&a);
    for (int i = 0; i < 4; i++)
        make(&b[i]);
    b[0].fold[2].accuracy = 0; /* reaches no level */
    b[1].verified.model.update_hash = 0;
    b[2].verified.model.fingerprint = 0;
    for (int reached = 0; reached < 4; reached++)
        for (int needed = 0; needed < 3; needed++) {
            struct verified_job *judged = &b[reached].verified;
            parity_judge(judged, &a.verified, levels[needed]);
            assert_int_equal(judged->passed, reached > needed);
            assert_int_equal(judged->needed, levels[needed]);
            assert_int_equal(judged->reached, level(&b[reached], &a));
            assert_ptr_equal(judged->reference, &a.verified);
        }
}

static void decisions_are_measured_by_the_largest(void **state) {
    (void)state;
    struct made a, b;
    make(&a);
    make(&b);
    assert_true(decision_deviation(&b.verified.cv, &a.verified.cv) == 0.0);
    b.decision[1] = 0.75;
    assert_true(decision_deviation(&b.verified.cv, &a.verified.cv) == 0.25 / 8.0);
    b.decision[1] = 0.5;
    b.decision[2] = -0.0; /* other bits */
    assert_true(decision_deviation(&b.verified.cv, &a.verified.cv) > 0.0);
    b.decision[2] = (double)NAN;
    assert_true(isinf(decision_deviation(&b.verified.cv, &a.verified.cv)));
    b.decision[2] = 0.0;
    b.verified.cv.n--;
    assert_true(isinf(decision_deviation(&b.verified.cv, &a.verified.cv)));
}

/* Equal metrics, updates and weights are not enough: the decisions count. */
static void decisions_must_be_within_their_tolerance(void **state) {
    (void)state;
    struct made a, b;
    static const struct {
        double decision, tolerance;
        bool passes;
    } cases[] = {{0.5, 0.0, true},
                 {0.5000000001, 0.0, false},
                 {0.5 + 0x1p-18, FAST_MATH_TOLERANCE, true},
                 {0.5 + 0x1p-15, FAST_MATH_TOLERANCE, false},
                 {0.5 + 0x1p-30, INTEGER_TOLERANCE, true},
                 {0.5 + 0x1p-26, INTEGER_TOLERANCE, false},
                 {(double)NAN, FAST_MATH_TOLERANCE, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make(&a);
        make(&b);
        b.decision[1] = cases[i].decision;
        parity_judge(&b.verified, &a.verified, PARITY_L2);
        assert_true(b.verified.passed);
        assert_true(isnan(b.verified.tolerance));
        parity_judge_decisions(&b.verified, &a.verified, cases[i].tolerance);
        assert_int_equal(b.verified.passed, cases[i].passes);
        assert_true(b.verified.tolerance == cases[i].tolerance);
        assert_int_equal(b.verified.failure[0] == 0, cases[i].passes);
        if (!cases[i].passes) assert_non_null(strstr(b.verified.failure, "decisions differ from f32/scalar by "));
    }
}

/* Other updates with the same metrics pass only where the decisions hardly move. */
static void other_updates_must_decide_alike(void **state) {
    (void)state;
    struct made a, b;
    make(&a);
    make(&b);
    b.verified.model.update_hash++;
    b.decision[0] *= 1.001;
    parity_judge(&b.verified, &a.verified, PARITY_L0);
    parity_judge_decisions(&b.verified, &a.verified, FAST_MATH_TOLERANCE);
    assert_false(b.verified.passed);
}

static void the_first_failure_is_kept(void **state) {
    (void)state;
    struct made a, b;
    make(&a);
    make(&b);
    b.verified.model.update_hash++;
    b.decision[0] = 0;
    parity_judge(&b.verified, &a.verified, PARITY_L2);
    parity_judge_decisions(&b.verified, &a.verified, 0.0);
    assert_string_equal(b.verified.failure, "needs the same bits as f32/scalar, has only the same metrics");
    assert_false(b.verified.passed);
    assert_true(b.verified.max_deviation == 1.0);
}

static void the_best_is_one_that_is_timed(void **state) {
    (void)state;
    const struct backend *last = backend_best();
    struct verified_job list[] = {{.engine = ENGINE_F64, .backend = backend_scalar(), .passed = true, .timed = true},
                                  {.engine = ENGINE_F32, .backend = backend_scalar(), .passed = true, .timed = true},
                                  {.engine = ENGINE_F32, .backend = last, .passed = true, .timed = true},
                                  {.engine = ENGINE_INT, .backend = last, .passed = true, .timed = true}};
    const struct verified_jobs jobs = {.list = list, .count = sizeof list / sizeof *list};
    assert_int_equal(verified_jobs_best(&jobs, ENGINE_F32), 2);
    assert_int_equal(verified_jobs_best(&jobs, ENGINE_INT), 3);
    verified_job_reject(&list[2], "wrong");
    assert_int_equal(verified_jobs_best(&jobs, ENGINE_F32), 1);
    list[1].timed = false;
    assert_int_equal(verified_jobs_best(&jobs, ENGINE_F32), 3);
    list[3].timed = false;
    assert_int_equal(verified_jobs_best(&jobs, ENGINE_F32), 0);
    list[0].timed = false;
    assert_int_equal(verified_jobs_best(&jobs, ENGINE_F32), 0);
}

static void levels_have_words(void **state) {
    (void)state;
    assert_string_equal(parity_words(PARITY_NONE), "none");
    assert_string_equal(parity_words(PARITY_L0), "L0 metrics");
    assert_string_equal(parity_words(PARITY_L1), "L1 updates");
    assert_string_equal(parity_words(PARITY_L2), "L2 weights");
    assert_string_equal(parity_meaning(PARITY_NONE), "other metrics");
    assert_string_equal(parity_meaning(PARITY_L0), "same metrics");
    assert_string_equal(parity_meaning(PARITY_L1), "same decisions");
    assert_string_equal(parity_meaning(PARITY_L2), "same bits");
}

/* The published job, as engine f64 makes it. */
struct made_published {
    struct verified_job f64;
    struct fold_result fold[PUBLISHED_FOLDS];
};

static void make_published(struct made_published *made) {
    memset(made, 0, sizeof *made);
    made->f64.cv.folds = PUBLISHED_FOLDS;
    made->f64.cv.fold = made->fold;
    made->f64.model.fingerprint = published.fingerprint[ENGINE_F64];
    for (unsigned f = 0; f < PUBLISHED_FOLDS; f++)
        made->fold[f].accuracy = published.fold_accuracy[f];
}

/* Backends that promise bits keep them whatever is trained. Engine int's exact integers keep the metrics of plain fits
 * on the others, too. */
static void promises_depend_on_what_is_trained(void **state) {
    (void)state;
    struct made_published other;
    struct hyper plain = hyper_defaults(ENGINE_INT);
    make_published(&other);
    other.f64.model.fingerprint ^= 1;
    plain.alpha = 1e-3;
    plain.epochs = 7;
    assert_int_equal(parity_promise(PARITY_BITS, &plain, &other.f64), PARITY_L2);
    assert_int_equal(parity_promise(PARITY_TOLERANCE, &plain, &other.f64), PARITY_L0);
    struct hyper others[6] = {plain, plain, plain, plain, plain, plain};
    others[0].loss = LOSS_LOG_LOSS;
    others[1].penalty = PENALTY_L1;
    others[2].average = 1;
    others[3].tol = 0.0;
    others[4].shuffle = false;
    others[5].class_weight_true = 2.0;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(parity_promise(PARITY_BITS, &others[i], &other.f64), PARITY_L2);
        assert_int_equal(parity_promise(PARITY_TOLERANCE, &others[i], &other.f64), PARITY_NONE);
    }
}

static void assert_float32_promises(const struct made_published *job, enum parity_level of_scalar,
                                    enum parity_level of_fast_math) {
    const struct hyper hyper = hyper_defaults(ENGINE_F32);
    assert_int_equal(parity_promise_f32(&job->f64), of_scalar);
    assert_int_equal(parity_promise(PARITY_TOLERANCE, &hyper, &job->f64), of_fast_math);
    assert_int_equal(parity_promise(PARITY_BITS, &hyper, &job->f64), PARITY_L2);
}

/* On the published job engine f32 promises the updates of f64, and fast-math the metrics of f32. On other shuffles of
 * the same rows one of them may lie close to the margin. */
static void float32_promises_the_published_job(void **state) {
    (void)state;
    struct made_published job;
    make_published(&job);
    assert_float32_promises(&job, PARITY_L1, PARITY_L0);
    job.f64.model.fingerprint ^= 1; /* other rows, order or hyper-parameters */
    assert_float32_promises(&job, PARITY_NONE, PARITY_NONE);
    make_published(&job);
    job.f64.cv.folds = 2;
    assert_float32_promises(&job, PARITY_NONE, PARITY_NONE);
    make_published(&job);
    job.fold[2].accuracy = published.fold_accuracy[0]; /* other folds */
    assert_float32_promises(&job, PARITY_NONE, PARITY_NONE);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(float32_promises_the_published_job),
        cmocka_unit_test(promises_depend_on_what_is_trained),
        cmocka_unit_test(equal_jobs_reach_the_top),
        cmocka_unit_test(other_weights_are_level_1),
        cmocka_unit_test(other_updates_are_level_0),
        cmocka_unit_test(other_metrics_are_no_parity),
        cmocka_unit_test(the_gate_asks_for_what_is_needed),
        cmocka_unit_test(levels_have_words),
        cmocka_unit_test(decisions_are_measured_by_the_largest),
        cmocka_unit_test(decisions_must_be_within_their_tolerance),
        cmocka_unit_test(other_updates_must_decide_alike),
        cmocka_unit_test(the_first_failure_is_kept),
        cmocka_unit_test(the_best_is_one_that_is_timed),
    };
    return cmocka_run_group_tests_name("parity", tests, NULL, NULL);
}
