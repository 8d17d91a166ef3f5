/* SPDX-License-Identifier: MIT */
/* The reference of engine f32: the 64-lane order in plain C, compiled without auto-vectorisation. */
#include "backends.h"
#include "transcendental.h"

#include <math.h>
#include <string.h>

/* fmaf for a pixel x = 0..255. Without an FMA instruction: the product of a 24-bit and an 8-bit significand is exact in
 * float64, so a float64 addition rounded to float32 is right unless the addition rounds to a tie of float32. libm's
 * fmaf settles those cases and tiny results. */
static inline float fma_pixel(float w, float x, float a) {
#ifdef __FP_FAST_FMAF
    return __builtin_fmaf(w, x, a);
#else
    double sum = (double)w * (double)x + (double)a;
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    uint64_t exponent = bits >> 52 & 0x7ff;
    if ((bits & 0x1fffffff) == 0x10000000 || exponent < 1023 - 126) return fmaf(w, x, a);
    return (float)sum;
#endif
}

float dot_u8f32_scalar(const float *w, const uint8_t *x, size_t d) {
    float a[64] = {0};
    size_t k = 0;
    for (; k + 64 <= d; k += 64)
        for (size_t l = 0; l < 64; l++)
            a[l] = fma_pixel(w[k + l], (float)x[k + l], a[l]);
    for (size_t l = 0; k + l < d; l++)
        a[l] = fma_pixel(w[k + l], (float)x[k + l], a[l]);
    for (size_t h = 32; h > 0; h /= 2)
        for (size_t l = 0; l < h; l++)
            a[l] = a[l] + a[l + h];
    return a[0];
}

float dot_prefetch_u8f32_scalar(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row,
                                const uint8_t *l2_row) {
    prefetch_whole_rows(l1_row, l2_row, d);
    return dot_u8f32_scalar(w, x, d);
}

DOT_MANY_ONE_BY_ONE(u8f32, scalar, float, dot_u8f32_scalar)

void decision_u8f32_scalar(double *decision, const struct batch *batch, const struct linear_model *model) {
    decisions_by_row(decision, batch, model, dot_prefetch_u8f32_scalar);
}

void axpy_u8f32_scalar(float *w, const uint8_t *x, float a, size_t d) {
    for (size_t k = 0; k < d; k++)
        w[k] = fma_pixel(a, (float)x[k], w[k]);
}

int64_t dot_u8i16_scalar(const int16_t *w, const uint8_t *x, size_t d) {
    int64_t sum = 0;
    for (size_t k = 0; k < d; k++)
        sum += (int64_t)w[k] * x[k];
    return sum;
}

int64_t dot_prefetch_u8i16_scalar(const int16_t *w, const uint8_t *x, size_t d, const uint8_t *l1_row,
                                  const uint8_t *l2_row) {
    prefetch_whole_rows(l1_row, l2_row, d);
    return dot_u8i16_scalar(w, x, d);
}

DOT_MANY_ONE_BY_ONE(u8i16, scalar, int16_t, dot_u8i16_scalar)

void axpy_u8i16_scalar(int16_t *w, const uint8_t *x, int a, size_t d) {
    for (size_t k = 0; k < d; k++)
        w[k] = (int16_t)(w[k] + a * x[k]);
}

void axpy_u8f64_scalar(double *w, const uint8_t *x, double a, size_t d) {
    for (size_t k = 0; k < d; k++)
        w[k] = w[k] + (double)x[k] * a;
}

void sigmoid_f32_scalar(float *z, size_t n) {
    for (size_t k = 0; k < n; k++) {
        float e = portable_expf(-fabsf(z[k]));
        z[k] = (z[k] < 0.0F ? e : 1.0F) / (1.0F + e);
    }
}

uint64_t read_u8_scalar(const uint8_t *x, size_t d) {
    uint64_t sum = 0, word = 0;
    for (; d >= sizeof word; x += sizeof word, d -= sizeof word) {
        memcpy(&word, x, sizeof word);
        sum ^= word;
    }
    word = 0;
    memcpy(&word, x, d);
    return sum ^ word;
}
