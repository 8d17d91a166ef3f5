/* SPDX-License-Identifier: MIT */
/* dot_u8i16 in 512-bit registers. */
#ifndef SGDMARK_KERNELS_AVX512_I16_H
#define SGDMARK_KERNELS_AVX512_I16_H

#include "backends.h"

#include <immintrin.h>

/* sums[i] + w[2i] x[2i] + w[2i+1] x[2i+1], i < 16. Every file that includes this one defines it. */
INLINE __m512i multiply_add(__m512i sums, __m512i w, __m512i x);

/* Two registers of sums take 64 pixels a step. After 2048 pixels a sum holds 64 products of at most 255 * 32768; two
 * such sums still fit 32 bits. */
enum { EXACT_PIXELS = 2048 };

static inline __m512i pixels_i16(const uint8_t *x) {
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)x));
}

/* The sum of sixteen 32-bit sums. */
static inline int64_t sum_of_sums(__m512i sums) {
    __m512i wide = _mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(sums)),
                                    _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(sums, 1)));
    __m256i half = _mm256_add_epi64(_mm512_castsi512_si256(wide), _mm512_extracti64x4_epi64(wide, 1));
    __m128i quarter = _mm_add_epi64(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    return _mm_extract_epi64(quarter, 0) + _mm_extract_epi64(quarter, 1);
}

/* At most EXACT_PIXELS pixels. */
INLINE int64_t dot_part_i16(const int16_t *w, const uint8_t *x, size_t d, struct prefetch_rows rows) {
    __m512i a = _mm512_setzero_si512(), b = a;
    size_t k = 0;
    for (; k + 64 <= d; k += 64) {
        prefetch_lines(rows, k);
        a = multiply_add(a, _mm512_loadu_si512(w + k), pixels_i16(x + k));
        b = multiply_add(b, _mm512_loadu_si512(w + k + 32), pixels_i16(x + k + 32));
    }
    if (k < d) prefetch_lines(rows, d - 1);
    if (k + 32 <= d) {
        a = multiply_add(a, _mm512_loadu_si512(w + k), pixels_i16(x + k));
        k += 32;
    }
    if (k < d) {
        __mmask32 rest = (1U << (d - k)) - 1U;
        b = multiply_add(b, _mm512_maskz_loadu_epi16(rest, w + k),
                         _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(rest, x + k)));
    }
    return sum_of_sums(_mm512_add_epi32(a, b));
}

INLINE int64_t dot_i16(const int16_t *w, const uint8_t *x, size_t d, struct prefetch_rows rows) {
    return dot_in_parts(w, x, d, rows, EXACT_PIXELS, dot_part_i16);
}

/* Models whose sums are kept at once. */
enum { MANY_I16 = 6 };

/* Adds to dot[] what `pixels` pixels from k on make of each of `models` models, a constant; at most EXACT_PIXELS. */
INLINE void many_part_i16(double *dot, const int16_t *const *w, size_t models, const struct shared_row *row, size_t k,
                          size_t pixels, struct prefetch_rows rows) {
    const size_t end = k + pixels;
    const int16_t *at[MANY_I16];
    __m512i a[MANY_I16], b[MANY_I16];
    UNROLL
    for (size_t m = 0; m < models; m++) {
        at[m] = w[m] + row->start;
        a[m] = b[m] = _mm512_setzero_si512();
    }
    for (; k + 64 <= end; k += 64) {
        prefetch_lines(rows, k);
        const __m512i first = pixels_i16(row->x + k), second = pixels_i16(row->x + k + 32);
        UNROLL
        for (size_t m = 0; m < models; m++) {
            a[m] = multiply_add(a[m], _mm512_loadu_si512(at[m] + k), first);
            b[m] = multiply_add(b[m], _mm512_loadu_si512(at[m] + k + 32), second);
        }
    }
    if (k < end) {
        const __mmask64 rest = ((__mmask64)1 << (end - k)) - 1;
        const __m512i last = _mm512_maskz_loadu_epi8(rest, row->x + k);
        const __m512i first = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(last));
        const __m512i second = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(last, 1));
        const __mmask32 low = (__mmask32)rest, high = (__mmask32)(rest >> 32);
        prefetch_lines(rows, end - 1);
        UNROLL
        for (size_t m = 0; m < models; m++) {
            a[m] = multiply_add(a[m], _mm512_maskz_loadu_epi16(low, at[m] + k), first);
            if (high) b[m] = multiply_add(b[m], _mm512_maskz_loadu_epi16(high, at[m] + k + 32), second);
        }
    }
    UNROLL
    for (size_t m = 0; m < models; m++)
        dot[m] += (double)sum_of_sums(_mm512_add_epi32(a[m], b[m]));
}

INLINE void some_part_i16(double *dot, const int16_t *const *w, size_t models, const struct shared_row *row, size_t k,
                          size_t pixels, struct prefetch_rows rows) {
    switch (models) {
    case 1:
        many_part_i16(dot, w, 1, row, k, pixels, rows);
        break;
    case 2:
        many_part_i16(dot, w, 2, row, k, pixels, rows);
        break;
    case 3:
        many_part_i16(dot, w, 3, row, k, pixels, rows);
        break;
    case 4:
        many_part_i16(dot, w, 4, row, k, pixels, rows);
        break;
    case 5:
        many_part_i16(dot, w, 5, row, k, pixels, rows);
        break;
    default:
        many_part_i16(dot, w, MANY_I16, row, k, pixels, rows);
        break;
    }
}

/* dot_many_u8i16 of a backend. The sums of parts are whole numbers below 2^53. */
#define DOT_MANY_I16(suffix)                                                                                           \
    void dot_many_u8i16_##suffix(double *dot, const int16_t *const *w, size_t models, const struct shared_row *row) {  \
        struct prefetch_rows rows = rows_ahead(row);                                                                   \
        for (size_t m = 0, count; m < models; m += count) {                                                            \
            count = models_next(models - m, MANY_I16);                                                                 \
            for (size_t i = 0; i < count; i++)                                                                         \
                dot[m + i] = 0.0;                                                                                      \
            for (size_t k = 0; k < row->d; k += EXACT_PIXELS)                                                          \
                some_part_i16(dot + m, w + m, count, row, k, row->d - k < EXACT_PIXELS ? row->d - k : EXACT_PIXELS,    \
                              rows);                                                                                   \
            rows.levels = PREFETCH_NONE;                                                                               \
        }                                                                                                              \
    }

#endif
