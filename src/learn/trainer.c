/* SPDX-License-Identifier: MIT */
#include "learn/trainer.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/pages.h"
#include "learn/prefetch_rows.h"
#include "learn/shuffle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    READ_L1_DISTANCE = 16, /* prefetch distance of trainer_read, in rows; where fits prefetch into L2: */
    READ_L2_DISTANCE = 64,
    SLACK_ROWS = 4096 /* engine int: rows for which one bound of the rounding errors holds */
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
};

int engine_possible(const struct hyper *hyper, size_t n, struct error *err) {
    if (hyper->engine != ENGINE_INT) return 0;
    if (!loss_has_integer_form(hyper->loss))
        return fail(err, "loss %s has no integer form (--engine f32 or f64)", loss_names[hyper->loss]);
    return integer_possible(hyper->alpha, loss_optimal_t0(hyper->loss, hyper->alpha), (double)n * hyper->epochs, err);
}

static size_t orders_size(size_t most) {
    return 3 * most * sizeof(uint32_t);
}

struct trainer *trainer_new(size_t most, size_t d, const struct hyper *hyper, const struct backend *backend,
                            struct error *err) {
    if (engine_possible(hyper, most, err) != 0) return NULL;
    struct trainer *t = calloc(1, sizeof *t);
    if (!t) {
        fail_program(err, "out of memory for a fit on %zu rows", most);
        return NULL;
    }
    t->hyper = *hyper;
    if (hyper->prefetch.l1 == 0) t->hyper.prefetch = PREFETCH_DEFAULT;
    t->backend = backend;
    t->most = most;
    t->d = d;
    t->t0 = loss_optimal_t0(hyper->loss, hyper->alpha);
    if (hyper->engine == ENGINE_F32)
        t->w32 = weights_alloc(d * sizeof *t->w32);
    else
        t->w64 = weights_alloc(packed_features(d) * sizeof *t->w64);
    t->updates = calloc(hyper->epochs, sizeof *t->updates);
    t->order[0] = pages_new(orders_size(most));
    t->pixels = aligned_alloc(CACHE_LINE, packed_features(d));
    bool bad = hyper->engine == ENGINE_INT && integer_new(&t->integer, d, err) != 0;
    if (bad || (!t->w32 && !t->w64) || !t->updates || !t->pixels || !t->order[0]) {
        trainer_free(t);
        fail_program(err, "out of memory for a fit on %zu rows", most);
        return NULL;
    }
    pages_take(t->order[0], orders_size(most));
    t->order[1] = t->order[0] + most;
    t->own = t->order[1] + most;
    return t;
}

void trainer_free(struct trainer *t) {
    if (!t) return;
    free(t->w32);
    free(t->w64);
    integer_free(&t->integer);
    free(t->updates);
    free(t->pixels);
    pages_free(t->order[0], orders_size(t->most));
    free(t);
}

const uint32_t *trainer_permutation(struct trainer *t, size_t n) {
    epoch_permutation(t->own, n, epoch_seed(t->hyper.seed, t->hyper.compat));
    return t->own;
}

/* Encodes the rows in the order in which they are given. Whatever a data set or packed rows hold fits a row code. */
static void encode_rows(struct trainer *t, bool packed) {
    const struct dataset *ds = t->row_list.ds;
    const struct row_ref *at = t->row_list.at;
    const struct packed_row *rows = ds->packed.rows;
    uint32_t *code = t->order[1];
    if (packed) {
        row_code_layout(&t->layout, ds->packed.size / PACKED_LINE, ds->d, PACKED_STEP_BITS);
        for (size_t i = 0; i < t->row_list.n; i++)
            code[i] = row_code_make(&t->layout, rows[at[i].row].line, rows[at[i].row].start, at[i].positive);
    } else {
        row_code_layout(&t->layout, ds->n, ds->d - ds->width, START_STEP_BITS);
        for (size_t i = 0; i < t->row_list.n; i++)
            code[i] = row_code_make(&t->layout, at[i].row, at[i].start, at[i].positive);
    }
}

void trainer_start(struct trainer *t, const struct row_list *row_list, const uint32_t *permutation) {
    const struct dataset *ds = row_list->ds;
    const bool packed = reads_packed(ds, t->hyper.engine, t->backend);
    t->row_list = *row_list;
    t->permutation = permutation;
    t->blocks = packed ? ds->packed.blocks : 0;
    t->width = packed ? ds->packed.blocks * BLOCK_PIXELS : ds->width;
    t->view = row_view_of(ds, packed ? FORM_PACKED : FORM_CROPPED);
    encode_rows(t, packed);
    if (t->w32) memset(t->w32, 0, t->d * sizeof *t->w32);
    if (t->w64) memset(t->w64, 0, packed_features(t->d) * sizeof *t->w64);
    if (t->integer.low) integer_clear(&t->integer, packed);
    memset(t->updates, 0, t->hyper.epochs * sizeof *t->updates);
    t->updated = 0.0;
    t->scale_error = 0.0;
    t->wscale = 1.0;
    t->intercept = 0.0;
    t->t = 1.0;
    t->epoch = 0;
    t->update_hash = 1469598103934665603ULL;
}

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

