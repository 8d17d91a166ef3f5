/* Caches as a fit finds them. Inside a fit an epoch follows one that read the same rows, so before an epoch is timed
 * its rows must be back in the caches that can hold them. */
#ifndef SGDMARK_MEASURE_CACHE_STATE_H
#define SGDMARK_MEASURE_CACHE_STATE_H

#include "data/row_view.h"
#include "kernels.h"

struct cache_state {
    const uint8_t *bytes[2]; /* of all rows, by enum row_form: cropped, packed */
    size_t size[2];
    int passes[2]; /* over the rows of a form, before an epoch on them is timed */
    read_u8_fn *read;
    volatile uint64_t sum; /* keeps the reads alive */
};

/* Passes over rows that may have left the caches: a last-level cache may keep only what is used more than once. */
enum { COLD_PASSES = 2 };

void cache_state_init(struct cache_state *state, const struct dataset *ds);

/* Something evicted the rows: from now on they may be anywhere. */
void cache_state_evicted(struct cache_state *state);

/* Reads the rows of a form until they are where a fit would find them. */
void cache_state_restore(struct cache_state *state, enum row_form form);

#endif
