/* SPDX-License-Identifier: MIT */
/* Statistics and schedule: known answers (from scipy 1.10 unless another source is named), and error rates. */
#include "data/random.h"
#include "measure/schedule.h"
#include "measure/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void assert_near(double value, double expected, double relative) {
    if (fabs(value - expected) > relative * fabs(expected)) fail_msg("%.17g is not %.17g", value, expected);
}

/* A uniform number in (0, 1). */
static double uniform(struct random_state *rs) {
    return ((double)random_uint32(rs) + 0.5) / 4294967296.0;
}

/* A time of about 1 with the right-skewed noise of timings. */
static double noisy_time(struct random_state *rs) {
    return 1 - 0.05 * log(uniform(rs));
}

static void summary_of_known_samples(void **state) {
    (void)state;
    static const double x[] = {12, 15, 11, 10, 99, 13, 14, 12.5};
    struct summary s;
    assert_int_equal(summarize(&s, x, COUNT(x), NULL), 0);
    assert_int_equal(s.n, 8);
    assert_near(s.min, 10, 0);
    assert_near(s.max, 99, 0);
    assert_near(s.median, 12.75, 0);
    assert_near(s.mad, 1.5, 0);
    assert_near(s.q1, 11.75, 0);
    assert_near(s.q3, 14.25, 0);
    assert_int_equal(s.outliers, 1);
    assert_int_equal(s.far_outliers, 1);
    static const double four[] = {1, 2, 4, 8};
    assert_near(geometric_mean(four, COUNT(four)), 2.8284271247461903, 1e-15);
}

static void one_sample_has_no_spread(void **state) {
    (void)state;
    double x = 3;
    struct summary s;
    assert_int_equal(summarize(&s, &x, 1, NULL), 0);
    assert_true(s.min == 3 && s.median == 3 && s.mad == 0 && s.outliers == 0);
}

static void bad_samples_are_refused(void **state) {
    (void)state;
    static const double good[] = {1, 2, 3};
    static const double bad[][3] = {{1, 0, 3}, {1, -2, 3}, {1, NAN, 3}, {1, INFINITY, 3}};
    struct comparison c;
    struct shift shift;
    struct summary s;
    struct error err;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(compare_paired(&c, good, bad[i], 3, 0.95, 1, &err), -1);
        assert_non_null(strstr(err.text, "sample 1 "));
        assert_int_equal(compare_processes(&shift, (struct samples){bad[i], 3}, (struct samples){good, 3}, &err), -1);
    }
    assert_int_equal(compare_paired(&c, good, good, 0, 0.95, 1, &err), -1);
    assert_int_equal(compare_paired(&c, good, good, 3, 1, 1, &err), -1);
    assert_int_equal(summarize(&s, bad[2], 3, &err), -1);
    assert_int_equal(summarize(&s, good, 0, &err), -1);
}

/* Ranks and coverages from scipy.stats.binom. */
static void sign_intervals(void **state) {
    (void)state;
    static const struct {
        size_t n;
        double confidence;
        size_t rank;
        double coverage;
    } known[] = {
        {5, 0.95, 0, NAN},
        {6, 0.95, 1, 0.96875},
        {6, 0.999, 0, NAN},
        {10, 0.999, 0, NAN},
        {11, 0.95, 2, 0.98828125},
        {11, 0.999, 1, 0.9990234375},
        {31, 0.95, 10, 0.9705506265163422},
        {31, 0.999, 7, 0.9991220897063613},
        {51, 0.95, 19, 0.9511261076817297},
        {51, 0.999, 14, 0.9993789565437723},
        {101, 0.95, 41, 0.9539559330706572},
    };
    for (size_t i = 0; i < COUNT(known); i++) {
        double coverage;
        assert_int_equal(sign_interval_rank(known[i].n, known[i].confidence, &coverage), known[i].rank);
        if (known[i].rank == 0)
            assert_true(isnan(coverage));
        else
            assert_near(coverage, known[i].coverage, 1e-12);
    }
    assert_int_equal(sign_interval_rank(6, 0.96875, NULL), 1); /* equality suffices */
    assert_int_equal(rounds_needed(0.95, 1), 6);
    assert_int_equal(rounds_needed(0.999, 1), 11);
    assert_int_equal(rounds_needed(0.95, 20), 10); /* 2^-9 <= 0.05 / 20 < 2^-8 */
}

