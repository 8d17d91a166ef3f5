/* SPDX-License-Identifier: MIT */
/* AVX-512: the 64 lanes in four registers of sixteen; masks at a row's end. */
#include "avx512_i16.h"
#include "transcendental.h"

#include <immintrin.h>

enum { STEP = 64, WIDE = 12 };

/* Models whose sums fit the registers at once: 24 of 32, and four of pixels. */
enum { MANY = 6 };

static inline __m512i widen16(const uint8_t *x) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)x));
}

static inline __m512 load16(const uint8_t *x) {
    return _mm512_cvtepi32_ps(widen16(x));
}

static inline __m512 dot16(__m512 lanes, const float *w, const uint8_t *x) {
    return _mm512_fmadd_ps(_mm512_loadu_ps(w), load16(x), lanes);
}

static inline __m512 load16_masked(__mmask16 mask, const uint8_t *x) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, x)));
}

/* The last pixels of a row, less than 64. */
INLINE void dot_rest(__m512 lanes[4], const float *w, const uint8_t *x, size_t pixels) {
    size_t blocks = pixels / BLOCK;
    __mmask16 rest = (__mmask16)((1U << pixels % BLOCK) - 1U);
    UNROLL
    for (size_t b = 0; b < 4; b++) {
        if (b < blocks) lanes[b] = dot16(lanes[b], w + BLOCK * b, x + BLOCK * b);
        if (b == blocks && rest)
            lanes[b] = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(rest, w + BLOCK * b), load16_masked(rest, x + BLOCK * b),
                                       lanes[b]);
    }
}

/* h = 32, 16: between registers. */
INLINE __m512 fold_registers(const __m512 lanes[4]) {
    return _mm512_add_ps(_mm512_add_ps(lanes[0], lanes[2]), _mm512_add_ps(lanes[1], lanes[3]));
}

INLINE float dot(const float *w, const uint8_t *x, size_t d, struct prefetch_rows rows) {
    __m512 a[4];
    UNROLL
    for (int i = 0; i < 4; i++)
        a[i] = _mm512_setzero_ps();
    size_t k = 0;
    /* Move the pointers: an indexed load does not stay fused with its multiplication and takes a reorder buffer entry.
     */
    UNROLL_STEPS
    for (; k + STEP <= d; k += STEP, w += STEP, x += STEP) {
        prefetch_lines(rows, k);
        UNROLL
        for (size_t b = 0; b < 4; b++)
            a[b] = dot16(a[b], w + BLOCK * b, x + BLOCK * b);
    }
    if (k < d) {
        prefetch_lines(rows, d - 1);
        dot_rest(a, w, x, d - k);
    }
    __m512 c = fold_registers(a);
    /* h = 8, 4, 2, 1 inside the register. */
    __m256 e = _mm256_add_ps(_mm512_castps512_ps256(c), _mm512_extractf32x8_ps(c, 1));
    __m128 f = _mm_add_ps(_mm256_castps256_ps128(e), _mm256_extractf128_ps(e, 1));
    f = _mm_add_ps(f, _mm_movehl_ps(f, f));
    return _mm_cvtss_f32(_mm_add_ss(f, _mm_movehdup_ps(f)));
}

DOT_KERNELS(u8f32, avx512, float, float, dot)

/* Sixteen lanes of each of `models` models, a constant. A step's pixels are converted once, then every model multiplies
 * them: four registers of sums for each model, four of pixels. */
