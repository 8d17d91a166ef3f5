/* SPDX-License-Identifier: MIT */
/* Planned runs: intervals over processes, what they resolve, when a run looks and stops, and how often thousands of
 * simulated runs are wrong. */
#include "data/random.h"
#include "measure/analysis.h"
#include "measure/planner.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void near(double got, double want, double within) {
    if (!(fabs(got - want) <= within)) fail_msg("%.9g is not within %g of %g", got, within, want);
}

/* ---- Simulated runs: one case against twelve others, in rounds that are spread over processes. */

enum { OTHERS = 12, CASES = OTHERS + 1, ROUNDS = 8 };

/* How times vary, as standard deviations of their logarithms. */
struct noise {
    double process;      /* of a case from process to process */
    double round;        /* of a sample; neighbouring samples of a case are alike by half */
    double slow_state;   /* of a case in one process of `one_in`: so much slower */
    unsigned one_in;     /* 0: none */
    unsigned outlier_in; /* one sample of so many takes up to twice as long */
};

/* Median log ratios of two equal cases differ from process to process by 0.5 %, 1 % and 1.5 %: a quiet machine, and
 * virtual ones on hosts with neighbours. */
static const struct noise quiet = {.process = 0.002, .round = 0.005, .outlier_in = 20};
static const struct noise usual = {.process = 0.003, .round = 0.0098, .outlier_in = 20};
static const struct noise restless = {.process = 0.004, .round = 0.013, .outlier_in = 10};
static const struct noise two_states = {
    .process = 0.002, .round = 0.005, .slow_state = 0.13, .one_in = 10, .outlier_in = 20};

static double uniform(struct random_state *rs) {
    return ((double)random_uint32(rs) + 0.5) / 4294967296.0;
}

static double normal(struct random_state *rs) {
    return sqrt(-2 * log(uniform(rs))) * cos(6.283185307179586 * uniform(rs));
}

/* The samples of all processes so far; case 0 is the one that the others are compared with. */
struct samples_so_far {
    double seconds[CASES][PLAN_MOST * ROUNDS];
    unsigned process[PLAN_MOST * ROUNDS];
    size_t rounds;
};

static void add_process(struct samples_so_far *samples, struct random_state *rs, const struct noise *noise,
                        double last_slower, unsigned process) {
    for (size_t c = 0; c < CASES; c++) {
        double level = noise->process * normal(rs) + (c == CASES - 1 ? last_slower : 0);
        if (noise->one_in && random_uint32(rs) % noise->one_in == 0) level += noise->slow_state;
        double wave = normal(rs);
        for (size_t r = 0; r < ROUNDS; r++) {
            wave = 0.5 * wave + sqrt(0.75) * normal(rs);
            double log_time = level + noise->round * wave;
            if (random_uint32(rs) % noise->outlier_in == 0) log_time += log(1 + uniform(rs));
            samples->seconds[c][samples->rounds + r] = exp(log_time);
            samples->process[samples->rounds + r] = process;
        }
    }
    samples->rounds += ROUNDS;
}

/* What one run said. */
struct said {
    unsigned processes;
    bool all_resolved;
    bool verdict;  /* it called some of the equal cases faster or slower */
    bool missed;   /* at any look, some interval did not hold the true ratio */
    double spread; /* standard deviation of the first pair over processes, at the last look */
    bool found;    /* it called the last case slower */
};

static void look_at(struct said *said, struct samples_so_far *samples, const struct plan *plan, double last_slower) {
    said->all_resolved = true;
    said->verdict = said->found = false;
    for (size_t c = 1; c < CASES; c++) {
        const struct paired_times times = {samples->seconds[c], samples->seconds[0], samples->process, samples->rounds};
        const double truth = exp(c == CASES - 1 ? last_slower : 0);
        struct process_ratios ratios;
        assert_int_equal(process_ratios(&ratios, &times, NULL), 0);
        if (c == 1) said->spread = ratios.shift.error * sqrt((double)ratios.processes);
        const struct comparison pair =
            compare_by_process(&ratios, times.n, experiment_confidence, OTHERS * plan_chances(plan));
        const double resolves = interval_resolves(pair.ratio, pair.low, pair.high);
        said->all_resolved = said->all_resolved && resolves <= plan->target;
        said->missed = said->missed || pair.low > truth || pair.high < truth;
        if (c == CASES - 1 && last_slower > 0)
            said->found = resolves == 0 && pair.low > 1;
        else
            said->verdict = said->verdict || resolves == 0;
    }
}