static void paired_comparison_takes_the_right_order_statistics(void **state) {
    (void)state;
    double base[11];
    double subject[11];
    for (size_t i = 0; i < 11; i++) {
        base[i] = 1 + (double)((i * 7) % 11);                         /* noise common to both cases */
        subject[i] = base[i] * (1.1 + 0.01 * (double)((i * 3) % 11)); /* ratios 1.10 .. 1.20 */
    }
    struct comparison c;
    assert_int_equal(compare_paired(&c, subject, base, 11, 0.95, 1, NULL), 0);
    assert_near(c.ratio, 1.15, 1e-12);
    assert_near(c.low, 1.11, 1e-12);
    assert_near(c.high, 1.19, 1e-12);
    assert_near(c.p, 2.0 / 2048, 1e-9);
    assert_int_equal(c.verdict, VERDICT_SLOWER);
    assert_near(resolution(&c), 1.15 / 1.11 - 1, 1e-12); /* above 1.19 / 1.15 - 1 */
    assert_int_equal(compare_paired(&c, base, subject, 11, 0.95, 1, NULL), 0);
    assert_near(c.ratio, 1 / 1.15, 1e-12);
    assert_int_equal(c.verdict, VERDICT_FASTER);
    /* 1000 ratios together need more than 11 rounds: no interval, no verdict. */
    assert_int_equal(compare_paired(&c, base, subject, 11, 0.95, 1000, NULL), 0);
    assert_true(isnan(c.low) && isnan(c.high) && isnan(c.coverage) && isnan(resolution(&c)));
    assert_int_equal(c.verdict, VERDICT_NOT_RESOLVED);
}

static void equal_samples_are_not_resolved(void **state) {
    (void)state;
    static const double x[] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
    struct comparison c;
    assert_int_equal(compare_paired(&c, x, x, COUNT(x), 0.95, 1, NULL), 0);
    assert_true(c.ratio == 1 && c.low == 1 && c.high == 1 && c.p == 1);
    assert_int_equal(c.verdict, VERDICT_NOT_RESOLVED);
}

/* Two equal cases: false verdicts occur about as often as the confidence of the interval allows. */
static void paired_false_positive_rate(void **state) {
    (void)state;
    enum { RUNS = 4000, ROUNDS = 51 };
    struct random_state rs;
    random_seed(&rs, 20261122);
    unsigned claimed = 0;
    unsigned noisy = 0;
    for (unsigned run = 0; run < RUNS; run++) {
        double a[ROUNDS];
        double b[ROUNDS];
        for (size_t i = 0; i < ROUNDS; i++) {
            double drift = 1 + 0.3 * sin((double)i / 8); /* of the machine, common to both cases of a round */
            a[i] = drift * noisy_time(&rs);
            b[i] = drift * noisy_time(&rs);
        }
        struct aa_gate aa;
        assert_int_equal(make_aa_gate(&aa, a, b, ROUNDS, NULL), 0);
        claimed += aa.shown.verdict != VERDICT_NOT_RESOLVED;
        noisy += aa.state == AA_NOISY;
    }
    /* Expected 4.89 % of 4000 = 195 (standard deviation 13.6) and 0.062 % = 2.5. */
    assert_in_range(claimed, 195 - 55, 195 + 55);
    assert_in_range(noisy, 0, 10);
}

