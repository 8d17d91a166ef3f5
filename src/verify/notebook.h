/* SPDX-License-Identifier: MIT */
/* The notebook's own steps beside the fit and the folds: the decisions on two digits, the classifier that always says
 * no, and the trade-off of precision and recall that the notebook announces at its end. */
#ifndef SGDMARK_VERIFY_NOTEBOOK_H
#define SGDMARK_VERIFY_NOTEBOOK_H

#include "learn/curve.h"
#include "verify/parity.h"

/* A row that is known by its place among the rows sorted by label, and the model's decision on it. */
struct known_digit {
    size_t rank;  /* among the rows of its split in the files, sorted stably by label */
    uint32_t row; /* its number in the files */
    unsigned label;
    double decision;
};

struct notebook {
    const struct verified_job *by; /* whose model decides */
    struct known_digit digit;      /* the textbook's, X[36000] of 60000 sorted rows */
    struct known_digit own_digit;  /* the one that the notebook draws, X[34911] */
    struct cv_result never;        /* plain folds, every prediction False */
    struct trade_off trade_off;    /* of the out-of-fold decisions */
};

/* Takes the steps with the model of one verified job. On data of another size the digits are the rows at the same share
 * of the sorted rows. Returns 0, or -1 with the reason; notebook_free releases it. */
int notebook_make(struct notebook *notebook, const struct job *job, const struct job_spec *spec,
                  const struct verified_job *by, struct error *err);
void notebook_free(struct notebook *notebook);

#endif
