/* SPDX-License-Identifier: MIT */
#include "learn/classes_cv.h"

#include "base/clock.h"
#include "learn/folds.h"

#include <stdio.h>
#include <stdlib.h>

/* The folds under way, and the memory of the one that runs. */
struct folding {
    const struct row_list *rows;
    const struct hyper *hyper;
    const struct classes_means *by;
    uint16_t *fold_of;            /* [n] the fold that tests row k */
    struct row_ref *train, *test; /* [n] the two parts, and */
    uint32_t *place;              /* [n] the index among all rows of each row of the test part */
    double *decision;             /* [n][CLASSES] of the test part */
    size_t trained, tested;
};

static void folding_free(struct folding *f) {
    free(f->fold_of);
    free(f->train);
    free(f->test);
    free(f->place);
    free(f->decision);
}

static int folding_make(struct folding *f, const struct classes_cv *result, struct error *err) {
    const size_t n = result->n;
    f->fold_of = malloc(n * sizeof *f->fold_of);
    f->train = malloc(n * sizeof *f->train);
    f->test = malloc(n * sizeof *f->test);
    f->place = malloc(n * sizeof *f->place);
    f->decision = malloc(n * CLASSES * sizeof *f->decision);
    if (!f->fold_of || !f->train || !f->test || !f->place || !f->decision)
        return fail_program(err, "out of memory for %zu rows", n);
    return stratified_folds(f->fold_of, result->truth, n, CLASSES, result->folds, f->hyper->compat, err);
}

static void split_rows(struct folding *f, unsigned fold) {
    f->trained = f->tested = 0;
    for (size_t i = 0; i < f->rows->n; i++) {
        if (f->fold_of[i] == fold) {
            f->place[f->tested] = (uint32_t)i;
            f->test[f->tested++] = f->rows->at[i];
        } else {
            f->train[f->trained++] = f->rows->at[i];
        }
    }
}

/* Predicts the test part, into the rows of the result. */
static void predict_fold(struct classes_cv *result, struct folding *f, unsigned fold, const struct model *models) {
    const struct row_list test = {f->rows->ds, f->test, f->tested};
    size_t right = 0;
    classes_decisions(f->decision, models, &test, f->by->backend);
    for (size_t i = 0; i < f->tested; i++) {
        const size_t to = f->place[i];
        for (unsigned c = 0; c < CLASSES; c++)
            result->decision[to * CLASSES + c] = f->decision[i * CLASSES + c];
        classes_digits(&result->predicted[to], &f->decision[i * CLASSES], 1);
        right += result->predicted[to] == result->truth[to];
    }
    result->fold[fold].accuracy = (double)right / (double)f->tested;
}

static int run_fold(struct classes_cv *result, struct folding *f, unsigned fold, struct error *err) {
    const double begin = seconds_now();
    struct model models[CLASSES];
    struct classes_fold *to = &result->fold[fold];
    split_rows(f, fold);
    const struct row_list train = {f->rows->ds, f->train, f->trained};
    if (classes_fit(models, &train, f->hyper, f->by, err) != 0) return -1;
    predict_fold(result, f, fold, models);
    for (unsigned c = 0; c < CLASSES; c++)
        to->fit[c] = class_fit_of(&models[c]);
    to->fingerprint = classes_fingerprint(models);
    classes_free(models);
    to->seconds = seconds_now() - begin;
    return 0;
}

int classes_cv_check(const struct row_list *rows, unsigned folds, struct error *err) {
    size_t count[CLASSES];
    classes_count(count, rows);
    if (rows->n < folds)
        return fail(err, "%u folds need at least as many rows, and there are only %zu", folds, rows->n);
    for (unsigned c = 0; c < CLASSES; c++)
        if (count[c] < 2)
            return fail(err,
                        "only %zu of the rows is a %u, so one fold would be trained without any, and --digit all needs "
                        "all ten digits in each (another --limit)",
                        count[c], c);
    return 0;
}

bool classes_warning(char text[CLASSES_WARNING], const struct row_list *rows, unsigned folds) {
    size_t count[CLASSES];
    unsigned least = 0;
    classes_count(count, rows);
    for (unsigned c = 1; c < CLASSES; c++)
        if (count[c] < count[least]) least = c;
    if (count[least] >= folds) return false;
    snprintf(text, CLASSES_WARNING,
             "only %zu of the rows are a %u: fewer than the %u folds, of which some test none of them", count[least],
             least, folds);
    return true;
}

static int result_new(struct classes_cv *result, const struct row_list *rows, unsigned folds, const struct hyper *hyper,
                      struct error *err) {
    const size_t n = rows->n;
    struct hyper own[CLASSES];
    size_t count[CLASSES];
    *result = (struct classes_cv){.folds = folds, .n = n};
    result->fold = calloc(folds, sizeof *result->fold);
    result->truth = malloc(n * sizeof *result->truth);
    result->predicted = calloc(n, sizeof *result->predicted);
    result->decision = calloc(n * CLASSES, sizeof *result->decision);
    if (!result->fold || !result->truth || !result->predicted || !result->decision) {
        classes_cv_free(result);
        return fail_program(err, "out of memory for %zu rows", n);
    }
    classes_count(count, rows);
    classes_hyper(own, hyper, count);
    for (unsigned c = 0; c < CLASSES; c++)
        result->seed[c] = own[c].seed;
    for (size_t i = 0; i < n; i++)
        result->truth[i] = rows->ds->labels[rows->at[i].row];
    return 0;
}

void classes_cv_free(struct classes_cv *result) {
    free(result->fold);
    free(result->truth);
    free(result->predicted);
    free(result->decision);
    *result = (struct classes_cv){0};
}

int classes_cross_validate(struct classes_cv *result, const struct row_list *rows, unsigned folds,
                           const struct hyper *hyper, const struct classes_means *by, struct error *err) {
    const double begin = seconds_now();
    struct folding f = {.rows = rows, .hyper = hyper, .by = by};
    if (classes_cv_check(rows, folds, err) != 0 || result_new(result, rows, folds, hyper, err) != 0) return -1;
    int bad = folding_make(&f, result, err);
    for (unsigned fold = 0; fold < folds && !bad; fold++) {
        bad = run_fold(result, &f, fold, err);
        progress_tell(by->progress, fold + 1, folds);
    }
    folding_free(&f);
    if (bad) {
        classes_cv_free(result);
        return -1;
    }
    result->seconds = seconds_now() - begin;
    class_scores(&result->scores, result->truth, result->predicted, result->n);
    return 0;
}
