/* SPDX-License-Identifier: MIT */
#include "measure/cache_state.h"

enum { STORED_FORMS = 2 };

void cache_state_init(struct cache_state *state, const struct dataset *ds) {
    *state = (struct cache_state){.bytes = {ds->pixels, ds->packed.bytes},
                                  .size = {ds->n * ds->stride, ds->packed.size},
                                  .read = backend_best()->read_u8};
    cache_state_evicted(state);
}

void cache_state_evicted(struct cache_state *state) {
    for (int form = 0; form < STORED_FORMS; form++)
        state->passes[form] = COLD_PASSES;
}

/* Two passes before the first fast epoch of a round, also when the cases before it read few rows: the first epoch was
 * slower even if the cache still held the rows. One pass after an epoch on rows of the other form, which evicts only
 * part of them. A second pass there raised the time between samples from 4 to 5 % (Sapphire Rapids, gcc 12). */
void cache_state_restore(struct cache_state *state, enum row_form form) {
    for (; state->passes[form] > 0; state->passes[form]--)
        state->sum = state->read(state->bytes[form], state->size[form]);
    for (int other = 0; other < STORED_FORMS; other++)
        if (other != (int)form && state->passes[other] == 0) state->passes[other] = 1;
}
