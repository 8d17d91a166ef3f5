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
    __m512i sums = _mm512_add_epi32(a, b);
    __m512i wide = _mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(sums)),
                                    _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(sums, 1)));
    __m256i half = _mm256_add_epi64(_mm512_castsi512_si256(wide), _mm512_extracti64x4_epi64(wide, 1));
    __m128i quarter = _mm_add_epi64(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    return _mm_extract_epi64(quarter, 0) + _mm_extract_epi64(quarter, 1);
}

INLINE int64_t dot_i16(const int16_t *w, const uint8_t *x, size_t d, struct prefetch_rows rows) {
    return dot_in_parts(w, x, d, rows, EXACT_PIXELS, dot_part_i16);
}

#endif
