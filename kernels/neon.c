/* SPDX-License-Identifier: MIT */
/* Advanced SIMD: the 64 lanes in sixteen registers of four. */
#include "backends.h"
#include "transcendental.h"

#include <arm_neon.h>
#include <string.h>

enum { STEP = 64 };

struct pixels16 {
    float32x4_t part[4];
};

static inline struct pixels16 load16(const uint8_t *x) {
    uint8x16_t bytes = vld1q_u8(x);
    uint16x8_t low = vmovl_u8(vget_low_u8(bytes));
    uint16x8_t high = vmovl_high_u8(bytes);
    return (struct pixels16){{vcvtq_f32_u32(vmovl_u16(vget_low_u16(low))), vcvtq_f32_u32(vmovl_high_u16(low)),
                              vcvtq_f32_u32(vmovl_u16(vget_low_u16(high))), vcvtq_f32_u32(vmovl_high_u16(high))}};
}

/* Lanes 16b .. 16b+15 take one block of 16 pixels. */
INLINE void dot16(float32x4_t *lanes, const float *w, const uint8_t *x) {
    struct pixels16 p = load16(x);
    /* Written out: GCC unrolls a nested loop too late to keep the lanes in registers. */
    lanes[0] = vfmaq_f32(lanes[0], vld1q_f32(w), p.part[0]);
    lanes[1] = vfmaq_f32(lanes[1], vld1q_f32(w + 4), p.part[1]);
    lanes[2] = vfmaq_f32(lanes[2], vld1q_f32(w + 8), p.part[2]);
    lanes[3] = vfmaq_f32(lanes[3], vld1q_f32(w + 12), p.part[3]);
}

/* The lanes of a row after h = 32, 16, 8, 4, which fold between registers. */
INLINE float32x4_t lanes4(const float *w, const uint8_t *x, size_t d, struct prefetch_rows rows) {
    float32x4_t a[16];
    UNROLL
    for (int i = 0; i < 16; i++)
        a[i] = vdupq_n_f32(0.0F);
    size_t k = 0;
    for (; k + STEP <= d; k += STEP) {
        prefetch_lines(rows, k);
        UNROLL
        for (size_t b = 0; b < 4; b++)
            dot16(a + 4 * b, w + k + BLOCK * b, x + k + BLOCK * b);
    }
    if (k < d) {
        prefetch_lines(rows, d - 1);
        size_t blocks = (d - k) / BLOCK, rest = (d - k) % BLOCK;
        UNROLL
        for (size_t b = 0; b < 4; b++) {
            if (b < blocks) dot16(a + 4 * b, w + k + BLOCK * b, x + k + BLOCK * b);
            if (b == blocks && rest) {
                struct padded last = pad(w + d - rest, x + d - rest, rest);
                dot16(a + 4 * b, last.w, last.x);
            }
        }
    }
    UNROLL
    for (size_t i = 0; i < 8; i++)
        a[i] = vaddq_f32(a[i], a[i + 8]);
    UNROLL
    for (size_t i = 0; i < 4; i++)
        a[i] = vaddq_f32(a[i], a[i + 4]);
    return vaddq_f32(vaddq_f32(a[0], a[2]), vaddq_f32(a[1], a[3]));
}

INLINE float dot(const float *w, const uint8_t *x, size_t d, struct prefetch_rows rows) {
    float32x4_t c = lanes4(w, x, d, rows);
    /* h = 2, 1 inside the register. */
    float32x2_t e = vadd_f32(vget_low_f32(c), vget_high_f32(c));
    return vget_lane_f32(e, 0) + vget_lane_f32(e, 1);
}

DOT_KERNELS(u8f32, neon, float, float, dot)

/* The sums of one model take half of the registers or more. */
DOT_MANY_INLINED(u8f32, neon, float, float, dot)

/* h = 2 of two rows at once: two lanes of each. */
static inline float32x4_t fold_two(float32x4_t a, float32x4_t b) {
    return vaddq_f32(vcombine_f32(vget_low_f32(a), vget_low_f32(b)), vcombine_f32(vget_high_f32(a), vget_high_f32(b)));
}

INLINE void decision_group(double decision[GROUP_ROWS], const struct row_group *rows,
                           const struct linear_model *model) {
    float32x4_t c[GROUP_ROWS];
    UNROLL
    for (size_t r = 0; r < GROUP_ROWS; r++)
        c[r] = lanes4(rows->w[r], rows->x[r], rows->d, (struct prefetch_rows){PREFETCH_L1, rows->l1_row[r], NULL});
    const float64x2_t wscale = vdupq_n_f64(model->wscale), intercept = vdupq_n_f64(model->intercept);
    /* The pairs are h = 1. */
    float32x4_t sums = vpaddq_f32(fold_two(c[0], c[1]), fold_two(c[2], c[3]));
    vst1q_f64(decision, vaddq_f64(vmulq_f64(vcvt_f64_f32(vget_low_f32(sums)), wscale), intercept));
    vst1q_f64(decision + 2, vaddq_f64(vmulq_f64(vcvt_high_f64_f32(sums), wscale), intercept));
}

void decision_u8f32_neon(double *decision, const struct batch *batch, const struct linear_model *model) {
    decisions_by_group(decision, batch, model, decision_group);
}

void axpy_u8f32_neon(float *w, const uint8_t *x, float a, size_t d) {
    float32x4_t factor = vdupq_n_f32(a);
    size_t k = 0;
    for (; k + BLOCK <= d; k += BLOCK) {
        struct pixels16 p = load16(x + k);
        UNROLL
        for (size_t q = 0; q < 4; q++)
            vst1q_f32(w + k + 4 * q, vfmaq_f32(vld1q_f32(w + k + 4 * q), factor, p.part[q]));
    }
    for (; k < d; k++)
        w[k] = __builtin_fmaf(a, (float)x[k], w[k]);
}

