/* SPDX-License-Identifier: MIT */
/* The analysis of made-up samples: shares of roofs, contention, speeds, verdicts, the A/A gates, and which times are
 * usable. */
#include "measure/analysis.h"
#include "played_experiment.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ALONE, READ, BOTH, TWIN };

static void near(double got, double want, double within) {
    if (!(fabs(got - want) <= within)) fail_msg("%.9g is not within %g of %g", got, within, want);
}

static void analyse_folds(struct analysis *analysis, struct experiment *folds) {
    struct error err;
    if (analyse(analysis, folds, &err) != 0) fail_msg("%s", err.text);
}

static void contention_is_of_equal_work(void **state) {
    (void)state;
    struct experiment *folds = played_folds(1.0);
    struct analysis analysis;
    analyse_folds(&analysis, folds);
    const struct pair_analysis *pair = &analysis.pairs[0];
    near(pair->contention, 0.1, 0.002);
    assert_true(pair->contention_low > 0.09 && pair->contention_high < 0.11);
    near(pair->speed, 2 / 1.1, 0.005);
    near(pair->efficiency, 1 / 1.1, 0.002);
    assert_int_equal(analysis.controls[0].aa.state, AA_QUIET);
    assert_int_equal(pair->times.verdict, VERDICT_SLOWER);
    assert_null(pair->reason);
    analysis_free(&analysis);
    experiment_free(folds);
}

static void a_noisy_twin_withholds_verdicts_of_its_experiment(void **state) {
    (void)state;
    struct experiment *folds = played_folds(1.05);
    struct analysis analysis;
    analyse_folds(&analysis, folds);
    assert_int_equal(analysis.controls[0].aa.state, AA_NOISY);
    assert_int_equal(analysis.pairs[0].times.verdict, VERDICT_WITHHELD);
    assert_non_null(analysis.pairs[0].reason);
    near(analysis.pairs[0].contention, 0.1, 0.002); /* the measured values stay */
    analysis_free(&analysis);
    experiment_free(folds);
}

static void shares_and_rates_are_per_row(void **state) {
    (void)state;
    struct experiment *folds = played_folds(1.0);
    struct analysis analysis;
    folds->rounds.observed[ALONE * PLAYED_ROUNDS + 3].disturbance.flags = DISTURBED_SWITCH;
    analyse_folds(&analysis, folds);
    const struct case_analysis *alone = &analysis.cases[ALONE];
    near(alone->stored.percent, 50, 0.1);
    assert_string_equal(alone->stored.binds, "read");
    assert_int_equal(alone->stored.verdict, ROOF_POSSIBLE);
    assert_true(isnan(alone->stored.compute_ns));
    near(alone->ns_per_row, 1e-3 * 1e9 / PLAYED_ROWS, 1);
    near(alone->cycles_per_pixel, 1000.0 * 2.0 / PLAYED_PIXELS, 0.01);
    near(alone->gb_per_second, 576.0 * PLAYED_ROWS / 1e-3 * 1e-9, 0.01);
    near(analysis.cases[BOTH].folds_per_second, 12 / 2.2e-3, 10);
    near(analysis.cases[BOTH].seconds_per_fold, 2.2e-3 * 2 / 12, 1e-6);
    assert_true(isnan(analysis.cases[BOTH].cycles_per_pixel));
    assert_int_equal(alone->disturbed, 1);
    assert_int_equal(alone->quiet.n, PLAYED_ROUNDS - 1);
    assert_int_equal(analysis.disturbed, 1);
    assert_false(analysis.cases[READ].stored.known);
    analysis_free(&analysis);
    experiment_free(folds);
}

static void a_case_above_its_roof_is_impossible(void **state) {
    (void)state;
    struct experiment *folds = played_folds(1.0);
    struct analysis analysis;
    analyse_folds(&analysis, folds);
    assert_int_equal(analysis.cases[ALONE].stored.verdict, ROOF_POSSIBLE);
    analysis_free(&analysis);
    for (size_t r = 0; r < PLAYED_ROUNDS; r++)
        folds->rounds.seconds[READ * PLAYED_ROUNDS + r] *= 2.1;
    analyse_folds(&analysis, folds);
    assert_int_equal(analysis.cases[ALONE].stored.verdict, ROOF_BROKEN);
    analysis_free(&analysis);
    experiment_free(folds);
}

