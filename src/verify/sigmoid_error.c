/* SPDX-License-Identifier: MIT */
#include "verify/sigmoid_error.h"

#include "base/hash.h"
#include "transcendental.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

enum { PART = 1024 };

/* In float64: its own error is below 2^-28 units of float32. */
static double true_sigmoid(double z) {
    const double e = portable_exp(-fabs(z));
    return (z < 0.0 ? e : 1.0) / (1.0 + e);
}

/* The distance of two neighbours of float32 at x, 0 <= x <= 1. */
static double unit_at(double x) {
    int exponent = 0;
    frexp(x, &exponent);
    return ldexp(1.0, (exponent > FLT_MIN_EXP ? exponent : FLT_MIN_EXP) - FLT_MANT_DIG);
}

static void compare_part(struct sigmoid_error *error, const float *z, const float *got, size_t n) {
    for (size_t k = 0; k < n; k++) {
        const double want = true_sigmoid((double)z[k]), off = fabs((double)got[k] - want) / unit_at(want);
        if (off <= error->ulp) continue;
        error->ulp = isnan(off) ? (double)INFINITY : off;
        error->at = z[k];
    }
    error->n += n;
    error->hash = fnv1a(error->hash, got, n * sizeof *got);
}

/* The next numbers from *bits on. Returns how many, 0 at the end. */
static size_t take_part(float *z, uint64_t *bits, uint32_t step) {
    size_t n = 0;
    for (; n < PART && *bits <= UINT32_MAX; *bits += step) {
        const uint32_t pattern = (uint32_t)*bits;
        memcpy(&z[n], &pattern, sizeof pattern);
        if (!isnan(z[n])) n++;
    }
    return n;
}

struct sigmoid_error sigmoid_measure(sigmoid_f32_fn *sigmoid, uint32_t step) {
    struct sigmoid_error error = {.hash = FNV_START};
    float z[PART], result[PART];
    uint64_t bits = 0;
    for (size_t n; (n = take_part(z, &bits, step)) > 0;) {
        memcpy(result, z, n * sizeof *z);
        sigmoid(result, n);
        compare_part(&error, z, result, n);
    }
    return error;
}