static struct said simulate(struct random_state *rs, const struct noise *noise, double target, double last_slower) {
    static struct samples_so_far samples;
    const struct plan plan = plan_for(target, 300);
    struct said said = {.processes = 0};
    samples.rounds = 0;
    while (said.processes < PLAN_MOST) {
        add_process(&samples, rs, noise, last_slower, said.processes++);
        if (!plan_looks_after(&plan, said.processes) && said.processes < PLAN_MOST) continue;
        look_at(&said, &samples, &plan, last_slower);
        if (said.all_resolved) break;
    }
    return said;
}

/* Counts over many runs. */
struct counts {
    unsigned verdicts, missed, found, resolved;
    double processes, spread; /* on average */
};

static struct counts simulate_many(unsigned runs, const struct noise *noise, double last_slower) {
    struct random_state rs;
    struct counts counts = {0};
    random_seed(&rs, 20261127);
    for (unsigned run = 0; run < runs; run++) {
        const struct said said = simulate(&rs, noise, 0.01, last_slower);
        counts.verdicts += said.verdict;
        counts.missed += said.missed;
        counts.found += said.found;
        counts.resolved += said.all_resolved;
        counts.spread += said.spread / runs;
        counts.processes += (double)said.processes / runs;
    }
    print_message(
        "# %u runs of processes that differ by %.2f %%, the last case %.0f %% slower: %u with a false verdict, %u "
        "with an interval that misses at some look, found in %u, all resolved in %u, %.0f processes\n",
        runs, 100 * counts.spread, 100 * expm1(last_slower), counts.verdicts, counts.missed, counts.found,
        counts.resolved, counts.processes);
    return counts;
}

static void identical_builds_are_not_told_apart(void **state) {
    (void)state;
    const struct noise *const noises[] = {&quiet, &usual};
    static const unsigned runs[] = {500, 2000};
    for (size_t i = 0; i < 2; i++) {
        const struct counts counts = simulate_many(runs[i], noises[i], 0);
        assert_in_range(counts.verdicts, 0, runs[i] / 100);
        assert_in_range(counts.missed, 0, runs[i] / 100);
        assert_in_range(counts.resolved, runs[i] * 99 / 100, runs[i]);
    }
}

static void two_percent_is_found(void **state) {
    (void)state;
    const struct noise *const noises[] = {&quiet, &usual};
    static const unsigned runs[] = {500, 2000};
    for (size_t i = 0; i < 2; i++) {
        const struct counts counts = simulate_many(runs[i], noises[i], log(1.02));
        assert_in_range(counts.found, runs[i] * 9 / 10, runs[i]);
        assert_in_range(counts.verdicts, 0, runs[i] / 100);
        assert_in_range(counts.missed, 0, runs[i] / 100);
    }
}

static void more_noise_takes_longer(void **state) {
    (void)state;
    const struct counts equal = simulate_many(100, &restless, 0), slower = simulate_many(100, &restless, log(1.02));
    assert_in_range(equal.verdicts + slower.verdicts, 0, 2);
    assert_in_range(equal.missed + slower.missed, 0, 6); /* 2 are allowed, give or take two standard deviations */
    assert_in_range(slower.found, 90, 100);
}

/* A process may be in one of two states, by where its memory lies. No normal distribution has that shape. */
static void two_states_are_not_told_apart(void **state) {
    (void)state;
    const struct counts counts = simulate_many(100, &two_states, 0);
    assert_in_range(counts.verdicts, 0, 1);
}

/* ---- Intervals. */

static void the_unit_is_the_process(void **state) {
    (void)state;
    /* Three processes whose medians are 1.01, 1.02 and 1.03, of 5, 3 and 4 rounds; a fourth has too few. */
    double subject[] = {1.01, 1.01, 1.01, 9, 0.1, 1.02, 1.02, 5, 1.03, 1.03, 1.03, 1.03, 7, 7};
    double base[14];
    unsigned process[] = {0, 0, 0, 0, 0, 2, 2, 2, 3, 3, 3, 3, 4, 4};
    for (size_t i = 0; i < 14; i++)
        base[i] = 1;
    const struct paired_times times = {subject, base, process, 14};
    struct process_ratios ratios;
    assert_int_equal(process_ratios(&ratios, &times, NULL), 0);
    assert_int_equal(ratios.processes, 3);
    assert_int_equal(ratios.shift.freedom, 2);
    const double logs[] = {log(1.01), log(1.02), log(1.03)}, mean = (logs[0] + logs[1] + logs[2]) / 3;
    const double squares = pow(logs[0] - mean, 2) + pow(logs[1] - mean, 2) + pow(logs[2] - mean, 2);
    near(ratios.shift.error, sqrt(squares / 2 / 3), 1e-12);
    const struct comparison pair = compare_by_process(&ratios, 14, 0.95, 1);
    near(pair.ratio, exp(mean), 1e-12);
    near(log(pair.high), mean + 4.302652729911275 * ratios.shift.error, 1e-9); /* t(0.05, 2) of tables */
    near(log(pair.low), mean - 4.302652729911275 * ratios.shift.error, 1e-9);
    assert_int_equal(pair.n_subject, 14);
    near(pair.coverage, 0.95, 1e-12);
    near(compare_by_process(&ratios, 14, 0.99, 10).coverage, 0.999, 1e-12);
}

