/* SPDX-License-Identifier: MIT */
/* Logarithm, exponential and power with the same bits on every machine, so that the same samples give the same
 * statistics, and the same rows the same weights, everywhere: SLEEF's deterministic functions without fused
 * multiply-add (1 ULP). The results of libm differ between versions and processors. */
#ifndef SGDMARK_BASE_TRANSCENDENTAL_H
#define SGDMARK_BASE_TRANSCENDENTAL_H

#include <sleef.h>

static inline double portable_log(double x) {
    return Sleef_cinz_logd1_u10purec(x);
}

static inline double portable_exp(double x) {
    return Sleef_cinz_expd1_u10purec(x);
}

static inline double portable_pow(double x, double y) {
    return Sleef_cinz_powd1_u10purec(x, y);
}

#endif
