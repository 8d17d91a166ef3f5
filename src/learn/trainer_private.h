/* SPDX-License-Identifier: MIT */
/* What the files of the training loop share: the trainer itself, and the steps of a row that are inlined into both
 * loops. trainer.c has the plain loop, general_epoch.c the one for all other hyper-parameters, epoch_end.c what follows
 * an epoch, trainer_state.c what goes in and out of a trainer. */
#ifndef SGDMARK_LEARN_TRAINER_PRIVATE_H
#define SGDMARK_LEARN_TRAINER_PRIVATE_H

#include "base/hash.h"
#include "learn/loss_functions.h"
#include "learn/prefetch_rows.h"
#include "learn/trainer.h"

#include <math.h>

/* Functions that are rarely called from a loop: inlined, they would take registers from it. */
#define APART __attribute__((noinline, unused))

enum { SLACK_ROWS = 4096 /* engine int: rows for which one bound of the rounding errors holds */ };

/* The state of what only general_epoch.c does. The names are those of _sgd_fast.pyx and _weight_vector.pyx. */
struct general_state {
    double eta;               /* of the rates that change between epochs only */
    double u;                 /* L1: what each weight could have lost so far */
    double average_a;         /* the average of the weights is (average_a w + aw) / average_b, */
    double average_b;         /* w being as stored */
    double average_intercept; /* */
    double sumloss;           /* of the epoch */
    double best;              /* the least sum of an epoch, or the best accuracy; under compat 0.19 the last sum */
    unsigned no_improvement;  /* epochs in a row */
};

struct trainer {
    struct hyper hyper;
    const struct backend *backend;
    struct row_list row_list;
    struct row_view view;
    size_t width;    /* pixels of a row that the kernels multiply */
    size_t blocks;   /* of packed rows; 0: the rows are cropped */
    uint8_t *pixels; /* engine int: room for an unpacked row */
    size_t most, d;
    double t0;
    bool plain; /* hyper_is_plain */
    /* State between epochs. The weights are wscale * w (w32 or w64, whichever the engine uses). */
    float *w32;
    double *w64;
    struct integer_weights integer; /* beside w64, which takes every update too */
    double wscale, intercept, t;
    unsigned epoch;
    uint32_t *updates;  /* [epochs] */
    double updated;     /* their sum so far */
    double scale_error; /* engine int: of wscale so far (integer.h) */
    uint64_t update_hash;
    const uint32_t *permutation; /* [n] */
    struct row_code_layout layout;
    uint32_t *order[2]; /* [most] row codes each: epoch e fills order[e % 2] from the other, which first holds the rows
                           as they are given. One allocation with */
    uint32_t *own;      /* room for a permutation of [most] */
    const struct trainer *beside; /* whose order this fit follows, in a group; NULL: its own */
    /* The rest is for hyper-parameters that are not plain. Arrays that the fit does not need are NULL. */
    struct general_state general;
    double weight[2];     /* of the rows of each class */
    double *q;            /* [d] L1: what each weight has lost so far, negative where it was positive */
    double *aw;           /* [d] see average_a */
    uint8_t *held_out[2]; /* [most] is the row at this position of the order held out? As `order` */
    uint32_t *validation; /* [most] the rows held out, by index in the row list; before, room for their draw */
    size_t validated;     /* how many */
    bool stopped;         /* by the tolerance */
    unsigned diverged;    /* the epoch, from 1, after which a weight was not finite; 0: none */
    bool refused;         /* the rows cannot be trained on: `refusal` says why */
    struct error refusal;
};

/* As trainer_new, for a fit that visits the rows of `first` in its order (learn/group.h): it has no order of its own,
 * and `first` must outlive it. It is the `nth` of them, from 1. */
struct trainer *trainer_new_beside(const struct trainer *first, size_t nth, const struct hyper *hyper,
                                   const struct backend *backend, struct error *err);

/* The epoch of hyper-parameters that are not plain. `trace` as in trainer_epoch_traced, or NULL. */
void general_epoch(struct trainer *t, double *trace);

/* After an epoch: are the weights finite, does the fit stop, does its rate fall? */
void epoch_end(struct trainer *t);

/* Of the update hash and the updates of each epoch: model.h says why. */
uint64_t hash_by_epoch(const struct trainer *t);

/* What changes from row to row. It stays in registers while an epoch runs. */
struct loop_state {
    double wscale, intercept, time;
    double slack; /* engine int: a margin closer to 1 than this is recomputed in float64 */
    uint64_t hash;
    uint32_t updates;
};

/* The row that is visited, and those to prefetch meanwhile. */
struct visit {
    size_t i;
    const uint8_t *x;
    size_t start; /* the feature of x[0] */
    double y;
    const uint8_t *l1_row, *l2_row; /* l2_row may be NULL */
};