static void two_processes_have_no_interval(void **state) {
    (void)state;
    double x[] = {1, 1, 1, 1, 1, 1};
    unsigned process[] = {0, 0, 0, 1, 1, 1};
    const struct paired_times times = {x, x, process, 6};
    struct process_ratios ratios;
    struct aa_gate aa;
    assert_int_equal(process_ratios(&ratios, &times, NULL), 0);
    assert_true(isnan(compare_by_process(&ratios, 6, 0.95, 1).low));
    double spread = 0;
    assert_int_equal(process_spread(&spread, &ratios, &times, NULL), 0);
    assert_true(isnan(spread));
    assert_int_equal(make_aa_gate_by_process(&aa, &times, NULL), 0);
    assert_int_equal(aa.state, AA_TOO_FEW);
}

/* Equal medians do not show that another process would have the same one: the rounds' own noise remains. */
static void the_spread_is_at_least_that_of_rounds(void **state) {
    (void)state;
    double subject[60], base[60];
    unsigned process[60];
    for (unsigned i = 0; i < 60; i++) {
        subject[i] = exp(0.01 * ((double)(i % 20) - 9.5));
        base[i] = 1;
        process[i] = i / 20;
    }
    const struct paired_times times = {subject, base, process, 60};
    struct process_ratios ratios;
    assert_int_equal(process_ratios(&ratios, &times, NULL), 0);
    near(ratios.shift.error, 0, 1e-12);
    double spread = 0;
    assert_int_equal(process_spread(&spread, &ratios, &times, NULL), 0);
    near(spread, 1.4826 * 0.05 * 1.2533 / sqrt(20), 1e-9);
}

static void what_an_interval_resolves(void **state) {
    (void)state;
    assert_true(interval_resolves(1.05, 1.011, 1.1) == 0); /* slower */
    assert_true(interval_resolves(0.95, 0.9, 0.989) == 0); /* faster */
    near(interval_resolves(1, 1 / 1.008, 1.008), 0.008, 1e-12);
    /* Narrow, but a difference of 1.9 % may be there: 0.9 % beyond the floor. */
    near(interval_resolves(1.015, 1.011 / 1.002, 1.019), 1.019 / 1.01 - 1, 1e-12);
    near(interval_resolves(1 / 1.015, 1 / 1.019, 1.002 / 1.011), 1.019 / 1.01 - 1, 1e-12);
    assert_true(isnan(interval_resolves(1, (double)NAN, (double)NAN)));
}

static void every_look_is_paid_for(void **state) {
    (void)state;
    const struct plan resolve = plan_for(0.01, 300), time = plan_for(0, 30), none = {.made = false};
    assert_int_equal(plan_chances(&resolve), resolve.look_count + 1);
    assert_int_equal(plan_chances(&time), 1);
    assert_int_equal(plan_chances(&none), 1);
    unsigned looks = 0;
    for (unsigned processes = 0; processes <= PLAN_MOST; processes++) {
        looks += plan_looks_after(&resolve, processes);
        assert_false(plan_looks_after(&time, processes));
    }
    assert_int_equal(looks, resolve.look_count);
    assert_true(plan_looks_after(&resolve, PLAN_FEWEST));
    assert_false(plan_looks_after(&resolve, PLAN_PILOT));
}

/* ---- The planner, on experiments whose processes the test plays. */

enum { PLAYED_CASES = 4, PLAYED = 6 };

