/* SPDX-License-Identifier: MIT */
#include "learn/shuffle.h"

#include "data/random.h"

const char *const compat_names[] = {"0.19", "1.2", NULL};

/* sklearn/linear_model/_base.py make_dataset and _stochastic_gradient.py _fit_binary: from 0.21 on, the data set draws
 * once from the same generator before the shuffle seed is drawn. */
uint32_t epoch_seed(uint32_t seed, enum compat compat) {
    const uint32_t max_int = 2147483647;
    struct random_state rs;
    random_seed(&rs, seed);
    if (compat == COMPAT_1_2) random_masked(&rs, max_int - 2);
    return random_masked(&rs, max_int - 1);
}

/* sklearn/utils/_random.pxd our_rand_r: Marsaglia's xorshift. A state other than 0 never becomes 0. */
static uint32_t rand_r31(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state & 0x7fffffffU;
}

void epoch_permutation(uint32_t *pi, size_t n, uint32_t shuffle_seed) {
    for (size_t i = 0; i < n; i++)
        pi[i] = (uint32_t)i;
    if (shuffle_seed == 0) shuffle_seed = 1;
    for (size_t i = 0; i + 1 < n; i++) {
        size_t j = i + rand_r31(&shuffle_seed) % (uint32_t)(n - i);
        uint32_t swapped = pi[i];
        pi[i] = pi[j];
        pi[j] = swapped;
    }
}

void hyper_permutation(uint32_t *pi, size_t n, const struct hyper *hyper) {
    if (hyper->shuffle) {
        epoch_permutation(pi, n, epoch_seed(hyper->seed, hyper->compat));
        return;
    }
    for (size_t i = 0; i < n; i++)
        pi[i] = (uint32_t)i;
}