/* Bonferroni counts all pairs of the experiment. */
static void all_pairs_are_counted_together(void **state) {
    (void)state;
    struct experiment *folds = played_folds(1.0);
    struct analysis analysis;
    experiment_pair(folds, PAIR_BEST, BOTH, ALONE);
    experiment_pair(folds, PAIR_BEST, TWIN, ALONE);
    analyse_folds(&analysis, folds);
    for (int p = 0; p < 3; p++) {
        assert_int_equal(analysis.pairs[p].times.comparisons, 3);
        near(analysis.pairs[p].times.confidence, 0.99, 0);
        assert_true(analysis.pairs[p].times.coverage >= 1 - 0.01 / 3);
    }
    near(analysis.pairs[1].speed, 1 / 2.2, 0.002);
    assert_true(isnan(analysis.pairs[1].contention));
    analysis_free(&analysis);
    experiment_free(folds);
}

/* ---- pairs */

static double *sample_of(struct experiment *experiment, size_t which, size_t round) {
    return &experiment->rounds.seconds[which * experiment->rounds.rounds + round];
}

/* Makes a case the A/A twin of another: by 0.01 % slower and faster in turn. */
static void play_twin(struct experiment *experiment, int twin, int of) {
    experiment_control(experiment, twin, of);
    for (size_t r = 0; r < PLAYED_ROUNDS; r++)
        *sample_of(experiment, (size_t)twin, r) = *sample_of(experiment, (size_t)of, r) * (r % 2 ? 1.0001 : 0.9999);
}

/* Epochs of n jobs that take these seconds, and the A/A twin of the first, which covers all. The first is compared with
 * each other one. */
static struct experiment *played_epochs(const double *seconds, int n) {
    struct experiment *epochs = played_experiment("epochs", (size_t)n + 1);
    struct case_facts facts = case_facts_of(CASE_EPOCH, "rows", PLAYED_ROWS);
    facts.job = &played_scalar;
    facts.control = n;
    for (int c = 0; c <= n; c++) {
        char name[CASE_NAME];
        snprintf(name, sizeof name, "epoch/%d%s", c % n, c == n ? "/again" : "");
        play(epochs, name, &facts, seconds[c % n]);
        if (c > 0 && c < n) experiment_pair(epochs, PAIR_BEST, 0, (size_t)c);
    }
    play_twin(epochs, n, 0);
    return epochs;
}

static void disturb(struct experiment *experiment, size_t which, size_t round, unsigned flags) {
    experiment->rounds.observed[which * experiment->rounds.rounds + round].disturbance.flags = flags;
}

/* The rounds are those of `count` processes, in equal parts. */
static void split_into(struct experiment *experiment, unsigned count) {
    struct rounds *rounds = &experiment->rounds;
    for (size_t r = 0; r < rounds->rounds; r++)
        rounds->process[r] = (unsigned)(r * count / rounds->rounds);
}

/* Makes a case slower in one of `count` processes. */
static void slow_down(struct experiment *experiment, size_t which, unsigned process, double factor) {
    for (size_t r = 0; r < experiment->rounds.rounds; r++)
        if (experiment->rounds.process[r] == process) *sample_of(experiment, which, r) *= factor;
}

/* Keeps the first `count` rounds only. */
static void shorten(struct experiment *experiment, size_t count) {
    struct rounds *rounds = &experiment->rounds;
    for (size_t c = 0; c < experiment->count; c++)
        for (size_t r = 0; r < count; r++) {
            rounds->seconds[c * count + r] = rounds->seconds[c * rounds->rounds + r];
            rounds->observed[c * count + r] = rounds->observed[c * rounds->rounds + r];
        }
    rounds->rounds = count;
}

/* The layout of one process is in all of its rounds: the interval holds the ratio of each. */
static void intervals_hold_the_ratio_of_each_process(void **state) {
    (void)state;
    for (int faster = 0; faster < 2; faster++) {
        const double seconds[] = {1e-3, 1.1e-3}, factor = faster ? 1 / 1.03 : 1.03;
        struct experiment *epochs = played_epochs(seconds, 2);
        struct analysis analysis;
        split_into(epochs, 4);
        slow_down(epochs, 1, 2, factor);
        analyse_folds(&analysis, epochs);
        const struct comparison *times = &analysis.pairs[0].times;
        assert_int_equal(analysis.processes, 4);
        near(times->ratio, 1 / 1.1, 0.001);
        near(faster ? times->high : times->low, 1 / (1.1 * factor), 0.001);
        near(faster ? times->low : times->high, 1 / 1.1, 0.001);
        near(analysis.cases[1].process_medians[2], 1.1e-3 * factor, 2e-6);
        near(analysis.cases[1].process_medians[3], 1.1e-3, 2e-6);
        analysis_free(&analysis);
        experiment_free(epochs);
    }
}

