/* SPDX-License-Identifier: MIT */
/* One versus all: ten fits, each of one digit against the others, as scikit-learn's _fit_multiclass makes them. */
#ifndef SGDMARK_LEARN_CLASSES_H
#define SGDMARK_LEARN_CLASSES_H

#include "base/progress.h"
#include "learn/model.h"
#include "learn/row_list.h"
#include "learn/worker_group.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rows of each digit. */
void classes_count(size_t count[CLASSES], const struct row_list *rows);

/* Can hyper-parameters of one classifier of ten digits be trained? 0, or -1 with the reason: weights by class name
 * False and True have no meaning there. */
int classes_check(const struct hyper *hyper, struct error *err);

/* The hyper-parameters of each digit's own fit, for rows of which count[c] are a c. Under compat 1.2 each fit has a
 * seed, RandomState(seed).randint(MAX_INT, size=10)[c]; under 0.19 all have the same. Balanced weights become
 * n / (10 count[c]) of the digit's rows; the others weigh 1. */
void classes_hyper(struct hyper of[CLASSES], const struct hyper *hyper, const size_t count[CLASSES]);

/* Can the ten fits share the order of their rows? Under compat 1.2 each has another. */
bool classes_share_order(const struct hyper *hyper, const struct row_list *rows);

/* The rows with a digit's labels. `at` is room for them. */
struct row_list classes_rows(struct row_ref *at, const struct row_list *rows, unsigned digit);

/* How many of the ten fits go together, where `most` may and `takers` workers share them: parts as equal as can be. */
unsigned classes_part(unsigned takers, unsigned most);

/* What the fits are run with. */
struct classes_means {
    const struct backend *backend;
    const struct worker_group *workers;   /* NULL: the calling thread */
    unsigned group;                       /* most fits that share each read of a row; 0 and 1: one by one */
    const struct progress_sink *progress; /* told of each fold that is done; NULL: no progress is shown */
};

/* Trains models[c], digit c against the others, for each c; which rows are positive is read off the labels of the data
 * set, which must hold all ten digits. Where they share the order of their rows, up to `group` fits read each row once
 * (learn/group.h). There are at least as many groups as workers, so that none is idle. Fits of other orders are trained
 * one by one. Without workers (NULL) the calling thread trains all.
 * A model has the bits of a single fit with classes_hyper's hyper-parameters. classes_free releases the models. Returns
 * 0, or -1 with the reason; then there is nothing to free. */
int classes_fit(struct model models[CLASSES], const struct row_list *rows, const struct hyper *hyper,
                const struct classes_means *by, struct error *err);
void classes_free(struct model models[CLASSES]);

/* FNV-1a 64 of coef_, (10, d), and intercept_, (10,): the fingerprint of the whole classifier. */
uint64_t classes_fingerprint(const struct model models[CLASSES]);

/* The decision values decision[n][CLASSES] of every row, each read once for all ten where decision_functions does. */
void classes_decisions(double *decision, const struct model models[CLASSES], const struct row_list *rows,
                       const struct backend *backend);

/* The digit with the largest decision value; the first of several. */
void classes_digits(int64_t *digit, const double *decision, size_t n);

/* What results keep of one digit's fit. */
struct class_fit {
    double intercept, seconds;
    unsigned epochs;
    uint64_t updates; /* of all epochs */
    uint64_t fingerprint, update_hash, update_hash_by_epoch;
};
struct class_fit class_fit_of(const struct model *model);

#endif
