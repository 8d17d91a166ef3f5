/* SPDX-License-Identifier: MIT */
#include "data/random.h"

void random_seed(struct random_state *rs, uint32_t seed) {
    rs->key[0] = seed;
    for (uint32_t i = 1; i < 624; i++)
        rs->key[i] = 1812433253U * (rs->key[i - 1] ^ (rs->key[i - 1] >> 30)) + i;
    rs->pos = 624;
}

static void twist(uint32_t key[624]) {
    for (unsigned i = 0; i < 624; i++) {
        uint32_t y = (key[i] & 0x80000000U) | (key[(i + 1) % 624] & 0x7fffffffU);
        key[i] = key[(i + 397) % 624] ^ (y >> 1) ^ ((y & 1U) ? 0x9908b0dfU : 0U);
    }
}

uint32_t random_uint32(struct random_state *rs) {
    if (rs->pos == 624) {
        twist(rs->key);
        rs->pos = 0;
    }
    uint32_t y = rs->key[rs->pos++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680U;
    y ^= (y << 15) & 0xefc60000U;
    return y ^ (y >> 18);
}

uint32_t random_masked(struct random_state *rs, uint32_t max) {
    if (max == 0) return 0;
    uint32_t mask = max;
    for (unsigned shift = 1; shift < 32; shift *= 2)
        mask |= mask >> shift;
    uint32_t value;
    do
        value = random_uint32(rs) & mask;
    while (value > max);
    return value;
}

void random_permutation(struct random_state *rs, uint32_t *out, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = (uint32_t)i;
    for (size_t i = n; i-- > 1;) {
        uint32_t j = random_masked(rs, (uint32_t)i);
        uint32_t swapped = out[i];
        out[i] = out[j];
        out[j] = swapped;
    }
}