/* A difference that one process alone does not show is not certain. */
static void a_process_that_disagrees_takes_the_verdict(void **state) {
    (void)state;
    const double seconds[] = {1e-3, 1.02e-3};
    struct experiment *epochs = played_epochs(seconds, 2);
    struct analysis analysis;
    split_into(epochs, 5);
    analyse_folds(&analysis, epochs);
    assert_int_equal(analysis.pairs[0].times.verdict, VERDICT_FASTER);
    analysis_free(&analysis);
    slow_down(epochs, 0, 4, 1.03);
    slow_down(epochs, 2, 4, 1.03);
    analyse_folds(&analysis, epochs);
    near(analysis.pairs[0].times.ratio, 1 / 1.02, 0.001);
    assert_int_equal(analysis.pairs[0].times.verdict, VERDICT_NOT_RESOLVED);
    analysis_free(&analysis);
    experiment_free(epochs);
}

static void a_verdict_needs_the_floor(void **state) {
    (void)state;
    static const struct {
        double seconds;
        enum verdict verdict;
    } cases[] = {{1e-3, VERDICT_NOT_RESOLVED},       {1.005e-3, VERDICT_PERHAPS_FASTER},
                 {0.995e-3, VERDICT_PERHAPS_SLOWER}, {1.02e-3, VERDICT_FASTER},
                 {0.98e-3, VERDICT_SLOWER},          {1.0085e-3, VERDICT_PERHAPS_FASTER},
                 {0.9915e-3, VERDICT_PERHAPS_SLOWER}};
    enum { N = sizeof cases / sizeof *cases };
    double seconds[N + 1] = {1e-3};
    for (int c = 0; c < N; c++)
        seconds[c + 1] = cases[c].seconds;
    struct experiment *epochs = played_epochs(seconds, N + 1);
    struct analysis analysis;
    analyse_folds(&analysis, epochs);
    for (int c = 0; c < N; c++)
        if (analysis.pairs[c].times.verdict != cases[c].verdict)
            fail_msg("1 ms against %g: %s", cases[c].seconds, verdict_words(analysis.pairs[c].times.verdict));
    analysis_free(&analysis);
    experiment_free(epochs);
    /* Of contention: 1 % longer per fold than alone */
    struct experiment *folds = played_folds(1.0);
    for (size_t r = 0; r < PLAYED_ROUNDS; r++)
        *sample_of(folds, BOTH, r) *= 1.005 / 1.1;
    analyse_folds(&analysis, folds);
    assert_int_equal(analysis.pairs[0].times.verdict, VERDICT_PERHAPS_SLOWER);
    analysis_free(&analysis);
    experiment_free(folds);
}

/* A round in which either case was spoiled is left out of their pair; the medians of all samples keep it. */
static void spoiled_rounds_are_left_out_of_pairs(void **state) {
    (void)state;
    const double seconds[] = {1e-3, 1.1e-3, 1.2e-3};
    struct experiment *epochs = played_epochs(seconds, 3);
    struct analysis analysis;
    for (size_t r = 0; r < 10; r++) {
        disturb(epochs, 0, r, DISTURBED_AWAY);
        disturb(epochs, 1, r + 5, DISTURBED_MIGRATION | DISTURBED_SWITCH);
        disturb(epochs, 2, r + 40, DISTURBED_SWITCH | DISTURBED_FAULT | DISTURBED_DELAY); /* spoils nothing */
        *sample_of(epochs, 0, r) = 5e-3;
    }
    analyse_folds(&analysis, epochs);
    assert_int_equal(analysis.pairs[0].times.n_subject, PLAYED_ROUNDS - 15);
    assert_int_equal(analysis.pairs[0].times.n_base, PLAYED_ROUNDS - 15);
    assert_int_equal(analysis.pairs[1].times.n_subject, PLAYED_ROUNDS - 10);
    near(analysis.pairs[0].times.ratio, 1 / 1.1, 0.001);
    assert_int_equal(analysis.cases[0].all.n, PLAYED_ROUNDS);
    near(analysis.cases[0].all.max, 5e-3, 0);
    assert_int_equal(analysis.cases[0].spoiled, 10);
    assert_int_equal(analysis.cases[2].spoiled, 0);
    assert_int_equal(analysis.cases[2].disturbed, 10);
    assert_int_equal(analysis.cases[2].quiet.n, PLAYED_ROUNDS - 10);
    assert_true(analysis.cases[1].migrated && !analysis.cases[0].migrated);
    analysis_free(&analysis);
    experiment_free(epochs);
}