/* Twenty ratios of equal cases: with Bonferroni at least 95 % of all tables have no false verdict. */
static void bonferroni_holds_over_a_table(void **state) {
    (void)state;
    enum { RUNS = 400, TABLE = 20, ROUNDS = 31 };
    struct random_state rs;
    random_seed(&rs, 3);
    unsigned wrong_tables = 0;
    for (unsigned run = 0; run < RUNS; run++) {
        bool wrong = false;
        for (unsigned row = 0; row < TABLE; row++) {
            double a[ROUNDS];
            double b[ROUNDS];
            for (size_t i = 0; i < ROUNDS; i++) {
                a[i] = noisy_time(&rs);
                b[i] = noisy_time(&rs);
            }
            struct comparison c;
            assert_int_equal(compare_paired(&c, a, b, ROUNDS, 0.95, TABLE, NULL), 0);
            wrong = wrong || c.verdict != VERDICT_NOT_RESOLVED;
        }
        wrong_tables += wrong;
    }
    assert_in_range(wrong_tables, 0, 37); /* 5 % of 400, plus four standard deviations */
}

static void a_true_difference_is_found(void **state) {
    (void)state;
    enum { RUNS = 200, ROUNDS = 31 };
    struct random_state rs;
    random_seed(&rs, 4);
    unsigned slower = 0;
    unsigned covered = 0;
    for (unsigned run = 0; run < RUNS; run++) {
        double a[ROUNDS];
        double b[ROUNDS];
        for (size_t i = 0; i < ROUNDS; i++) {
            a[i] = 1.1 * noisy_time(&rs);
            b[i] = noisy_time(&rs);
        }
        struct comparison c;
        assert_int_equal(compare_paired(&c, a, b, ROUNDS, 0.95, 1, NULL), 0);
        slower += c.verdict == VERDICT_SLOWER;
        covered += c.low <= 1.1 && 1.1 <= c.high;
    }
    assert_in_range(slower, 195, RUNS);
    assert_in_range(covered, 180, RUNS);
}

static void a_noisy_gate_is_not_quiet(void **state) {
    (void)state;
    double a[31];
    double b[31];
    for (size_t i = 0; i < 31; i++) {
        a[i] = 1.02 + 0.001 * (double)(i % 5);
        b[i] = 1.00;
    }
    struct aa_gate aa;
    assert_int_equal(make_aa_gate(&aa, a, b, 31, NULL), 0);
    assert_int_equal(aa.state, AA_NOISY);
    assert_non_null(aa_reason(aa.state));
    assert_int_equal(make_aa_gate(&aa, a, b, 10, NULL), 0);
    assert_int_equal(aa.state, AA_TOO_FEW);
    assert_int_equal(make_aa_gate(&aa, b, b, 31, NULL), 0);
    assert_int_equal(aa.state, AA_QUIET);
    assert_null(aa_reason(aa.state));
}

/* An interval that includes 1 because it includes almost everything is not quiet. */
static void a_wide_gate_is_not_quiet(void **state) {
    (void)state;
    double a[31];
    double b[31];
    for (size_t i = 0; i < 31; i++) {
        a[i] = i % 2 ? 0.7 : 1.4;
        b[i] = 1;
    }
    struct aa_gate aa;
    assert_int_equal(make_aa_gate(&aa, a, b, 31, NULL), 0);
    assert_int_equal(aa.state, AA_TOO_WIDE);
    assert_string_equal(aa_words(aa.state), "too wide");
    assert_non_null(aa_reason(aa.state));
    /* Wide on one side alone is too wide, too. */
    for (size_t i = 0; i < 31; i++)
        a[i] = i % 2 ? 1 : 1.3;
    assert_int_equal(make_aa_gate(&aa, a, b, 31, NULL), 0);
    assert_int_equal(aa.state, AA_TOO_WIDE);
    assert_int_equal(make_aa_gate(&aa, b, a, 31, NULL), 0);
    assert_int_equal(aa.state, AA_TOO_WIDE);
}

/* Tails from scipy.stats.t; quantiles from the closed form for even degrees of freedom (Abramowitz and Stegun, 26.7.4),
 * with 40 digits: scipy's are off by up to 3e-11. */
