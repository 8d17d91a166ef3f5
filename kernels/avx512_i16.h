/* dot_u8i16 in registers of 512 bits, for the files that have a step to do it with. */
#ifndef SGDMARK_KERNELS_AVX512_I16_H
#define SGDMARK_KERNELS_AVX512_I16_H

#include "backends.h"

#include <immintrin.h>

/* Of 32 weights and pixels of 16 bits and 16 sums of 32: sums[i] + w[2i] x[2i] + w[2i+1] x[2i+1]. */
typedef __m512i multiply_add_fn(__m512i sums, __m512i w, __m512i x);

/* Two registers of sums take 64 pixels a step. After 2048 pixels each sum is of 64 products of at most 255 * 32768, and
 * two such sums still fit 32 bits. */
enum { EXACT_PIXELS = 2048 };

static inline __m512i pixels_i16(const uint8_t *x) {
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)x));
}

/* At most EXACT_PIXELS of them. */
static inline __attribute__((always_inline)) int64_t dot_part_i16(const int16_t *w, const uint8_t *x, size_t d,
                                                                  multiply_add_fn *multiply_add, enum fetch fetch,
                                                                  const uint8_t *near, const uint8_t *far) {
    __m512i a = _mm512_setzero_si512(), b = a;
    size_t k = 0;
    for (; k + 64 <= d; k += 64) {
        fetch_lines(fetch, near, far, k);
        a = multiply_add(a, _mm512_loadu_si512(w + k), pixels_i16(x + k));
        b = multiply_add(b, _mm512_loadu_si512(w + k + 32), pixels_i16(x + k + 32));
    }
    if (k < d) fetch_lines(fetch, near, far, d - 1);
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

static inline __attribute__((always_inline)) int64_t dot_i16(const int16_t *w, const uint8_t *x, size_t d,
                                                             multiply_add_fn *multiply_add, enum fetch fetch,
                                                             const uint8_t *near, const uint8_t *far) {
    int64_t sum = 0;
    while (d > 0) {
        size_t part = d < EXACT_PIXELS ? d : EXACT_PIXELS;
        sum += dot_part_i16(w, x, part, multiply_add, fetch, near, far);
        w += part;
        x += part;
        if (fetch != FETCH_NONE) near += part;
        if (fetch == FETCH_BOTH) far += part;
        d -= part;
    }
    return sum;
}

#endif
