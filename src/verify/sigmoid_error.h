/* SPDX-License-Identifier: MIT */
/* How far sigmoid_f32 is from the truth. */
#ifndef SGDMARK_VERIFY_SIGMOID_ERROR_H
#define SGDMARK_VERIFY_SIGMOID_ERROR_H

#include "kernels.h"

#include <stdint.h>

/* A step through the 2^32 float32 numbers that gives some two thousand of each sign and exponent. 1 gives all. */
enum { SIGMOID_STEP = 4099 };

/* The bound for a backend that promises bits, in units in the last place of the result. SLEEF promises 1 for the
 * exponential e, so its relative error is at most 2u, u = 2^-24. The sum 1 + e passes on at most 2u in all and rounds
 * by u, the quotient by another: 4u, which is 4 units where the result is just below a power of two. */
#define SIGMOID_BOUND 4.0

struct sigmoid_error {
    double ulp;    /* largest error in units in the last place of the float32 result; infinite if a result is NaN */
    float at;      /* where that is */
    uint64_t n;    /* numbers tried */
    uint64_t hash; /* FNV-1a 64 of all results */
};

/* Compares the kernel with 1 / (1 + exp(-z)) in float64 on float32 numbers 0, step, 2 step, ... of the 2^32, infinities
 * among them; NaNs are left out. */
struct sigmoid_error sigmoid_measure(sigmoid_f32_fn *sigmoid, uint32_t step);

#endif
