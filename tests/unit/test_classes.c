/* SPDX-License-Identifier: MIT */
/* One versus all: folds over ten classes, seeds, weights, refusals, scores, heat map. tests/classes.py compares whole
 * runs with scikit-learn. */
#include "setup.h"

#include "data/random.h"
#include "learn/class_scores.h"
#include "learn/classes.h"
#include "learn/classes_cv.h"
#include "learn/folds.h"
#include "learn/job.h"
#include "report/heat_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Folds */

enum { MOST = 300, MOST_FOLDS = 12 };

/* The fold of each row by the words of StratifiedKFold up to 0.21: the members of each class go through a KFold of
 * max(members, folds) rows, what lies beyond the members is trimmed. */
static void folds_of_0_19(uint16_t *fold, const uint8_t *class_of, size_t n, unsigned folds) {
    for (unsigned c = 0; c < CLASSES; c++) {
        size_t members = 0, member = 0;
        for (size_t i = 0; i < n; i++)
            members += class_of[i] == c;
        const size_t split = members > folds ? members : folds;
        uint16_t of[MOST + MOST_FOLDS];
        for (unsigned f = 0; f < folds; f++)
            for (size_t k = 0; k < split / folds + (f < split % folds); k++)
                of[member++] = (uint16_t)f;
        member = 0;
        for (size_t i = 0; i < n; i++)
            if (class_of[i] == c) fold[i] = of[member++];
    }
}

static int by_code(const void *left, const void *right) {
    return *(const uint8_t *)left - *(const uint8_t *)right;
}

/* By those of 0.22 and later: y_encoded, its sorted form, allocation[f] = bincount(y_order[f::folds]). */
static void folds_of_1_2(uint16_t *fold, const uint8_t *class_of, size_t n, unsigned folds) {
    uint8_t code_of[CLASSES], encoded[MOST], order[MOST], codes = 0;
    size_t allocation[MOST_FOLDS][CLASSES] = {0};
    memset(code_of, UINT8_MAX, sizeof code_of);
    for (size_t i = 0; i < n; i++) {
        if (code_of[class_of[i]] == UINT8_MAX) code_of[class_of[i]] = codes++;
        order[i] = encoded[i] = code_of[class_of[i]];
    }
    qsort(order, n, 1, by_code);
    for (size_t i = 0; i < n; i++)
        allocation[i % folds][order[i]]++;
    for (unsigned code = 0; code < codes; code++) {
        uint16_t f = 0;
        for (size_t i = 0; i < n; i++) {
            if (encoded[i] != code) continue;
            while (allocation[f][code] == 0)
                f++;
            allocation[f][code]--;
            fold[i] = f;
        }
    }
}

static void folds_are_scikit_learns(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 5);
    for (int round = 0; round < 2000; round++) {
        const size_t n = 20 + random_masked(&rs, MOST - 20);
        const unsigned folds = 2 + random_masked(&rs, MOST_FOLDS - 2), classes = 2 + random_masked(&rs, CLASSES - 2);
        uint8_t class_of[MOST];
        uint16_t fold[MOST], want[MOST];
        size_t most = 0, count[CLASSES] = {0};
        for (size_t i = 0; i < n; i++) {
            class_of[i] = (uint8_t)(random_masked(&rs, classes - 1) % (1 + random_masked(&rs, classes - 1)));
            if (++count[class_of[i]] > most) most = count[class_of[i]];
        }
        for (enum compat compat = COMPAT_0_19; compat <= COMPAT_1_2; compat++) {
            const int bad = stratified_folds(fold, class_of, n, CLASSES, folds, compat, NULL);
            assert_int_equal(bad, most < folds ? -1 : 0);
            if (bad) continue;
            (compat == COMPAT_0_19 ? folds_of_0_19 : folds_of_1_2)(want, class_of, n, folds);
            assert_memory_equal(fold, want, n * sizeof *fold);
        }
    }
}

/* ---- Hyper-parameters */

