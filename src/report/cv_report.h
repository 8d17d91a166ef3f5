/* SPDX-License-Identifier: MIT */
/* What cross-validation found, as text and as JSON. */
#ifndef SGDMARK_REPORT_CV_REPORT_H
#define SGDMARK_REPORT_CV_REPORT_H

#include "base/json.h"
#include "learn/cv.h"

#include <stdio.h>

struct cv_report {
    const struct cv_result *result;
    bool fitted; /* no: the never estimator, which has no model and no decision values */
    const char *engine, *backend;
    double precision, recall, f1; /* NaN where the denominator is 0 */
    double roc_auc;               /* NaN where there is one class only, or nothing fitted */
    const json_t *trade_off;      /* trade_off_json; NULL where nothing is fitted */
    const char *place;
    const char *place_note; /* what the system refused of the place, or "" */
    bool placed;            /* the workers were bound to the place; no: the calling thread ran the folds */
    size_t workers;
    unsigned repeats;
    const char *warning; /* of folds that test none of a class; NULL: none */
    unsigned epochs;     /* that each fit runs unless a tolerance stops it */
};

void print_cv(FILE *out, const struct cv_report *report);

/* The JSON of `sgdmark cv`. A score whose denominator is 0 is null, with "<score>_reason" beside it; so are the
 * properties that the never estimator does not have, those of a fold that was not trained, and then the pooled scores.
 * NULL when memory runs out. */
json_t *cv_json(const struct dataset *ds, const struct cv_report *report);

/* "0.9502 0.96565 0.96495" */
void print_accuracies(FILE *out, const struct cv_result *result);

#endif
