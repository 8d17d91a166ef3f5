/* SPDX-License-Identifier: MIT */
/* The notebook's own steps beside the fit and the folds: one digit's decision, and the classifier that always says no.
 */
#ifndef SGDMARK_VERIFY_NOTEBOOK_H
#define SGDMARK_VERIFY_NOTEBOOK_H

#include "verify/parity.h"

struct notebook {
    const struct verified_job *by; /* whose model decides */
    uint32_t row;                  /* the digit's row, as its number in the files */
    unsigned label;
    double decision;
    struct cv_result never; /* plain folds, every prediction False */
};

/* Takes the steps with the model of one verified job. Returns 0, or -1 with the reason; notebook_free releases it. */
int notebook_make(struct notebook *notebook, const struct job *job, const struct job_spec *spec,
                  const struct verified_job *by, struct error *err);
void notebook_free(struct notebook *notebook);

#endif