/* The median of a process is that of its samples that are not spoiled; of all where each is. */
static void medians_of_processes_leave_spoiled_samples_out(void **state) {
    (void)state;
    const double seconds[] = {1e-3, 1.1e-3};
    struct experiment *epochs = played_epochs(seconds, 2);
    struct analysis analysis;
    split_into(epochs, 4);
    for (size_t r = 0; r < 12; r++) {
        disturb(epochs, 0, r, DISTURBED_AWAY); /* 12 of the 20 samples of process 0 */
        *sample_of(epochs, 0, r) = 7e-3;
    }
    for (size_t r = 20; r < 40; r++) {
        disturb(epochs, 1, r, DISTURBED_STEAL); /* all of process 1 */
        *sample_of(epochs, 1, r) = 3e-3;
    }
    analyse_folds(&analysis, epochs);
    near(analysis.cases[0].process_medians[0], 1e-3, 2e-6);
    near(analysis.cases[1].process_medians[0], 1.1e-3, 2e-6);
    near(analysis.cases[1].process_medians[1], 3e-3, 0);
    analysis_free(&analysis);
    experiment_free(epochs);
}

/* The factor by which a true difference must differ from 1: the floor, the interval and chance on top of one another.
 */
static void resolution_is_a_distance_from_1(void **state) {
    (void)state;
    const double seconds[] = {1e-3, 1.1e-3, 1.2e-3};
    struct experiment *epochs = played_epochs(seconds, 3);
    struct analysis analysis;
    struct comparison narrow;
    experiment_pair(epochs, PAIR_SCALAR, 1, 2);
    split_into(epochs, 4);
    slow_down(epochs, 1, 3, 1.02);
    slow_down(epochs, 2, 3, 1.04);
    analyse_folds(&analysis, epochs);
    for (size_t p = 0; p < 3; p++) {
        const struct pair_analysis *pair = &analysis.pairs[p];
        const double *subject = sample_of(epochs, pair->of.subject, 0), *base = sample_of(epochs, pair->of.base, 0);
        assert_int_equal(compare_paired(&narrow, subject, base, PLAYED_ROUNDS, 0.8, 1, NULL), 0);
        near(pair->resolution, (1 + resolution(&pair->times)) * (1 + resolution(&narrow)) * 1.01 - 1, 1e-12);
        assert_true(pair->resolution > 0.01);
    }
    near(analysis.pairs[1].resolution, 1.04 * 1.01 - 1, 0.003);
    assert_true(analysis_resolution(&analysis) == analysis.pairs[1].resolution);
    assert_true(analysis.usable.above == analysis.pairs[1].resolution);
    assert_int_equal(analysis.usable.state, USABLE_ABOVE);
    analysis_free(&analysis);
    /* Only pairs of the main table count. */
    epochs->pairs[1].family = PAIR_SCALAR;
    analyse_folds(&analysis, epochs);
    assert_true(analysis_resolution(&analysis) == analysis.pairs[0].resolution);
    assert_int_equal(analysis.usable.state, USABLE);
    analysis_free(&analysis);
    experiment_free(epochs);
    /* Equal in every round: the floor alone is left. */
    epochs = played_epochs(seconds, 2);
    for (size_t r = 0; r < PLAYED_ROUNDS; r++)
        *sample_of(epochs, 1, r) = *sample_of(epochs, 0, r);
    analyse_folds(&analysis, epochs);
    near(analysis.pairs[0].resolution, 0.01, 1e-12);
    assert_int_equal(analysis.usable.state, USABLE);
    analysis_free(&analysis);
    experiment_free(epochs);
}

/* An experiment that compares nothing leaves nothing unresolved. */
static void nothing_to_compare_is_usable(void **state) {
    (void)state;
    const double seconds[] = {1e-3};
    struct experiment *epochs = played_epochs(seconds, 1);
    struct analysis analysis;
    analyse_folds(&analysis, epochs);
    assert_true(isnan(analysis.usable.above));
    assert_int_equal(analysis.usable.state, USABLE);
    analysis_free(&analysis);
    experiment_free(epochs);
}

/* ---- why a verdict is withheld */

