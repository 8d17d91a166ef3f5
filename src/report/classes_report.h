/* SPDX-License-Identifier: MIT */
/* What train, cv and predict print of a classifier of ten digits, and its JSON. */
#ifndef SGDMARK_REPORT_CLASSES_REPORT_H
#define SGDMARK_REPORT_CLASSES_REPORT_H

#include "base/json.h"
#include "learn/class_scores.h"
#include "learn/classes_cv.h"

#include <stdint.h>
#include <stdio.h>

/* The confusion matrix as a heat map, the scores of each digit and their means. */
void print_class_scores(FILE *out, const struct class_scores *scores);

/* Sets "confusion" (10 x 10), "per_class", "macro", "weighted" and "accuracy". A score whose denominator is 0 is null,
 * with "<score>_reason" beside it. */
void json_class_scores(json_t *to, const struct class_scores *scores);

/* A fit of ten digits, and its predictions of the rows that it was trained on. */
struct classes_report {
    const char *engine, *backend;
    const struct class_fit *fit;    /* [CLASSES] */
    const uint32_t *seed;           /* [CLASSES] of each fit: random_state */
    const uint32_t *const *updates; /* [CLASSES][epochs of the fit] */
    const struct class_scores *scores;
    unsigned epochs;                 /* of the longest fit: n_iter_ */
    uint64_t fingerprint;            /* classes_fingerprint */
    uint64_t visits;                 /* of all fits */
    double seconds, predict_seconds; /* of all ten fits, and of all predictions */
    double fit_ns, predict_ns;       /* per visit, and per row for all ten values */
};
void print_classes(FILE *out, const struct classes_report *report);

/* The JSON of `sgdmark train --digit all`; NULL when memory runs out. */
json_t *classes_json(const struct dataset *ds, size_t n, const struct classes_report *report);

/* A cross-validation of ten digits. */
struct classes_cv_report {
    const struct classes_cv *result;
    const char *engine, *backend, *place;
    bool placed; /* the workers were bound to the place; no: the calling thread did it all */
    size_t workers;
    const char *place_note; /* what the system refused of the place, or "" */
    const char *warning;    /* of folds that test none of a digit; NULL: none */
};
void print_classes_cv(FILE *out, const struct classes_cv_report *report);
json_t *classes_cv_json(const struct dataset *ds, const struct classes_cv_report *report);

#endif
