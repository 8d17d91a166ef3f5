/* SPDX-License-Identifier: MIT */
/* The sum of engine f64: scikit-learn's products and sums, in its order, one at a time. */
#include "kernels.h"

double dot_u8f64_reference(const double *w, const uint8_t *x, size_t d) {
    double sum = 0.0;
    for (size_t k = 0; k < d; k++)
        sum = sum + w[k] * (double)x[k];
    return sum;
}