/* The plain pixels of a row. An unpacked row stays valid until the next call. */
static inline const uint8_t *plain_pixels(const struct trainer *t, const uint8_t *row) {
    if (t->blocks == 0) return row;
    t->backend->unpack_u8(t->pixels, row, t->blocks);
    return t->pixels;
}

/* Multiplies wscale into the weights before it becomes too small to divide by. Rare, so kept out of the loop. */
static __attribute__((noinline, cold)) void fold_wscale(struct trainer *t, double wscale) {
    for (size_t k = 0; k < t->d; k++) {
        if (t->w32)
            t->w32[k] = (float)((double)t->w32[k] * wscale);
        else
            t->w64[k] = t->w64[k] * wscale;
    }
}

/* A bound of the rounding errors that holds for the next `steps` rows, even if every one updates. It is computed before
 * them, because each margin test waits for it. Infinite once the integers are lost: then float64 makes every test. */
static double slack_of(struct trainer *t, struct loop_state state, double steps) {
    if (t->integer.lost) return (double)INFINITY;
    const double alpha = t->hyper.alpha;
    const double intercept = fabs(state.intercept) + steps / (alpha * (t->t0 + state.time - 1.0));
    t->scale_error = fmax(t->scale_error, integer_scale_error(t->t0, state.time, state.wscale, steps));
    return integer_slack(alpha, t->t0, state.time + steps, t->updated + state.updates + steps, t->scale_error,
                         intercept, t->row_list.ds->width);
}

/* Takes values, not the address of the loop's state, which would keep that state in memory. */
static double decision_f64(const struct trainer *t, size_t start, const uint8_t *x, double wscale, double intercept) {
    double dot = dot_u8f64_reference(t->w64 + start, plain_pixels(t, x), t->width);
    return dot * wscale + intercept;
}

static ALWAYS_INLINE bool margin_violated_int(const struct trainer *t, const struct loop_state *state, enum loss loss,
                                              const struct visit *row) {
    int64_t dot = t->blocks > 0
                      ? integer_dot_packed(&t->integer, t->backend, row->start, row->x, t->blocks, row->l1_row,
                                           t->view.prefetch / CACHE_LINE)
                      : integer_dot(&t->integer, t->backend, row->start, row->x, t->width, row->l1_row, row->l2_row);
    const double y = row->y;
    double beyond = y * (double)dot + (y * state->intercept - 1.0) * t->hyper.alpha * (t->t0 + (state->time - 2.0));
    if (beyond > state->slack) return false;
    return beyond < -state->slack ||
           loss_violated(loss, decision_f64(t, row->start, row->x, state->wscale, state->intercept), y);
}

/* Is an update due? Stores the decision value, which engine int's losses do not need and which it leaves alone. */
static ALWAYS_INLINE bool margin_violated(const struct trainer *t, const struct loop_state *state, enum engine engine,
                                          enum loss loss, const struct visit *row, double *decision) {
    if (engine == ENGINE_INT) return margin_violated_int(t, state, loss, row);
    if (engine == ENGINE_F32) {
        double dot =
            (double)t->backend->dot_prefetch_u8f32(t->w32 + row->start, row->x, t->width, row->l1_row, row->l2_row);
        *decision = dot * state->wscale + state->intercept;
    } else {
        *decision = decision_f64(t, row->start, row->x, state->wscale, state->intercept);
    }
    return loss_violated(loss, *decision, row->y);
}

/* The L2 penalty: shrinks all weights through wscale. */
static ALWAYS_INLINE void decay(struct trainer *t, struct loop_state *state, enum engine engine, double eta) {
    const double shrink = 1.0 - eta * t->hyper.alpha, least_wscale = engine == ENGINE_F32 ? 1e-6 : 1e-9;
    state->wscale *= shrink > 0.0 ? shrink : 0.0;
    if (state->wscale < least_wscale) {
        fold_wscale(t, state->wscale);
        state->wscale = 1.0;
    }
}

/* Adds step * x to the weights and `step` to the intercept. */
static ALWAYS_INLINE void update(struct trainer *t, struct loop_state *state, enum engine engine,
                                 const struct visit *row, double step) {
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
    state->intercept += step;
    state->hash = (state->hash ^ (t->epoch * UINT64_C(60000) + row->i)) * FNV_PRIME;
    state->updates++;
}