/* The weight of feature k as stored. */
static inline double weight_at(const struct trainer *t, size_t k) {
    return t->w32 ? (double)t->w32[k] : t->w64[k];
}

/* Brings the average of the weights up to date: _weight_vector.pyx, reset_wscale. */
static inline double averaged_weight(const struct trainer *t, size_t k) {
    return (t->aw[k] + t->general.average_a * weight_at(t, k)) * (1.0 / t->general.average_b);
}

/* Multiplies wscale into the weights before it becomes too small to divide by. Rare, so kept out of the loop. A factor
 * of 0 makes them +0, as OpenBLAS does: -0 would be a bit that leaving zero pixels out can change. */
static APART __attribute__((cold)) void fold_wscale(struct trainer *t, double wscale) {
    for (size_t k = 0; t->aw && k < t->d; k++)
        t->aw[k] = averaged_weight(t, k);
    t->general.average_a = 0.0;
    t->general.average_b = 1.0;
    for (size_t k = 0; k < t->d; k++) {
        if (t->w32)
            t->w32[k] = wscale > 0.0 ? (float)((double)t->w32[k] * wscale) : 0.0F;
        else
            t->w64[k] = wscale > 0.0 ? t->w64[k] * wscale : 0.0;
    }
}

/* A bound of the rounding errors that holds for the next `steps` rows, even if every one updates. It is computed before
 * them, because each margin test waits for it. Infinite once the integers are lost: then float64 makes every test. */
static APART double slack_of(struct trainer *t, struct loop_state state, double steps) {
    if (t->integer.lost) return (double)INFINITY;
    const double alpha = t->hyper.alpha;
    const double intercept = fabs(state.intercept) + steps / (alpha * (t->t0 + state.time - 1.0));
    t->scale_error = fmax(t->scale_error, integer_scale_error(t->t0, state.time, state.wscale, steps));
    return integer_slack(alpha, t->t0, state.time + steps, t->updated + state.updates + steps, t->scale_error,
                         intercept, t->row_list.ds->width);
}

/* The plain pixels of a row. An unpacked row stays valid until the next call. */
static inline const uint8_t *plain_pixels(const struct trainer *t, const uint8_t *row) {
    if (t->blocks == 0) return row;
    t->backend->unpack_u8(t->pixels, row, t->blocks);
    return t->pixels;
}

/* Takes values, not the address of the loop's state, which would keep that state in memory. */
static inline double decision_f64(const struct trainer *t, size_t start, const uint8_t *x, double wscale,
                                  double intercept) {
    double dot = dot_u8f64_reference(t->w64 + start, plain_pixels(t, x), t->width);
    return dot * wscale + intercept;
}

/* The dot product of the row with the weights as stored; for engine int, with W. */
static ALWAYS_INLINE double row_dot(const struct trainer *t, enum engine engine, const struct visit *row) {
    if (engine == ENGINE_F32)
        return (double)t->backend->dot_prefetch_u8f32(t->w32 + row->start, row->x, t->width, row->l1_row, row->l2_row);
    if (engine == ENGINE_F64) return dot_u8f64_reference(t->w64 + row->start, plain_pixels(t, row->x), t->width);
    if (t->blocks > 0)
        return (double)integer_dot_packed(&t->integer, t->backend, row->start, row->x, t->blocks, row->l1_row,
                                          t->view.prefetch / CACHE_LINE);
    return (double)integer_dot(&t->integer, t->backend, row->start, row->x, t->width, row->l1_row, row->l2_row);
}

static ALWAYS_INLINE bool margin_violated_int(const struct trainer *t, const struct loop_state *state, enum loss loss,
                                              const struct visit *row, double dot) {
    const double y = row->y;
    double beyond =
        y * dot + (y * state->intercept - loss_threshold(loss)) * t->hyper.alpha * (t->t0 + (state->time - 2.0));
    if (beyond > state->slack) return false;
    return beyond < -state->slack ||
           loss_violated(loss, decision_f64(t, row->start, row->x, state->wscale, state->intercept), y, 0.0);
}

/* What the margin test of a row found. */
struct margin {
    bool violated;   /* an update is due */
    double decision; /* the decision value; 0 with engine int, whose losses do not need it */
};

/* The margin test, given the row's dot product. */
static ALWAYS_INLINE struct margin margin_of(const struct trainer *t, const struct loop_state *state,
                                             enum engine engine, enum loss loss, const struct visit *row, double dot) {
    if (engine == ENGINE_INT) return (struct margin){margin_violated_int(t, state, loss, row, dot), 0.0};
    const double decision = dot * state->wscale + state->intercept;
    return (struct margin){loss_violated(loss, decision, row->y, t->hyper.epsilon), decision};
}

