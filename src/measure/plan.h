/* SPDX-License-Identifier: MIT */
/* How --resolve and --time plan a run: how many processes it starts, when it looks at the ratios, and when it stops.
 *
 * The unit is the process: each gives one median of log ratios for each pair, and the interval is Student's over them
 * (by_process.h). A run that stops when its intervals are narrow looks at them several times, and each look is a chance
 * to be wrong. So the looks are fixed beforehand, by numbers of processes, and every interval has the confidence
 * 1 - 0.01 / (pairs * looks). By the union bound, all intervals of all looks then hold together at 99 %, whenever the
 * run stops (Bonferroni; see C. Jennison, B. W. Turnbull, "Group Sequential Methods with Applications to Clinical
 * Trials", 2000). The last look is where the time is up; it comes when the clock says so, not when the ratios do. */
#ifndef SGDMARK_MEASURE_PLAN_H
#define SGDMARK_MEASURE_PLAN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    PLAN_PILOT = 3,  /* processes after which the run says what it will resolve */
    PLAN_FEWEST = 5, /* processes at least, whatever the time */
    PLAN_MOST = 120, /* processes at most */
    PLAN_MOST_LOOKS = 16
};

/* What the pilot expects. */
struct forecast {
    unsigned processes;
    double seconds;  /* of the whole run */
    double resolves; /* see pair_analysis.resolves; NAN: not known */
};

struct plan {
    bool made;                       /* false: the number of rounds was fixed beforehand, and no other member is set */
    double target;                   /* --resolve: 0.01 for 1 %; 0: only the time ends the run */
    double seconds;                  /* that the whole run may take: --time */
    unsigned looks[PLAN_MOST_LOOKS]; /* [look_count] processes after which the run may stop, ascending */
    size_t look_count;               /* besides the last look, when the time is up or PLAN_MOST processes ran */
    struct forecast forecast;        /* processes 0: there was none */
};

/* A plan with its looks; target 0: no look before the last. */
struct plan plan_for(double target, double seconds);

/* How often the ratios may be looked at: by so many times the number of pairs each interval is widened. 1 without a
 * plan. */
unsigned plan_chances(const struct plan *plan);

/* Does the run look at its ratios after so many processes, and may stop? */
bool plan_looks_after(const struct plan *plan, unsigned processes);

/* Seconds of samples that one process makes of each experiment: enough that starting it does not cost more than it
 * times, short enough that there are many. */
double plan_share_seconds(const struct plan *plan);

/* Rounds of an experiment of so many cases that one process makes: a median of PLAN_LEAST_ROUNDS at least; at most so
 * many that the result file of PLAN_MOST processes can be read again. */
enum { PLAN_LEAST_ROUNDS = 5 };
size_t plan_most_rounds(size_t cases);

struct analysis;

/* Sets *resolves to what all pairs of the analysed experiment together will resolve with this many processes, as far as
 * its processes so far tell: the worst of pair_analysis.resolves, 0 if each will be called faster or slower. NAN: not
 * known, or there are no pairs. Returns 0, or -1 when memory runs out. */
int plan_foresee(double *resolves, const struct analysis *analysis, unsigned processes, struct error *err);

#endif
