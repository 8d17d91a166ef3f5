/* SPDX-License-Identifier: MIT */
#include "learn/trainer_private.h"

#include "base/memory.h"
#include "base/pages.h"
#include "learn/shuffle.h"
#include "learn/validation.h"

#include <stdlib.h>
#include <string.h>

enum {
    READ_L1_DISTANCE = 16, /* prefetch distance of trainer_read, in rows; where fits prefetch into L2: */
    READ_L2_DISTANCE = 64
};

/* Engine int has an integer form for the plain loop alone, and for one without an intercept. */
static int integer_form(const struct hyper *hyper, struct error *err) {
    struct hyper plain = *hyper;
    plain.fit_intercept = true;
    if (!loss_is_hinge(hyper->loss))
        return fail(err, "--loss %s has no integer form (--engine f32 or f64)", loss_names[hyper->loss]);
    if (hyper->penalty != PENALTY_L2)
        return fail(err, "--penalty %s has no integer form (--engine f32 or f64)", penalty_names[hyper->penalty]);
    if (hyper->learning_rate != RATE_OPTIMAL)
        return fail(err, "--learning-rate %s has no integer form (--engine f32 or f64)",
                    learning_rate_names[hyper->learning_rate]);
    if (hyper_is_plain(&plain)) return 0;
    return fail(err, "%s: there is no integer form with it (--engine f32 or f64)",
                hyper->average          ? "--average"
                : hyper->early_stopping ? "--early-stopping"
                : hyper_may_stop(hyper) ? "--tol"
                                        : "--class-weight");
}

int engine_possible(const struct hyper *hyper, size_t n, struct error *err) {
    if (hyper_check(hyper, err) != 0) return -1;
    if (hyper->engine != ENGINE_INT) return 0;
    if (integer_form(hyper, err) != 0) return -1;
    return integer_possible(hyper->alpha, loss_optimal_t0(hyper->loss, hyper->alpha, hyper->epsilon),
                            (double)n * hyper->epochs, err);
}

static size_t orders_size(size_t most) {
    return 3 * most * sizeof(uint32_t);
}

/* Memory that only some hyper-parameters need. */
static bool allocate_general(struct trainer *t) {
    const struct hyper *hyper = &t->hyper;
    if (hyper_has_l1(hyper)) t->q = malloc(t->d * sizeof *t->q);
    if (hyper->average) t->aw = malloc(t->d * sizeof *t->aw);
    if (hyper->early_stopping) {
        t->held_out[0] = malloc(2 * t->most);
        t->validation = malloc(2 * t->most * sizeof *t->validation);
    }
    if (t->held_out[0]) t->held_out[1] = t->held_out[0] + t->most;
    return (t->q || !hyper_has_l1(hyper)) && (t->aw || !hyper->average) &&
           ((t->held_out[0] && t->validation) || !hyper->early_stopping);
}

/* `nth` as for weights_alloc. */
static bool allocate(struct trainer *t, size_t nth, struct error *err) {
    const struct hyper *hyper = &t->hyper;
    if (hyper->engine == ENGINE_F32)
        t->w32 = weights_alloc(t->d * sizeof *t->w32, nth);
    else
        t->w64 = weights_alloc(packed_features(t->d) * sizeof *t->w64, nth);
    t->updates = calloc(hyper->epochs, sizeof *t->updates);
    t->order[0] = t->beside ? t->beside->order[0] : pages_new(orders_size(t->most));
    t->pixels = aligned_alloc(CACHE_LINE, packed_features(t->d));
    return (hyper->engine != ENGINE_INT || integer_new(&t->integer, t->d, nth, err) == 0) && allocate_general(t) &&
           (t->w32 || t->w64) && t->updates && t->pixels && t->order[0];
}

