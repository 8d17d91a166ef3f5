/* SPDX-License-Identifier: MIT */
/* Probabilities: scikit-learn's formulas, and the same bits from every backend. */
#include "learn/proba.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void two_losses_give_probabilities(void **state) {
    (void)state;
    assert_int_equal(proba_of_loss("log_loss"), PROBA_SIGMOID);
    assert_int_equal(proba_of_loss("modified_huber"), PROBA_CLIP);
    static const char *const others[] = {"hinge", "squared_hinge", "perceptron", "squared_error", "log", ""};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(proba_of_loss(others[i]), PROBA_NONE);
}

static void assert_close(double value, double expected, double relative) {
    if (!(fabs(value - expected) <= relative * fabs(expected))) fail_msg("%.17g is not %.17g", value, expected);
}

/* More rows than are computed at once. */
enum { ROWS = 2500 };
static double decision[ROWS], proba[2 * ROWS], other[2 * ROWS];

static void make_decisions(void) {
    for (int i = 0; i < ROWS; i++)
        decision[i] = (i - ROWS / 2) * 0.037;
}

static void sigmoid_in_float64(void **state) {
    (void)state;
    const struct proba_by by = {PROBA_SIGMOID, ENGINE_F64, backend_scalar()};
    make_decisions();
    proba_binary(proba, decision, ROWS, &by);
    for (int i = 0; i < ROWS; i++) {
        assert_close(proba[2 * i + 1], 1.0 / (1.0 + exp(-decision[i])), 4 * DBL_EPSILON);
        assert_true(proba[2 * i] == 1.0 - proba[2 * i + 1]);
    }
    /* Beyond the range of exp. */
    const double far[] = {-800.0, 800.0, 0.0};
    proba_binary(proba, far, 3, &by);
    assert_true(proba[1] == 0.0 && proba[0] == 1.0 && proba[3] == 1.0 && proba[2] == 0.0 && proba[5] == 0.5);
}

static void sigmoid_in_float32_by_every_backend(void **state) {
    (void)state;
    struct proba_by by = {PROBA_SIGMOID, ENGINE_F32, backend_scalar()};
    make_decisions();
    proba_binary(proba, decision, ROWS, &by);
    for (int i = 0; i < ROWS; i++) {
        assert_close(proba[2 * i + 1], 1.0 / (1.0 + exp(-(double)(float)decision[i])), 4 * (double)FLT_EPSILON);
        assert_true(proba[2 * i] == 1.0 - proba[2 * i + 1]);
    }
    for (size_t b = 0; b < backend_count; b++) {
        if (backends[b].parity != PARITY_BITS || backend_state(&backends[b]) != BACKEND_OK) continue;
        by.backend = &backends[b];
        proba_binary(other, decision, ROWS, &by);
        assert_memory_equal(other, proba, sizeof proba);
    }
}

static void clipped_decisions(void **state) {
    (void)state;
    const struct proba_by by = {PROBA_CLIP, ENGINE_F32, backend_scalar()};
    const double at[] = {-7.0, -1.0, -0.5, 0.0, 0.25, 1.0, 1e300};
    static const double want[] = {0.0, 0.0, 0.25, 0.5, 0.625, 1.0, 1.0};
    proba_binary(proba, at, 7, &by);
    for (int i = 0; i < 7; i++)
        assert_true(proba[2 * i + 1] == want[i] && proba[2 * i] == 1.0 - want[i]);
}

/* Ten classes: the rows of scikit-learn 1.2.1 and NumPy 1.24.2 for these decision values, to the last bit for the
 * clipped ones, whose arithmetic has no exponential. */
static void ten_classes_add_up_to_one(void **state) {
    (void)state;
    const double rows[3][10] = {{-3, -0.9, -0.8, -0.7, -0.6, -0.5, -0.4, -0.3, -0.2, 0.7},
                                {-2, -2, -2, -2, -2, -2, -2, -2, -2, -2},
                                {-0.15, 0.33, -0.53, 0.68, -0.85, 0.31, -0.15, 0.11, -0.65, -0.54}};
    double clip[30], sigmoid[30];
    const struct proba_by by_clip = {PROBA_CLIP, ENGINE_F64, backend_scalar()};
    const struct proba_by by_sigmoid = {PROBA_SIGMOID, ENGINE_F64, backend_scalar()};
    proba_classes(clip, rows[0], 3, 10, &by_clip);
    proba_classes(sigmoid, rows[0], 3, 10, &by_sigmoid);
    for (int i = 0; i < 3; i++) {
        double sum_of_clip = 0.0, sum_of_sigmoid = 0.0, shares = 0.0;
        for (int c = 0; c < 10; c++) {
            sum_of_clip += clip[10 * i + c];
            sum_of_sigmoid += sigmoid[10 * i + c];
            shares += 1.0 / (1.0 + exp(-rows[i][c]));
        }
        assert_close(sum_of_clip, 1.0, 1e-15);
        assert_close(sum_of_sigmoid, 1.0, 1e-15);
        for (int c = 0; c < 10; c++)
            assert_close(sigmoid[10 * i + c], 1.0 / (1.0 + exp(-rows[i][c])) / shares, 1e-14);
    }
    static const double want[] = {0x0.0p+0,
                                  0x1.3521cfb2b78c0p-6,
                                  0x1.3521cfb2b78c0p-5,
                                  0x1.cfb2b78c13523p-5,
                                  0x1.3521cfb2b78c2p-4,
                                  0x1.826a439f656f2p-4,
                                  0x1.cfb2b78c13522p-4,
                                  0x1.0e7d95bc609a9p-3,
                                  0x1.3521cfb2b78c2p-3,
                                  0x1.4873ecade304dp-2,
                                  0x1.96ba9de81323fp-4,
                                  0x1.3e34a2b10bf68p-3,
                                  0x1.c1cb5d4ef409ap-5,
                                  0x1.91f1a515885fdp-3,
                                  0x1.1f1a515885fb5p-6,
                                  0x1.396ba9de81325p-3,
                                  0x1.96ba9de81323fp-4,
                                  0x1.0991f1a515887p-3,
                                  0x1.4ef40991f1a52p-5,
                                  0x1.b8396ba9de814p-5};
    for (int c = 0; c < 10; c++) {
        assert_true(clip[10 + c] == 0.1);
        assert_true(clip[c] == want[c]);
        assert_true(clip[20 + c] == want[10 + c]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_losses_give_probabilities),       cmocka_unit_test(sigmoid_in_float64),
        cmocka_unit_test(sigmoid_in_float32_by_every_backend), cmocka_unit_test(clipped_decisions),
        cmocka_unit_test(ten_classes_add_up_to_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
