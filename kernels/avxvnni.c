/* AVX-VNNI, the 256-bit form for processors without AVX-512: multiply and add in one instruction. */
#include "avx2_i16.h"

static inline __m256i multiply_add(__m256i sums, __m256i w, __m256i x) {
    return _mm256_dpwssd_avx_epi32(sums, w, x);
}

int64_t dot_u8i16_avxvnni(const int16_t *w, const uint8_t *x, size_t d) {
    return dot_i16(w, x, d, multiply_add, FETCH_NONE, NULL, NULL);
}

static NOINLINE int64_t dot_prefetch_l2_u8i16_avxvnni(const int16_t *w, const uint8_t *x, size_t d, const uint8_t *near,
                                                      const uint8_t *far) {
    return dot_i16(w, x, d, multiply_add, FETCH_BOTH, near, far);
}

int64_t dot_prefetch_u8i16_avxvnni(const int16_t *w, const uint8_t *x, size_t d, const uint8_t *near,
                                   const uint8_t *far) {
    if (far) return dot_prefetch_l2_u8i16_avxvnni(w, x, d, near, far);
    return dot_i16(w, x, d, multiply_add, FETCH_NEAR, near, NULL);
}