static void students_distribution_known_answers(void **state) {
    (void)state;
    static const struct {
        double t;
        size_t freedom;
        double p;
    } tails[] = {
        {0.5, 1, 0.7048327646991336},    {1, 2, 0.42264973081037427},       {2.776445105197799, 4, 0.05},
        {3, 4, 0.03994196807171883},     {12.5, 4, 0.00023561604689269984}, {0.001, 8, 0.9992266021030893},
        {5.6, 8, 0.0005102458929826486}, {40, 8, 1.6785718879145774e-10},   {2, 98, 0.04826777194936759},
        {6, 298, 5.713908435728814e-09}, {1.5, 3, 0.23058386524482283},
    };
    static const struct {
        double alpha;
        size_t freedom;
        double t;
    } quantiles[] = {
        {0.05, 4, 2.7764451051977943},      {0.01, 8, 3.3553873313333953}, {0.0005, 8, 5.617410807227155},
        {0.01 / 60, 4, 13.653122408957785}, {1e-6, 4, 49.45863675693464},  {1e-5, 18, 6.05848453148251},
        {0.9, 8, 0.12970727155471762},      {0.05, 1, 12.706204736174705},
    };
    for (size_t i = 0; i < COUNT(tails); i++)
        assert_near(student_two_sided(tails[i].t, tails[i].freedom), tails[i].p, 1e-12);
    for (size_t i = 0; i < COUNT(quantiles); i++)
        assert_near(student_quantile(quantiles[i].alpha, quantiles[i].freedom), quantiles[i].t, 1e-12);
    assert_true(student_two_sided(0, 4) == 1);
    assert_true(student_two_sided(1e200, 4) == 0);
}

static const double base_medians[] = {2.10, 2.13, 2.09, 2.14, 2.11};
static const double subject_medians[] = {2.21, 2.25, 2.19, 2.24, 2.26, 2.20};

/* scipy.stats.ttest_ind of the logs. */
static void processes_known_answers(void **state) {
    (void)state;
    const struct samples subject = {subject_medians, COUNT(subject_medians)};
    const struct samples base = {base_medians, COUNT(base_medians)};
    struct shift shift;
    assert_int_equal(compare_processes(&shift, subject, base, NULL), 0);
    assert_int_equal(shift.freedom, 9);
    assert_near(shift.log_ratio, 0.051143619125135764, 1e-13);
    assert_near(shift.error, 0.007058078479360188, 1e-12);
    assert_near(shift_p(&shift, 0), 4.836476382274887e-05, 1e-10);
    assert_near(shift_p(&shift, 0.01), 0.0002479496346840124, 1e-10);
    assert_true(shift_p(&shift, 0.06) == 1);
    assert_near(certain_shift(&shift, 0.05), 0.03517713633786307, 1e-10);
    struct comparison c = comparison_of(&shift, 0.01, 0.01);
    assert_near(c.ratio, 1.0524740378298614, 1e-13);
    assert_near(c.low, 1.028607581274642, 1e-10);
    assert_near(c.high, 1.0768942602321074, 1e-10);
    assert_near(c.coverage, 0.99, 1e-15);
    assert_int_equal(c.verdict, VERDICT_SLOWER);
    c = comparison_of(&shift, 0.002, 0.03);
    assert_near(c.low, 1.021034600606429, 1e-10);
    assert_string_equal(verdict_words(c.verdict), "perhaps slower");
    assert_int_equal(comparison_of(&shift, 1e-9, 0.01).verdict, VERDICT_NOT_RESOLVED);
    assert_int_equal(compare_processes(&shift, base, subject, NULL), 0);
    assert_int_equal(comparison_of(&shift, 0.01, 0.01).verdict, VERDICT_FASTER);
    assert_string_equal(verdict_words(comparison_of(&shift, 0.01, 0.03).verdict), "perhaps faster");
    assert_near(certain_shift(&shift, 0.05), -0.03517713633786307, 1e-10);
}

