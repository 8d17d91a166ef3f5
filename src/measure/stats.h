/* SPDX-License-Identifier: MIT */
/* Statistics of timings: summaries of one case, comparisons of two.
 *
 * Times are positive and finite; comparisons refuse others. A ratio is time of the subject / time of the base: below 1
 * the subject is faster. No sample is dropped. Intervals over rounds come from order statistics and assume no
 * distribution; those over processes, of which there are few, are Student's. */
#ifndef SGDMARK_MEASURE_STATS_H
#define SGDMARK_MEASURE_STATS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Sorts x[n] in ascending order. */
void sort_doubles(double *x, size_t n);

/* Quantile p (0..1) of sorted x[n], n >= 1, by linear interpolation between order statistics (type 7 of Hyndman and
 * Fan, "Sample quantiles in statistical packages", 1996: NumPy's and R's default). */
double quantile(const double *sorted, size_t n, double p);

/* Summary of the samples of one case, in their unit. */
struct summary {
    size_t n;
    double min, median, max;
    double q1, q3;       /* quartiles */
    double mad;          /* median of |x - median|, not scaled to a standard deviation */
    size_t outliers;     /* more than 1.5 interquartile ranges outside the quartiles (Tukey, 1977) */
    size_t far_outliers; /* more than 3 */
};

/* Summarizes x[n]. Returns 0, or -1 with the reason: n is 0, a sample is not finite, or memory runs out. */
int summarize(struct summary *summary, const double *x, size_t n, struct error *err);

/* exp(mean(log x)) of x[n], n >= 1, all positive. Use it for every mean of ratios. */
double geometric_mean(const double *x, size_t n);

enum verdict {
    VERDICT_NOT_RESOLVED, /* the interval holds 1 */
    VERDICT_FASTER,       /* the whole interval lies beyond the floor */
    VERDICT_SLOWER,
    VERDICT_WITHHELD,       /* the gate does not allow a verdict */
    VERDICT_PERHAPS_FASTER, /* the interval excludes 1, but part of it lies within the floor */
    VERDICT_PERHAPS_SLOWER,
    VERDICT_UNKNOWN /* too few processes for an interval */
};

/* "not resolved", "faster", "slower", "withheld", "perhaps faster", "perhaps slower", "unknown". */
const char *verdict_words(enum verdict verdict);

/* A ratio, its interval, and the verdict from that interval. The intervals of `comparisons` ratios hold together with
 * probability `confidence` (Bonferroni: each one is made at 1 - (1 - confidence) / comparisons). */
struct comparison {
    size_t n_subject, n_base;
    double ratio;
    double low, high;  /* NaN: too few samples for an interval at this confidence */
    double confidence; /* as requested, over all comparisons */
    unsigned comparisons;
    double coverage; /* probability that this interval covers the ratio; NaN without an interval */
    double p;        /* two-sided p value of "no difference", not adjusted for `comparisons` */
    enum verdict verdict;
};

/* Paired comparison over interleaved rounds: subject[i] and base[i] were timed in round i. The ratio is exp of the
 * median log ratio; the interval is that of the sign test: with log ratios sorted, [x(k), x(n+1-k)] for the largest k
 * with 2 P(Binomial(n, 1/2) <= k-1) <= 1 - confidence (Conover, "Practical Nonparametric Statistics", 3.2). Exact for
 * any continuous noise; 95 % needs 6 rounds, 99.9 % needs 11. Returns 0, or -1 with the reason. */
int compare_paired(struct comparison *c, const double *subject, const double *base, size_t rounds, double confidence,
                   unsigned comparisons, struct error *err);

/* The k of compare_paired; 0: n samples are too few for `confidence`. Sets *coverage, unless NULL, to the probability
 * that [x(k), x(n+1-k)] covers the median. */
size_t sign_interval_rank(size_t n, double confidence, double *coverage);