static void assert_withheld(struct experiment *experiment, const char *because) {
    struct analysis analysis;
    analyse_folds(&analysis, experiment);
    const struct pair_analysis *pair = &analysis.pairs[0];
    if (!because) {
        assert_null(pair->reason);
        assert_int_not_equal(pair->times.verdict, VERDICT_WITHHELD);
    } else {
        assert_int_equal(pair->times.verdict, VERDICT_WITHHELD);
        assert_non_null(pair->reason);
        if (!strstr(pair->reason, because)) fail_msg("'%s' is not in: %s", because, pair->reason);
        assert_true(pair->times.ratio > 0); /* the measured value stays */
    }
    analysis_free(&analysis);
}

static void spoil(struct experiment *experiment, size_t which, size_t first, size_t count, unsigned flags) {
    for (size_t r = first; r < first + count; r++)
        disturb(experiment, which, r, flags);
}

/* Everything at once, then one reason less each time. */
static void reasons_come_in_their_order(void **state) {
    (void)state;
    const double seconds[] = {1e-3, 1.1e-3, 1.2e-3, 1.3e-3, 1.4e-3};
    struct experiment *epochs = played_epochs(seconds, 5);
    shorten(epochs, 16);
    for (int more = 0; more < 3; more++)
        experiment_pair(epochs, PAIR_SCALAR, 3, 4);
    epochs->rounds.witness = (struct witness){.seconds = 1, .away = 0.5, .here = 0, .near = 0};
    spoil(epochs, 0, 0, 5, DISTURBED_AWAY);
    spoil(epochs, 1, 5, 6, DISTURBED_AWAY);
    assert_withheld(epochs, "no CPU for 50 % of the time");
    epochs->rounds.witness.away = 0;
    assert_withheld(epochs, "5 of 16 samples were spoiled");
    spoil(epochs, 0, 4, 1, 0);
    assert_withheld(epochs, "6 of 16 samples were spoiled");
    spoil(epochs, 1, 9, 2, 0);
    assert_withheld(epochs, "too few rounds in which neither case was disturbed");
    spoil(epochs, 1, 5, 6, 0);
    assert_withheld(epochs, NULL);
    experiment_free(epochs);
}

/* Workers together as fast as 1.1 times as many alone are an alarm. */
static void too_good_an_efficiency_is_an_alarm(void **state) {
    (void)state;
    for (int alarm = 0; alarm < 2; alarm++) {
        struct experiment *folds = played_folds(1.0);
        for (size_t r = 0; r < PLAYED_ROUNDS; r++)
            *sample_of(folds, BOTH, r) *= 2.0 / (alarm ? 1.12 : 1.08) / 2.2;
        assert_withheld(folds, alarm ? "faster together than alone" : NULL);
        experiment_free(folds);
    }
}

/* No round in which neither case was spoiled: nothing is known of the pair, and nothing breaks. */
static void a_pair_without_a_round(void **state) {
    (void)state;
    const double seconds[] = {1e-3, 1.1e-3, 1.2e-3, 1.3e-3};
    struct experiment *epochs = played_epochs(seconds, 4);
    struct analysis analysis;
    spoil(epochs, 1, 0, PLAYED_ROUNDS, DISTURBED_STEAL);
    analyse_folds(&analysis, epochs);
    near(analysis.pairs[0].times.ratio, 1 / 1.1, 0.001); /* of all rounds, without an interval */
    assert_true(isnan(analysis.pairs[0].times.low) && isnan(analysis.pairs[0].times.high));
    assert_true(isnan(analysis.pairs[0].resolution));
    assert_int_equal(analysis.pairs[0].times.verdict, VERDICT_WITHHELD);
    assert_int_equal(analysis.pairs[1].times.verdict, VERDICT_FASTER);
    assert_true(analysis.usable.above > 0);
    analysis_free(&analysis);
    experiment_free(epochs);
}

/* ---- which times are usable */

/* The state of the times of an experiment, and what its reason says. */
static void assert_usable(struct experiment *experiment, enum usable_state want, const char *reason,
                          const char *advice) {
    struct analysis analysis;
    analyse_folds(&analysis, experiment);
    const struct usable *usable = &analysis.usable;
    if (usable->state != want)
        fail_msg("%s, not %s: %s", usable_names[usable->state], usable_names[want], usable->reason);
    if (!reason[0]) assert_string_equal(usable->reason, "");
    if (!strstr(usable->reason, reason)) fail_msg("'%s' is not in: %s", reason, usable->reason);
    if (!advice[0]) assert_string_equal(usable->advice, "");
    if (!strstr(usable->advice, advice)) fail_msg("'%s' is not in: %s", advice, usable->advice);
    analysis_free(&analysis);
}

