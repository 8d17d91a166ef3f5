/* Logarithm and exponential with the same bits on every machine, so that statistics of the same samples are the same
 * wherever they are computed: SLEEF's deterministic functions of the class without fused multiply-add (1 ULP). libm's
 * differ between versions and between processors. */
#ifndef SGDMARK_BASE_TRANSCENDENTAL_H
#define SGDMARK_BASE_TRANSCENDENTAL_H

#include <sleef.h>

static inline double portable_log(double x) {
    return Sleef_cinz_logd1_u10purec(x);
}

static inline double portable_exp(double x) {
    return Sleef_cinz_expd1_u10purec(x);
}

#endif