/* Fewer than three processes: a ratio, and nothing that pretends to know more. */
static void few_processes_have_no_interval(void **state) {
    (void)state;
    struct shift shift;
    struct error err;
    assert_int_equal(compare_processes(&shift, (struct samples){subject_medians, 2},
                                       (struct samples){base_medians, COUNT(base_medians)}, &err),
                     0);
    assert_int_equal(shift.freedom, 0);
    assert_true(isnan(shift_p(&shift, 0)) && certain_shift(&shift, 0.05) == 0);
    struct comparison c = comparison_of(&shift, 0.01, 0.01);
    assert_true(c.ratio > 1.05 && isnan(c.low) && isnan(c.high) && isnan(c.p) && isnan(c.coverage));
    assert_string_equal(verdict_words(c.verdict), "unknown");
    static const double bad[] = {1, 0, 2};
    assert_int_equal(compare_processes(&shift, (struct samples){bad, 3}, (struct samples){base_medians, 5}, &err), -1);
    assert_int_equal(compare_processes(&shift, (struct samples){base_medians, 0}, (struct samples){bad, 1}, &err), -1);
    /* Processes that do not differ at all. */
    static const double same[] = {2, 2, 2};
    static const double twice[] = {4, 4, 4};
    assert_int_equal(compare_processes(&shift, (struct samples){same, 3}, (struct samples){same, 3}, NULL), 0);
    assert_true(shift_p(&shift, 0) == 1);
    assert_int_equal(comparison_of(&shift, 0.01, 0.01).verdict, VERDICT_NOT_RESOLVED);
    assert_int_equal(compare_processes(&shift, (struct samples){twice, 3}, (struct samples){same, 3}, NULL), 0);
    assert_true(shift_p(&shift, 0.5) == 0 && isnan(comparison_of(&shift, NAN, 0.01).low));
    assert_int_equal(comparison_of(&shift, 0.01, 0.01).verdict, VERDICT_SLOWER);
}

/* Holm's own order: p against alpha / m, alpha / (m - 1), ..., and nothing after the first that is larger. */
static void holm_steps_down(void **state) {
    (void)state;
    static const double p[] = {0.011, 0.3, NAN, 0.001, 0.02, 0.04};
    double level[COUNT(p)];
    assert_int_equal(holm_levels(level, p, COUNT(p), 0.05, NULL), 0);
    assert_near(level[3], 0.05 / 5, 1e-15);
    assert_near(level[0], 0.05 / 4, 1e-15);
    assert_near(level[4], 0.05 / 3, 1e-15); /* 0.02 is above it */
    assert_near(level[5], 0.05 / 3, 1e-15);
    assert_near(level[1], 0.05 / 3, 1e-15);
    assert_true(isnan(level[2]));
    /* 0.02 would pass the last step alone, but a smaller p has failed before. */
    static const double two[] = {0.02, 0.03, 0.02};
    assert_int_equal(holm_levels(level, two, COUNT(two), 0.05, NULL), 0);
    assert_near(level[0], 0.05 / 3, 1e-15);
    assert_near(level[1], 0.05 / 3, 1e-15);
    static const double small[] = {0.02, 0.001};
    assert_int_equal(holm_levels(level, small, COUNT(small), 0.05, NULL), 0);
    assert_near(level[1], 0.025, 1e-15);
    assert_near(level[0], 0.05, 1e-15);
}

/* A number of the standard normal distribution (Box and Muller, 1958). */
static double normal(struct random_state *rs) {
    double radius = sqrt(-2 * log(uniform(rs)));
    return radius * cos(6.283185307179586 * uniform(rs));
}

enum { TABLE_ROWS = 20, MOST_PROCESSES = 5 };

/* One comparison of two builds as `compare` makes it: rows of two groups of processes. Medians of processes scatter by
 * `deviation`; the subject's first row takes `first` times as long. Sets verdicts[TABLE_ROWS]. */
