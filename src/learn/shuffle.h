/* SPDX-License-Identifier: MIT */
/* The order in which an epoch visits its rows, as scikit-learn shuffles them. */
#ifndef SGDMARK_LEARN_SHUFFLE_H
#define SGDMARK_LEARN_SHUFFLE_H

#include "learn/hyper.h"

#include <stddef.h>
#include <stdint.h>

/* The seed of the epoch shuffle for random_state = seed. */
uint32_t epoch_seed(uint32_t seed, enum compat compat);

/* Fills pi[n] with the permutation that one epoch shuffle applies: order_1 = pi, order_k[i] = order_(k-1)[pi[i]].
 * It depends on n and the seed alone, so folds of one size share it. */
void epoch_permutation(uint32_t *pi, size_t n, uint32_t shuffle_seed);

/* Fills pi[n] with the permutation for these hyper-parameters: that one, or the identity where nothing is shuffled. */
void hyper_permutation(uint32_t *pi, size_t n, const struct hyper *hyper);

#endif
