/* SPDX-License-Identifier: MIT */
/* What `sgdmark predict` prints, and its JSON. */
#ifndef SGDMARK_REPORT_PREDICT_REPORT_H
#define SGDMARK_REPORT_PREDICT_REPORT_H

#include "base/json.h"
#include "learn/class_scores.h"
#include "learn/metrics.h"
#include "learn/model_file.h"

#include <stdio.h>

/* The model, and the rows that it predicts. */
struct predict_subject {
    const char *path;
    const struct saved_model *saved;
    const struct row_spec *rows; /* NULL: an IDX file of images */
    const struct job *job;
    bool labelled; /* the rows have labels that are known */
};

struct predict_report {
    const char *engine, *backend;
    size_t positives;             /* rows predicted True, of a single model */
    double accuracy;              /* NaN where no label is known */
    struct confusion confusion;   /* of a single model, where labels are known */
    double precision, recall, f1; /* NaN where the denominator is 0 */
    struct class_scores classes;  /* of ten models, where labels are known */
    double seconds, ns;           /* for decision values and classes of all rows, and per row */
};

void print_predict_subject(FILE *out, const struct predict_subject *subject);
void print_predict(FILE *out, const struct predict_subject *subject, const struct predict_report *report);
json_t *predict_json(const struct predict_subject *subject, const struct predict_report *report);

#endif
