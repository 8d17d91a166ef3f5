/* SPDX-License-Identifier: MIT */
#include "measure/stats.h"

#include "transcendental.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

void sort_doubles(double *x, size_t n) {
    qsort(x, n, sizeof *x, ascending);
}

double quantile(const double *sorted, size_t n, double p) {
    double at = p * (double)(n - 1);
    size_t below = (size_t)at;
    if (below + 1 >= n) return sorted[n - 1];
    return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

static size_t count_outside(const double *x, size_t n, double low, double high) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += x[i] < low || x[i] > high;
    return count;
}

int summarize(struct summary *summary, const double *x, size_t n, struct error *err) {
    if (n == 0) return fail(err, "no samples to summarize");
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return fail(err, "sample %zu is not a finite number", i);
    double *sorted = malloc(n * sizeof *sorted);
    if (!sorted) return fail_program(err, "out of memory for %zu samples", n);
    memcpy(sorted, x, n * sizeof *sorted);
    sort_doubles(sorted, n);
    double q1 = quantile(sorted, n, 0.25);
    double q3 = quantile(sorted, n, 0.75);
    double iqr = q3 - q1;
    *summary = (struct summary){
        .n = n,
        .min = sorted[0],
        .median = quantile(sorted, n, 0.5),
        .max = sorted[n - 1],
        .q1 = q1,
        .q3 = q3,
        .outliers = count_outside(x, n, q1 - 1.5 * iqr, q3 + 1.5 * iqr),
        .far_outliers = count_outside(x, n, q1 - 3 * iqr, q3 + 3 * iqr),
    };
    for (size_t i = 0; i < n; i++)
        sorted[i] = fabs(x[i] - summary->median);
    sort_doubles(sorted, n);
    summary->mad = quantile(sorted, n, 0.5);
    free(sorted);
    return 0;
}

double geometric_mean(const double *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += portable_log(x[i]);
    return portable_exp(sum / (double)n);
}

const char *verdict_words(enum verdict verdict) {
    static const char *const words[] = {"not resolved",   "faster",         "slower", "withheld",
                                        "perhaps faster", "perhaps slower", "unknown"};
    return words[verdict];
}

/* log P(Binomial(n, 1/2) = k). */
static double log_binomial_half(size_t n, size_t k) {
    return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) - (double)n * portable_log(2);
}

size_t sign_interval_rank(size_t n, double confidence, double *coverage) {
    /* The 1e-9 absorbs rounding in lgamma, for a tail that equals the allowed one exactly. */
    double allowed = (1 - confidence) * (1 + 1e-9);
    double tail = 0; /* 2 P(X <= k - 1) */
    size_t k = 0;
    while (k < (n + 1) / 2) {
        double next = tail + 2 * portable_exp(log_binomial_half(n, k));
        if (next > allowed) break;
        tail = next;
        k++;
    }
    if (coverage) *coverage = k > 0 ? 1 - tail : NAN;
    return k;
}

/* Bonferroni: the confidence of each interval so that all hold together at `confidence`. */
static double confidence_of_each(double confidence, unsigned comparisons) {
    return 1 - (1 - confidence) / (comparisons > 0 ? comparisons : 1);
}

size_t rounds_needed(double confidence, unsigned comparisons) {
    size_t rounds = 2;
    while (sign_interval_rank(rounds, confidence_of_each(confidence, comparisons), NULL) == 0)
        rounds++;
    return rounds;
}

static int check_times(const double *x, size_t n, struct error *err) {
    if (n == 0) return fail(err, "no samples to compare");
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]) || x[i] <= 0) return fail(err, "sample %zu is not a positive time: %g", i, x[i]);
    return 0;
}

static int check_confidence(double confidence, struct error *err) {
    if (confidence > 0 && confidence < 1) return 0;
    return fail(err, "confidence %g is not between 0 and 1", confidence);
}

static enum verdict verdict_of(const struct comparison *c) {
    if (c->high < 1) return VERDICT_FASTER;
    if (c->low > 1) return VERDICT_SLOWER;
    return VERDICT_NOT_RESOLVED; /* also when low and high are NaN */
}

/* Two-sided p of the exact sign test. Log ratios of 0 carry no sign and are left out (Conover, 3.4). */
static double sign_test_p(const double *logs, size_t n) {
    size_t negative = 0;
    size_t positive = 0;
    for (size_t i = 0; i < n; i++) {
        negative += logs[i] < 0;
        positive += logs[i] > 0;
    }
    size_t fewer = negative < positive ? negative : positive;
    double p = 0;
    for (size_t k = 0; k <= fewer; k++)
        p += 2 * portable_exp(log_binomial_half(negative + positive, k));
    return fmin(p, 1);
}

