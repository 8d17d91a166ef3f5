/* SPDX-License-Identifier: MIT */
/* AVX2 and FMA: the 64 lanes in eight registers of eight. */
#include "avx2_i16.h"
#include "transcendental.h"

#include <immintrin.h>
#include <string.h>

enum { STEP = 64 };

static inline __m256 load8(const uint8_t *x) {
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)x)));
}

/* Sixteen pixels as two registers of eight. vpmovzxbd runs on one port only; the shuffle has more. */
INLINE void load16(__m256 *pixels, const uint8_t *x) {
    const __m256i first = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), three_zeros = _mm256_set1_epi32((int)0x80808000);
    const __m256i second = _mm256_add_epi32(first, _mm256_set1_epi32(8));
    __m256i both = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)x));
    pixels[0] = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(both, _mm256_or_si256(first, three_zeros)));
    pixels[1] = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(both, _mm256_or_si256(second, three_zeros)));
}

/* Lanes 16b .. 16b+15 take one block of 16 pixels. */
INLINE void dot16(__m256 *lanes, const float *w, const uint8_t *x) {
    __m256 pixels[2];
    load16(pixels, x);
    lanes[0] = _mm256_fmadd_ps(_mm256_loadu_ps(w), pixels[0], lanes[0]);
    lanes[1] = _mm256_fmadd_ps(_mm256_loadu_ps(w + 8), pixels[1], lanes[1]);
}

/* The lanes of a row after h = 32, 16, 8, which fold between registers; `whole`: d is a multiple of BLOCK. */
INLINE __m256 lanes8(const float *w, const uint8_t *x, size_t d, bool whole, struct prefetch_rows rows) {
    __m256 a[8];
    UNROLL
    for (int i = 0; i < 8; i++)
        a[i] = _mm256_setzero_ps();
    size_t k = 0;
    for (; k + STEP <= d; k += STEP) {
        prefetch_lines(rows, k);
        UNROLL
        for (size_t b = 0; b < 4; b++)
            dot16(a + 2 * b, w + k + BLOCK * b, x + k + BLOCK * b);
    }
    if (k < d) {
        prefetch_lines(rows, d - 1);
        size_t blocks = (d - k) / BLOCK, rest = (d - k) % BLOCK;
        UNROLL
        for (size_t b = 0; b < 4; b++) {
            if (b < blocks) dot16(a + 2 * b, w + k + BLOCK * b, x + k + BLOCK * b);
            if (!whole && b == blocks && rest) {
                struct padded last = pad(w + d - rest, x + d - rest, rest);
                dot16(a + 2 * b, last.w, last.x);
            }
        }
    }
    __m256 b0 = _mm256_add_ps(_mm256_add_ps(a[0], a[4]), _mm256_add_ps(a[2], a[6]));
    __m256 b1 = _mm256_add_ps(_mm256_add_ps(a[1], a[5]), _mm256_add_ps(a[3], a[7]));
    return _mm256_add_ps(b0, b1);
}

/* h = 4, 2, 1 inside the register. */
static inline float fold(__m256 c) {
    __m128 e = _mm_add_ps(_mm256_castps256_ps128(c), _mm256_extractf128_ps(c, 1));
    e = _mm_add_ps(e, _mm_movehl_ps(e, e));
    return _mm_cvtss_f32(_mm_add_ss(e, _mm_movehdup_ps(e)));
}

/* NOINLINE: the padding buffer's stack frame cost full rows 3 % (Sapphire Rapids, gcc 12). */
static NOINLINE float dot_padded(const float *w, const uint8_t *x, size_t d, enum prefetch_levels levels,
                                 const uint8_t *l1_row, const uint8_t *l2_row) {
    return fold(lanes8(w, x, d, false, (struct prefetch_rows){levels, l1_row, l2_row}));
}

INLINE float dot(const float *w, const uint8_t *x, size_t d, struct prefetch_rows rows) {
    if (d % BLOCK) return dot_padded(w, x, d, rows.levels, rows.l1_row, rows.l2_row);
    return fold(lanes8(w, x, d, true, rows));
}

DOT_KERNELS(u8f32, avx2, float, float, dot)

/* The sums of one model take half of the registers or more. */
DOT_MANY_INLINED(u8f32, avx2, float, float, dot)

/* h = 4, 2, 1 of four rows at once. */
static inline __m128 fold_rows(const __m256 c[GROUP_ROWS]) {
    __m256 even = _mm256_add_ps(_mm256_permute2f128_ps(c[0], c[2], 0x20), _mm256_permute2f128_ps(c[0], c[2], 0x31));
    __m256 odd = _mm256_add_ps(_mm256_permute2f128_ps(c[1], c[3], 0x20), _mm256_permute2f128_ps(c[1], c[3], 0x31));
    /* Two lanes of each row: of rows 0 and 1, then of rows 2 and 3. */
    __m256 e = _mm256_add_ps(_mm256_shuffle_ps(even, odd, 0x44), _mm256_shuffle_ps(even, odd, 0xee));
    e = _mm256_add_ps(e, _mm256_permute_ps(e, 0xb1));
    return _mm_shuffle_ps(_mm256_castps256_ps128(e), _mm256_extractf128_ps(e, 1), 0x88);
}

