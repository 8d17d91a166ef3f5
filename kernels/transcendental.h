/* SPDX-License-Identifier: MIT */
/* Exponential, logarithm and power with the same bits on every machine: SLEEF's deterministic functions (1 ULP), in
 * scalar and in vector form. The results of libm differ between versions and processors.
 *
 * SLEEF has two classes of them, which differ in their last bits. "no-fma", named cinz_, has no fused multiply-add and
 * so runs on every processor. Releases after 3.9 have only functions with plain names, of class "fma"; their scalar
 * form needs a processor with FMA. TRANSCENDENTAL_CLASS is the class of this build: results of two classes may differ.
 */
#ifndef SGDMARK_TRANSCENDENTAL_H
#define SGDMARK_TRANSCENDENTAL_H

#include <math.h> /* before sleef.h, which defines FP_FAST_FMA where it is not defined yet */
#include <sleef.h>

#if SLEEF_VERSION_MAJOR == 3 && SLEEF_VERSION_MINOR <= 9
#define TRANSCENDENTAL_CLASS                "no-fma"
#define SLEEF_NAME(function, without, with) Sleef_cinz_##function##without
#else
#define TRANSCENDENTAL_CLASS                "fma"
#define SLEEF_NAME(function, without, with) Sleef_##function##with
/* sleef.h declares these only in files compiled for FMA. */
double Sleef_logd1_u10purecfma(double x);
double Sleef_expd1_u10purecfma(double x);
double Sleef_powd1_u10purecfma(double x, double y);
float Sleef_expf1_u10purecfma(float x);
#endif

static inline double portable_log(double x) {
    return SLEEF_NAME(logd1_u10, purec, purecfma)(x);
}

static inline double portable_exp(double x) {
    return SLEEF_NAME(expd1_u10, purec, purecfma)(x);
}

static inline double portable_pow(double x, double y) {
    return SLEEF_NAME(powd1_u10, purec, purecfma)(x, y);
}

/* The float32 exponential: each form gives the bits of the first. */
static inline float portable_expf(float x) {
    return SLEEF_NAME(expf1_u10, purec, purecfma)(x);
}

#ifdef __AVX2__
static inline __m256 portable_expf8(__m256 x) {
    return SLEEF_NAME(expf8_u10, avx, avx2)(x);
}
#endif

#ifdef __AVX512F__
static inline __m512 portable_expf16(__m512 x) {
    return SLEEF_NAME(expf16_u10, avx512fnofma, avx512f)(x);
}
#endif

#ifdef __aarch64__
static inline float32x4_t portable_expf4(float32x4_t x) {
    return SLEEF_NAME(expf4_u10, advsimdnofma, advsimd)(x);
}
#endif

#endif
