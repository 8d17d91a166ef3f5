/* What an experiment says: made once, read by the screen, the result file and everything made from that. */
#ifndef SGDMARK_MEASURE_ANALYSIS_H
#define SGDMARK_MEASURE_ANALYSIS_H

#include "measure/experiment.h"
#include "measure/stats.h"

/* How a case stands under its two roofs. Percentages are of the roof that binds, the slower one per row; numbers that
 * cannot be made are NAN. */
enum roof_verdict {
    ROOF_POSSIBLE, /* not above the roof by more than 2 % */
    ROOF_UNCLEAR,  /* the median is, the interval is not: the rounds were too noisy to tell */
    ROOF_BROKEN    /* the whole interval is: one of the two numbers is wrong */
};
extern const char *const roof_verdict_names[]; /* "possible", "unclear", "broken" */
struct roof_share {
    bool known;                 /* it has a roof, and the rest is filled in */
    const char *binds;          /* "read" or "compute" */
    double read_ns, compute_ns; /* that each roof takes for a row; NAN: none */
    double percent, low, high;  /* of the binding roof that is reached, paired by round, 95 % interval */
    enum roof_verdict verdict;
};

struct case_analysis {
    struct summary all;   /* of every sample, seconds */
    struct summary quiet; /* of those that nothing disturbed; n is 0 where there is none */
    size_t disturbed;
    double ns_per_row, cycles_per_pixel;
    double gb_per_second, bytes_per_cycle;
    double seconds_per_fold, folds_per_second, mrows_per_second; /* of a worker; of all; NAN for others than folds */
    struct roof_share stored, whole;
    bool migrated; /* in any sample */
};

/* One comparison. */
struct pair_analysis {
    struct wanted_pair of;
    struct comparison times; /* the subject's time over the base's; the gate is applied */
    /* How many times as fast as the base the subject is: 1 / times, its interval turned round. For PAIR_CONTENTION the
     * subject's speed-up over the base, at equal work of a worker. */
    double speed, speed_low, speed_high;
    /* PAIR_CONTENTION: what a fold takes longer than on one core alone (0.05: 5 %), and speed-up over workers. */
    double contention, contention_low, contention_high, efficiency;
    const char *reason; /* why the verdict is withheld, or NULL */
};

struct analysis {
    const struct experiment *experiment;
    struct case_analysis *cases; /* [experiment->count] */
    struct pair_analysis *pairs; /* [experiment->pair_count] */
    struct aa_gate aa;           /* of this experiment and no other */
    double ghz;                  /* median of the rounds */
    size_t samples, disturbed;
    double between; /* share of the time that passed between samples */
};

/* Returns 0, or -1 with the reason; analysis_free releases it. */
int analyse(struct analysis *analysis, const struct experiment *experiment, struct error *err);
void analysis_free(struct analysis *analysis);

/* Whether no case stands surely above its roof, which no true number can. */
bool analysis_possible(const struct analysis *analysis);

#endif
