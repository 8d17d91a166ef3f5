/* SPDX-License-Identifier: MIT */
/* One versus all: ten fits, each of one digit against the others, as scikit-learn's _fit_multiclass makes them. */
#ifndef SGDMARK_LEARN_CLASSES_H
#define SGDMARK_LEARN_CLASSES_H

#include "learn/model.h"
#include "learn/row_list.h"
#include "learn/worker_group.h"

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

/* Trains models[c], digit c against the others, for each c; which rows are positive is read off the labels of the data
 * set, which must hold all ten digits. Fits that share the order of their rows read each row once
 * (learn/group.h), in as many groups as there are workers; of others the workers take one after the other. NULL: the
 * calling thread trains all.
 * A model has the bits of a single fit with classes_hyper's hyper-parameters. classes_free releases the models. Returns
 * 0, or -1 with the reason; then there is nothing to free. */
int classes_fit(struct model models[CLASSES], const struct row_list *rows, const struct hyper *hyper,
                const struct backend *backend, const struct worker_group *workers, struct error *err);
void classes_free(struct model models[CLASSES]);

/* FNV-1a 64 of coef_, (10, d), and intercept_, (10,): the fingerprint of the whole classifier. */
uint64_t classes_fingerprint(const struct model models[CLASSES]);

/* The decision values decision[n][CLASSES] of every row. `column` is room for [n]. */
void classes_decisions(double *decision, double *column, const struct model models[CLASSES],
                       const struct row_list *rows, const struct backend *backend);

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
