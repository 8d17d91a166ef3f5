/* Advanced SIMD: the 64 lanes in sixteen registers of four. */
#include "backends.h"

#include <arm_neon.h>
#include <string.h>

enum { STEP = 64, BLOCK = 16 };

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
static inline void dot16(float32x4_t *lanes, const float *w, const uint8_t *x) {
    struct pixels16 p = load16(x);
    UNROLL
    for (size_t q = 0; q < 4; q++)
        lanes[q] = vfmaq_f32(lanes[q], vld1q_f32(w + 4 * q), p.part[q]);
}

/* The same for the last 1..15 pixels of a row, from copies padded with zeros: nothing past the row is read. */
static void dot_rest(float32x4_t *lanes, const float *w, const uint8_t *x, size_t rest) {
    float w16[BLOCK] = {0};
    uint8_t x16[BLOCK] = {0};
    for (size_t k = 0; k < rest; k++) {
        w16[k] = w[k];
        x16[k] = x[k];
    }
    dot16(lanes, w16, x16);
}

/* `fetch` is a constant: whether the row `ahead` is to be prefetched. */
static inline __attribute__((always_inline)) float dot(const float *w, const uint8_t *x, size_t d, bool fetch,
                                                       const uint8_t *ahead) {
    float32x4_t a[16];
    UNROLL
    for (int i = 0; i < 16; i++)
        a[i] = vdupq_n_f32(0.0F);
    size_t k = 0;
    for (; k + STEP <= d; k += STEP) {
        if (fetch) __builtin_prefetch(ahead + k);
        UNROLL
        for (size_t b = 0; b < 4; b++)
            dot16(a + 4 * b, w + k + BLOCK * b, x + k + BLOCK * b);
    }
    if (k < d) {
        if (fetch) __builtin_prefetch(ahead + d - 1);
        size_t blocks = (d - k) / BLOCK;
        size_t rest = (d - k) % BLOCK;
        UNROLL
        for (size_t b = 0; b < 4; b++) {
            if (b < blocks) dot16(a + 4 * b, w + k + BLOCK * b, x + k + BLOCK * b);
            if (b == blocks && rest) dot_rest(a + 4 * b, w + k + BLOCK * b, x + k + BLOCK * b, rest);
        }
    }
    /* h = 32, 16, 8, 4 between registers, then 2, 1 inside one. */
    UNROLL
    for (size_t h = 8; h > 0; h /= 2)
        UNROLL
    for (size_t i = 0; i < h; i++)
        a[i] = vaddq_f32(a[i], a[i + h]);
    float32x2_t e = vadd_f32(vget_low_f32(a[0]), vget_high_f32(a[0]));
    return vget_lane_f32(e, 0) + vget_lane_f32(e, 1);
}

float dot_u8f32_neon(const float *w, const uint8_t *x, size_t d) {
    return dot(w, x, d, false, NULL);
}

float dot_ahead_u8f32_neon(const float *w, const uint8_t *x, size_t d, const uint8_t *ahead) {
    return dot(w, x, d, true, ahead);
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
