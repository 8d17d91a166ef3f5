/* SPDX-License-Identifier: MIT */
/* What _sgd_fast.pyx does between two epochs. */
#include "learn/trainer_private.h"

#include <string.h>

/* Are all weights as stored finite? Of the bits, not by isfinite: a branch for each weight costs more than the rest. */
static bool finite_f32(const float *w, size_t d) {
    const uint32_t exponent = UINT32_C(0x7f800000);
    uint32_t bad = 0;
    for (size_t k = 0; k < d; k++) {
        uint32_t bits;
        memcpy(&bits, &w[k], sizeof bits);
        bad |= (bits & exponent) == exponent;
    }
    return !bad;
}

static bool finite_f64(const double *w, size_t d) {
    const uint64_t exponent = UINT64_C(0x7ff0000000000000);
    uint64_t bad = 0;
    for (size_t k = 0; k < d; k++) {
        uint64_t bits;
        memcpy(&bits, &w[k], sizeof bits);
        bad |= (bits & exponent) == exponent;
    }
    return !bad;
}

static bool is_finite(const struct trainer *t) {
    return isfinite(t->intercept) && (t->w32 ? finite_f32(t->w32, t->d) : finite_f64(t->w64, t->d));
}

/* The share of the rows held out that the weights as stored predict rightly. scikit-learn leaves their scale out of it,
 * so that the intercept counts for less than it will. */
static double validation_score(const struct trainer *t) {
    const struct row_list *rows = &t->row_list;
    size_t right = 0;
    for (size_t i = 0; i < t->validated; i++) {
        const struct row_ref *at = &rows->at[t->validation[i]];
        const uint8_t *x = row_view_row(&t->view, row_view_index(rows->ds, FORM_CROPPED, at->row));
        const double dot = t->w32 ? (double)t->backend->dot_prefetch_u8f32(t->w32 + at->start, x, t->width, x, NULL)
                                  : dot_u8f64_reference(t->w64 + at->start, x, t->width);
        right += (dot + t->intercept > 0.0) == at->positive;
    }
    return (double)right / (double)t->validated;
}

/* Under compat 0.19 the fit stops after the first epoch whose loss is not below that of the epoch before. */
static void compare_with_last(struct trainer *t, double least_gain) {
    struct general_state *general = &t->general;
    t->stopped = hyper_may_stop(&t->hyper) && general->sumloss > general->best - least_gain;
    general->best = general->sumloss;
}

/* Counts the epochs that are no better than the best so far; after enough of them the fit stops or its rate falls. */
static void compare_with_best(struct trainer *t, double value, double least, bool larger_is_better) {
    struct general_state *general = &t->general;
    const bool no_better = larger_is_better ? value < least : value > least;
    general->no_improvement = hyper_may_stop(&t->hyper) && no_better ? general->no_improvement + 1 : 0;
    if (larger_is_better ? value > general->best : value < general->best) general->best = value;
    if (general->no_improvement < t->hyper.n_iter_no_change) return;
    if (t->hyper.learning_rate == RATE_ADAPTIVE && general->eta > 1e-6) {
        general->eta = general->eta / 5.0;
        general->no_improvement = 0;
    } else {
        t->stopped = true;
    }
}

void epoch_end(struct trainer *t) {
    if (t->diverged) return; /* in a group, where others go on */
    if (!is_finite(t)) {
        t->diverged = t->epoch;
        return;
    }
    if (t->plain) return;
    struct general_state *general = &t->general;
    const double least_gain = t->hyper.tol * (double)t->row_list.n;
    if (t->hyper.early_stopping)
        compare_with_best(t, validation_score(t), general->best + t->hyper.tol, true);
    else if (t->hyper.compat == COMPAT_0_19)
        compare_with_last(t, least_gain);
    else
        compare_with_best(t, general->sumloss, general->best - least_gain, false);
}