/* A best case, its A/A twin, another case, and one that takes twice as long. */
static struct experiment *played(const struct plan *plan) {
    struct experiment *experiment = experiment_new("epochs", PLAYED_CASES, 2, NULL);
    static const char *const names[] = {"epoch/f32/a", "epoch/f32/a/again", "epoch/f32/b", "epoch/f32/c"};
    assert_non_null(experiment);
    for (int c = 0; c < PLAYED_CASES; c++) {
        struct timed_case timed = {.run = NULL};
        const struct case_facts facts = case_facts_of(CASE_EPOCH, "rows", 1000);
        snprintf(timed.name, sizeof timed.name, "%s", names[c]);
        experiment_add(experiment, &timed, &facts);
    }
    experiment_control(experiment, 1, 0);
    for (int c = 0; c < PLAYED_CASES; c++)
        experiment->facts[c].control = 1;
    experiment_pair(experiment, PAIR_BEST, 0, 2);
    experiment_pair(experiment, PAIR_BEST, 0, 3);
    experiment->pixels = 784;
    experiment->plan = *plan;
    return experiment;
}

/* A process times its rounds: the third case takes `ratio` times as long as the others, give or take `spread`. */
static void play_process(struct experiment *experiment, unsigned process, double ratio, double spread) {
    struct rounds rounds;
    assert_int_equal(rounds_allocate(&rounds, PLAYED_CASES, PLAYED, NULL), 0);
    assert_int_equal(schedule_make(&rounds.schedule, PLAYED_CASES, 0, PLAYED, process, NULL), 0);
    for (size_t r = 0; r < PLAYED; r++) {
        rounds.process[r] = process;
        rounds.ghz[r] = 2;
        for (size_t c = 0; c < PLAYED_CASES; c++)
            rounds.seconds[c * PLAYED + r] = c == 3 ? 2e-3 : 1e-3;
        rounds.seconds[2 * PLAYED + r] *= ratio * (1 + (process % 2 ? spread : -spread));
    }
    rounds.total = 1;
    assert_int_equal(rounds_append(&experiment->rounds, &rounds, NULL), 0);
    rounds_free(&rounds);
}

/* Plays a run of one experiment or two, whose processes take `cost` seconds each. Returns how many were started. */
static unsigned play_run(struct planner *planner, double ratio, const double spread[PLANNED], double cost,
                         unsigned of[PLANNED]) {
    double seconds = 2;
    unsigned started = 0;
    memset(of, 0, PLANNED * sizeof *of);
    for (;; started++) {
        bool wanted[PLANNED], any = false;
        assert_int_equal(planner_next(planner, started, seconds, wanted, NULL), 0);
        for (size_t e = 0; e < PLANNED; e++) {
            if (!wanted[e]) continue;
            play_process(planner->experiments[e], started, ratio, spread[e]);
            of[e]++;
            any = true;
        }
        if (!any) return started;
        seconds += cost;
    }
}

static void a_run_stops_when_all_is_resolved(void **state) {
    (void)state;
    const struct plan plan = plan_for(0.01, 300);
    const double spread[PLANNED] = {0.0001, 0.004};
    struct planner planner = {.plan = plan, .experiments = {played(&plan), played(&plan)}};
    unsigned of[PLANNED];
    const unsigned started = play_run(&planner, 1, spread, 3, of);
    assert_int_equal(of[0], PLAN_FEWEST); /* the steady one stops first, at its first look */
    assert_int_equal(of[1], started);
    assert_in_range(started, 7, 20);
    assert_true(plan_looks_after(&plan, started));
    assert_true(planner.enough[0] && planner.enough[1]);
    assert_true(planner.reaches);
    assert_in_range(planner.plan.forecast.processes, 7, 28);
    near(planner.plan.forecast.seconds, 2 + 3 * planner.plan.forecast.processes, 1e-9);
    assert_true(planner.plan.forecast.resolves > 0 && planner.plan.forecast.resolves <= 0.01);
    for (size_t e = 0; e < PLANNED; e++)
        experiment_free(planner.experiments[e]);
}

static void a_run_stops_when_the_time_is_up(void **state) {
    (void)state;
    const double wide[PLANNED] = {0.1, 0.1}, narrow[PLANNED] = {0.0001, 0.0001};
    struct plan plan = plan_for(0.01, 50);
    struct planner planner = {.plan = plan, .experiments = {played(&plan), NULL}};
    unsigned of[PLANNED];
    assert_int_equal(play_run(&planner, 1, wide, 3, of), 16); /* 2 + 16 * 3 seconds */
    assert_false(planner.reaches);
    assert_int_equal(planner.plan.forecast.processes, 16);
    experiment_free(planner.experiments[0]);
    /* --time alone never stops for what it saw, and the fewest processes run whatever the time. */
    plan = plan_for(0, 50);
    planner = (struct planner){.plan = plan, .experiments = {NULL, played(&plan)}};
    assert_int_equal(play_run(&planner, 1, narrow, 3, of), 16);
    experiment_free(planner.experiments[1]);
    plan = plan_for(0, 4);
    planner = (struct planner){.plan = plan, .experiments = {played(&plan), NULL}};
    assert_int_equal(play_run(&planner, 1, narrow, 3, of), PLAN_FEWEST);
    assert_int_equal(planner.plan.forecast.processes, PLAN_FEWEST);
    experiment_free(planner.experiments[0]);
    plan = plan_for(0, 1e6);
    planner = (struct planner){.plan = plan, .experiments = {played(&plan), NULL}};
    assert_int_equal(play_run(&planner, 1, narrow, 3, of), PLAN_MOST);
    experiment_free(planner.experiments[0]);
}