INLINE void many_lanes(__m512 folded[], const float *const *weights, size_t models, const struct shared_row *row,
                       struct prefetch_rows rows) {
    const size_t d = row->d;
    const uint8_t *x = row->x;
    const float *w[MANY];
    __m512 a[MANY][4];
    UNROLL
    for (size_t m = 0; m < models; m++) {
        w[m] = weights[m] + row->start;
        UNROLL
        for (int i = 0; i < 4; i++)
            a[m][i] = _mm512_setzero_ps();
    }
    size_t k = 0;
    for (; k + STEP <= d; k += STEP) {
        prefetch_lines(rows, k);
        __m512 pixels[4];
        UNROLL
        for (size_t b = 0; b < 4; b++)
            pixels[b] = load16(x + k + BLOCK * b);
        UNROLL
        for (size_t m = 0; m < models; m++) {
            UNROLL
            for (size_t b = 0; b < 4; b++)
                a[m][b] = _mm512_fmadd_ps(_mm512_loadu_ps(w[m] + BLOCK * b), pixels[b], a[m][b]);
            w[m] += STEP;
        }
    }
    if (k < d) {
        prefetch_lines(rows, d - 1);
        UNROLL
        for (size_t m = 0; m < models; m++)
            dot_rest(a[m], w[m], x + k, d - k);
    }
    UNROLL
    for (size_t m = 0; m < models; m++)
        folded[m] = fold_registers(a[m]);
}

/* WIDE blocks: widen all pixels before the first multiplication, which balances the two 512-bit ports. */
INLINE void dot_wide(__m512 lanes[4], const float *w, const uint8_t *x) {
    __m512i p[WIDE];
    UNROLL
    for (size_t b = 0; b < WIDE; b++)
        p[b] = widen16(x + BLOCK * b);
    /* Emits no instruction; keeps the compiler from reordering. */
    __asm__(""
            : "+v"(p[0]), "+v"(p[1]), "+v"(p[2]), "+v"(p[3]), "+v"(p[4]), "+v"(p[5]), "+v"(p[6]), "+v"(p[7]),
              "+v"(p[8]), "+v"(p[9]), "+v"(p[10]), "+v"(p[11]));
    UNROLL
    for (size_t b = 0; b < WIDE; b++)
        lanes[b % 4] = _mm512_fmadd_ps(_mm512_loadu_ps(w + BLOCK * b), _mm512_cvtepi32_ps(p[b]), lanes[b % 4]);
}

/* Sixteen lanes of a row for decisions. WIDE blocks pay where rows come in order; in the shuffled rows of an epoch they
 * cost 7 % (Sapphire Rapids, gcc 12). */
INLINE __m512 decision_lanes(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row) {
    const size_t wide = (size_t)WIDE * BLOCK;
    __m512 a[4];
    UNROLL
    for (int i = 0; i < 4; i++)
        a[i] = _mm512_setzero_ps();
    size_t k = 0;
    for (; k + wide <= d; k += wide, w += wide, x += wide) {
        UNROLL
        for (size_t line = 0; line < wide; line += CACHE_LINE)
            __builtin_prefetch(l1_row + k + line);
        dot_wide(a, w, x);
    }
    for (; k + STEP <= d; k += STEP, w += STEP, x += STEP) {
        __builtin_prefetch(l1_row + k);
        UNROLL
        for (size_t b = 0; b < 4; b++)
            a[b] = dot16(a[b], w + BLOCK * b, x + BLOCK * b);
    }
    if (k < d) {
        __builtin_prefetch(l1_row + d - 1);
        dot_rest(a, w, x, d - k);
    }
    return fold_registers(a);
}

/* h = 8, 4, 2, 1 of four rows at once. */
static inline __m128 fold_rows(const __m512 c[GROUP_ROWS]) {
    __m512 first = _mm512_add_ps(_mm512_shuffle_f32x4(c[0], c[1], 0x44), _mm512_shuffle_f32x4(c[0], c[1], 0xee));
    __m512 last = _mm512_add_ps(_mm512_shuffle_f32x4(c[2], c[3], 0x44), _mm512_shuffle_f32x4(c[2], c[3], 0xee));
    /* Four lanes of each row, side by side. */
    __m512 e = _mm512_add_ps(_mm512_shuffle_f32x4(first, last, 0x88), _mm512_shuffle_f32x4(first, last, 0xdd));
    e = _mm512_add_ps(e, _mm512_permute_ps(e, 0x4e));
    e = _mm512_add_ps(e, _mm512_permute_ps(e, 0xb1));
    return _mm512_castps512_ps128(_mm512_maskz_compress_ps(0x1111, e));
}