static void play_comparison(enum verdict *verdicts, size_t processes, double deviation, double first,
                            struct random_state *rs) {
    static const double floor = 0.01;
    struct shift shifts[TABLE_ROWS];
    double p[TABLE_ROWS];
    double level[TABLE_ROWS];
    for (size_t row = 0; row < TABLE_ROWS; row++) {
        double subject[MOST_PROCESSES];
        double base[MOST_PROCESSES];
        for (size_t i = 0; i < processes; i++) {
            base[i] = exp(deviation * normal(rs));
            subject[i] = exp(deviation * normal(rs)) * (row == 0 ? first : 1);
        }
        assert_int_equal(compare_processes(&shifts[row], (struct samples){subject, processes},
                                           (struct samples){base, processes}, NULL),
                         0);
        p[row] = shift_p(&shifts[row], floor);
    }
    assert_int_equal(holm_levels(level, p, TABLE_ROWS, 0.01, NULL), 0);
    for (size_t row = 0; row < TABLE_ROWS; row++) {
        struct comparison c = comparison_of(&shifts[row], level[row], floor);
        verdicts[row] = c.verdict;
        /* Holm's decision and the interval agree. */
        assert_int_equal(c.verdict == VERDICT_SLOWER || c.verdict == VERDICT_FASTER, p[row] <= level[row]);
    }
}

/* Comparisons of equal builds with any row that is called different, "perhaps" included. */
static unsigned false_comparisons(size_t processes, double deviation, unsigned runs, uint32_t seed) {
    struct random_state rs;
    random_seed(&rs, seed);
    unsigned wrong = 0;
    for (unsigned run = 0; run < runs; run++) {
        enum verdict verdicts[TABLE_ROWS];
        play_comparison(verdicts, processes, deviation, 1, &rs);
        bool any = false;
        for (size_t row = 0; row < TABLE_ROWS; row++)
            any = any || verdicts[row] != VERDICT_NOT_RESOLVED;
        wrong += any;
    }
    return wrong;
}

/* Expected are at most 1 % of 2000 = 20 with a standard deviation of 4.5. */
static void equal_processes_are_rarely_called_different(void **state) {
    (void)state;
    assert_in_range(false_comparisons(5, 0.005, 2000, 51), 6, 34);
    assert_in_range(false_comparisons(5, 0.05, 2000, 52), 6, 34);
    assert_in_range(false_comparisons(3, 0.005, 2000, 31), 6, 34);
    assert_in_range(false_comparisons(3, 0.05, 2000, 32), 6, 34);
}

/* A row that is 5 % slower, among 19 that are equal, with processes that differ by 0.5 %. */
static void a_slow_process_group_is_found(void **state) {
    (void)state;
    enum { RUNS = 1000 };
    struct random_state rs;
    random_seed(&rs, 55);
    unsigned found = 0;
    unsigned wrong = 0;
    for (unsigned run = 0; run < RUNS; run++) {
        enum verdict verdicts[TABLE_ROWS];
        play_comparison(verdicts, 5, 0.005, 1.05, &rs);
        found += verdicts[0] == VERDICT_SLOWER;
        bool any = verdicts[0] == VERDICT_FASTER || verdicts[0] == VERDICT_PERHAPS_FASTER;
        for (size_t row = 1; row < TABLE_ROWS; row++)
            any = any || verdicts[row] != VERDICT_NOT_RESOLVED;
        wrong += any;
    }
    assert_in_range(found, RUNS * 98 / 100, RUNS);
    assert_in_range(wrong, 0, 23); /* 1 %, plus four standard deviations */
}

static void schedule_is_a_latin_square(void **state) {
    (void)state;
    enum { CASES = 7, ROUNDS = 5 * CASES };
    struct schedule s;
    assert_int_equal(schedule_make(&s, CASES, 0, ROUNDS, 42, NULL), 0);
    unsigned seen[CASES][CASES] = {{0}}; /* [slot][case] */
    for (size_t r = 0; r < ROUNDS; r++) {
        unsigned in_round = 0;
        for (size_t slot = 0; slot < CASES; slot++) {
            size_t one = schedule_case(&s, r, slot);
            assert_true(one < CASES);
            in_round |= 1U << one;
            seen[slot][one]++;
        }
        assert_int_equal(in_round, (1U << CASES) - 1);
    }
    for (size_t slot = 0; slot < CASES; slot++)
        for (size_t one = 0; one < CASES; one++)
            assert_int_equal(seen[slot][one], ROUNDS / CASES);
    schedule_free(&s);
}

