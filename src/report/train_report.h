/* SPDX-License-Identifier: MIT */
/* What `sgdmark train` prints of a fit. */
#ifndef SGDMARK_REPORT_TRAIN_REPORT_H
#define SGDMARK_REPORT_TRAIN_REPORT_H

#include "learn/fit.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct train_report {
    const char *engine, *backend;
    const struct model *model;
    uint64_t updates, visits;           /* of all epochs */
    double update_percent;              /* share of the visits that were updates */
    bool stopped;                       /* before the last epoch, by the tolerance */
    double accuracy;                    /* on the rows it was trained on */
    double fit_ns;                      /* per visit */
    double predict_seconds, predict_ns; /* of all rows, per row */
};

void print_train(FILE *out, const struct train_report *report);

#endif
