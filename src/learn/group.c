/* SPDX-License-Identifier: MIT */
#include "learn/group.h"

#include "learn/trainer_private.h"

#include <stdlib.h>
#include <string.h>

struct group {
    size_t models;
    struct trainer *fit[MODELS_MOST];
    bool same_rate;     /* one rate serves all fits */
    uint16_t *label[2]; /* [most] bit m is set where the row is positive for fit m; as `order` of the trainer */
};

bool hyper_share_order(const struct hyper *a, const struct hyper *b) {
    return hyper_is_plain(a) && hyper_is_plain(b) && a->engine == b->engine && a->loss == b->loss &&
           a->epochs == b->epochs && a->seed == b->seed && a->compat == b->compat && a->shuffle == b->shuffle;
}

struct group *group_new(size_t models, size_t most, size_t d, const struct hyper *hyper, const struct backend *backend,
                        struct error *err) {
    struct group *group = models <= MODELS_MOST ? calloc(1, sizeof *group) : NULL;
    int bad = group ? 0 : fail_program(err, "out of memory for %zu fits", models);
    for (size_t m = 0; m < models && !bad; m++) {
        group->fit[m] = m == 0 ? trainer_new(most, d, &hyper[m], backend, err)
                               : trainer_new_beside(group->fit[0], m, &hyper[m], backend, err);
        if (!group->fit[m]) bad = -1;
        group->models++;
    }
    if (!bad) {
        group->label[0] = malloc(2 * most * sizeof *group->label[0]);
        group->same_rate = true;
        for (size_t m = 1; m < models; m++)
            group->same_rate = group->same_rate && hyper[m].alpha == hyper[0].alpha;
        if (!group->label[0]) bad = fail_program(err, "out of memory for %zu rows", most);
    }
    if (!bad) {
        group->label[1] = group->label[0] + most;
        return group;
    }
    group_free(group);
    return NULL;
}

void group_free(struct group *group) {
    if (!group) return;
    for (size_t m = group->models; m > 0; m--)
        trainer_free(group->fit[m - 1]);
    free(group->label[0]);
    free(group);
}

void group_start(struct group *group, const struct row_list *row_lists, const uint32_t *permutation) {
    const size_t n = row_lists[0].n;
    for (size_t m = 0; m < group->models; m++)
        trainer_start(group->fit[m], &row_lists[m], permutation);
    if (group->models == 1) return; /* trainer_epoch reads the label off the row */
    memset(group->label[1], 0, n * sizeof *group->label[1]);
    for (size_t m = 0; m < group->models; m++) {
        for (size_t i = 0; i < n; i++)
            group->label[1][i] |= (uint16_t)(row_lists[m].at[i].positive << m);
    }
}

/* The labels in the order of the next epoch. */
static const uint16_t *draw_labels(const struct group *group) {
    const struct trainer *first = group->fit[0];
    const uint32_t *permutation = first->permutation;
    const uint16_t *last = group->label[(first->epoch + 1) % 2];
    uint16_t *label = group->label[first->epoch % 2];
    for (size_t i = 0; i < first->row_list.n; i++)
        label[i] = last[permutation[i]];
    return label;
}

/* The weights of every fit, as its engine's kernel takes them. */
union weights {
    const float *f32[MODELS_MOST];
    const int16_t *i16[MODELS_MOST];
    const int8_t *planes[MODELS_MOST];
};

static void find_weights(union weights *weights, const struct group *group, enum engine engine) {
    for (size_t m = 0; m < group->models; m++) {
        const struct trainer *t = group->fit[m];
        if (engine == ENGINE_F32)
            weights->f32[m] = t->w32;
        else if (engine == ENGINE_INT && t->blocks > 0)
            weights->planes[m] = (const int8_t *)t->integer.low;
        else if (engine == ENGINE_INT)
            weights->i16[m] = t->integer.low;
    }
}

/* The dot product of the row with the weights of each fit. Engine f64 sums in the order of each. */
static ALWAYS_INLINE void dots(double *dot, const struct group *group, const union weights *weights, enum engine engine,
                               const struct visit *row) {
    const struct trainer *first = group->fit[0];
    const struct shared_row shared = {row->x, row->start, first->width, row->l1_row, row->l2_row};
    if (engine == ENGINE_F32) {
        first->backend->dot_many_u8f32(dot, weights->f32, group->models, &shared);
    } else if (engine == ENGINE_F64) {
        for (size_t m = 0; m < group->models; m++)
            dot[m] = dot_u8f64_reference(group->fit[m]->w64 + row->start, row->x, first->width);
    } else if (first->blocks > 0) {
        first->backend->dot_many_packed(dot, weights->planes, group->models, &shared,
                                        first->view.prefetch / CACHE_LINE);
    } else {
        first->backend->dot_many_u8i16(dot, weights->i16, group->models, &shared);
    }
}