/* The dot products of up to MANY models, a constant. The last lanes of four models are folded side by side. */
INLINE void many_dots(double *dot, const float *const *w, size_t models, const struct shared_row *row,
                      struct prefetch_rows rows) {
    __m512 c[2 * GROUP_ROWS];
    many_lanes(c, w, models, row, rows);
    UNROLL
    for (size_t m = models; m < 2 * GROUP_ROWS; m++)
        c[m] = _mm512_setzero_ps();
    double sums[2 * GROUP_ROWS];
    _mm256_storeu_pd(sums, _mm256_cvtps_pd(fold_rows(c)));
    if (models > GROUP_ROWS) _mm256_storeu_pd(sums + GROUP_ROWS, _mm256_cvtps_pd(fold_rows(c + GROUP_ROWS)));
    UNROLL
    for (size_t m = 0; m < models; m++)
        dot[m] = sums[m];
}

INLINE void some_dots(double *sum, const float *const *w, size_t models, const struct shared_row *row,
                      struct prefetch_rows rows) {
    switch (models) {
    case 1:
        many_dots(sum, w, 1, row, rows);
        break;
    case 2:
        many_dots(sum, w, 2, row, rows);
        break;
    case 3:
        many_dots(sum, w, 3, row, rows);
        break;
    case 4:
        many_dots(sum, w, 4, row, rows);
        break;
    case 5:
        many_dots(sum, w, 5, row, rows);
        break;
    default:
        many_dots(sum, w, MANY, row, rows);
        break;
    }
}

void dot_many_u8f32_avx512(double *dot, const float *const *w, size_t models, const struct shared_row *row) {
    struct prefetch_rows rows = rows_ahead(row);
    for (size_t m = 0, count; m < models; m += count) {
        count = models_next(models - m, MANY);
        some_dots(dot + m, w + m, count, row, rows);
        rows.levels = PREFETCH_NONE;
    }
}

INLINE void decision_group(double decision[GROUP_ROWS], const struct row_group *rows,
                           const struct linear_model *model) {
    __m512 c[GROUP_ROWS];
    UNROLL
    for (size_t r = 0; r < GROUP_ROWS; r++)
        c[r] = decision_lanes(rows->w[r], rows->x[r], rows->d, rows->l1_row[r]);
    const __m256d wscale = _mm256_set1_pd(model->wscale), intercept = _mm256_set1_pd(model->intercept);
    __m256d sums = _mm256_cvtps_pd(fold_rows(c));
    _mm256_storeu_pd(decision, _mm256_add_pd(_mm256_mul_pd(sums, wscale), intercept));
}

void decision_u8f32_avx512(double *decision, const struct batch *batch, const struct linear_model *model) {
    decisions_by_group(decision, batch, model, decision_group);
}

void axpy_u8f32_avx512(float *w, const uint8_t *x, float a, size_t d) {
    __m512 factor = _mm512_set1_ps(a);
    size_t k = 0;
    for (; k + BLOCK <= d; k += BLOCK)
        _mm512_storeu_ps(w + k, _mm512_fmadd_ps(factor, load16(x + k), _mm512_loadu_ps(w + k)));
    __mmask16 rest = (__mmask16)((1U << (d - k)) - 1U);
    if (rest) {
        __m512 sum = _mm512_fmadd_ps(factor, load16_masked(rest, x + k), _mm512_maskz_loadu_ps(rest, w + k));
        _mm512_mask_storeu_ps(w + k, rest, sum);
    }
}

