/* SPDX-License-Identifier: MIT */
/* The analysis of an experiment: computed once, then read by the result file and, through it, by every report. */
#ifndef SGDMARK_MEASURE_ANALYSIS_H
#define SGDMARK_MEASURE_ANALYSIS_H

#include "measure/by_process.h"
#include "measure/experiment.h"
#include "measure/stats.h"
#include "measure/usable.h"

/* The share of its roof that a case reaches. A case has a read roof and often a compute roof; the one that takes longer
 * per row binds, and percentages are of that one. Numbers that cannot be computed are NAN. */
enum roof_verdict {
    ROOF_POSSIBLE, /* the median is at most 2 % above the roof */
    ROOF_UNCLEAR,  /* the median is above that, part of the interval is not: too noisy to tell */
    ROOF_BROKEN    /* the whole interval is above that: one of the two numbers is wrong */
};
/* A share of a roof above ROOF_ALARM percent, or an efficiency above EFFICIENCY_ALARM, is no figure but an alarm: the
 * times of that case are not usable, however wide the interval. */
#define ROOF_ALARM       110.0
#define EFFICIENCY_ALARM 1.1
extern const char *const roof_verdict_names[]; /* "possible", "unclear", "broken" */
struct roof_share {
    bool known;                 /* the case has a roof; otherwise no other member is set */
    const char *binds;          /* "read" or "compute" */
    double read_ns, compute_ns; /* time of each roof per row; NAN: no such roof */
    double percent, low, high;  /* 100 * roof time / case time, paired by round, with its 95 % interval */
    enum roof_verdict verdict;
};

struct case_analysis {
    bool failed;          /* its work was wrong: no other member is set */
    struct summary all;   /* of all samples, seconds */
    struct summary quiet; /* of the undisturbed samples; n is 0 if there are none */
    size_t disturbed;     /* samples */
    size_t spoiled;       /* of them, samples that stayed spoiled when repeated (disturbance_spoils) */
    size_t unexplained; /* samples over LONG_SAMPLE times as long as their process's median, and no source shows why */
    double *process_medians; /* [analysis.processes] seconds, of the samples that are not spoiled, if there are any */
    char unusable[UNUSABLE_TEXT]; /* why its times cannot be used; "": they can */
    /* Rates from the median of all samples; NAN: does not apply. */
    double ns_per_row, cycles_per_pixel;
    double gb_per_second, bytes_per_cycle; /* of stored bytes */
    double seconds_per_fold, folds_per_second,
        mrows_per_second; /* folds only: per worker; of all workers; of all workers */
    /* Energy of the processor packages in all samples, and of it per epoch or per fold. NAN: not known; of the latter
     * also where the counters did not move. */
    double joules, joules_each;
    struct roof_share stored, whole; /* roofs of rows as stored; of rows with their empty border */
    bool migrated;                   /* a worker ran on another PU in some sample */
};

#define LONG_SAMPLE 1.5

/* Two processes differ by up to 1 % in where code and data lie (Mytkowicz and others, 2009), so a verdict needs an
 * interval wholly beyond this floor. */
#define LAYOUT_FLOOR 0.01

/* The comparison of two cases, from the rounds in which neither was spoiled. */
struct pair_analysis {
    struct wanted_pair of; /* which two, and why */
    bool failed;           /* the work of one of the two was wrong: no other member is set */
    /* Time of the subject / time of the base. The interval is that of the sign test, widened to the medians of all
     * processes, or in a planned experiment Student's over processes (plan.h). The intervals of all pairs of the
     * experiment hold together at experiment_confidence. */
    struct comparison times;
    /* The smallest true difference (0.03: 3 %) that gets a verdict with a probability of 90 %: the floor, the distance
     * of the interval's farther end from the ratio, and that of an 80 % interval for chance. NAN: without an interval.
     */
    double resolution;
    /* Of a planned experiment: interval_resolves of the times, or of the contention + 1; and how much another process
     * would differ (process_spread). NAN: not known. */
    double resolves, spread;
    /* Speed of the subject / speed of the base: 1 / times, with the ends of the interval swapped. For PAIR_CONTENTION
     * the speed-up over one core, workers / (time per fold / time per fold of the base). */
    double speed, speed_low, speed_high;
    /* PAIR_CONTENTION only: time per fold / time per fold on one core alone - 1 (0.05: 5 % longer), with its interval,
     * and efficiency = speed / workers. */
    double contention, contention_low, contention_high, efficiency;
    const char *reason; /* why the verdict is withheld; NULL: it is not */
};

/* The gate of one A/A twin. */
struct control_analysis {
    int twin, of; /* cases */
    struct aa_gate aa;
};

/* What a planned experiment has resolved. */
struct plan_outcome {
    unsigned started;       /* processes up to the last one that timed a round */
    size_t pairs, resolved; /* that were timed; that the target calls resolved, all of them without a target */
    double resolves;        /* at worst, of all pairs; NAN: not known, or there are none */
};

struct analysis {
    const struct experiment *experiment;
    size_t *process_of_round;          /* [rounds] the index of its process, from 0 */
    struct case_analysis *cases;       /* [experiment->count] */
    struct pair_analysis *pairs;       /* [experiment->pair_count] */
    struct control_analysis *controls; /* [control_count] of those whose work was right */
    size_t control_count;
    size_t processes;
    struct plan_outcome outcome; /* all zero without a plan */
    struct usable usable;        /* what the times of the experiment are good for */
    double ghz;                  /* clock of the core, median over the rounds; NAN: not known */
    size_t samples, disturbed;   /* of all cases */
    double between;              /* share of the time that passed between samples */
};

/* Returns 0, or -1 with the reason; analysis_free releases it. */
int analyse(struct analysis *analysis, const struct experiment *experiment, struct error *err);
void analysis_free(struct analysis *analysis);

/* False if any case has the verdict ROOF_BROKEN: no correct time beats its roof. Times that are not usable show
 * nothing.
 */
bool analysis_possible(const struct analysis *analysis);

/* True for a sample over LONG_SAMPLE times as long as its process's median of the case that nothing explains. */
bool analysis_unexplained(const struct analysis *analysis, size_t which, size_t round);

/* The control that covers a case, or NULL. */
const struct control_analysis *analysis_control(const struct analysis *analysis, size_t which);

/* The largest resolution of the pairs that stand in the experiment's main table: the best backend against the others,
 * or the contention. NAN: there is none. */
double analysis_resolution(const struct analysis *analysis);

/* What an interval of a ratio resolves, as a distance from 1 (0.01: 1 %). 0: the ratio is called faster or slower. Else
 * the smallest R for which the interval reaches at most R to either side and leaves no room for a difference of R
 * beyond LAYOUT_FLOOR. NAN without an interval. A pair is resolved to a target that is at least R. */
double interval_resolves(double ratio, double low, double high);

/* So many comparisons hold together at experiment_confidence: pairs, times looks (plan.h). */
unsigned analysis_comparisons(const struct experiment *experiment);

/* The times of two cases in the rounds where neither was spoiled. Returns 0, or -1 when memory runs out;
 * paired_times_free releases them. */
int paired_times_make(struct paired_times *times, const struct rounds *rounds, size_t subject, size_t base,
                      struct error *err);
void paired_times_free(struct paired_times *times);

/* Used by analyse: fills in the outcome of a planned experiment, from its pairs. */
void fill_outcome(struct analysis *analysis);

/* Used by analyse: fills in the pairs, from cases, controls and `usable`. Returns 0, or -1 with the reason. */
int analyse_pairs(struct analysis *analysis, struct error *err);

#endif