/* What integer_dot adds once some weight is too large for one half. */
static __attribute__((noinline, cold)) double wide_part(const struct trainer *t, const struct visit *row) {
    const int64_t high = t->blocks > 0 ? t->backend->dot_packed((const int8_t *)(t->integer.high + row->start), row->x,
                                                                t->blocks, row->x, 0)
                                       : t->backend->dot_u8i16(t->integer.high + row->start, row->x, t->width);
    return (double)(INTEGER_RADIX * high);
}

/* One epoch of all fits. `engine`, `loss` and `l2` are constants where this is inlined. */
static ALWAYS_INLINE void run_group(struct group *group, enum engine engine, enum loss loss, bool l2) {
    struct trainer *first = group->fit[0];
    const struct row_sequence rows = draw_order(first);
    const uint16_t *label = draw_labels(group);
    const struct prefetch distance = first->hyper.prefetch;
    const size_t models = group->models;
    struct loop_state state[MODELS_MOST];
    union weights weights;
    find_weights(&weights, group, engine);
    for (size_t m = 0; m < models; m++)
        state[m] = loop_begin(group->fit[m]);
    size_t next_block = distance.block > 1 ? 0 : rows.n, next_slack = engine == ENGINE_INT ? 0 : rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        if (i == next_slack) {
            for (size_t m = 0; m < models; m++)
                state[m].slack = slack_of(group->fit[m], state[m], SLACK_ROWS);
            next_slack += SLACK_ROWS;
        }
        if (i == next_block) {
            prefetch_block(&rows, &distance, i);
            next_block += distance.block;
        }
        struct visit row = visit_row(first, &rows, i, engine, &distance, l2);
        double dot[MODELS_MOST], eta = 0.0;
        dots(dot, group, &weights, engine, &row);
        for (size_t m = 0; m < models; m++) {
            struct trainer *t = group->fit[m];
            row.y = label[i] >> m & 1 ? 1.0 : -1.0;
            if (engine == ENGINE_INT && __builtin_expect(t->integer.wide, false)) dot[m] += wide_part(t, &row);
            const struct margin margin = margin_of(t, &state[m], engine, loss, &row, dot[m]);
            if (m == 0 || !group->same_rate) eta = optimal_rate(t, state[m].time);
            plain_step(t, &state[m], engine, loss, &row, margin, eta);
        }
    }
    for (size_t m = 0; m < models; m++)
        loop_end(group->fit[m], &state[m]);
}

/* A function for each loss, as in trainer.c. */
static ALWAYS_INLINE void run_group_of_loss(struct group *group, enum loss loss) {
    const bool l2 = group->fit[0]->hyper.prefetch.l2 > 0;
    switch (group->fit[0]->hyper.engine) {
    case ENGINE_F32:
        run_group(group, ENGINE_F32, loss, l2);
        break;
    case ENGINE_F64:
        run_group(group, ENGINE_F64, loss, l2);
        break;
    case ENGINE_INT:
        if (loss_is_hinge(loss)) run_group(group, ENGINE_INT, loss, l2); /* trainer_new refused the others */
        break;
    }
}

#define LOSS_GROUP(NAME, name)                                                                                         \
    static __attribute__((noinline)) void name##_group(struct group *group) {                                          \
        run_group_of_loss(group, LOSS_##NAME);                                                                         \
    }
LOSS_LIST(LOSS_GROUP)

void group_epoch(struct group *group) {
    if (group->models == 1) {
        trainer_epoch(group->fit[0]);
        return;
    }
    switch (group->fit[0]->hyper.loss) {
#define LOSS_CASE(NAME, name)                                                                                          \
    case LOSS_##NAME:                                                                                                  \
        name##_group(group);                                                                                           \
        break;
        LOSS_LIST(LOSS_CASE)
#undef LOSS_CASE
    case LOSSES:
        break;
    }
}

bool group_more(const struct group *group) {
    for (size_t m = 0; m < group->models; m++)
        if (trainer_more(group->fit[m])) return true;
    return false;
}

struct trainer *group_fit(const struct group *group, size_t m) {
    return group->fit[m];
}
