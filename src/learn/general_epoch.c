/* SPDX-License-Identifier: MIT */
/* The training loop for hyper-parameters that are not plain: every penalty, rate and loss, class weights, averages,
 * rows held out. What a row needs is decided row by row, in the order of _sgd_fast.pyx (1.2). */
#include "learn/trainer_private.h"

#include <string.h>

/* time^exponent. The square root is rounded right on every machine, as libm's pow is here, and SLEEF's is not: its
 * pow(38, 0.5) is one unit off. */
static double power_of(double time, double exponent) {
    return exponent == 0.5 ? sqrt(time) : portable_pow(time, exponent);
}

/* The rate at this row. */
static double rate_of(const struct trainer *t, double time) {
    const struct hyper *hyper = &t->hyper;
    if (hyper->learning_rate == RATE_OPTIMAL) return 1.0 / (hyper->alpha * ((t->t0 + time) - 1.0));
    if (hyper->learning_rate == RATE_INVSCALING) return hyper->eta0 / power_of(time, hyper->power_t);
    return t->general.eta;
}

static double squared_norm(const uint8_t *x, size_t width) {
    uint64_t sum = 0;
    for (size_t k = 0; k < width; k++)
        sum += (uint64_t)x[k] * x[k];
    return (double)sum;
}

/* The step of pa1 and pa2. False where pa1 leaves the row out, which is empty. */
static bool passive_aggressive(const struct trainer *t, const struct visit *row, double p, double loss, double *step) {
    const struct hyper *hyper = &t->hyper;
    const double norm = squared_norm(row->x, t->width);
    if (hyper->learning_rate == RATE_PA1) {
        if (norm == 0.0) return false;
        *step = loss / norm < hyper->C ? loss / norm : hyper->C;
    } else {
        *step = loss / (norm + 0.5 / hyper->C);
    }
    if (loss_is_hinge(hyper->loss))
        *step *= row->y;
    else if (row->y - p < 0.0)
        *step *= -1.0;
    return true;
}

/* The step of the other rates. */
static double gradient_step(const struct trainer *t, const struct visit *row, double p, double eta) {
    return -eta * loss_derivative(t->hyper.loss, p, row->y, t->hyper.epsilon);
}

/* _weight_vector.pyx, add_average. */
static void average_weights(struct trainer *t, const struct loop_state *state, const struct visit *row, double step) {
    struct general_state *general = &t->general;
    const double count = state->time - (double)t->hyper.average + 1.0, mu = 1.0 / count;
    const double factor = -step / state->wscale;
    double *aw = t->aw + row->start;
    for (size_t k = 0; step != 0.0 && k < t->width; k++)
        aw[k] = aw[k] + general->average_a * (double)row->x[k] * factor;
    if (count > 1.0) general->average_b /= 1.0 - mu;
    general->average_a += mu * general->average_b * state->wscale;
    general->average_intercept += (state->intercept - general->average_intercept) / count;
}

static void set_weight(struct trainer *t, size_t k, double weight) {
    if (t->w32)
        t->w32[k] = (float)weight;
    else
        t->w64[k] = weight;
}

/* l1penalty: the truncated gradient of Tsuruoka, Tsujii and Ananiadou (2009), of every weight, whatever the row. */
static void penalise_l1(struct trainer *t, double wscale) {
    const double u = t->general.u;
    for (size_t k = 0; k < t->d; k++) {
        const double z = weight_at(t, k), sign = wscale * z;
        if (sign == 0.0) continue;
        if (sign > 0.0) {
            const double less = z - (u + t->q[k]) / wscale;
            set_weight(t, k, less > 0.0 ? less : 0.0);
        } else if (sign < 0.0) {
            const double more = z + (u - t->q[k]) / wscale;
            set_weight(t, k, more < 0.0 ? more : 0.0);
        }
        t->q[k] += wscale * (weight_at(t, k) - z);
    }
}

/* Trains on one row, of the decision value p. due: can the derivative of the loss be other than 0? */
static ALWAYS_INLINE void train_row(struct trainer *t, struct loop_state *state, enum engine engine,
                                    const struct visit *row, bool due, double p) {
    const struct hyper *hyper = &t->hyper;
    const double eta = rate_of(t, state->time);
    const double l1_ratio = hyper->penalty == PENALTY_ELASTICNET ? hyper->l1_ratio : hyper->penalty == PENALTY_L1;
    const bool aggressive = hyper->learning_rate >= RATE_PA1, watched = hyper_may_stop(hyper) && !hyper->early_stopping;
    const double loss = aggressive || watched ? loss_value(hyper->loss, p, row->y, hyper->epsilon) : 0.0;
    double step = 0.0;
    t->general.sumloss += loss;
    if (aggressive) {
        if (!passive_aggressive(t, row, p, loss, &step)) return;
    } else if (due) {
        step = gradient_step(t, row, p, eta);
    }
    step *= t->weight[row->y > 0.0];
    if (hyper_has_l2(hyper)) decay(t, state, engine, (1.0 - l1_ratio) * eta * hyper->alpha);
    if (step != 0.0) update(t, state, engine, row, step, hyper->fit_intercept);
    if (hyper->average > 0 && (double)hyper->average <= state->time) average_weights(t, state, row, step);
    if (hyper_has_l1(hyper)) {
        t->general.u += l1_ratio * eta * hyper->alpha;
        penalise_l1(t, state->wscale);
    }
    state->time += 1.0;
}

/* Which rows of the next epoch are held out, in its order; NULL: none are. */
static const uint8_t *draw_held_out(const struct trainer *t) {
    if (!t->hyper.early_stopping) return NULL;
    const uint8_t *last = t->held_out[(t->epoch + 1) % 2];
    uint8_t *held_out = t->held_out[t->epoch % 2];
    for (size_t i = 0; i < t->row_list.n; i++)
        held_out[i] = last[t->permutation[i]];
    return held_out;
}

static ALWAYS_INLINE void run_epoch(struct trainer *t, enum engine engine, double *trace) {
    const struct row_sequence rows = draw_order(t);
    const uint8_t *held_out = draw_held_out(t);
    const struct prefetch distance = t->hyper.prefetch;
    struct loop_state state = loop_begin(t);
    size_t next_block = distance.block > 1 ? 0 : rows.n, next_slack = engine == ENGINE_INT ? 0 : rows.n;
    t->general.sumloss = 0.0;
    for (size_t i = 0; i < rows.n; i++) {
        if (i == next_slack) {
            state.slack = slack_of(t, state, SLACK_ROWS);
            next_slack += SLACK_ROWS;
        }
        if (i == next_block) {
            prefetch_block(&rows, &distance, i);
            next_block += distance.block;
        }
        if (trace) trace[i] = 0.0;
        if (held_out && held_out[i]) continue;
        const struct visit row = visit_row(t, &rows, i, engine, &distance, distance.l2 > 0);
        const double dot = row_dot(t, engine, &row);
        const struct margin margin = margin_of(t, &state, engine, t->hyper.loss, &row, dot);
        if (trace) trace[i] = engine == ENGINE_INT ? dot : margin.decision;
        train_row(t, &state, engine, &row, margin.violated, margin.decision);
    }
    loop_end(t, &state);
}

void general_epoch(struct trainer *t, double *trace) {
    switch (t->hyper.engine) {
    case ENGINE_F32:
        run_epoch(t, ENGINE_F32, trace);
        break;
    case ENGINE_F64:
        run_epoch(t, ENGINE_F64, trace);
        break;
    case ENGINE_INT:
        if (loss_is_hinge(t->hyper.loss)) run_epoch(t, ENGINE_INT, trace);
        break;
    }
}
