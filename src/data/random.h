/* SPDX-License-Identifier: MIT */
/* NumPy's legacy generator (numpy.random.RandomState): MT19937 and its draws. */
#ifndef SGDMARK_DATA_RANDOM_H
#define SGDMARK_DATA_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random_state {
    uint32_t key[624];
    unsigned pos;
};

/* RandomState(seed) for an integer seed. */
void random_seed(struct random_state *rs, uint32_t seed);

/* The next raw 32 bits. */
uint32_t random_uint32(struct random_state *rs);

/* A uniform integer in 0..max, by NumPy's masked rejection. max == 0 draws nothing. */
uint32_t random_masked(struct random_state *rs, uint32_t max);

/* RandomState.permutation(n): fills out[n] with 0..n-1 in random order. */
void random_permutation(struct random_state *rs, uint32_t *out, size_t n);

#endif
