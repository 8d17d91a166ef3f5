/* SPDX-License-Identifier: MIT */
#include "measure/tried.h"

#include <math.h>

enum { PLAIN, TWIN, FIRST_ALTERNATIVE };

/* How far the interval of a ratio reaches from 1, as a factor minus 1. */
static double reach(const struct comparison *c) {
    return fmax(c->high, 1 / c->low) - 1;
}

/* Why no verdict may be given on this ratio; NULL if one may. */
static const char *withheld_because(const struct tried_outcome *outcome, const struct tried_ratio *ratio) {
    const struct analysis *a = &outcome->analysis;
    const double threads = a->experiment->facts[ratio->which].workers;
    if (a->usable.state == NOT_USABLE) return a->usable.reason;
    if (a->cases[PLAIN].unusable[0]) return a->cases[PLAIN].unusable;
    if (a->cases[ratio->which].unusable[0]) return a->cases[ratio->which].unusable;
    if (isnan(ratio->low)) return "too few rounds in which neither case was disturbed";
    if (threads > 1 && ratio->speed > EFFICIENCY_ALARM * threads)
        return "the threads are faster together than alone: one of the times is wrong";
    return NULL;
}

static enum verdict verdict_of(const struct tried_ratio *ratio, double least) {
    if (ratio->low > 1 + least) return VERDICT_FASTER;
    if (ratio->high < 1 / (1 + least)) return VERDICT_SLOWER;
    return VERDICT_NOT_RESOLVED;
}

/* Compares one alternative with the plain way; without an undisturbed round, by all rounds and without an interval. */
static int judge_ratio(struct tried_outcome *outcome, struct tried_ratio *ratio, struct error *err) {
    const struct experiment *experiment = outcome->analysis.experiment;
    const struct rounds *rounds = &experiment->rounds;
    const unsigned comparisons = (unsigned)outcome->count;
    const double work = experiment->facts[ratio->which].work / experiment->facts[PLAIN].work;
    struct paired_times times;
    struct comparison c;
    if (paired_times_make(&times, rounds, ratio->which, PLAIN, err) != 0) return -1;
    int bad = times.n > 0 ? compare_paired(&c, times.subject, times.base, times.n, AA_SHOWN, comparisons, err)
                          : compare_paired(&c, rounds_of(rounds, ratio->which), rounds_of(rounds, PLAIN),
                                           rounds->rounds, AA_SHOWN, comparisons, err);
    ratio->rounds = times.n;
    if (times.n == 0) c.low = c.high = NAN;
    paired_times_free(&times);
    if (bad) return -1;
    ratio->speed = work / c.ratio;
    ratio->low = work / c.high;
    ratio->high = work / c.low;
    ratio->reason = withheld_because(outcome, ratio);
    ratio->verdict = ratio->reason ? VERDICT_WITHHELD : verdict_of(ratio, outcome->least);
    return 0;
}

int tried_judge(struct tried_outcome *outcome, const struct experiment *experiment, struct error *err) {
    *outcome = (struct tried_outcome){.count = experiment->count - FIRST_ALTERNATIVE};
    if (analyse(&outcome->analysis, experiment, err) != 0) return -1;
    outcome->aa = outcome->analysis.controls[0].aa;
    outcome->least = fmax(LAYOUT_FLOOR, reach(&outcome->aa.shown)); /* fmax ignores NAN */
    for (size_t i = 0; i < outcome->count; i++) {
        outcome->ratios[i] = (struct tried_ratio){.which = FIRST_ALTERNATIVE + i};
        if (judge_ratio(outcome, &outcome->ratios[i], err) == 0) continue;
        tried_free(outcome);
        return -1;
    }
    return 0;
}

void tried_free(struct tried_outcome *outcome) {
    analysis_free(&outcome->analysis);
}
