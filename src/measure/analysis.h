/* SPDX-License-Identifier: MIT */
/* The analysis of an experiment: computed once, then read by the result file and, through it, by every report. */
#ifndef SGDMARK_MEASURE_ANALYSIS_H
#define SGDMARK_MEASURE_ANALYSIS_H

#include "measure/experiment.h"
#include "measure/stats.h"

/* The share of its roof that a case reaches. A case has a read roof and often a compute roof; the one that takes longer
 * per row binds, and percentages are of that one. Numbers that cannot be computed are NAN. */
enum roof_verdict {
    ROOF_POSSIBLE, /* the median is at most 2 % above the roof */
    ROOF_UNCLEAR,  /* the median is above that, part of the interval is not: too noisy to tell */
    ROOF_BROKEN    /* the whole interval is above that: one of the two numbers is wrong */
};
extern const char *const roof_verdict_names[]; /* "possible", "unclear", "broken" */
struct roof_share {
    bool known;                 /* the case has a roof; otherwise no other member is set */
    const char *binds;          /* "read" or "compute" */
    double read_ns, compute_ns; /* time of each roof per row; NAN: no such roof */
    double percent, low, high;  /* 100 * roof time / case time, paired by round, with its 95 % interval */
    enum roof_verdict verdict;
};

struct case_analysis {
    struct summary all;   /* of all samples, seconds */
    struct summary quiet; /* of the undisturbed samples; n is 0 if there are none */
    size_t disturbed;     /* samples */
    /* Rates from the median of all samples; NAN: does not apply. */
    double ns_per_row, cycles_per_pixel;
    double gb_per_second, bytes_per_cycle; /* of stored bytes */
    double seconds_per_fold, folds_per_second,
        mrows_per_second;            /* folds only: per worker; of all workers; of all workers */
    struct roof_share stored, whole; /* roofs of rows as stored; of rows with their empty border */
    bool migrated;                   /* a worker ran on another PU in some sample */
};

/* The comparison of two cases. */
struct pair_analysis {
    struct wanted_pair of;   /* which two, and why */
    struct comparison times; /* time of the subject / time of the base; the A/A gate is applied */
    /* Speed of the subject / speed of the base: 1 / times, with the ends of the interval swapped. For PAIR_CONTENTION
     * the speed-up over one core, workers / (time per fold / time per fold of the base). */
    double speed, speed_low, speed_high;
    /* PAIR_CONTENTION only: time per fold / time per fold on one core alone - 1 (0.05: 5 % longer), with its interval,
     * and efficiency = speed / workers. */
    double contention, contention_low, contention_high, efficiency;
    const char *reason; /* why the verdict is withheld; NULL: it is not */
};

struct analysis {
    const struct experiment *experiment;
    struct case_analysis *cases; /* [experiment->count] */
    struct pair_analysis *pairs; /* [experiment->pair_count] */
    struct aa_gate aa;           /* from this experiment's own A/A case */
    double ghz;                  /* clock of the core, median over the rounds; NAN: not known */
    size_t samples, disturbed;   /* of all cases */
    double between;              /* share of the time that passed between samples */
};

/* Returns 0, or -1 with the reason; analysis_free releases it. */
int analyse(struct analysis *analysis, const struct experiment *experiment, struct error *err);
void analysis_free(struct analysis *analysis);

/* False if any case has the verdict ROOF_BROKEN: no correct time beats its roof. */
bool analysis_possible(const struct analysis *analysis);

#endif
