/* SPDX-License-Identifier: MIT */
/* The known answers: hashes of all that the built-in soak reads and must compute, equal on every machine and in every
 * build. Whoever changes the built-in inputs takes the new hashes from test_soak, and says why they changed. */
#include "transcendental.h"
#include "verify/soak_block.h"
#include "verify/soak_fits.h"

#include <string.h>

static const uint64_t answers[KERNEL_COUNT][SOAK_PATTERNS] = {
    [KERNEL_dot_u8f32] = {0xa92eca0ad9f887d4, 0x8f4cf546b53dd77e},
    [KERNEL_dot_prefetch_u8f32] = {0xa92eca0ad9f887d4, 0x8f4cf546b53dd77e},
    [KERNEL_dot_many_u8f32] = {0xd9add2eee81aa664, 0x69eb710bb6143fae},
    [KERNEL_decision_u8f32] = {0x34bd348dc9df562a, 0xb4d8057472b42a05},
    [KERNEL_axpy_u8f32] = {0xe84bb8acdb87e9c0, 0xe6eb96be62596b12},
    [KERNEL_axpy_u8i16] = {0x807159ae2db32259, 0xf1d2388c18079f08},
    [KERNEL_axpy_u8f64] = {0xa70495bbc669d418, 0x064a2394e295aa50},
    [KERNEL_sigmoid_f32] = {0xb0ae37bc8988b87a, 0x4fb0a69a44dae99d},
    [KERNEL_read_u8] = {0xa3c15b40e147c365, 0x9ec53b3184ac5316},
    [KERNEL_dot_u8i16] = {0xfa3ac383af74c858, 0x4d45b052ea1cf5bf},
    [KERNEL_dot_prefetch_u8i16] = {0xfa3ac383af74c858, 0x4d45b052ea1cf5bf},
    [KERNEL_dot_many_u8i16] = {0x121a82d043f52261, 0xeea2f98c5cd4006f},
    [KERNEL_dot_packed] = {0x01a8abb86b51d767, 0x92905e35ca20d284},
    [KERNEL_dot_many_packed] = {0xf91c3456bd12cd8e, 0xf33c8111de9889db},
    [KERNEL_axpy_planes] = {0x25b71991d79cd289, 0x1d4278401b4b8e1b},
    [KERNEL_unpack_u8] = {0xfcfa193f63e8955b, 0xfcfa193f63e8955b},
};

/* Engine int ends in the bits of f64. */
static const uint64_t fingerprints[ENGINES] = {
    [ENGINE_F32] = 0x6b2c8b1dc55c0d09, [ENGINE_F64] = 0x1437c915b033ab81, [ENGINE_INT] = 0x1437c915b033ab81};

uint64_t soak_known_answer(size_t kernel, unsigned pattern) {
    if (kernel == KERNEL_sigmoid_f32 && strcmp(TRANSCENDENTAL_CLASS, "no-fma") != 0) return 0;
    return answers[kernel][pattern];
}

uint64_t soak_known_fingerprint(enum engine engine) {
    return fingerprints[engine];
}
