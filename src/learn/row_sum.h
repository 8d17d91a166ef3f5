/* SPDX-License-Identifier: MIT */
#ifndef SGDMARK_LEARN_ROW_SUM_H
#define SGDMARK_LEARN_ROW_SUM_H

#include <stddef.h>

/* The sum of x[n], n < 16, in the order in which NumPy's pairwise sum adds up so few numbers: eight at a time. */
static inline double row_sum(const double *x, size_t n) {
    size_t k = 0;
    double sum = 0.0;
    if (n >= 8) {
        sum = ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
        k = 8;
    }
    for (; k < n; k++)
        sum += x[k];
    return sum;
}

#endif
