/* SPDX-License-Identifier: MIT */
/* The pairs of an analysis: ratios with intervals that hold together, and their verdicts. */
#include "measure/analysis.h"

#include <math.h>
#include <stdlib.h>

static const double chance = 0.8; /* the confidence of the interval that stands for chance in a resolution */

/* Rows per worker in one sample. */
static double share_of_worker(const struct case_facts *facts) {
    return facts->work / facts->workers;
}

/* Computes speeds from the comparison of times. Contention compares times at equal rows per worker: `scale`. */
static void fill_speeds(struct pair_analysis *pair, const struct experiment *experiment) {
    const struct case_facts *subject = &experiment->facts[pair->of.subject], *base = &experiment->facts[pair->of.base];
    const struct comparison *c = &pair->times;
    const bool contention = pair->of.family == PAIR_CONTENTION;
    const double scale = contention ? share_of_worker(base) / share_of_worker(subject) : 1.0;
    const double workers = contention ? subject->workers : 1.0;
    pair->speed = workers / (c->ratio * scale);
    pair->speed_low = workers / (c->high * scale);
    pair->speed_high = workers / (c->low * scale);
    pair->contention = contention ? c->ratio * scale - 1.0 : (double)NAN;
    pair->contention_low = contention ? c->low * scale - 1.0 : (double)NAN;
    pair->contention_high = contention ? c->high * scale - 1.0 : (double)NAN;
    pair->efficiency = contention ? 1.0 / (c->ratio * scale) : (double)NAN;
}

void paired_times_free(struct paired_times *times) {
    free(times->subject);
    free(times->base);
    free(times->process);
}

static bool is_spoiled(const struct rounds *rounds, size_t which, size_t round) {
    return disturbance_spoils(&rounds_observed(rounds, which)[round].disturbance);
}

int paired_times_make(struct paired_times *times, const struct rounds *rounds, size_t subject, size_t base,
                      struct error *err) {
    *times = (struct paired_times){.subject = malloc(rounds->rounds * sizeof *times->subject),
                                   .base = malloc(rounds->rounds * sizeof *times->base),
                                   .process = malloc(rounds->rounds * sizeof *times->process)};
    if (!times->subject || !times->base || !times->process) {
        paired_times_free(times);
        return fail_program(err, "out of memory for %zu rounds", rounds->rounds);
    }
    for (size_t r = 0; r < rounds->rounds; r++) {
        if (is_spoiled(rounds, subject, r) || is_spoiled(rounds, base, r)) continue;
        times->subject[times->n] = rounds_of(rounds, subject)[r];
        times->base[times->n] = rounds_of(rounds, base)[r];
        times->process[times->n++] = rounds->process[r];
    }
    return 0;
}

/* Widens the interval to the ratio of each process: rounds of one process share its memory layout, so their interval
 * alone does not show how much another process would differ. */
static int widen_to_processes(struct comparison *c, const struct paired_times *times, struct error *err) {
    for (size_t first = 0, end; first < times->n && !isnan(c->low); first = end) {
        struct comparison one;
        for (end = first; end < times->n && times->process[end] == times->process[first];)
            end++;
        if (compare_paired(&one, times->subject + first, times->base + first, end - first, chance, 1, err) != 0)
            return -1;
        c->low = fmin(c->low, one.ratio);
        c->high = fmax(c->high, one.ratio);
    }
    return 0;
}

/* See pair_analysis.resolution; `narrow` is the interval that stands for chance. */
static double resolution_with(const struct comparison *times, const struct comparison *narrow) {
    return (1 + resolution(times)) * (1 + resolution(narrow)) * (1 + LAYOUT_FLOOR) - 1;
}

static int fill_resolution(struct pair_analysis *pair, const struct paired_times *times, struct error *err) {
    struct comparison narrow;
    if (compare_paired(&narrow, times->subject, times->base, times->n, chance, 1, err) != 0) return -1;
    pair->resolution = resolution_with(&pair->times, &narrow);
    return 0;
}

/* The verdict on a ratio of which 1 means no difference. */
static enum verdict verdict_beyond_floor(double low, double high) {
    if (low > 1 + LAYOUT_FLOOR) return VERDICT_SLOWER;
    if (high < 1 / (1 + LAYOUT_FLOOR)) return VERDICT_FASTER;
    if (low > 1) return VERDICT_PERHAPS_SLOWER;
    if (high < 1) return VERDICT_PERHAPS_FASTER;
    return VERDICT_NOT_RESOLVED; /* also when the interval is NAN */
}

double interval_resolves(double ratio, double low, double high) {
    if (isnan(low)) return NAN;
    if (low > 1 + LAYOUT_FLOOR || high < 1 / (1 + LAYOUT_FLOOR)) return 0;
    const double reach = fmax(high / ratio, ratio / low);
    const double room = fmax(high, 1 / low) / (1 + LAYOUT_FLOOR);
    return fmax(reach, room) - 1;
}

unsigned analysis_comparisons(const struct experiment *experiment) {
    return (unsigned)experiment->pair_count * plan_chances(&experiment->plan);
}

