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

/* The fast epochs of a round are timed one after the other, and before the first of them the rows are read twice. After
 * cases that read little even a cache that kept the rows was slower at first. An epoch on rows of another form costs
 * one pass: they were used before, and those of the other form are few. */
void cache_state_restore(struct cache_state *state, enum row_form form) {
    for (; state->passes[form] > 0; state->passes[form]--)
        state->sum = state->read(state->bytes[form], state->size[form]);
    for (int other = 0; other < STORED_FORMS; other++)
        if (other != (int)form && state->passes[other] == 0) state->passes[other] = 1;
}
