/* SPDX-License-Identifier: MIT */
/* What several unit tests set up: a small job, and numbers that are nearly equal. */
#ifndef SGDMARK_TESTS_SETUP_H
#define SGDMARK_TESTS_SETUP_H

#include "data/dataset.h"
#include "kernels.h"
#include "learn/fit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static inline void assert_near(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-9 * fabs(expected))) fail_msg("%.17g is not %.17g", value, expected);
}

/* 120 synthetic rows in file order, three folds, two epochs: fits in milliseconds. */
enum { FOLDS = 3, SMALL_ROWS = 120 };
struct small_job {
    struct dataset ds;
    struct row_ref at[SMALL_ROWS];
    struct row_list row_list;
    struct hyper hyper;
};

/* `features` is d. Returns 0, or -1 with the reason; dataset_free(&job->ds) releases the rows. */
static inline int small_job_load(struct small_job *job, unsigned features, struct error *err) {
    char spec[64];
    uint32_t row[SMALL_ROWS];
    for (uint32_t i = 0; i < SMALL_ROWS; i++)
        row[i] = i;
    snprintf(spec, sizeof spec, "synthetic:n=%d,d=%u", SMALL_ROWS, features);
    if (dataset_load(&job->ds, spec, SPLIT_TRAIN, err) != 0) return -1;
    row_refs_fill(job->at, &job->ds, row, SMALL_ROWS, 5);
    job->row_list = (struct row_list){&job->ds, job->at, SMALL_ROWS};
    job->hyper = hyper_defaults(ENGINE_F32);
    job->hyper.epochs = 2;
    return 0;
}

#endif
