/* SPDX-License-Identifier: MIT */
/* What goes in and out of a trainer between epochs: saved states, their hash, models. */
#include "learn/trainer_private.h"

#include <stdlib.h>
#include <string.h>

/* The fields of struct trainer with the same names, and copies of its arrays. */
struct trainer_state {
    float *w32;
    double *w64, *q, *aw;
    struct integer_weights integer;
    uint32_t *updates;
    double wscale, intercept, t, updated, scale_error;
    unsigned epoch, diverged;
    uint64_t update_hash;
    struct general_state general;
    bool stopped;
};

static size_t w32_size(const struct trainer *t) {
    return t->d * sizeof *t->w32;
}

static size_t w64_size(const struct trainer *t) {
    return packed_features(t->d) * sizeof *t->w64;
}

static size_t reals_size(const struct trainer *t) {
    return t->d * sizeof *t->q;
}

struct trainer_state *trainer_state_new(const struct trainer *t, struct error *err) {
    struct trainer_state *state = calloc(1, sizeof *state);
    int bad = state ? 0 : -1;
    if (!bad) {
        state->updates = calloc(t->hyper.epochs, sizeof *state->updates);
        if (t->w32) state->w32 = malloc(w32_size(t));
        if (t->w64) state->w64 = malloc(w64_size(t));
        if (t->q) state->q = malloc(reals_size(t));
        if (t->aw) state->aw = malloc(reals_size(t));
        bad = t->integer.low ? integer_new(&state->integer, t->d, 0, err) : 0;
        if (!state->updates || (t->w32 && !state->w32) || (t->w64 && !state->w64) || (t->q && !state->q) ||
            (t->aw && !state->aw))
            bad = -1;
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
    free(state->q);
    free(state->aw);
    integer_free(&state->integer);
    free(state->updates);
    free(state);
}

void trainer_save(struct trainer_state *state, const struct trainer *t) {
    if (t->w32) memcpy(state->w32, t->w32, w32_size(t));
    if (t->w64) memcpy(state->w64, t->w64, w64_size(t));
    if (t->q) memcpy(state->q, t->q, reals_size(t));
    if (t->aw) memcpy(state->aw, t->aw, reals_size(t));
    if (t->integer.low) integer_copy(&state->integer, &t->integer);
    memcpy(state->updates, t->updates, t->hyper.epochs * sizeof *t->updates);
    state->wscale = t->wscale;
    state->intercept = t->intercept;
    state->t = t->t;
    state->updated = t->updated;
    state->scale_error = t->scale_error;
    state->epoch = t->epoch;
    state->update_hash = t->update_hash;
    state->general = t->general;
    state->stopped = t->stopped;
    state->diverged = t->diverged;
}

void trainer_load(struct trainer *t, const struct trainer_state *state) {
    if (t->w32) memcpy(t->w32, state->w32, w32_size(t));
    if (t->w64) memcpy(t->w64, state->w64, w64_size(t));
    if (t->q) memcpy(t->q, state->q, reals_size(t));
    if (t->aw) memcpy(t->aw, state->aw, reals_size(t));
    if (t->integer.low) integer_copy(&t->integer, &state->integer);
    memcpy(t->updates, state->updates, t->hyper.epochs * sizeof *t->updates);
    t->wscale = state->wscale;
    t->intercept = state->intercept;
    t->t = state->t;
    t->updated = state->updated;
    t->scale_error = state->scale_error;
    t->epoch = state->epoch;
    t->update_hash = state->update_hash;
    t->general = state->general;
    t->stopped = state->stopped;
    t->diverged = state->diverged;
}

uint64_t trainer_hash(const struct trainer *t) {
    const struct general_state *general = &t->general;
    uint64_t hash = FNV_START;
    if (t->w32) hash = fnv1a(hash, t->w32, w32_size(t));
    if (t->w64) hash = fnv1a(hash, t->w64, t->d * sizeof *t->w64);
    if (t->integer.low) hash = integer_hash(&t->integer, hash);
    const double scalars[] = {t->wscale, t->intercept, t->t};
    hash = fnv1a(hash, scalars, sizeof scalars);
    if (!t->plain) {
        const double more[] = {general->eta,       general->u,       general->average_a,
                               general->average_b, general->sumloss, general->average_intercept,
                               general->best,      t->stopped};
        hash = fnv1a(hash, more, sizeof more);
        if (t->q) hash = fnv1a(hash, t->q, reals_size(t));
        if (t->aw) hash = fnv1a(hash, t->aw, reals_size(t));
    }
    return fnv1a(hash, &t->update_hash, sizeof t->update_hash);
}

int trainer_resume(struct trainer *t, const struct model *model, struct error *err) {
    if (t->hyper.engine == ENGINE_INT)
        return fail(err, "a fit that continues a model has no integer form (--engine f32 or f64)");
    if (model->d != t->d) return fail(err, "the model has %zu features, and the rows have %zu", model->d, t->d);
    for (size_t k = 0; k < t->d; k++) {
        if (t->w32)
            t->w32[k] = (float)model->coef[k];
        else
            t->w64[k] = model->coef[k];
    }
    t->intercept = model->intercept;
    return 0;
}

/* Does coef_ hold the average? scikit-learn counts the rows that were held out, too. */
static bool is_averaged(const struct trainer *t) {
    return t->aw && (double)t->hyper.average <= (double)t->row_list.n * t->epoch;
}

/* Weights, scale and intercept of the model. Engine f32 keeps float32 weights, of an average also. */
static void take_weights(const struct trainer *t, struct model *model) {
    const bool averaged = is_averaged(t);
    model->wscale = averaged ? 1.0 : t->wscale;
    model->intercept = averaged ? t->general.average_intercept : t->intercept;
    for (size_t k = 0; k < t->d; k++) {
        const double weight = averaged ? averaged_weight(t, k) : weight_at(t, k);
        if (model->w) model->w[k] = (float)weight;
        model->coef[k] = (model->w ? (double)model->w[k] : weight) * model->wscale;
    }
}

uint64_t hash_by_epoch(const struct trainer *t) {
    uint64_t hash = fnv1a(FNV_START, &t->update_hash, sizeof t->update_hash);
    return fnv1a(hash, t->updates, t->epoch * sizeof *t->updates);
}

/* The option that sets how large the steps are. */
static const char *size_of_steps(const struct hyper *hyper) {
    if (hyper->learning_rate == RATE_OPTIMAL) return "--alpha";
    return hyper->learning_rate >= RATE_PA1 ? "--C" : "--eta0";
}

int trainer_model(const struct trainer *t, struct model *model, struct error *err) {
    if (t->refused) {
        *err = t->refusal;
        return -1;
    }
    take_weights(t, model);
    bool finite = isfinite(model->intercept);
    for (size_t k = 0; k < t->d; k++)
        finite = finite && isfinite(model->coef[k]);
    if (t->diverged || !finite)
        return fail_as(err, ERROR_CHECK, "the fit diverged in epoch %u: a weight is not finite (try another %s)",
                       t->diverged ? t->diverged : t->epoch, size_of_steps(&t->hyper));
    if (t->integer.low) {
        integer_copy(&model->integer, &t->integer);
        model->unit = 1.0 / (t->hyper.alpha * (t->t0 + (t->t - 2.0)));
        model->slack = t->integer.lost
                           ? (double)INFINITY
                           : model->unit * integer_slack(t->hyper.alpha, t->t0, t->t, t->updated, t->scale_error,
                                                         t->intercept, t->row_list.ds->width);
    }
    model->epochs = t->epoch;
    memcpy(model->updates, t->updates, t->epoch * sizeof *model->updates);
    model->update_hash = t->update_hash;
    model->update_hash_by_epoch = hash_by_epoch(t);
    model->fingerprint =
        fnv1a(fnv1a(FNV_START, model->coef, t->d * sizeof *model->coef), &model->intercept, sizeof model->intercept);
    return 0;
}