/* Why the pair has no verdict, or NULL. */
static const char *withheld_because(const struct analysis *a, const struct pair_analysis *pair) {
    const struct case_analysis *subject = &a->cases[pair->of.subject], *base = &a->cases[pair->of.base];
    if (a->usable.state == NOT_USABLE) return a->usable.reason;
    if (subject->unusable[0]) return subject->unusable;
    if (base->unusable[0]) return base->unusable;
    if (isnan(pair->times.low) && a->experiment->plan.made)
        return "too few processes with a round in which neither case was disturbed";
    if (isnan(pair->times.low)) return "too few rounds in which neither case was disturbed";
    if (pair->efficiency > EFFICIENCY_ALARM)
        return "the workers are faster together than alone: one of the times is wrong";
    return NULL;
}

/* The pair of a planned experiment. */
static int compare_planned(struct pair_analysis *pair, const struct experiment *experiment,
                           const struct paired_times *times, struct error *err) {
    struct process_ratios ratios;
    if (process_ratios(&ratios, times, err) != 0) return -1;
    pair->times = compare_by_process(&ratios, times->n, experiment_confidence, analysis_comparisons(experiment));
    const struct comparison narrow = compare_by_process(&ratios, times->n, chance, 1);
    pair->resolution = resolution_with(&pair->times, &narrow);
    return process_spread(&pair->spread, &ratios, times, err);
}

static int compare_pair(struct pair_analysis *pair, const struct analysis *a, const struct paired_times *times,
                        struct error *err) {
    const struct experiment *experiment = a->experiment;
    if (experiment->plan.made) return compare_planned(pair, experiment, times, err);
    if (compare_paired(&pair->times, times->subject, times->base, times->n, experiment_confidence,
                       analysis_comparisons(experiment), err) != 0 ||
        widen_to_processes(&pair->times, times, err) != 0 || fill_resolution(pair, times, err) != 0)
        return -1;
    return 0;
}

/* A pair without a single round in which neither case was spoiled: the ratio of all rounds, without an interval. */
static int compare_spoiled(struct pair_analysis *pair, const struct experiment *experiment, struct error *err) {
    const struct rounds *rounds = &experiment->rounds;
    if (compare_paired(&pair->times, rounds_of(rounds, pair->of.subject), rounds_of(rounds, pair->of.base),
                       rounds->rounds, experiment_confidence, analysis_comparisons(experiment), err) != 0)
        return -1;
    pair->times.low = pair->times.high = pair->times.coverage = pair->resolution = NAN;
    return 0;
}

static int analyse_pair(struct pair_analysis *pair, const struct analysis *a, struct error *err) {
    const struct experiment *experiment = a->experiment;
    struct paired_times times;
    pair->failed = a->cases[pair->of.subject].failed || a->cases[pair->of.base].failed;
    pair->spread = NAN;
    if (pair->failed) return 0;
    if (paired_times_make(&times, &experiment->rounds, pair->of.subject, pair->of.base, err) != 0) return -1;
    int bad = times.n > 0 ? compare_pair(pair, a, &times, err) : compare_spoiled(pair, experiment, err);
    paired_times_free(&times);
    if (bad) return -1;
    fill_speeds(pair, experiment);
    pair->times.verdict = pair->of.family == PAIR_CONTENTION
                              ? verdict_beyond_floor(1 + pair->contention_low, 1 + pair->contention_high)
                              : verdict_beyond_floor(pair->times.low, pair->times.high);
    pair->resolves = pair->of.family == PAIR_CONTENTION
                         ? interval_resolves(1 + pair->contention, 1 + pair->contention_low, 1 + pair->contention_high)
                         : interval_resolves(pair->times.ratio, pair->times.low, pair->times.high);
    pair->reason = withheld_because(a, pair);
    if (pair->reason) pair->times.verdict = VERDICT_WITHHELD;
    return 0;
}

int analyse_pairs(struct analysis *a, struct error *err) {
    for (size_t p = 0; p < a->experiment->pair_count; p++) {
        a->pairs[p].of = a->experiment->pairs[p];
        if (analyse_pair(&a->pairs[p], a, err) != 0) return -1;
    }
    return 0;
}

void fill_outcome(struct analysis *a) {
    const struct experiment *experiment = a->experiment;
    const struct rounds *rounds = &experiment->rounds;
    struct plan_outcome *outcome = &a->outcome;
    bool known = true;
    *outcome = (struct plan_outcome){.started = rounds->process[rounds->rounds - 1] + 1, .resolves = (double)NAN};
    for (size_t p = 0; p < experiment->pair_count; p++) {
        const struct pair_analysis *pair = &a->pairs[p];
        if (pair->failed) continue;
        outcome->pairs++;
        outcome->resolved += experiment->plan.target == 0 || pair->resolves <= experiment->plan.target;
        outcome->resolves = fmax(outcome->resolves, pair->resolves); /* fmax ignores NAN */
        known = known && !isnan(pair->resolves);
    }
    if (!known) outcome->resolves = NAN;
}

double analysis_resolution(const struct analysis *a) {
    double largest = NAN;
    for (size_t p = 0; p < a->experiment->pair_count; p++) {
        const struct pair_analysis *pair = &a->pairs[p];
        if (pair->failed || !is_main_pair(pair->of.family)) continue;
        if (pair->times.verdict == VERDICT_WITHHELD) continue;
        largest = fmax(largest, pair->resolution); /* fmax ignores NAN */
    }
    return largest;
}