/* The fewest rounds with which each of `comparisons` paired ratios has an interval at `confidence` (0 to 1). */
size_t rounds_needed(double confidence, unsigned comparisons);

/* Some times, of one case or one per process. */
struct samples {
    const double *seconds;
    size_t n;
};

/* P(|T| > t) for t >= 0 and T of Student's distribution with `freedom` >= 1 degrees of freedom; and the t for which it
 * is alpha, 0 < alpha < 1. */
double student_two_sided(double t, size_t freedom);
double student_quantile(double alpha, size_t freedom);

/* With fewer processes on a side no interval is made. */
enum { FEWEST_PROCESSES = 3 };

/* How two groups of processes differ: the mean of log(subject) minus that of log(base), of one number per process. */
struct shift {
    size_t n_subject, n_base; /* processes */
    double log_base;          /* mean of log(base) */
    double log_ratio;
    double error;   /* its standard error, from the pooled variance; NaN: not known */
    size_t freedom; /* degrees of freedom of `error`; 0: not known, a side has fewer than FEWEST_PROCESSES */
};

/* Student's comparison of independent processes, after logarithms. `subject` and `base` hold one median per process.
 * Rounds of one process share its memory layout, so they are not independent. Returns 0, or -1 with the reason. */
int compare_processes(struct shift *shift, struct samples subject, struct samples base, struct error *err);

/* Two-sided p value of "the ratio lies in [1 / (1 + floor), 1 + floor]"; with floor 0, of "no difference". NaN where
 * the error is not known. */
double shift_p(const struct shift *shift, double floor);

/* The least absolute log ratio in the interval at 1 - alpha, with the sign of the shift: the part of the shift that is
 * certain. 0 where the interval holds 0 or the error is not known. */
double certain_shift(const struct shift *shift, double alpha);

/* Holm's step-down procedure ("A simple sequentially rejective multiple test procedure", 1979) over the tests whose
 * p[count] is not NaN; m are they. The k-th smallest p, k from 0, is rejected if it and all smaller ones are at most
 * alpha / (m - k). Then no true hypothesis is rejected with probability 1 - alpha. level[i] is the level at which test
 * i was decided: alpha / (m - k) if rejected, alpha / (m - number of rejected) otherwise; NaN without a p. The interval
 * at 1 - level[i] agrees with the decision. Returns 0, or -1 when memory runs out. */
int holm_levels(double *level, const double *p, size_t count, double alpha, struct error *err);

/* The ratio of the shift with its interval at 1 - level, and the verdict: faster or slower if the whole interval lies
 * beyond the floor, perhaps if it only excludes 1; unknown if the level or the error is not known. */
struct comparison comparison_of(const struct shift *shift, double level, double floor);

/* The smallest change that an interval of this width can show, as a distance from 1: the larger of high / ratio - 1 and
 * ratio / low - 1 (0.03: 3 %). NaN without an interval. */
double resolution(const struct comparison *c);

/* The gate of the A/A case: the same work timed as two cases in the same rounds. */
enum aa_state { AA_QUIET, AA_NOISY, AA_TOO_FEW, AA_TOO_WIDE };
struct aa_gate {
    struct comparison shown; /* at 95 %: its resolution() is the experiment's; beyond [1 / 1.25, 1.25] it is too wide */
    struct comparison gate;  /* at 99.9 %: an interval that excludes 1 means noisy */
    enum aa_state state;     /* only AA_QUIET allows verdicts */
};
#define AA_SHOWN 0.95
#define AA_GATE  0.999
int make_aa_gate(struct aa_gate *aa, const double *first, const double *second, size_t rounds, struct error *err);

/* Sets the state from the two comparisons. */
void judge_aa_gate(struct aa_gate *aa);

/* "quiet", "noisy", "too few rounds", "too wide". */
const char *aa_words(enum aa_state state);

/* Why verdicts are withheld, as a sentence; NULL for AA_QUIET. */
const char *aa_reason(enum aa_state state);

#endif