static void a_witness_can_make_times_unusable(void **state) {
    (void)state;
    static const struct {
        double away, here, near;
        long long throttled;
        enum usable_state want;
        const char *reason, *advice;
    } seen[] = {
        {0, 0, 0, 0, USABLE, "", ""},
        {0.05, 0.05, 0.10, -1, USABLE, "", ""},
        {0.05, NAN, NAN, 9, USABLE, "", ""}, /* a quota that took little */
        {0.051, 0.05, 0.10, 0, NOT_USABLE, "the program had no CPU for 5 % of the time", "something stops it"},
        {0.051, NAN, NAN, -1, NOT_USABLE, "the program had no CPU for 5 % of the time", "something stops it"},
        {0.2, 0.4, 0, 0, NOT_USABLE, "PU 6 was busy with other programs: no CPU for 20 % of the time", "taskset"},
        {0.2, 0.4, 0, 3, NOT_USABLE, "stopped this control group 3 times for its CPU quota: no CPU for 20 %",
         "cpu.max"},
        {0, 0.051, 0.5, 0, NOT_USABLE, "other programs took 5 % of PU 6, which was timed", "taskset"},
        {0, 0.05, 0.101, 0, NOT_USABLE, "other programs took 10 % of PU 7, which shares a cache",
         "quit other programs"},
    };
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        struct experiment *folds = played_folds(1.0);
        folds->rounds.witness = (struct witness){.seconds = 1,
                                                 .away = seen[i].away,
                                                 .here = seen[i].here,
                                                 .near = seen[i].near,
                                                 .here_pu = 6,
                                                 .near_pu = 7,
                                                 .throttled = seen[i].throttled};
        assert_usable(folds, seen[i].want, seen[i].reason, seen[i].advice);
        assert_withheld(folds, seen[i].want == NOT_USABLE ? seen[i].reason : NULL);
        experiment_free(folds);
    }
}

/* Fast cases 0 to 2 with a twin, slow cases 4 and 5 with one of their own. */
enum { FAST_TWIN = 3, SLOW = 4, SLOW_TWIN = 6, LENGTHS = 7 };

static struct experiment *played_lengths(void) {
    static const double seconds[LENGTHS] = {1e-3, 1.1e-3, 1.2e-3, 1e-3, 50e-3, 60e-3, 50e-3};
    struct experiment *epochs = played_experiment("epochs", LENGTHS);
    for (int c = 0; c < LENGTHS; c++) {
        struct case_facts facts = case_facts_of(CASE_EPOCH, "rows", PLAYED_ROWS);
        char name[CASE_NAME];
        snprintf(name, sizeof name, "epoch/%d", c);
        facts.job = &played_scalar;
        facts.control = c >= SLOW ? SLOW_TWIN : FAST_TWIN;
        play(epochs, name, &facts, seconds[c]);
        if (c > 0 && c != FAST_TWIN && c != SLOW_TWIN) experiment_pair(epochs, PAIR_BEST, 0, (size_t)c);
    }
    play_twin(epochs, FAST_TWIN, 0);
    play_twin(epochs, SLOW_TWIN, SLOW);
    return epochs;
}

/* Each length of samples has its own A/A twin; what it shows holds for the cases of that length alone. */
static void each_length_has_its_control(void **state) {
    (void)state;
    static const char *const words[] = {"quiet", "noisy", "too wide", "wrong", "wrong"};
    for (int kind = 0; kind < 5; kind++)
        for (int slow = 0; slow < 2; slow++) {
            struct experiment *epochs = played_lengths();
            struct analysis analysis;
            const size_t twin = slow ? SLOW_TWIN : FAST_TWIN, of = slow ? SLOW : 0;
            for (size_t r = 0; r < PLAYED_ROUNDS; r++) {
                if (kind == 1) *sample_of(epochs, twin, r) *= 1.05;
                if (kind == 2) *sample_of(epochs, twin, r) *= r % 2 ? 2 : 0.5;
            }
            if (kind == 3) epochs->rounds.failed[twin] = true;
            if (kind == 4) epochs->rounds.failed[of] = true;
            analyse_folds(&analysis, epochs);
            for (size_t c = 0; c < LENGTHS; c++) {
                const bool covered = kind > 0 && (c >= SLOW) == slow && c != twin && !epochs->rounds.failed[c];
                if (covered != (analysis.cases[c].unusable[0] != 0))
                    fail_msg("%s, case %zu: %s", words[kind], c, analysis.cases[c].unusable);
                if (covered) assert_non_null(strstr(analysis.cases[c].unusable, words[kind]));
                if (covered) assert_non_null(strstr(analysis.cases[c].unusable, epochs->cases[twin].name));
            }
            for (size_t p = 0; p < 4; p++) {
                const bool held = analysis.pairs[p].failed || analysis.pairs[p].times.verdict == VERDICT_WITHHELD;
                assert_int_equal(held, kind > 0 && (!slow || analysis.pairs[p].of.base >= SLOW));
            }
            analysis_free(&analysis);
            experiment_free(epochs);
        }
}

