/* SPDX-License-Identifier: MIT */
/* What `sgdmark describe` prints of a data set. */
#ifndef SGDMARK_REPORT_DESCRIBE_REPORT_H
#define SGDMARK_REPORT_DESCRIBE_REPORT_H

#include "learn/job.h"
#include "report/picture.h"

#include <stdint.h>
#include <stdio.h>

struct description {
    const struct dataset *ds;
    const struct row_spec *rows;
    size_t n;                /* rows in the order asked for */
    size_t n_test;           /* rows read of the test split */
    size_t class_counts[10]; /* of the n rows */
    double nonzero;          /* share of their features that are not zero */
    double mebibytes;        /* that the rows take in memory */
    uint64_t order_hash;
};

void print_description(FILE *out, const struct description *description);

/* The picture of row `row` of the order asked for, which is row i of the data set, and what it is labelled. A sorted
 * row is also called X[row], as in notebooks that read "MNIST original". */
void print_row(FILE *out, const struct description *description, size_t i, size_t row, const struct picture *picture);

#endif
