/* SPDX-License-Identifier: MIT */
/* AVX-512 VNNI: multiply and add in one instruction; packed rows. */
#include "avx512_i16.h"

#include <string.h>

INLINE __m512i multiply_add(__m512i sums, __m512i w, __m512i x) {
    return _mm512_dpwssd_epi32(sums, w, x);
}

DOT_KERNELS(u8i16, avx512vnni, int64_t, int16_t, dot_i16)
DOT_MANY_I16(avx512vnni)

/* The pixels of block b. `groups` points to the block's groups and moves on to the next block's. */
static inline __m512i unpack_block(const uint8_t *row, size_t b, const uint8_t **groups) {
    uint16_t mask;
    memcpy(&mask, row + b * sizeof mask, sizeof mask);
    __m512i pixels = _mm512_maskz_expandloadu_epi32(mask, *groups);
    *groups += GROUP_PIXELS * __builtin_popcountll(mask);
    return pixels;
}

/* 256 sum(high) + sum(low), both summed side by side in one register. */
static inline int64_t join_planes(__m512i high, __m512i low) {
    __m256i h = _mm256_add_epi32(_mm512_castsi512_si256(high), _mm512_extracti64x4_epi64(high, 1));
    __m256i l = _mm256_add_epi32(_mm512_castsi512_si256(low), _mm512_extracti64x4_epi64(low, 1));
    __m256i pairs = _mm256_add_epi32(_mm256_unpacklo_epi32(h, l), _mm256_unpackhi_epi32(h, l));
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
    int64_t both = _mm_cvtsi128_si64(_mm_add_epi32(half, _mm_unpackhi_epi64(half, half)));
    return 256 * (int64_t)(int32_t)both + (both >> 32);
}

/* The sum of either plane fits 32 bits: 65536 pixels times 255 times 128 is less than 2^31. */
int64_t dot_packed_avx512vnni(const int8_t *w, const uint8_t *row, size_t blocks, const uint8_t *l1_row, size_t lines) {
    __m512i high[2], low[2];
    high[0] = high[1] = low[0] = low[1] = _mm512_setzero_si512();
    const uint8_t *groups = row + blocks * sizeof(uint16_t);
    size_t b = 0;
    for (; b + 2 <= blocks; b += 2) {
        if (b < lines) {
            __builtin_prefetch(l1_row + CACHE_LINE * b);
            __builtin_prefetch(l1_row + CACHE_LINE * (b + 1));
        }
        UNROLL
        for (size_t i = 0; i < 2; i++) {
            __m512i x = unpack_block(row, b + i, &groups);
            high[i] = _mm512_dpbusd_epi32(high[i], x, _mm512_loadu_si512(w + 128 * (b + i)));
            low[i] = _mm512_dpbusd_epi32(low[i], x, _mm512_loadu_si512(w + 128 * (b + i) + 64));
        }
    }
    if (b < lines) __builtin_prefetch(l1_row + CACHE_LINE * b);
    if (b < blocks) {
        __m512i x = unpack_block(row, b, &groups);
        high[0] = _mm512_dpbusd_epi32(high[0], x, _mm512_loadu_si512(w + 128 * b));
        low[0] = _mm512_dpbusd_epi32(low[0], x, _mm512_loadu_si512(w + 128 * b + 64));
    }
    return join_planes(_mm512_add_epi32(high[0], high[1]), _mm512_add_epi32(low[0], low[1]));
}

/* Expands each block once for `models` models, a constant: two registers of sums for each. */
INLINE void many_packed(double *dot, const int8_t *const *w, size_t models, const struct shared_row *row,
                        size_t lines) {
    const size_t blocks = row->d / BLOCK_PIXELS;
    const uint8_t *groups = row->x + blocks * sizeof(uint16_t);
    const int8_t *at[MODELS_MOST];
    __m512i high[MODELS_MOST], low[MODELS_MOST];
    UNROLL
    for (size_t m = 0; m < models; m++) {
        at[m] = w[m] + 2 * row->start;
        high[m] = low[m] = _mm512_setzero_si512();
        /* gcc 12 would take all these sums for one zero, and copy and spill them in every block. */
        __asm__("" : "+v"(high[m]), "+v"(low[m]));
    }
    for (size_t b = 0; b < blocks; b++) {
        if (b < lines) __builtin_prefetch(row->l1_row + CACHE_LINE * b);
        const __m512i x = unpack_block(row->x, b, &groups);
        UNROLL
        for (size_t m = 0; m < models; m++) {
            high[m] = _mm512_dpbusd_epi32(high[m], x, _mm512_loadu_si512(at[m] + 128 * b));
            low[m] = _mm512_dpbusd_epi32(low[m], x, _mm512_loadu_si512(at[m] + 128 * b + 64));
        }
    }
    UNROLL
    for (size_t m = 0; m < models; m++)
        dot[m] = (double)join_planes(high[m], low[m]);
}

#define MANY_PACKED(count)                                                                                             \
    case count:                                                                                                        \
        many_packed(dot, w, count, row, lines);                                                                        \
        break;

void dot_many_packed_avx512vnni(double *dot, const int8_t *const *w, size_t models, const struct shared_row *row,
                                size_t lines) {
    switch (models) {
    case 1:
        dot[0] =
            (double)dot_packed_avx512vnni(w[0] + 2 * row->start, row->x, row->d / BLOCK_PIXELS, row->l1_row, lines);
        break;
        MANY_PACKED(2)
        MANY_PACKED(3)
        MANY_PACKED(4)
        MANY_PACKED(5)
        MANY_PACKED(6)
        MANY_PACKED(7)
        MANY_PACKED(8)
        MANY_PACKED(9)
        MANY_PACKED(10)
        MANY_PACKED(11)
        MANY_PACKED(12)
    default:
        break;
    }
}

/* a = 1: shift the low byte to 0..255; a carry is a sum below its summand. a = -1: mirror it as well, because low - x
 * is the mirror image of (255 - low) + x. */
void axpy_planes_avx512vnni(int8_t *w, const uint8_t *x, int a, size_t blocks) {
    __m512i turn = _mm512_set1_epi8(a > 0 ? -128 : 127), factor = _mm512_set1_epi8((char)a);
    for (size_t b = 0; b < blocks; b++) {
        __m512i high = _mm512_loadu_si512(w + 128 * b), pixels = _mm512_loadu_si512(x + 64 * b);
        __m512i low = _mm512_xor_si512(_mm512_loadu_si512(w + 128 * b + 64), turn);
        __m512i sum = _mm512_add_epi8(low, pixels);
        __mmask64 carry = _mm512_cmplt_epu8_mask(sum, pixels);
        _mm512_storeu_si512(w + 128 * b, _mm512_mask_add_epi8(high, carry, high, factor));
        _mm512_storeu_si512(w + 128 * b + 64, _mm512_xor_si512(sum, turn));
    }
}

void unpack_u8_avx512vnni(uint8_t *x, const uint8_t *row, size_t blocks) {
    const uint8_t *groups = row + blocks * sizeof(uint16_t);
    for (size_t b = 0; b < blocks; b++)
        _mm512_storeu_si512(x + 64 * b, unpack_block(row, b, &groups));
}