/* Each case follows each other case equally often: in every block (even number of cases), in every two blocks (odd). */
static void schedule_balances_neighbours(void **state) {
    (void)state;
    enum { MOST = 9 };
    for (size_t cases = 2; cases <= MOST; cases++) {
        struct schedule s;
        assert_int_equal(schedule_make(&s, cases, 0, 4 * cases, 42, NULL), 0);
        unsigned follows[MOST][MOST] = {{0}};
        for (size_t r = 0; r < 4 * cases; r++)
            for (size_t slot = 1; slot < cases; slot++)
                follows[schedule_case(&s, r, slot)][schedule_case(&s, r, slot - 1)]++;
        for (size_t a = 0; a < cases; a++)
            for (size_t b = 0; b < cases; b++)
                assert_int_equal(follows[a][b], a == b ? 0 : 4);
        schedule_free(&s);
    }
}

/* Each of the two parts is balanced within its own slots. */
static void schedule_keeps_leading_cases_together(void **state) {
    (void)state;
    enum { CASES = 10, EARLY = 4, LATE = CASES - EARLY, ROUNDS = EARLY * LATE };
    struct schedule s;
    assert_int_equal(schedule_make(&s, CASES, EARLY, ROUNDS, 42, NULL), 0);
    unsigned follows[CASES][CASES] = {{0}};
    for (size_t r = 0; r < ROUNDS; r++)
        for (size_t slot = 0; slot < CASES; slot++) {
            assert_int_equal(schedule_case(&s, r, slot) < EARLY, slot < EARLY);
            if (slot > 0) follows[schedule_case(&s, r, slot)][schedule_case(&s, r, slot - 1)]++;
        }
    for (size_t a = 0; a < CASES; a++)
        for (size_t b = 0; b < CASES; b++)
            if ((a < EARLY) == (b < EARLY))
                assert_int_equal(follows[a][b], a == b ? 0 : a < EARLY ? ROUNDS / EARLY : ROUNDS / LATE);
    schedule_free(&s);
    struct error err;
    assert_int_equal(schedule_make(&s, 3, 4, 5, 7, &err), -1);
}

static void schedule_follows_its_seed(void **state) {
    (void)state;
    /* numpy.random.RandomState(7): permutation(3) gives 2 1 0; the second block is the first one backwards. */
    static const uint32_t expected[] = {2, 1, 0, 1, 0, 2, 0, 2, 1, 0, 1, 2, 2, 0, 1};
    struct schedule s;
    assert_int_equal(schedule_make(&s, 3, 0, 5, 7, NULL), 0);
    assert_memory_equal(s.which, expected, sizeof expected);
    schedule_free(&s);
    struct error err;
    assert_int_equal(schedule_make(&s, 0, 0, 5, 7, &err), -1);
    assert_int_equal(schedule_make(&s, 3, 0, SIZE_MAX, 7, &err), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(summary_of_known_samples),
        cmocka_unit_test(one_sample_has_no_spread),
        cmocka_unit_test(bad_samples_are_refused),
        cmocka_unit_test(sign_intervals),
        cmocka_unit_test(paired_comparison_takes_the_right_order_statistics),
        cmocka_unit_test(equal_samples_are_not_resolved),
        cmocka_unit_test(paired_false_positive_rate),
        cmocka_unit_test(bonferroni_holds_over_a_table),
        cmocka_unit_test(a_true_difference_is_found),
        cmocka_unit_test(a_noisy_gate_is_not_quiet),
        cmocka_unit_test(a_wide_gate_is_not_quiet),
        cmocka_unit_test(students_distribution_known_answers),
        cmocka_unit_test(processes_known_answers),
        cmocka_unit_test(few_processes_have_no_interval),
        cmocka_unit_test(holm_steps_down),
        cmocka_unit_test(equal_processes_are_rarely_called_different),
        cmocka_unit_test(a_slow_process_group_is_found),
        cmocka_unit_test(schedule_is_a_latin_square),
        cmocka_unit_test(schedule_balances_neighbours),
        cmocka_unit_test(schedule_keeps_leading_cases_together),
        cmocka_unit_test(schedule_follows_its_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