/* The rows in the order of the next epoch, made from that of the last. The whole order is made at once: row by row, the
 * pixels would drive the row codes out of the cache. */
static struct row_sequence draw_order(const struct trainer *t) {
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

/* One epoch. `engine`, `loss`, where speed counts `l2` (are rows prefetched into L2?), and whether there is a trace are
 * constants where this is inlined. */
static ALWAYS_INLINE void run_epoch(struct trainer *t, enum engine engine, enum loss loss, bool l2, double *trace) {
    const struct row_sequence rows = draw_order(t);
    const struct prefetch distance = t->hyper.prefetch;
    const double alpha = t->hyper.alpha, t0 = t->t0;
    struct loop_state state = {.wscale = t->wscale, .intercept = t->intercept, .time = t->t, .hash = t->update_hash};
    size_t next_block = distance.block > 1 ? 0 : rows.n, next_slack = engine == ENGINE_INT ? 0 : rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        if (i == next_slack) {
            state.slack = slack_of(t, state, SLACK_ROWS);
            next_slack += SLACK_ROWS;
        }
        if (i == next_block) {
            prefetch_block(&rows, &distance, i);
            next_block += distance.block;
        }
        const struct visit row = visit_row(t, &rows, i, engine, &distance, l2);
        double decision = 0.0;
        const bool due = margin_violated(t, &state, engine, loss, &row, &decision);
        if (trace) trace[i] = decision;
        const double eta = 1.0 / (alpha * ((t0 + state.time) - 1.0));
        decay(t, &state, engine, eta);
        if (__builtin_expect(due, false)) /* about 5 % of the rows of MNIST */
            update(t, &state, engine, &row, -eta * loss_derivative(loss, decision, row.y));
        state.time += 1.0;
    }
    t->wscale = state.wscale;
    t->intercept = state.intercept;
    t->t = state.time;
    t->update_hash = state.hash;
    t->updated += state.updates;
    t->updates[t->epoch++] = state.updates;
}

static ALWAYS_INLINE void run_epoch_of_loss(struct trainer *t, enum loss loss) {
    const bool l2 = t->hyper.prefetch.l2 > 0;
    switch (t->hyper.engine) {
    case ENGINE_F32:
        l2 ? run_epoch(t, ENGINE_F32, loss, true, NULL) : run_epoch(t, ENGINE_F32, loss, false, NULL);
        break;
    case ENGINE_F64:
        run_epoch(t, ENGINE_F64, loss, l2, NULL);
        break;
    case ENGINE_INT:
        if (!loss_has_integer_form(loss)) break; /* trainer_new refused it */
        l2 ? run_epoch(t, ENGINE_INT, loss, true, NULL) : run_epoch(t, ENGINE_INT, loss, false, NULL);
        break;
    }
}

void trainer_epoch(struct trainer *t) {
    switch (t->hyper.loss) {
#define LOSS_CASE(NAME, name)                                                                                          \
    case LOSS_##NAME:                                                                                                  \
        run_epoch_of_loss(t, LOSS_##NAME);                                                                             \
        break;
        LOSS_LIST(LOSS_CASE)
#undef LOSS_CASE
    case LOSSES:
        break;
    }
}

void trainer_epoch_traced(struct trainer *t, double *decision) {
    run_epoch(t, ENGINE_F32, t->hyper.loss, t->hyper.prefetch.l2 > 0, decision);
}

uint64_t trainer_read(struct trainer *t) {
    const struct row_sequence rows = draw_order(t);
    const size_t width = rows.view.width;
    const bool l2 = t->hyper.prefetch.l2 > 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < rows.n; i++) {
        if (l2)
            prefetch_l2(row_ahead(&rows, i, READ_L2_DISTANCE), width);
        else
            prefetch_l1(row_ahead(&rows, i, READ_L1_DISTANCE), width);
        const uint32_t from = row_view_read_from(&rows.view, row_code_index(&rows.layout, rows.code[i]));
        sum ^= t->backend->read_u8(row_view_row(&rows.view, from), width);
    }
    t->epoch++;
    return sum;
}

uint32_t trainer_visited(const struct trainer *t, size_t position) {
    return row_code_index(&t->layout, t->order[(t->epoch + 1) % 2][position]);
}

void trainer_use(struct trainer *t, const struct backend *backend, const struct prefetch *prefetch) {
    t->backend = backend;
    t->hyper.prefetch = prefetch->l1 == 0 ? PREFETCH_DEFAULT : *prefetch;
}

/* The fields of struct trainer with the same names, and copies of its arrays. */
struct trainer_state {
    float *w32;
    double *w64;
    struct integer_weights integer;
    uint32_t *updates;
    double wscale, intercept, t, updated, scale_error;
    unsigned epoch;
    uint64_t update_hash;
};