/* Too few rounds for a gate is no quiet one, and neither is none. */
static void a_case_needs_a_control(void **state) {
    (void)state;
    struct experiment *epochs = played_lengths();
    shorten(epochs, 10);
    assert_usable(epochs, NOT_USABLE, "5 of 5 cases are not usable; epoch/0: its A/A control epoch/3 is too few rounds",
                  "run it again");
    experiment_free(epochs);
    epochs = played_lengths();
    epochs->facts[2].control = NO_CASE;
    assert_usable(epochs, USABLE, "1 of 5 cases are not usable; epoch/2: it has no A/A control", "");
    experiment_free(epochs);
}

static void most_cases_decide(void **state) {
    (void)state;
    struct experiment *epochs = played_lengths();
    spoil(epochs, 1, 0, 20, DISTURBED_AWAY);
    assert_usable(epochs, USABLE, "", ""); /* a quarter of its samples */
    spoil(epochs, 1, 0, 21, DISTURBED_AWAY);
    assert_usable(epochs, USABLE, "1 of 5 cases are not usable; epoch/1: 21 of 80 samples were spoiled", "");
    spoil(epochs, 2, 0, 30, DISTURBED_STEAL);
    assert_usable(epochs, USABLE, "2 of 5 cases are not usable; epoch/1: 21 of 80", "");
    spoil(epochs, FAST_TWIN, 0, 30, DISTURBED_STEAL); /* a twin is no case of its own */
    assert_usable(epochs, USABLE, "2 of 5 cases are not usable; epoch/1: 21 of 80", "");
    spoil(epochs, SLOW, 0, 30, DISTURBED_STEAL);
    assert_usable(epochs, NOT_USABLE, "3 of 5 cases are not usable; epoch/1: 21 of 80", "quieter machine");
    experiment_free(epochs);
}

/* Samples far above the median of their process that no source explains. */
static void long_samples_need_a_cause(void **state) {
    (void)state;
    struct experiment *epochs = played_lengths();
    struct analysis analysis;
    split_into(epochs, 2);
    slow_down(epochs, 1, 1, 2.0); /* a slow process is not an unexplained sample */
    for (size_t r = 0; r < 16; r++) {
        *sample_of(epochs, 1, r) *= 1.6;
        *sample_of(epochs, 2, r) *= 1.4;
        *sample_of(epochs, 0, r) *= 1.6;
        disturb(epochs, 0, r, DISTURBED_SWITCH);
    }
    analyse_folds(&analysis, epochs);
    assert_int_equal(analysis.cases[0].unexplained, 0);
    assert_int_equal(analysis.cases[1].unexplained, 16);
    assert_int_equal(analysis.cases[2].unexplained, 0);
    assert_string_equal(analysis.cases[1].unusable, ""); /* a fifth */
    analysis_free(&analysis);
    *sample_of(epochs, 1, 16) *= 1.6;
    analyse_folds(&analysis, epochs);
    assert_int_equal(analysis.cases[1].unexplained, 17);
    assert_non_null(strstr(analysis.cases[1].unusable, "17 of 80 samples were far too long"));
    analysis_free(&analysis);
    experiment_free(epochs);
}

static void a_case_far_above_its_roof_is_unusable(void **state) {
    (void)state;
    for (int alarm = 0; alarm < 2; alarm++) {
        struct experiment *folds = played_folds(1.0);
        struct analysis analysis;
        for (size_t r = 0; r < PLAYED_ROUNDS; r++)
            *sample_of(folds, READ, r) *= alarm ? 2.24 : 2.18;
        analyse_folds(&analysis, folds);
        near(analysis.cases[ALONE].stored.percent, alarm ? 112 : 109, 0.3);
        if (alarm)
            assert_non_null(strstr(analysis.cases[ALONE].unusable, "it reaches 112 % of its roof"));
        else
            assert_string_equal(analysis.cases[ALONE].unusable, "");
        analysis_free(&analysis);
        assert_withheld(folds, alarm ? "of its roof" : NULL);
        experiment_free(folds);
    }
}

