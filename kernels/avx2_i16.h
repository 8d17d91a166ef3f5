/* SPDX-License-Identifier: MIT */
/* dot_u8i16 in 256-bit registers. */
#ifndef SGDMARK_KERNELS_AVX2_I16_H
#define SGDMARK_KERNELS_AVX2_I16_H

#include "backends.h"

#include <immintrin.h>

/* sums[i] + w[2i] x[2i] + w[2i+1] x[2i+1], i < 8. Every file that includes this one defines it. */
INLINE __m256i multiply_add(__m256i sums, __m256i w, __m256i x);

/* Two registers of sums take 32 pixels a step. After 1024 pixels a sum holds 64 products of at most 255 * 32768; two
 * such sums still fit 32 bits. */
enum { EXACT_PIXELS = 1024 };

/* vpmovzxbw runs on one port only; the shuffle has more. */
static inline __m256i pixels_i16(const uint8_t *x) {
    const __m256i widen = _mm256_setr_epi8(0, -1, 1, -1, 2, -1, 3, -1, 4, -1, 5, -1, 6, -1, 7, -1, 8, -1, 9, -1, 10, -1,
                                           11, -1, 12, -1, 13, -1, 14, -1, 15, -1);
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)x)), widen);
}

static inline __m256i weights_i16(const int16_t *w) {
    return _mm256_loadu_si256((const __m256i *)w);
}

/* At most EXACT_PIXELS pixels. */
INLINE int64_t dot_part_i16(const int16_t *w, const uint8_t *x, size_t d, struct prefetch_rows rows) {
    __m256i a = _mm256_setzero_si256(), b = a;
    size_t k = 0;
    for (; k + 64 <= d; k += 64) {
        prefetch_lines(rows, k);
        UNROLL
        for (size_t i = 0; i < 64; i += 32) {
            a = multiply_add(a, weights_i16(w + k + i), pixels_i16(x + k + i));
            b = multiply_add(b, weights_i16(w + k + i + 16), pixels_i16(x + k + i + 16));
        }
    }
    if (k < d) prefetch_lines(rows, d - 1);
    if (k + 32 <= d) {
        a = multiply_add(a, weights_i16(w + k), pixels_i16(x + k));
        b = multiply_add(b, weights_i16(w + k + 16), pixels_i16(x + k + 16));
        k += 32;
    }
    if (k + 16 <= d) {
        a = multiply_add(a, weights_i16(w + k), pixels_i16(x + k));
        k += 16;
    }
    __m256i sums = _mm256_add_epi32(a, b);
    __m256i wide = _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(sums)),
                                    _mm256_cvtepi32_epi64(_mm256_extracti128_si256(sums, 1)));
    __m128i half = _mm_add_epi64(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
    int64_t sum = _mm_extract_epi64(half, 0) + _mm_extract_epi64(half, 1);
    for (; k < d; k++)
        sum += w[k] * x[k];
    return sum;
}

INLINE int64_t dot_i16(const int16_t *w, const uint8_t *x, size_t d, struct prefetch_rows rows) {
    return dot_in_parts(w, x, d, rows, EXACT_PIXELS, dot_part_i16);
}

#endif