static size_t w32_size(const struct trainer *t) {
    return t->d * sizeof *t->w32;
}

static size_t w64_size(const struct trainer *t) {
    return packed_features(t->d) * sizeof *t->w64;
}

struct trainer_state *trainer_state_new(const struct trainer *t, struct error *err) {
    struct trainer_state *state = calloc(1, sizeof *state);
    int bad = state ? 0 : -1;
    if (!bad) {
        state->updates = calloc(t->hyper.epochs, sizeof *state->updates);
        if (t->w32) state->w32 = malloc(w32_size(t));
        if (t->w64) state->w64 = malloc(w64_size(t));
        bad = t->integer.low ? integer_new(&state->integer, t->d, err) : 0;
        if (!state->updates || (t->w32 && !state->w32) || (t->w64 && !state->w64)) bad = -1;
    }
    if (!bad) return state;
    trainer_state_free(state);
    fail_program(err, "out of memory for %zu weights", t->d);
    return NULL;
}

void trainer_state_free(struct trainer_state *state) {
    if (!state) return;
    free(state->w32);
    free(state->w64);
    integer_free(&state->integer);
    free(state->updates);
    free(state);
}

void trainer_save(struct trainer_state *state, const struct trainer *t) {
    if (t->w32) memcpy(state->w32, t->w32, w32_size(t));
    if (t->w64) memcpy(state->w64, t->w64, w64_size(t));
    if (t->integer.low) integer_copy(&state->integer, &t->integer);
    memcpy(state->updates, t->updates, t->hyper.epochs * sizeof *t->updates);
    state->wscale = t->wscale;
    state->intercept = t->intercept;
    state->t = t->t;
    state->updated = t->updated;
    state->scale_error = t->scale_error;
    state->epoch = t->epoch;
    state->update_hash = t->update_hash;
}

void trainer_load(struct trainer *t, const struct trainer_state *state) {
    if (t->w32) memcpy(t->w32, state->w32, w32_size(t));
    if (t->w64) memcpy(t->w64, state->w64, w64_size(t));
    if (t->integer.low) integer_copy(&t->integer, &state->integer);
    memcpy(t->updates, state->updates, t->hyper.epochs * sizeof *t->updates);
    t->wscale = state->wscale;
    t->intercept = state->intercept;
    t->t = state->t;
    t->updated = state->updated;
    t->scale_error = state->scale_error;
    t->epoch = state->epoch;
    t->update_hash = state->update_hash;
}

uint64_t trainer_hash(const struct trainer *t) {
    uint64_t hash = FNV_START;
    if (t->w32) hash = fnv1a(hash, t->w32, w32_size(t));
    if (t->w64) hash = fnv1a(hash, t->w64, t->d * sizeof *t->w64);
    if (t->integer.low) hash = integer_hash(&t->integer, hash);
    const double scalars[] = {t->wscale, t->intercept, t->t};
    hash = fnv1a(hash, scalars, sizeof scalars);
    return fnv1a(hash, &t->update_hash, sizeof t->update_hash);
}

static uint64_t hash_by_epoch(const struct trainer *t) {
    uint64_t hash = fnv1a(FNV_START, &t->update_hash, sizeof t->update_hash);
    return fnv1a(hash, t->updates, t->epoch * sizeof *t->updates);
}

int trainer_model(const struct trainer *t, struct model *model, struct error *err) {
    bool finite = isfinite(t->intercept);
    for (size_t k = 0; k < t->d; k++) {
        model->coef[k] = (t->w32 ? (double)t->w32[k] : t->w64[k]) * t->wscale;
        finite = finite && isfinite(model->coef[k]);
    }
    if (!finite) return fail_as(err, ERROR_CHECK, "the fit diverged: a weight is not finite (try another --alpha)");
    if (t->w32) memcpy(model->w, t->w32, t->d * sizeof *model->w);
    if (t->integer.low) {
        integer_copy(&model->integer, &t->integer);
        model->unit = 1.0 / (t->hyper.alpha * (t->t0 + (t->t - 2.0)));
        model->slack = t->integer.lost
                           ? (double)INFINITY
                           : model->unit * integer_slack(t->hyper.alpha, t->t0, t->t, t->updated, t->scale_error,
                                                         t->intercept, t->row_list.ds->width);
    }
    memcpy(model->updates, t->updates, t->hyper.epochs * sizeof *model->updates);
    model->wscale = t->wscale;
    model->intercept = t->intercept;
    model->update_hash = t->update_hash;
    model->update_hash_by_epoch = hash_by_epoch(t);
    model->fingerprint =
        fnv1a(fnv1a(FNV_START, model->coef, t->d * sizeof *model->coef), &model->intercept, sizeof model->intercept);
    return 0;
}