/* Work that was wrong leaves no pair, no share and no control. */
static void a_failed_case_leaves_nothing(void **state) {
    (void)state;
    for (int which = ALONE; which <= TWIN; which++) {
        struct experiment *folds = played_folds(1.0);
        struct analysis analysis;
        folds->rounds.failed[which] = true;
        for (size_t r = 0; r < PLAYED_ROUNDS; r++)
            *sample_of(folds, (size_t)which, r) = 0; /* no sample was taken */
        analyse_folds(&analysis, folds);
        assert_true(analysis.cases[which].failed);
        assert_null(analysis.cases[which].process_medians);
        assert_int_equal(analysis.pairs[0].failed, which == ALONE || which == BOTH);
        assert_int_equal(analysis.cases[ALONE].stored.known, which == BOTH || which == TWIN);
        assert_int_equal(analysis.control_count, which == READ || which == BOTH);
        assert_int_equal(analysis_control(&analysis, BOTH) != NULL, which == READ || which == BOTH);
        analysis_free(&analysis);
        experiment_free(folds);
    }
}

/* ---- two experiments together */

static struct usable usable_of(enum usable_state state, double above, const char *reason) {
    struct usable usable = {.state = state, .above = above};
    snprintf(usable.reason, sizeof usable.reason, "%s", reason);
    return usable;
}

static void the_worse_of_two_holds(void **state) {
    (void)state;
    static const struct {
        enum usable_state a, b, want;
        double above_a, above_b, above;
        const char *reason_a, *reason_b, *reason;
    } both[] = {
        {USABLE, USABLE, USABLE, 0.02, 0.03, 0.03, "", "", ""},
        {USABLE, USABLE_ABOVE, USABLE_ABOVE, 0.02, 0.08, 0.08, "", "", ""},
        {USABLE, NOT_USABLE, NOT_USABLE, 0.02, NAN, 0.02, "one case", "busy", "busy"},
        {USABLE_ABOVE, NOT_USABLE, NOT_USABLE, 0.08, 0.02, 0.08, "", "busy", "busy"},
        {USABLE, USABLE_ABOVE, USABLE_ABOVE, 0.02, 0.06, 0.06, "one case", "", "one case"},
        {USABLE, USABLE, USABLE, 0.02, NAN, 0.02, "", "", ""},
    };
    for (size_t i = 0; i < sizeof both / sizeof *both; i++)
        for (int swapped = 0; swapped < 2; swapped++) {
            const struct usable a = usable_of(both[i].a, both[i].above_a, both[i].reason_a);
            const struct usable b = usable_of(both[i].b, both[i].above_b, both[i].reason_b);
            const struct usable got = swapped ? usable_both(&b, &a) : usable_both(&a, &b);
            assert_int_equal(got.state, both[i].want);
            near(got.above, both[i].above, 0);
            assert_string_equal(got.reason, both[i].reason);
        }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(contention_is_of_equal_work),
        cmocka_unit_test(a_noisy_twin_withholds_verdicts_of_its_experiment),
        cmocka_unit_test(shares_and_rates_are_per_row),
        cmocka_unit_test(a_case_above_its_roof_is_impossible),
        cmocka_unit_test(all_pairs_are_counted_together),
        cmocka_unit_test(intervals_hold_the_ratio_of_each_process),
        cmocka_unit_test(a_process_that_disagrees_takes_the_verdict),
        cmocka_unit_test(a_verdict_needs_the_floor),
        cmocka_unit_test(spoiled_rounds_are_left_out_of_pairs),
        cmocka_unit_test(medians_of_processes_leave_spoiled_samples_out),
        cmocka_unit_test(resolution_is_a_distance_from_1),
        cmocka_unit_test(nothing_to_compare_is_usable),
        cmocka_unit_test(reasons_come_in_their_order),
        cmocka_unit_test(too_good_an_efficiency_is_an_alarm),
        cmocka_unit_test(a_pair_without_a_round),
        cmocka_unit_test(a_witness_can_make_times_unusable),
        cmocka_unit_test(each_length_has_its_control),
        cmocka_unit_test(a_case_needs_a_control),
        cmocka_unit_test(most_cases_decide),
        cmocka_unit_test(long_samples_need_a_cause),
        cmocka_unit_test(a_case_far_above_its_roof_is_unusable),
        cmocka_unit_test(a_failed_case_leaves_nothing),
        cmocka_unit_test(the_worse_of_two_holds),
    };
    return cmocka_run_group_tests_name("analysis", tests, NULL, NULL);
}
