/* I8MM: dot products of unsigned pixels with the signed high bytes of the weights, and of the unsigned low bytes. */
#include "backends.h"

#include <arm_neon.h>

enum { BLOCK = 16 };

/* A row of 65535 pixels gives each 32-bit sum 16384 products of at most 255 * 255. */
static inline __attribute__((always_inline)) int64_t dot(const int16_t *w, const uint8_t *x, size_t d, enum fetch fetch,
                                                         const uint8_t *near, const uint8_t *far) {
    uint32x4_t low = vdupq_n_u32(0);
    int32x4_t high = vdupq_n_s32(0);
    size_t k = 0;
    for (; k + BLOCK <= d; k += BLOCK) {
        if (k % CACHE_LINE == 0) fetch_lines(fetch, near, far, k);
        uint8x16_t pixels = vld1q_u8(x + k);
        uint8x16x2_t bytes = vld2q_u8((const uint8_t *)(w + k));
        low = vdotq_u32(low, pixels, bytes.val[0]);
        high = vusdotq_s32(high, pixels, vreinterpretq_s8_u8(bytes.val[1]));
    }
    int64_t sum = (int64_t)vaddlvq_u32(low) + 256 * vaddlvq_s32(high);
    for (; k < d; k++)
        sum += w[k] * x[k];
    return sum;
}

int64_t dot_u8i16_neon_i8mm(const int16_t *w, const uint8_t *x, size_t d) {
    return dot(w, x, d, FETCH_NONE, NULL, NULL);
}

static NOINLINE int64_t dot_prefetch_l2_u8i16_neon_i8mm(const int16_t *w, const uint8_t *x, size_t d,
                                                        const uint8_t *near, const uint8_t *far) {
    return dot(w, x, d, FETCH_BOTH, near, far);
}

int64_t dot_prefetch_u8i16_neon_i8mm(const int16_t *w, const uint8_t *x, size_t d, const uint8_t *near,
                                     const uint8_t *far) {
    if (far) return dot_prefetch_l2_u8i16_neon_i8mm(w, x, d, near, far);
    return dot(w, x, d, FETCH_NEAR, near, NULL);
}