INLINE void decision_group(double decision[GROUP_ROWS], const struct row_group *rows,
                           const struct linear_model *model) {
    __m256 c[GROUP_ROWS];
    UNROLL
    for (size_t r = 0; r < GROUP_ROWS; r++)
        c[r] =
            lanes8(rows->w[r], rows->x[r], rows->d, false, (struct prefetch_rows){PREFETCH_L1, rows->l1_row[r], NULL});
    const __m256d wscale = _mm256_set1_pd(model->wscale), intercept = _mm256_set1_pd(model->intercept);
    __m256d sums = _mm256_cvtps_pd(fold_rows(c));
    _mm256_storeu_pd(decision, _mm256_add_pd(_mm256_mul_pd(sums, wscale), intercept));
}

void decision_u8f32_avx2(double *decision, const struct batch *batch, const struct linear_model *model) {
    decisions_by_group(decision, batch, model, decision_group);
}

void axpy_u8f32_avx2(float *w, const uint8_t *x, float a, size_t d) {
    __m256 factor = _mm256_set1_ps(a);
    size_t k = 0;
    for (; k + BLOCK <= d; k += BLOCK) {
        __m256 pixels[2];
        load16(pixels, x + k);
        _mm256_storeu_ps(w + k, _mm256_fmadd_ps(factor, pixels[0], _mm256_loadu_ps(w + k)));
        _mm256_storeu_ps(w + k + 8, _mm256_fmadd_ps(factor, pixels[1], _mm256_loadu_ps(w + k + 8)));
    }
    if (k + 8 <= d) {
        _mm256_storeu_ps(w + k, _mm256_fmadd_ps(factor, load8(x + k), _mm256_loadu_ps(w + k)));
        k += 8;
    }
    for (; k < d; k++)
        w[k] = __builtin_fmaf(a, (float)x[k], w[k]);
}

INLINE __m256i multiply_add(__m256i sums, __m256i w, __m256i x) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(w, x));
}

DOT_KERNELS(u8i16, avx2, int64_t, int16_t, dot_i16)
DOT_MANY_INLINED(u8i16, avx2, int64_t, int16_t, dot_i16)

void axpy_u8i16_avx2(int16_t *w, const uint8_t *x, int a, size_t d) {
    __m256i factor = _mm256_set1_epi16((int16_t)a);
    size_t k = 0;
    for (; k + 16 <= d; k += 16)
        _mm256_storeu_si256((__m256i *)(w + k),
                            _mm256_add_epi16(weights_i16(w + k), _mm256_mullo_epi16(pixels_i16(x + k), factor)));
    for (; k < d; k++)
        w[k] = (int16_t)(w[k] + a * x[k]);
}

static inline __m256d load4_f64(const uint8_t *x) {
    uint32_t four;
    memcpy(&four, x, sizeof four);
    return _mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_cvtsi32_si128((int)four)));
}

void axpy_u8f64_avx2(double *w, const uint8_t *x, double a, size_t d) {
    __m256d factor = _mm256_set1_pd(a);
    size_t k = 0;
    for (; k + 4 <= d; k += 4)
        _mm256_storeu_pd(w + k, _mm256_add_pd(_mm256_loadu_pd(w + k), _mm256_mul_pd(load4_f64(x + k), factor)));
    for (; k < d; k++)
        w[k] = w[k] + (double)x[k] * a;
}

INLINE __m256 sigmoid8(__m256 z) {
    const __m256 one = _mm256_set1_ps(1.0F);
    __m256 e = portable_expf8(_mm256_or_ps(z, _mm256_set1_ps(-0.0F)));
    return _mm256_div_ps(_mm256_blendv_ps(one, e, z), _mm256_add_ps(one, e));
}

void sigmoid_f32_avx2(float *z, size_t n) {
    size_t k = 0;
    for (; k + 8 <= n; k += 8)
        _mm256_storeu_ps(z + k, sigmoid8(_mm256_loadu_ps(z + k)));
    if (k < n) {
        float last[8] = {0};
        memcpy(last, z + k, (n - k) * sizeof *z);
        _mm256_storeu_ps(last, sigmoid8(_mm256_loadu_ps(last)));
        memcpy(z + k, last, (n - k) * sizeof *z);
    }
}

uint64_t read_u8_avx2(const uint8_t *x, size_t d) {
    __m256i sum[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    size_t k = 0;
    for (; k + 64 <= d; k += 64) {
        sum[0] = _mm256_xor_si256(sum[0], _mm256_loadu_si256((const __m256i *)(x + k)));
        sum[1] = _mm256_xor_si256(sum[1], _mm256_loadu_si256((const __m256i *)(x + k + 32)));
    }
    if (k < d) {
        uint8_t rest[64] = {0};
        memcpy(rest, x + k, d - k);
        sum[0] = _mm256_xor_si256(sum[0], _mm256_loadu_si256((const __m256i *)rest));
        sum[1] = _mm256_xor_si256(sum[1], _mm256_loadu_si256((const __m256i *)(rest + 32)));
    }
    __m256i all = _mm256_xor_si256(sum[0], sum[1]);
    __m128i half = _mm_xor_si128(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
    return (uint64_t)(_mm_extract_epi64(half, 0) ^ _mm_extract_epi64(half, 1));
}
