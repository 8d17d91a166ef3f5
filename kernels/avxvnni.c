/* SPDX-License-Identifier: MIT */
/* AVX-VNNI: multiply and add in one instruction on 256 bits, for processors without AVX-512. */
#include "avx2_i16.h"

INLINE __m256i multiply_add(__m256i sums, __m256i w, __m256i x) {
    return _mm256_dpwssd_avx_epi32(sums, w, x);
}

DOT_KERNELS(u8i16, avxvnni, int64_t, int16_t, dot_i16)
DOT_MANY_INLINED(u8i16, avxvnni, int64_t, int16_t, dot_i16)