static void seeds_and_weights(void **state) {
    (void)state;
    /* numpy.random.RandomState(42).randint(2147483647, size=10) */
    static const uint32_t seeds[CLASSES] = {1608637542, 1273642419, 1935803228, 787846414, 996406378,
                                            1201263687, 423734972,  415968276,  670094950, 1914837113};
    struct hyper of[CLASSES], hyper = hyper_defaults(ENGINE_F64);
    const size_t count[CLASSES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    classes_hyper(of, &hyper, count);
    for (unsigned c = 0; c < CLASSES; c++)
        assert_int_equal(of[c].seed, 42);
    hyper.compat = COMPAT_1_2;
    hyper.class_weight = CLASS_WEIGHT_BALANCED;
    classes_hyper(of, &hyper, count);
    for (unsigned c = 0; c < CLASSES; c++) {
        assert_int_equal(of[c].seed, seeds[c]);
        assert_int_equal(of[c].class_weight, CLASS_WEIGHT_NONE);
        assert_true(of[c].class_weight_true == 55.0 / (double)(10 * (c + 1)) && of[c].class_weight_false == 1.0);
        assert_true(of[c].validation.by_digit && of[c].validation.seed == 42);
    }
}

/* ---- Fits that are refused */

#define ALONE                                                                                                          \
    (struct classes_means) {                                                                                           \
        .backend = backend_scalar(), .group = 10                                                                       \
    }

static int open_job(struct job *job, size_t n, size_t limit, struct error *err) {
    char data[48];
    struct job_spec spec;
    job_spec_defaults(&spec);
    snprintf(data, sizeof data, "synthetic:n=%zu,d=40", n);
    spec.rows.data = data;
    spec.rows.limit = limit;
    spec.digit = DIGIT_ALL;
    return job_open(job, &spec, err);
}

/* However the ten fits are grouped, every model and every decision value is that of the fit alone. */
static void any_group_has_the_same_fits(void **state) {
    (void)state;
    struct job job;
    static double wanted[CLASSES * 200], found[CLASSES * 200];
    assert_int_equal(open_job(&job, 200, 0, NULL), 0);
    for (unsigned engine = 0; engine < ENGINES; engine++) {
        const struct hyper hyper = hyper_defaults((enum engine)engine);
        uint64_t fingerprint = 0;
        for (unsigned group = 1; group <= MODELS_MOST; group++) {
            const struct classes_means by = {.backend = backend_best(), .group = group};
            struct model models[CLASSES];
            assert_int_equal(classes_fit(models, &job.row_list, &hyper, &by, NULL), 0);
            if (group == 1) fingerprint = classes_fingerprint(models);
            assert_int_equal(classes_fingerprint(models), fingerprint);
            classes_decisions(found, models, &job.row_list, backend_best());
            for (unsigned c = 0; c < CLASSES; c++) {
                decision_function(wanted, &models[c], &job.row_list, backend_best());
                for (size_t i = 0; i < job.row_list.n; i++)
                    assert_memory_equal(&found[i * CLASSES + c], &wanted[i], sizeof *wanted);
            }
            classes_free(models);
        }
    }
    job_close(&job);
}

static void refusals(void **state) {
    (void)state;
    struct job job, none;
    struct model models[CLASSES];
    struct error err = {.text = ""};
    struct hyper hyper = hyper_defaults(ENGINE_F64);
    hyper.class_weight_true = 2.0;
    assert_int_equal(open_job(&job, 200, 0, NULL), 0);
    assert_int_equal(classes_fit(models, &job.row_list, &hyper, &ALONE, &err), -1);
    assert_non_null(strstr(err.text, "--class-weight: with --digit all"));

    /* What one of the ten fits says is said of its digit. */
    hyper = hyper_defaults(ENGINE_F64);
    hyper.learning_rate = RATE_INVSCALING;
    hyper.eta0 = 1.0;
    hyper.power_t = -HYPER_MOST;
    assert_int_equal(classes_fit(models, &job.row_list, &hyper, &ALONE, &err), -1);
    assert_non_null(strstr(err.text, "digit 0: the fit diverged"));
    assert_int_equal(err.kind, ERROR_CHECK);

    /* Averages that begin behind the end of a fit that a tolerance stops, and before that of another. */
    hyper = hyper_defaults(ENGINE_F64);
    hyper.compat = COMPAT_1_2;
    hyper.epochs = 300;
    hyper.tol = 1e-3;
    assert_int_equal(classes_fit(models, &job.row_list, &hyper, &ALONE, &err), 0);
    unsigned least = 300, most = 0;
    for (unsigned c = 0; c < CLASSES; c++) {
        if (models[c].epochs < least) least = models[c].epochs;
        if (models[c].epochs > most) most = models[c].epochs;
    }
    classes_free(models);
    assert_true(least < most);
    hyper.average = 200 * (uint64_t)least + 1;
    assert_int_equal(classes_fit(models, &job.row_list, &hyper, &ALONE, &err), -1);
    assert_non_null(strstr(err.text, "had not begun to average"));
    job_close(&job);

    assert_int_equal(open_job(&none, 200, 9, &err), -1);
    assert_non_null(strstr(err.text, "--digit all needs all ten digits"));
}

/* One digit with so many rows, the others with ten. */
static void keep_rows(struct job *job, unsigned digit, size_t rows) {
    size_t kept = 0, count[CLASSES] = {0};
    for (size_t i = 0; i < job->row_list.n; i++) {
        const uint8_t label = job->ds.labels[job->at[i].row];
        if (count[label]++ < (label == digit ? rows : 10)) job->at[kept++] = job->at[i];
    }
    job->row_list.n = kept;
}

static void digits_with_few_rows(void **state) {
    (void)state;
    struct job job;
    const struct hyper hyper = hyper_defaults(ENGINE_F32);
    struct classes_cv result;
    struct error err = {.text = ""};
    char text[CLASSES_WARNING] = "";
    assert_int_equal(open_job(&job, 400, 0, NULL), 0);
    keep_rows(&job, 3, 2);
    assert_false(classes_warning(text, &job.row_list, 2));
    assert_true(classes_warning(text, &job.row_list, 3));
    assert_string_equal(text, "only 2 of the rows are a 3: fewer than the 3 folds, of which some test none of them");
    assert_int_equal(classes_cross_validate(&result, &job.row_list, 3, &hyper, &ALONE, &err), 0);
    classes_cv_free(&result);
    keep_rows(&job, 3, 1);
    assert_int_equal(classes_cross_validate(&result, &job.row_list, 3, &hyper, &ALONE, &err), -1);
    assert_non_null(strstr(err.text, "only 1 of the rows is a 3"));
    assert_int_equal(classes_cross_validate(&result, &job.row_list, 11, &hyper, &ALONE, &err), -1);
    job_close(&job);
}

/* ---- Predictions and scores */

static void first_of_the_largest(void **state) {
    (void)state;
    const double decision[2][CLASSES] = {{-3, -1, -2, -1, -5, -6, -7, -8, -9, -4}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    int64_t digit[2];
    classes_digits(digit, &decision[0][0], 2);
    assert_int_equal(digit[0], 1);
    assert_int_equal(digit[1], 9);
}

/* Digits 0 and 1 occur, 2 is predicted alone, the others not at all. */
static void scores_by_hand(void **state) {
    (void)state;
    const uint8_t truth[] = {0, 0, 0, 0, 1, 1};
    const int64_t predicted[] = {0, 0, 0, 2, 0, 0};
    struct class_scores scores;
    class_scores(&scores, truth, predicted, 6);
    assert_true(scores.accuracy == 0.5);
    assert_true(scores.of[0].precision == 0.6 && scores.of[0].recall == 0.75 && scores.of[0].support == 4);
    assert_true(fabs(scores.of[0].f1 - 2.0 / 3.0) < 1e-15);
    assert_true(isnan(scores.of[1].precision) && scores.of[1].recall == 0.0 && scores.of[1].f1 == 0.0);
    assert_true(scores.of[2].precision == 0.0 && isnan(scores.of[2].recall) && scores.of[2].f1 == 0.0);
    assert_true(isnan(scores.of[3].f1));
    assert_true(fabs(scores.macro.precision - 0.2) < 1e-15 && scores.macro.recall == 0.25);
    assert_true(fabs(scores.weighted.precision - 0.4) < 1e-15 && scores.weighted.recall == 0.5);
    assert_int_equal(scores.confusion[0][2], 1);

    char *text = NULL;
    size_t length;
    FILE *to = open_memstream(&text, &length);
    print_heat_map(to, &scores);
    fclose(to);
    assert_true(heat_of(&scores, 0, 2) == 0.5 && heat_of(&scores, 1, 0) == 1.0 && heat_of(&scores, 5, 5) == 0.0);
    assert_non_null(strstr(text, "\n          0      3%     0      1+     0 "));
    assert_non_null(strstr(text, "\n          1      2@     0 "));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_are_scikit_learns),
        cmocka_unit_test(seeds_and_weights),
        cmocka_unit_test(any_group_has_the_same_fits),
        cmocka_unit_test(refusals),
        cmocka_unit_test(digits_with_few_rows),
        cmocka_unit_test(first_of_the_largest),
        cmocka_unit_test(scores_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
