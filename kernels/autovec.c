/* SPDX-License-Identifier: MIT */
/* Plain loops compiled with fast-math and vectorised by the compiler: the base line for hand-tuned kernels. The
 * Makefile compiles this file once per level, each time with another SUFFIX. */
#include "backends.h"

#include <math.h>
#include <string.h>

#define JOIN_(kernel, suffix) kernel##_##suffix
#define JOIN(kernel, suffix)  JOIN_(kernel, suffix)

float JOIN(dot_u8f32, SUFFIX)(const float *restrict w, const uint8_t *restrict x, size_t d) {
    float sum = 0.0F;
    for (size_t k = 0; k < d; k++)
        sum += w[k] * (float)x[k];
    return sum;
}

float JOIN(dot_prefetch_u8f32, SUFFIX)(const float *restrict w, const uint8_t *restrict x, size_t d,
                                       const uint8_t *l1_row, const uint8_t *l2_row) {
    prefetch_whole_rows(l1_row, l2_row, d);
    return JOIN(dot_u8f32, SUFFIX)(w, x, d);
}

/* Through another macro, so that SUFFIX is expanded. */
#define DOT_MANY(types, suffix, weight)  DOT_MANY_(types, suffix, weight)
#define DOT_MANY_(types, suffix, weight) DOT_MANY_ONE_BY_ONE(types, suffix, weight, dot_##types##_##suffix)

DOT_MANY(u8f32, SUFFIX, float)

void JOIN(decision_u8f32, SUFFIX)(double *decision, const struct batch *batch, const struct linear_model *model) {
    decisions_by_row(decision, batch, model, JOIN(dot_prefetch_u8f32, SUFFIX));
}

void JOIN(axpy_u8f32, SUFFIX)(float *restrict w, const uint8_t *restrict x, float a, size_t d) {
    for (size_t k = 0; k < d; k++)
        w[k] += a * (float)x[k];
}

/* 256 products of at most 255 * 32768 fit a 32-bit sum, which vectorises better than a 64-bit one. */
int64_t JOIN(dot_u8i16, SUFFIX)(const int16_t *restrict w, const uint8_t *restrict x, size_t d) {
    int64_t sum = 0;
    while (d > 0) {
        size_t part = d < 256 ? d : 256;
        int32_t products = 0;
        for (size_t k = 0; k < part; k++)
            products += w[k] * x[k];
        sum += products;
        w += part;
        x += part;
        d -= part;
    }
    return sum;
}

int64_t JOIN(dot_prefetch_u8i16, SUFFIX)(const int16_t *restrict w, const uint8_t *restrict x, size_t d,
                                         const uint8_t *l1_row, const uint8_t *l2_row) {
    prefetch_whole_rows(l1_row, l2_row, d);
    return JOIN(dot_u8i16, SUFFIX)(w, x, d);
}

DOT_MANY(u8i16, SUFFIX, int16_t)

void JOIN(axpy_u8i16, SUFFIX)(int16_t *restrict w, const uint8_t *restrict x, int a, size_t d) {
    for (size_t k = 0; k < d; k++)
        w[k] = (int16_t)(w[k] + a * x[k]);
}

void JOIN(axpy_u8f64, SUFFIX)(double *restrict w, const uint8_t *restrict x, double a, size_t d) {
    for (size_t k = 0; k < d; k++)
        w[k] += (double)x[k] * a;
}

/* libm's exponential, which gcc vectorises where libm has vector forms of it. */
void JOIN(sigmoid_f32, SUFFIX)(float *restrict z, size_t n) {
    for (size_t k = 0; k < n; k++) {
        float e = expf(-fabsf(z[k]));
        z[k] = (z[k] < 0.0F ? e : 1.0F) / (1.0F + e);
    }
}

uint64_t JOIN(read_u8, SUFFIX)(const uint8_t *restrict x, size_t d) {
    uint64_t sum = 0, rest = 0;
    for (size_t k = 0; k + sizeof sum <= d; k += sizeof sum) {
        uint64_t word;
        memcpy(&word, x + k, sizeof word);
        sum ^= word;
    }
    memcpy(&rest, x + d / sizeof rest * sizeof rest, d % sizeof rest);
    return sum ^ rest;
}
