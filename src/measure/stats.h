/* Statistics of timings: what one case took, and whether one case is faster than another.
 *
 * Times are positive and finite; every function that compares refuses others. Ratios are time of the subject over time
 * of the base: below 1 the subject is faster. Nothing here assumes a distribution; intervals come from order
 * statistics, and every sample is kept. */
#ifndef SGDMARK_MEASURE_STATS_H
#define SGDMARK_MEASURE_STATS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Sorts x[n] upwards. */
void sort_doubles(double *x, size_t n);

/* Quantile p (0..1) of sorted x[n], n >= 1, by linear interpolation between order statistics (type 7 of Hyndman and
 * Fan, "Sample quantiles in statistical packages", 1996: NumPy's and R's default). */
double quantile(const double *sorted, size_t n, double p);

/* The absolute numbers of one case, in the unit of its samples. */
struct summary {
    size_t n;
    double min, median, max;
    double q1, q3;       /* quartiles */
    double mad;          /* median of |x - median|, not scaled to a standard deviation */
    size_t outliers;     /* beyond 1.5 interquartile ranges outside the quartiles (Tukey, 1977): counted, kept */
    size_t far_outliers; /* of those, beyond 3 */
};

/* Returns 0, or -1 when n is 0, a sample is not finite, or memory runs out. x is left as it is. */
int summarize(struct summary *summary, const double *x, size_t n, struct error *err);

/* exp(mean(log x)) of x[n], n >= 1, all positive. Ratios are averaged in no other way. */
double geometric_mean(const double *x, size_t n);

enum verdict { VERDICT_NOT_RESOLVED, VERDICT_FASTER, VERDICT_SLOWER, VERDICT_WITHHELD };

/* "not resolved", "faster", "slower", "withheld". */
const char *verdict_words(enum verdict verdict);

/* A ratio with its interval. The intervals of `comparisons` ratios hold all at once with probability `confidence`
 * (Bonferroni: each is made at 1 - (1 - confidence) / comparisons), and the verdict follows from the interval. */
struct comparison {
    size_t n_subject, n_base;
    double ratio;
    double low, high;  /* NaN where there are too few samples for an interval at this confidence */
    double confidence; /* asked for, over all comparisons */
    unsigned comparisons;
    double coverage; /* what this one interval reaches (at least its share of `confidence`); NaN without one */
    double p;        /* two-sided p value of "no difference", not adjusted for the number of comparisons */
    enum verdict verdict;
};

/* Paired comparison over interleaved rounds: subject[i] and base[i] were timed in round i. The ratio is exp of the
 * median log ratio; the interval is that of the sign test: with log ratios sorted, [x(k), x(n+1-k)] for the largest k
 * with 2 P(Binomial(n, 1/2) <= k-1) <= 1 - confidence (Conover, "Practical Nonparametric Statistics", 3.2). Exact for
 * any continuous noise; 95 % needs 6 rounds, 99.9 % needs 11. Returns 0, or -1 with the reason. */
int compare_paired(struct comparison *c, const double *subject, const double *base, size_t rounds, double confidence,
                   unsigned comparisons, struct error *err);

/* The k above, 0 when n samples are too few for `confidence`. `coverage`, where not NULL, gets the probability that the
 * interval [x(k), x(n+1-k)] covers the median. */
size_t sign_interval_rank(size_t n, double confidence, double *coverage);

/* The fewest rounds that give each of `comparisons` paired ratios an interval at `confidence` (between 0 and 1). */
size_t rounds_needed(double confidence, unsigned comparisons);

/* The samples of one case. */
struct samples {
    const double *seconds;
    size_t n;
};

/* Comparison of independent samples, for times of different runs or machines. The ratio is exp of the Hodges-Lehmann
 * shift of the logs (median of all log(subject[i] / base[j])); its interval is the one that the Mann-Whitney test
 * leaves (Hollander and Wolfe, "Nonparametric Statistical Methods", 4.2 and 4.3). Returns 0, or -1 with the reason. */
int compare_independent(struct comparison *c, struct samples subject, struct samples base, double confidence,
                        unsigned comparisons, struct error *err);

/* Mann-Whitney U of a[na] against b[nb]: u counts the pairs with a > b, ties as one half. p is two-sided: exact without
 * ties for na * nb <= 4096, otherwise by the normal approximation with the corrections for ties and continuity. */
struct rank_sum {
    double u;
    double p;
    bool exact;
};
int mann_whitney(struct rank_sum *test, const double *a, size_t na, const double *b, size_t nb, struct error *err);

/* How large a change the interval could have shown: its wider side, relative to the ratio. NaN without an interval. */
double resolution(const struct comparison *c);

/* The A/A case: the same work timed twice in the same rounds. */
enum aa_state { AA_QUIET, AA_NOISY, AA_TOO_FEW };
struct aa_gate {
    struct comparison shown; /* at 95 %: what the experiment can tell apart */
    struct comparison gate;  /* at 99.9 %: when it excludes 1 the experiment was noisy */
    enum aa_state state;     /* only AA_QUIET lets verdicts through */
};
int make_aa_gate(struct aa_gate *aa, const double *first, const double *second, size_t rounds, struct error *err);

/* "quiet", "noisy", "too few rounds". */
const char *aa_words(enum aa_state state);

/* Why verdicts are withheld, in a sentence; NULL for AA_QUIET. */
const char *aa_reason(enum aa_state state);

/* The verdict becomes VERDICT_WITHHELD unless the gate is quiet. The ratio and its interval stay. */
void apply_aa_gate(struct comparison *c, const struct aa_gate *aa);

#endif