INLINE __m512i multiply_add(__m512i sums, __m512i w, __m512i x) {
    return _mm512_add_epi32(sums, _mm512_madd_epi16(w, x));
}

DOT_KERNELS(u8i16, avx512, int64_t, int16_t, dot_i16)
DOT_MANY_I16(avx512)

void axpy_u8i16_avx512(int16_t *w, const uint8_t *x, int a, size_t d) {
    __m512i factor = _mm512_set1_epi16((int16_t)a);
    size_t k = 0;
    for (; k + 32 <= d; k += 32)
        _mm512_storeu_si512(w + k,
                            _mm512_add_epi16(_mm512_loadu_si512(w + k), _mm512_mullo_epi16(pixels_i16(x + k), factor)));
    if (k < d) {
        __mmask32 rest = (1U << (d - k)) - 1U;
        __m512i pixels = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(rest, x + k));
        __m512i sum = _mm512_add_epi16(_mm512_maskz_loadu_epi16(rest, w + k), _mm512_mullo_epi16(pixels, factor));
        _mm512_mask_storeu_epi16(w + k, rest, sum);
    }
}

static inline __m512d load8_f64(const uint8_t *x) {
    return _mm512_cvtepi64_pd(_mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)x)));
}

void axpy_u8f64_avx512(double *w, const uint8_t *x, double a, size_t d) {
    __m512d factor = _mm512_set1_pd(a);
    size_t k = 0;
    for (; k + 8 <= d; k += 8)
        _mm512_storeu_pd(w + k, _mm512_add_pd(_mm512_loadu_pd(w + k), _mm512_mul_pd(load8_f64(x + k), factor)));
    for (; k < d; k++)
        w[k] = w[k] + (double)x[k] * a;
}

INLINE __m512 sigmoid16(__m512 z) {
    const __m512 one = _mm512_set1_ps(1.0F);
    __m512 e = portable_expf16(_mm512_or_ps(z, _mm512_set1_ps(-0.0F)));
    __mmask16 below = _mm512_movepi32_mask(_mm512_castps_si512(z));
    return _mm512_div_ps(_mm512_mask_blend_ps(below, one, e), _mm512_add_ps(one, e));
}

void sigmoid_f32_avx512(float *z, size_t n) {
    size_t k = 0;
    for (; k + BLOCK <= n; k += BLOCK)
        _mm512_storeu_ps(z + k, sigmoid16(_mm512_loadu_ps(z + k)));
    __mmask16 rest = (__mmask16)((1U << (n - k)) - 1U);
    if (rest) _mm512_mask_storeu_ps(z + k, rest, sigmoid16(_mm512_maskz_loadu_ps(rest, z + k)));
}

/* Four sums: no load waits for the exclusive or before it. */
uint64_t read_u8_avx512(const uint8_t *x, size_t d) {
    __m512i sum[4];
    UNROLL
    for (int i = 0; i < 4; i++)
        sum[i] = _mm512_setzero_si512();
    size_t k = 0;
    for (; k + 4 * STEP <= d; k += 4 * STEP) {
        UNROLL
        for (size_t i = 0; i < 4; i++)
            sum[i] = _mm512_xor_si512(sum[i], _mm512_loadu_si512(x + k + i * STEP));
    }
    for (; k + STEP <= d; k += STEP)
        sum[0] = _mm512_xor_si512(sum[0], _mm512_loadu_si512(x + k));
    if (k < d) sum[1] = _mm512_xor_si512(sum[1], _mm512_maskz_loadu_epi8(((__mmask64)1 << (d - k)) - 1, x + k));
    __m512i all = _mm512_xor_si512(_mm512_xor_si512(sum[0], sum[1]), _mm512_xor_si512(sum[2], sum[3]));
    __m256i half = _mm256_xor_si256(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
    __m128i quarter = _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    return (uint64_t)(_mm_extract_epi64(quarter, 0) ^ _mm_extract_epi64(quarter, 1));
}
