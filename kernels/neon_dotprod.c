/* SPDX-License-Identifier: MIT */
/* UDOT on unsigned bytes: the weights' low bytes, and their high bytes plus 128. Subtracting 128 times the sum of the
 * pixels takes the 128 off again. */
#include "backends.h"

#include <arm_neon.h>

/* In a row of 65535 pixels a 32-bit sum gets 16384 products of at most 255 * 255. */
INLINE int64_t dot(const int16_t *w, const uint8_t *x, size_t d, struct prefetch_rows rows) {
    uint32x4_t low = vdupq_n_u32(0), high = low, ink = low;
    size_t k = 0;
    for (; k + BLOCK <= d; k += BLOCK) {
        if (k % CACHE_LINE == 0) prefetch_lines(rows, k);
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

DOT_KERNELS(u8i16, neon_dotprod, int64_t, int16_t, dot)
DOT_MANY_INLINED(u8i16, neon_dotprod, int64_t, int16_t, dot)
