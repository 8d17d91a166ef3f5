/* SPDX-License-Identifier: MIT */
#include "measure/plan.h"

#include "measure/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Each look comes after about 1.4 times as many processes as the one before: 1.4 times as many make intervals a sixth
 * narrower, and one more look makes them 3 % wider. */
static const unsigned looks[] = {5, 7, 10, 14, 20, 28, 40, 57, 80};

struct plan plan_for(double target, double seconds) {
    struct plan plan = {.made = true, .target = target, .seconds = seconds, .forecast = {.resolves = (double)NAN}};
    if (target > 0) {
        memcpy(plan.looks, looks, sizeof looks);
        plan.look_count = sizeof looks / sizeof *looks;
    }
    return plan;
}

unsigned plan_chances(const struct plan *plan) {
    return plan->made ? (unsigned)plan->look_count + 1 : 1;
}

bool plan_looks_after(const struct plan *plan, unsigned processes) {
    for (size_t i = 0; i < plan->look_count; i++)
        if (plan->looks[i] == processes) return true;
    return false;
}

double plan_share_seconds(const struct plan *plan) {
    return fmax(fmin(plan->seconds / 20, 2), plan->seconds / 200);
}

size_t plan_most_rounds(size_t cases) {
    enum { MOST_SAMPLES = 60000, MOST_ROUNDS = 100 };
    const size_t rounds = MOST_SAMPLES / PLAN_MOST / (cases > 0 ? cases : 1);
    if (rounds < PLAN_LEAST_ROUNDS) return PLAN_LEAST_ROUNDS;
    return rounds < MOST_ROUNDS ? rounds : MOST_ROUNDS;
}

/* What an interval of this half-width around the pair's ratio will resolve (pair_analysis.resolves). */
static double foresee_pair(const struct pair_analysis *pair, double half_width) {
    const double ratio = pair->of.family == PAIR_CONTENTION ? 1 + pair->contention : pair->times.ratio;
    return interval_resolves(ratio, ratio * exp(-half_width), ratio * exp(half_width));
}

/* The median of the pairs' spreads. NAN: none is known. */
static double usual_spread(const struct analysis *a, struct error *err) {
    double *spreads = malloc((a->experiment->pair_count + 1) * sizeof *spreads);
    size_t n = 0;
    if (!spreads) {
        fail_program(err, "out of memory for %zu pairs", a->experiment->pair_count);
        return -1;
    }
    for (size_t p = 0; p < a->experiment->pair_count; p++)
        if (!a->pairs[p].failed && !isnan(a->pairs[p].spread)) spreads[n++] = a->pairs[p].spread;
    sort_doubles(spreads, n);
    const double usual = n > 0 ? quantile(spreads, n, 0.5) : (double)NAN;
    free(spreads);
    return usual;
}

/* A spread from few processes may be far off, and the largest of many is. So it is drawn to the usual one, which counts
 * as much as PRIOR processes. */
static double likely_spread(double spread, double usual, size_t processes) {
    enum { PRIOR = 4 };
    const double freedom = (double)processes - 1;
    return sqrt((freedom * spread * spread + PRIOR * usual * usual) / (freedom + PRIOR));
}

int plan_foresee(double *resolves, const struct analysis *a, unsigned processes, struct error *err) {
    const struct experiment *experiment = a->experiment;
    const unsigned comparisons = analysis_comparisons(experiment);
    const double usual = usual_spread(a, err);
    bool known = true;
    *resolves = NAN;
    if (usual < 0) return -1;
    for (size_t p = 0; p < experiment->pair_count; p++) {
        if (a->pairs[p].failed) continue;
        const double spread = likely_spread(a->pairs[p].spread, usual, a->processes);
        const double half = half_width_of(spread, processes, experiment_confidence, comparisons);
        const double one = foresee_pair(&a->pairs[p], half);
        known = known && !isnan(one);
        *resolves = fmax(*resolves, one); /* fmax ignores NAN */
    }
    if (!known) *resolves = NAN;
    return 0;
}