/* `beside` is NULL where the fit has an order of its own; otherwise this is the `nth` that follows one, from 1. */
static struct trainer *make_trainer(size_t most, size_t d, const struct hyper *hyper, const struct backend *backend,
                                    const struct trainer *beside, size_t nth, struct error *err) {
    if (engine_possible(hyper, most, err) != 0) return NULL;
    struct trainer *t = calloc(1, sizeof *t);
    if (!t) {
        fail_program(err, "out of memory for a fit on %zu rows", most);
        return NULL;
    }
    t->hyper = *hyper;
    if (hyper->prefetch.l1 == 0) t->hyper.prefetch = PREFETCH_DEFAULT;
    t->backend = backend;
    t->beside = beside;
    t->most = most;
    t->d = d;
    t->t0 = loss_optimal_t0(hyper->loss, hyper->alpha, hyper->epsilon);
    t->plain = hyper_is_plain(hyper);
    if (!allocate(t, nth, err)) {
        trainer_free(t);
        fail_program(err, "out of memory for a fit on %zu rows", most);
        return NULL;
    }
    if (!beside) pages_take(t->order[0], orders_size(most));
    t->order[1] = t->order[0] + most;
    t->own = t->order[1] + most;
    return t;
}

struct trainer *trainer_new(size_t most, size_t d, const struct hyper *hyper, const struct backend *backend,
                            struct error *err) {
    return make_trainer(most, d, hyper, backend, NULL, 0, err);
}

struct trainer *trainer_new_beside(const struct trainer *first, size_t nth, const struct hyper *hyper,
                                   const struct backend *backend, struct error *err) {
    return make_trainer(first->most, first->d, hyper, backend, first, nth, err);
}

void trainer_free(struct trainer *t) {
    if (!t) return;
    weights_free(t->w32);
    weights_free(t->w64);
    integer_free(&t->integer);
    free(t->updates);
    free(t->pixels);
    free(t->q);
    free(t->aw);
    free(t->held_out[0]);
    free(t->validation);
    if (!t->beside) pages_free(t->order[0], orders_size(t->most));
    free(t);
}