int compare_paired(struct comparison *c, const double *subject, const double *base, size_t rounds, double confidence,
                   unsigned comparisons, struct error *err) {
    if (check_times(subject, rounds, err) != 0 || check_times(base, rounds, err) != 0) return -1;
    if (check_confidence(confidence, err) != 0) return -1;
    double *logs = malloc(rounds * sizeof *logs);
    if (!logs) return fail_program(err, "out of memory for %zu rounds", rounds);
    for (size_t i = 0; i < rounds; i++)
        logs[i] = portable_log(subject[i]) - portable_log(base[i]);
    sort_doubles(logs, rounds);
    *c = (struct comparison){.n_subject = rounds,
                             .n_base = rounds,
                             .ratio = portable_exp(quantile(logs, rounds, 0.5)),
                             .low = NAN,
                             .high = NAN,
                             .confidence = confidence,
                             .comparisons = comparisons,
                             .p = sign_test_p(logs, rounds)};
    size_t k = sign_interval_rank(rounds, confidence_of_each(confidence, comparisons), &c->coverage);
    if (k > 0) {
        c->low = portable_exp(logs[k - 1]);
        c->high = portable_exp(logs[rounds - k]);
    }
    c->verdict = verdict_of(c);
    free(logs);
    return 0;
}

/* B(freedom / 2, 1/2), by B(a + 1, b) = B(a, b) a / (a + b) from B(1, 1/2) = 2 or B(1/2, 1/2) = pi. */
static double beta_with_half(size_t freedom) {
    double beta = freedom % 2 ? 3.14159265358979323846 : 2;
    for (size_t twice = freedom % 2 ? 1 : 2; twice < freedom; twice += 2)
        beta *= (double)twice / (double)(twice + 1);
    return beta;
}

/* The continued fraction of the incomplete beta function (Abramowitz and Stegun, "Handbook of Mathematical Functions",
 * 26.5.8), by Lentz's method as Thompson and Barnett modified it (1986). Converges fast for x < (a + 1) / (a + b + 2).
 */
static double beta_fraction(double x, double a, double b) {
    const double tiny = 1e-300; /* in place of a denominator of 0 */
    double c = 1;
    double d = 0;
    double product = 1;
    for (int i = 1; i < 1000; i++) {
        const int half = i / 2;
        const double m = half;
        const double term = i % 2 ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                                  : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 + term * d;
        c = 1 + term / c;
        if (fabs(d) < tiny) d = tiny;
        if (fabs(c) < tiny) c = tiny;
        d = 1 / d;
        product *= c * d;
        if (fabs(c * d - 1) < 4e-16) break;
    }
    return 1 / product;
}

/* P(|T| > t) = I_x(freedom / 2, 1/2) with x = freedom / (freedom + t^2) (Abramowitz and Stegun, 26.7.1 and 26.5.27). */
double student_two_sided(double t, size_t freedom) {
    const double a = (double)freedom / 2;
    const double b = 0.5;
    const double x = (double)freedom / ((double)freedom + t * t);
    const double rest = 1 / (1 + (double)freedom / (t * t)); /* 1 - x without cancellation */
    if (!(rest > 0)) return 1;
    if (!(x > 0)) return 0;
    const double front = portable_exp(a * portable_log(x)) * sqrt(rest) / beta_with_half(freedom);
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(x, a, b) / a;
    return 1 - front * beta_fraction(rest, b, a) / b;
}

double student_quantile(double alpha, size_t freedom) {
    double low = 0;
    double high = 1;
    while (student_two_sided(high, freedom) > alpha && high < 1e100)
        high *= 2;
    for (;;) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) return high;
        if (student_two_sided(middle, freedom) > alpha)
            low = middle;
        else
            high = middle;
    }
}

/* The mean of the logs, and the sum of their squared distances from it. */
struct log_moments {
    double mean, squares;
};

static struct log_moments log_moments(struct samples x) {
    struct log_moments moments = {0, 0};
    for (size_t i = 0; i < x.n; i++)
        moments.mean += portable_log(x.seconds[i]) / (double)x.n;
    for (size_t i = 0; i < x.n; i++) {
        double distance = portable_log(x.seconds[i]) - moments.mean;
        moments.squares += distance * distance;
    }
    return moments;
}

int compare_processes(struct shift *shift, struct samples subject, struct samples base, struct error *err) {
    if (check_times(subject.seconds, subject.n, err) != 0 || check_times(base.seconds, base.n, err) != 0) return -1;
    const struct log_moments one = log_moments(subject);
    const struct log_moments two = log_moments(base);
    *shift = (struct shift){.n_subject = subject.n,
                            .n_base = base.n,
                            .log_base = two.mean,
                            .log_ratio = one.mean - two.mean,
                            .error = (double)NAN};
    if (subject.n < FEWEST_PROCESSES || base.n < FEWEST_PROCESSES) return 0;
    shift->freedom = subject.n + base.n - 2;
    shift->error =
        sqrt((one.squares + two.squares) / (double)shift->freedom * (1 / (double)subject.n + 1 / (double)base.n));
    return 0;
}