/* Shrinks all weights, by a factor of 1 - `share`, through wscale. */
static ALWAYS_INLINE void decay(struct trainer *t, struct loop_state *state, enum engine engine, double share) {
    const double shrink = 1.0 - share, least_wscale = engine == ENGINE_F32 ? 1e-6 : 1e-9;
    state->wscale *= shrink > 0.0 ? shrink : 0.0;
    if (state->wscale < least_wscale) {
        fold_wscale(t, state->wscale);
        state->wscale = 1.0;
    }
}

/* Adds step * x to the weights and, if there is one, `step` to the intercept. */
static ALWAYS_INLINE void update(struct trainer *t, struct loop_state *state, enum engine engine,
                                 const struct visit *row, double step, bool intercept) {
    const double a = step / state->wscale;
    if (engine == ENGINE_F32) {
        t->backend->axpy_u8f32(t->w32 + row->start, row->x, (float)a, t->width);
    } else if (engine == ENGINE_F64) {
        backend_scalar()->axpy_u8f64(t->w64 + row->start, row->x, a, t->width);
    } else {
        const uint8_t *pixels = plain_pixels(t, row->x);
        t->backend->axpy_u8f64(t->w64 + row->start, pixels, a, t->width);
        integer_add(&t->integer, t->backend, row->start, pixels, row->y > 0 ? 1 : -1, t->width);
        if (t->integer.lost) state->slack = (double)INFINITY;
    }
    if (intercept) state->intercept += step;
    state->hash = (state->hash ^ (t->epoch * UINT64_C(60000) + row->i)) * FNV_PRIME;
    state->updates++;
}

/* The 'optimal' rate at this time. */
static ALWAYS_INLINE double optimal_rate(const struct trainer *t, double time) {
    return 1.0 / (t->hyper.alpha * ((t->t0 + time) - 1.0));
}

/* What follows the margin test of a row, under plain hyper-parameters. */
static ALWAYS_INLINE void plain_step(struct trainer *t, struct loop_state *state, enum engine engine, enum loss loss,
                                     const struct visit *row, struct margin margin, double eta) {
    decay(t, state, engine, eta * t->hyper.alpha);
    if (loss_is_hinge(loss)) {
        if (__builtin_expect(margin.violated, false)) /* about 5 % of the rows of MNIST */
            update(t, state, engine, row, -eta * loss_derivative(loss, margin.decision, row->y, 0.0), true);
    } else if (margin.violated) {
        const double step = -eta * loss_derivative(loss, margin.decision, row->y, t->hyper.epsilon);
        if (step != 0.0) update(t, state, engine, row, step, true);
    }
    state->time += 1.0;
}

/* The rows in the order of the next epoch, made from that of the last. The whole order is made at once: row by row, the
 * pixels would drive the row codes out of the cache. */
static APART struct row_sequence draw_order(const struct trainer *t) {
    const uint32_t *permutation = t->permutation, *last = t->order[(t->epoch + 1) % 2];
    uint32_t *order = t->order[t->epoch % 2];
    for (size_t i = 0; i < t->row_list.n; i++)
        order[i] = last[permutation[i]];
    return (struct row_sequence){t->view, t->layout, order, t->row_list.n};
}

/* Decodes row i and prefetches, where the engine's dot product does not do that itself. */
static ALWAYS_INLINE struct visit visit_row(const struct trainer *t, const struct row_sequence *rows, size_t i,
                                            enum engine engine, const struct prefetch *distance, bool l2) {
    static const double label[] = {-1.0, 1.0}; /* a table: a branch on the label would be mispredicted */
    const uint8_t *l1_row = row_ahead(rows, i, distance->l1);
    const uint8_t *l2_row = l2 ? row_ahead(rows, i, distance->l2) : NULL;
    if (engine == ENGINE_F64) prefetch_l1(l1_row, rows->view.prefetch);
    if (l2_row && (engine == ENGINE_F64 || (engine == ENGINE_INT && t->blocks > 0)))
        prefetch_l2(l2_row, rows->view.prefetch);
    return (struct visit){.i = i,
                          .x = sequence_row(rows, i),
                          .start = row_code_start(&rows->layout, rows->code[i]),
                          .y = label[row_code_positive(rows->code[i])],
                          .l1_row = l1_row,
                          .l2_row = l2_row};
}

/* Takes the state of an epoch out of the trainer, and puts it back at its end. */
static ALWAYS_INLINE struct loop_state loop_begin(const struct trainer *t) {
    return (struct loop_state){.wscale = t->wscale, .intercept = t->intercept, .time = t->t, .hash = t->update_hash};
}
static ALWAYS_INLINE void loop_end(struct trainer *t, const struct loop_state *state) {
    t->wscale = state->wscale;
    t->intercept = state->intercept;
    t->t = state->time;
    t->update_hash = state->hash;
    t->updated += state->updates;
    t->updates[t->epoch++] = state->updates;
    epoch_end(t);
}

#endif
