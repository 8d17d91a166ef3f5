/* SPDX-License-Identifier: MIT */
/* What an experiment of alternatives has shown: how many times as fast each one is as the plain way. */
#ifndef SGDMARK_MEASURE_TRIED_H
#define SGDMARK_MEASURE_TRIED_H

#include "measure/alternatives.h"
#include "measure/analysis.h"

/* An alternative against the plain way, from the rounds in which neither was spoiled. */
struct tried_ratio {
    size_t which;         /* the case of the alternative */
    size_t rounds;        /* so many */
    double speed;         /* work per time / that of the plain way: above 1 the alternative is faster */
    double low, high;     /* its interval; those of one experiment hold together at 95 %. NAN: too few rounds */
    enum verdict verdict; /* faster, slower, not resolved or withheld */
    const char *reason;   /* why it is withheld; NULL: it is not */
};

struct tried_outcome {
    struct analysis analysis; /* of the experiment: its summaries, what disturbed it, its A/A gate */
    struct aa_gate aa;        /* of the plain way against itself, by times */
    /* A difference up to so much is not told apart (0.01: 1 %): the floor, or what the plain way differs from itself,
     * whichever is larger. */
    double least;
    struct tried_ratio ratios[MOST_ALTERNATIVES];
    size_t count;
};

/* Judges the samples of an experiment whose first case is the plain way, its second case the twin of that, and each
 * other case an alternative. An alternative is faster or slower if its whole interval lies beyond `least`. Returns 0,
 * or -1 with the reason; tried_free releases it. */
int tried_judge(struct tried_outcome *outcome, const struct experiment *experiment, struct error *err);
void tried_free(struct tried_outcome *outcome);

#endif