double shift_p(const struct shift *shift, double floor) {
    const double beyond = fabs(shift->log_ratio) - portable_log(1 + floor);
    if (shift->freedom == 0) return NAN;
    if (beyond <= 0) return 1;
    return shift->error > 0 ? student_two_sided(beyond / shift->error, shift->freedom) : 0;
}

double certain_shift(const struct shift *shift, double alpha) {
    if (shift->freedom == 0) return 0;
    const double certain = fabs(shift->log_ratio) - student_quantile(alpha, shift->freedom) * shift->error;
    return certain > 0 ? copysign(certain, shift->log_ratio) : 0;
}

struct test {
    double p;
    size_t at;
};

static int by_p(const void *left, const void *right) {
    const struct test *a = left;
    const struct test *b = right;
    if (a->p != b->p) return a->p > b->p ? 1 : -1;
    return (a->at > b->at) - (a->at < b->at);
}

int holm_levels(double *level, const double *p, size_t count, double alpha, struct error *err) {
    struct test *tests = calloc(count + 1, sizeof *tests);
    if (!tests) return fail_program(err, "out of memory for %zu comparisons", count);
    size_t m = 0;
    for (size_t i = 0; i < count; i++) {
        level[i] = NAN;
        if (!isnan(p[i])) tests[m++] = (struct test){p[i], i};
    }
    qsort(tests, m, sizeof *tests, by_p);
    size_t rejected = 0;
    for (; rejected < m && tests[rejected].p <= alpha / (double)(m - rejected); rejected++)
        level[tests[rejected].at] = alpha / (double)(m - rejected);
    for (size_t k = rejected; k < m; k++)
        level[tests[k].at] = alpha / (double)(m - rejected);
    free(tests);
    return 0;
}

struct comparison comparison_of(const struct shift *shift, double level, double floor) {
    struct comparison c = {.n_subject = shift->n_subject,
                           .n_base = shift->n_base,
                           .ratio = portable_exp(shift->log_ratio),
                           .low = NAN,
                           .high = NAN,
                           .coverage = NAN,
                           .p = shift_p(shift, 0),
                           .verdict = VERDICT_UNKNOWN};
    if (shift->freedom == 0 || isnan(level)) return c;
    const double reach = student_quantile(level, shift->freedom) * shift->error;
    c.low = portable_exp(shift->log_ratio - reach);
    c.high = portable_exp(shift->log_ratio + reach);
    c.coverage = 1 - level;
    c.verdict = verdict_of(&c);
    if (c.verdict == VERDICT_FASTER && c.high >= 1 / (1 + floor)) c.verdict = VERDICT_PERHAPS_FASTER;
    if (c.verdict == VERDICT_SLOWER && c.low <= 1 + floor) c.verdict = VERDICT_PERHAPS_SLOWER;
    return c;
}

double resolution(const struct comparison *c) {
    if (isnan(c->low)) return NAN;
    return fmax(c->high / c->ratio - 1, c->ratio / c->low - 1);
}

/* An A/A interval that reaches further than this from 1 shows nothing: it includes 1 because it includes most ratios.
 */
static const double widest_quiet = 1.25;

void judge_aa_gate(struct aa_gate *aa) {
    if (isnan(aa->gate.low))
        aa->state = AA_TOO_FEW;
    else if (aa->gate.low > 1 || aa->gate.high < 1)
        aa->state = AA_NOISY;
    else
        aa->state = aa->shown.low < 1 / widest_quiet || aa->shown.high > widest_quiet ? AA_TOO_WIDE : AA_QUIET;
}

int make_aa_gate(struct aa_gate *aa, const double *first, const double *second, size_t rounds, struct error *err) {
    if (compare_paired(&aa->shown, first, second, rounds, AA_SHOWN, 1, err) != 0) return -1;
    if (compare_paired(&aa->gate, first, second, rounds, AA_GATE, 1, err) != 0) return -1;
    judge_aa_gate(aa);
    return 0;
}

const char *aa_words(enum aa_state state) {
    static const char *const words[] = {"quiet", "noisy", "too few rounds", "too wide"};
    return words[state];
}

const char *aa_reason(enum aa_state state) {
    static const char *const reasons[] = {
        NULL, "two timings of the same code in the same rounds differ at 99.9 %: the machine was not quiet",
        "fewer than 11 rounds: too few for the A/A interval at 99.9 %",
        "the A/A interval at 95 % reaches beyond 1.25 times: so wide a one shows nothing"};
    return reasons[state];
}