/* Processes that all fail add no rounds: nothing is foreseen, and nothing crashes. */
static void processes_that_fail_resolve_nothing(void **state) {
    (void)state;
    const struct plan plan = plan_for(0.01, 20);
    struct planner planner = {.plan = plan, .experiments = {played(&plan), NULL}};
    bool wanted[PLANNED] = {true};
    unsigned started = 0;
    for (; wanted[0]; started++)
        assert_int_equal(planner_next(&planner, started, 2 + 3 * (double)started, wanted, NULL), 0);
    assert_int_equal(started - 1, 6);
    assert_true(isnan(planner.plan.forecast.resolves));
    experiment_free(planner.experiments[0]);
}

/* On a machine without a quiet moment there are ratios and no intervals. */
static void spoiled_rounds_give_ratios_without_intervals(void **state) {
    (void)state;
    const struct plan plan = plan_for(0, 30);
    for (size_t clean = 0; clean < FEWEST_ROUNDS; clean++) { /* of each process */
        struct experiment *experiment = played(&plan);
        struct analysis analysis;
        for (unsigned k = 0; k < PLAN_FEWEST; k++)
            play_process(experiment, k, 1.02, 0);
        for (size_t i = 0; i < experiment->rounds.rounds * PLAYED_CASES; i++)
            if (i % PLAYED >= clean)
                experiment->rounds.observed[i].disturbance = (struct disturbance){.away = 0.5, .flags = DISTURBED_AWAY};
        assert_int_equal(analyse(&analysis, experiment, NULL), 0);
        assert_int_equal(analysis.controls[0].aa.state, AA_TOO_FEW);
        near(analysis.controls[0].aa.shown.ratio, 1, 1e-12);
        near(analysis.pairs[0].times.ratio, 1 / 1.02, 1e-12);
        assert_true(isnan(analysis.pairs[0].times.low) && isnan(analysis.pairs[0].resolves));
        assert_int_equal(analysis.pairs[0].times.verdict, VERDICT_WITHHELD);
        assert_true(isnan(analysis.outcome.resolves));
        analysis_free(&analysis);
        experiment_free(experiment);
    }
}

static void the_outcome_of_a_planned_experiment(void **state) {
    (void)state;
    const struct plan plan = plan_for(0.01, 300);
    struct experiment *experiment = played(&plan);
    struct analysis analysis;
    for (unsigned k = 0; k < 7; k++)
        play_process(experiment, k, 1.02, 0.0005);
    assert_int_equal(analyse(&analysis, experiment, NULL), 0);
    assert_int_equal(analysis.outcome.started, 7);
    assert_int_equal(analysis.outcome.pairs, 2);
    assert_int_equal(analysis.outcome.resolved, 2);
    assert_true(analysis.outcome.resolves == 0);
    assert_int_equal(analysis.pairs[0].times.verdict, VERDICT_FASTER);
    assert_int_equal(analysis.pairs[0].times.comparisons, 2 * plan_chances(&plan));
    assert_int_equal(analysis.controls[0].aa.state, AA_QUIET);
    analysis_free(&analysis);
    experiment_free(experiment);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_unit_is_the_process),
        cmocka_unit_test(two_processes_have_no_interval),
        cmocka_unit_test(the_spread_is_at_least_that_of_rounds),
        cmocka_unit_test(what_an_interval_resolves),
        cmocka_unit_test(every_look_is_paid_for),
        cmocka_unit_test(a_run_stops_when_all_is_resolved),
        cmocka_unit_test(a_run_stops_when_the_time_is_up),
        cmocka_unit_test(processes_that_fail_resolve_nothing),
        cmocka_unit_test(spoiled_rounds_give_ratios_without_intervals),
        cmocka_unit_test(the_outcome_of_a_planned_experiment),
        cmocka_unit_test(identical_builds_are_not_told_apart),
        cmocka_unit_test(two_percent_is_found),
        cmocka_unit_test(more_noise_takes_longer),
        cmocka_unit_test(two_states_are_not_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