const uint32_t *trainer_permutation(struct trainer *t, size_t n) {
    hyper_permutation(t->own, n, &t->hyper);
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

/* Draws the rows to hold out. Their order among the others is that in which the rows are given. */
static int hold_out(struct trainer *t, struct error *err) {
    const struct validation_draw *draw = &t->hyper.validation;
    const struct row_ref *at = t->row_list.at;
    const size_t n = t->row_list.n;
    uint8_t *class_of = t->held_out[0], *held_out = t->held_out[1];
    for (size_t i = 0; i < n; i++)
        class_of[i] = draw->by_digit ? t->row_list.ds->labels[at[i].row] : at[i].positive;
    const struct class_list rows = {class_of, n, draw->by_digit ? CLASSES : 2};
    if (validation_split(held_out, t->validation, &rows, t->hyper.validation_fraction,
                         draw->by_digit ? draw->seed : t->hyper.seed, err) != 0)
        return -1;
    t->validated = 0;
    for (size_t i = 0; i < n; i++)
        if (held_out[i]) t->validation[t->validated++] = (uint32_t)i;
    return 0;
}

/* sklearn.utils.compute_class_weight. */
static void weigh_classes(struct trainer *t) {
    size_t count[2] = {0, 0};
    t->weight[0] = t->hyper.class_weight_false;
    t->weight[1] = t->hyper.class_weight_true;
    if (t->hyper.class_weight != CLASS_WEIGHT_BALANCED) return;
    for (size_t i = 0; i < t->row_list.n; i++)
        count[t->row_list.at[i].positive]++;
    for (int c = 0; c < 2; c++)
        t->weight[c] = (double)t->row_list.n / (2.0 * (double)count[c]);
}

static void start_general(struct trainer *t) {
    t->general = (struct general_state){.eta = t->hyper.eta0, .average_b = 1.0, .best = (double)INFINITY};
    if (t->hyper.early_stopping) t->general.best = -(double)INFINITY;
    weigh_classes(t);
    if (t->q) memset(t->q, 0, t->d * sizeof *t->q);
    if (t->aw) memset(t->aw, 0, t->d * sizeof *t->aw);
    if (t->hyper.early_stopping) t->refused = hold_out(t, &t->refusal) != 0;
}

void trainer_start(struct trainer *t, const struct row_list *row_list, const uint32_t *permutation) {
    const struct dataset *ds = row_list->ds;
    const bool packed = reads_packed(ds, t->hyper.engine, t->backend);
    t->row_list = *row_list;
    t->permutation = permutation;
    t->blocks = packed ? ds->packed.blocks : 0;
    t->width = packed ? ds->packed.blocks * BLOCK_PIXELS : ds->width;
    t->view = row_view_of(ds, packed ? FORM_PACKED : FORM_CROPPED);
    if (t->beside)
        t->layout = t->beside->layout;
    else
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
    t->stopped = t->refused = false;
    t->diverged = 0;
    if (!t->plain) start_general(t);
}

/* One epoch of plain hyper-parameters. `engine`, `loss`, where speed counts `l2` (are rows prefetched into L2?), and
 * whether there is a trace are constants where this is inlined. */
static ALWAYS_INLINE void run_epoch(struct trainer *t, enum engine engine, enum loss loss, bool l2, double *trace) {
    const struct row_sequence rows = draw_order(t);
    const struct prefetch distance = t->hyper.prefetch;
    struct loop_state state = loop_begin(t);
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
        const double dot = row_dot(t, engine, &row);
        const struct margin margin = margin_of(t, &state, engine, loss, &row, dot);
        if (trace) trace[i] = engine == ENGINE_INT ? dot : margin.decision;
        plain_step(t, &state, engine, loss, &row, margin, optimal_rate(t, state.time));
    }
    loop_end(t, &state);
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
        if (!loss_is_hinge(loss)) break; /* trainer_new refused it */
        l2 ? run_epoch(t, ENGINE_INT, loss, true, NULL) : run_epoch(t, ENGINE_INT, loss, false, NULL);
        break;
    }
}

/* A function for each loss: in one function, the loops compete for registers and places. */
#define LOSS_EPOCH(NAME, name)                                                                                         \
    static __attribute__((noinline)) void name##_epoch(struct trainer *t) {                                            \
        run_epoch_of_loss(t, LOSS_##NAME);                                                                             \
    }
LOSS_LIST(LOSS_EPOCH)

void trainer_epoch(struct trainer *t) {
    if (!t->plain) {
        general_epoch(t, NULL);
        return;
    }
    switch (t->hyper.loss) {
#define LOSS_CASE(NAME, name)                                                                                          \
    case LOSS_##NAME:                                                                                                  \
        name##_epoch(t);                                                                                               \
        break;
        LOSS_LIST(LOSS_CASE)
#undef LOSS_CASE
    case LOSSES:
        break;
    }
}

/* Apart from the loops that are timed. */
static __attribute__((noinline)) void traced_epoch(struct trainer *t, double *trace) {
    const bool l2 = t->hyper.prefetch.l2 > 0;
    switch (t->hyper.engine) {
    case ENGINE_F32:
        run_epoch(t, ENGINE_F32, t->hyper.loss, l2, trace);
        break;
    case ENGINE_F64:
        run_epoch(t, ENGINE_F64, t->hyper.loss, l2, trace);
        break;
    case ENGINE_INT:
        run_epoch(t, ENGINE_INT, t->hyper.loss, l2, trace);
        break;
    }
}

void trainer_epoch_traced(struct trainer *t, double *decision) {
    if (t->plain)
        traced_epoch(t, decision);
    else
        general_epoch(t, decision);
}

bool trainer_more(const struct trainer *t) {
    return t->epoch < t->hyper.epochs && !t->stopped && !t->diverged && !t->refused;
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
