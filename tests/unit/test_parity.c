/* SPDX-License-Identifier: MIT */
/* Parity between verified jobs, on made-up jobs: which level two jobs share, and which verdict follows. */
#include "verify/parity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { FOLDS = 3 };

struct made {
    struct verified_job verified;
    struct fold_result fold[FOLDS];
};

static void make(struct made *made) {
    memset(made, 0, sizeof *made);
    made->verified.model.update_hash = 11;
    made->verified.model.fingerprint = 12;
    made->verified.cv.folds = FOLDS;
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
    for (unsigned f = 0; f < FOLDS; f++) {
        make(&b);
        b.fold[f].update_hash++;
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

static void levels_have_words(void **state) {
    (void)state;
    assert_string_equal(parity_words(PARITY_NONE), "none");
    assert_string_equal(parity_words(PARITY_L0), "L0 metrics");
    assert_string_equal(parity_words(PARITY_L1), "L1 updates");
    assert_string_equal(parity_words(PARITY_L2), "L2 weights");
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_jobs_reach_the_top),         cmocka_unit_test(other_weights_are_level_1),
        cmocka_unit_test(other_updates_are_level_0),        cmocka_unit_test(other_metrics_are_no_parity),
        cmocka_unit_test(the_gate_asks_for_what_is_needed), cmocka_unit_test(levels_have_words),
    };
    return cmocka_run_group_tests_name("parity", tests, NULL, NULL);
}
