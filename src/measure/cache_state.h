/* SPDX-License-Identifier: MIT */
/* Cache state: restores the caches to what an epoch inside a fit would find. There an epoch follows another one on the
 * same rows, so the rows lie in every cache that can hold them. Without this an f32/avx512 epoch took 49 ns/row in
 * place of 38 (Sapphire Rapids, gcc 12). */
#ifndef SGDMARK_MEASURE_CACHE_STATE_H
#define SGDMARK_MEASURE_CACHE_STATE_H

#include "data/row_view.h"
#include "kernels.h"

struct cache_state {
    const uint8_t *bytes[2]; /* all stored rows, by enum row_form: cropped, packed */
    size_t size[2];
    int passes[2]; /* reading passes still due before an epoch on rows of this form */
    read_u8_fn *read;
    volatile uint64_t sum; /* result of the passes, so that the compiler keeps them */
};

/* Passes over evicted rows. Two, since some last-level caches keep a line only when it is used again. */
enum { COLD_PASSES = 2 };

void cache_state_init(struct cache_state *state, const struct dataset *ds);

/* Notes that a case may have evicted the rows. */
void cache_state_evicted(struct cache_state *state);

/* Makes the passes that are due for rows of this form. Call it before each timed epoch. */
void cache_state_restore(struct cache_state *state, enum row_form form);

#endif
