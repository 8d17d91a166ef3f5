/* Dot products of unsigned bytes: the low bytes of the weights, and the high ones with 128 added, which is taken off
 * again as 128 times the sum of the pixels. */
#include "backends.h"

#include <arm_neon.h>

enum { BLOCK = 16 };

/* A row of 65535 pixels gives each 32-bit sum 16384 products of at most 255 * 255. */
static inline __attribute__((always_inline)) int64_t dot(const int16_t *w, const uint8_t *x, size_t d, enum fetch fetch,
                                                         const uint8_t *near, const uint8_t *far) {
    uint32x4_t low = vdupq_n_u32(0), high = low, ink = low;
    size_t k = 0;
    for (; k + BLOCK <= d; k += BLOCK) {
        if (k % CACHE_LINE == 0) fetch_lines(fetch, near, far, k);
        uint8x16_t pixels = vld1q_u8(x + k);
        uint8x16x2_t bytes = vld2q_u8((const uint8_t *)(w + k));
        low = vdotq_u32(low, pixels, bytes.val[0]);
        high = vdotq_u32(high, pixels, veorq_u8(bytes.val[1], vdupq_n_u8(128)));
        ink = vdotq_u32(ink, pixels, vdupq_n_u8(1));
    }
    int64_t sum = (int64_t)vaddlvq_u32(low) + 256 * ((int64_t)vaddlvq_u32(high) - 128 * (int64_t)vaddlvq_u32(ink));
    for (; k < d; k++)
        sum += w[k] * x[k];
    return sum;
}

int64_t dot_u8i16_neon_dotprod(const int16_t *w, const uint8_t *x, size_t d) {
    return dot(w, x, d, FETCH_NONE, NULL, NULL);
}

static NOINLINE int64_t dot_prefetch_l2_u8i16_neon_dotprod(const int16_t *w, const uint8_t *x, size_t d,
                                                           const uint8_t *near, const uint8_t *far) {
    return dot(w, x, d, FETCH_BOTH, near, far);
}

int64_t dot_prefetch_u8i16_neon_dotprod(const int16_t *w, const uint8_t *x, size_t d, const uint8_t *near,
                                        const uint8_t *far) {
    if (far) return dot_prefetch_l2_u8i16_neon_dotprod(w, x, d, near, far);
    return dot(w, x, d, FETCH_NEAR, near, NULL);
}