/* Each step adds four products of at most 255 * 32768 per register: after 1024 pixels all four registers together still
 * fit 32 bits. */
INLINE int64_t dot_part_i16(const int16_t *w, const uint8_t *x, size_t d, struct prefetch_rows rows) {
    int32x4_t a[4];
    UNROLL
    for (int i = 0; i < 4; i++)
        a[i] = vdupq_n_s32(0);
    size_t k = 0;
    for (; k + BLOCK <= d; k += BLOCK) {
        if (k % CACHE_LINE == 0) prefetch_lines(rows, k);
        uint8x16_t bytes = vld1q_u8(x + k);
        int16x8_t low = vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(bytes)));
        int16x8_t high = vreinterpretq_s16_u16(vmovl_high_u8(bytes));
        int16x8_t w_low = vld1q_s16(w + k), w_high = vld1q_s16(w + k + 8);
        a[0] = vmlal_s16(a[0], vget_low_s16(w_low), vget_low_s16(low));
        a[1] = vmlal_high_s16(a[1], w_low, low);
        a[2] = vmlal_s16(a[2], vget_low_s16(w_high), vget_low_s16(high));
        a[3] = vmlal_high_s16(a[3], w_high, high);
    }
    int64_t sum = vaddlvq_s32(vaddq_s32(vaddq_s32(a[0], a[1]), vaddq_s32(a[2], a[3])));
    for (; k < d; k++)
        sum += w[k] * x[k];
    return sum;
}

INLINE int64_t dot_i16(const int16_t *w, const uint8_t *x, size_t d, struct prefetch_rows rows) {
    return dot_in_parts(w, x, d, rows, 1024, dot_part_i16);
}

DOT_KERNELS(u8i16, neon, int64_t, int16_t, dot_i16)
DOT_MANY_INLINED(u8i16, neon, int64_t, int16_t, dot_i16)

void axpy_u8i16_neon(int16_t *w, const uint8_t *x, int a, size_t d) {
    int16x8_t factor = vdupq_n_s16((int16_t)a);
    size_t k = 0;
    for (; k + 8 <= d; k += 8) {
        int16x8_t pixels = vreinterpretq_s16_u16(vmovl_u8(vld1_u8(x + k)));
        vst1q_s16(w + k, vmlaq_s16(vld1q_s16(w + k), pixels, factor));
    }
    for (; k < d; k++)
        w[k] = (int16_t)(w[k] + a * x[k]);
}

void axpy_u8f64_neon(double *w, const uint8_t *x, double a, size_t d) {
    float64x2_t factor = vdupq_n_f64(a);
    size_t k = 0;
    for (; k + 8 <= d; k += 8) {
        uint16x8_t pixels = vmovl_u8(vld1_u8(x + k));
        uint32x4_t half[2] = {vmovl_u16(vget_low_u16(pixels)), vmovl_high_u16(pixels)};
        UNROLL
        for (size_t h = 0; h < 2; h++) {
            double *at = w + k + 4 * h;
            float64x2_t low = vcvtq_f64_u64(vmovl_u32(vget_low_u32(half[h])));
            float64x2_t high = vcvtq_f64_u64(vmovl_high_u32(half[h]));
            vst1q_f64(at, vaddq_f64(vld1q_f64(at), vmulq_f64(low, factor)));
            vst1q_f64(at + 2, vaddq_f64(vld1q_f64(at + 2), vmulq_f64(high, factor)));
        }
    }
    for (; k < d; k++)
        w[k] = w[k] + (double)x[k] * a;
}

INLINE float32x4_t sigmoid4(float32x4_t z) {
    const float32x4_t one = vdupq_n_f32(1.0F);
    float32x4_t e = portable_expf4(vnegq_f32(vabsq_f32(z)));
    return vdivq_f32(vbslq_f32(vcltzq_f32(z), e, one), vaddq_f32(one, e));
}

void sigmoid_f32_neon(float *z, size_t n) {
    size_t k = 0;
    for (; k + 4 <= n; k += 4)
        vst1q_f32(z + k, sigmoid4(vld1q_f32(z + k)));
    if (k < n) {
        float last[4] = {0};
        memcpy(last, z + k, (n - k) * sizeof *z);
        vst1q_f32(last, sigmoid4(vld1q_f32(last)));
        memcpy(z + k, last, (n - k) * sizeof *z);
    }
}

uint64_t read_u8_neon(const uint8_t *x, size_t d) {
    uint8x16_t sum[4];
    UNROLL
    for (size_t q = 0; q < 4; q++)
        sum[q] = vdupq_n_u8(0);
    size_t k = 0;
    for (; k + 64 <= d; k += 64) {
        UNROLL
        for (size_t q = 0; q < 4; q++)
            sum[q] = veorq_u8(sum[q], vld1q_u8(x + k + 16 * q));
    }
    if (k < d) {
        uint8_t rest[64] = {0};
        memcpy(rest, x + k, d - k);
        UNROLL
        for (size_t q = 0; q < 4; q++)
            sum[q] = veorq_u8(sum[q], vld1q_u8(rest + 16 * q));
    }
    uint64x2_t all = vreinterpretq_u64_u8(veorq_u8(veorq_u8(sum[0], sum[1]), veorq_u8(sum[2], sum[3])));
    return vgetq_lane_u64(all, 0) ^ vgetq_lane_u64(all, 1);
}
