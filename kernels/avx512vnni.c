/* AVX-512 VNNI: multiply and add in one instruction. */
#include "avx512_i16.h"

static inline __m512i multiply_add(__m512i sums, __m512i w, __m512i x) {
    return _mm512_dpwssd_epi32(sums, w, x);
}

int64_t dot_u8i16_avx512vnni(const int16_t *w, const uint8_t *x, size_t d) {
    return dot_i16(w, x, d, multiply_add);
}
