/* SPDX-License-Identifier: MIT */
/* The analysis of made-up samples: shares of roofs, contention, speeds, and the A/A gate. */
#include "measure/analysis.h"
#include "played_experiment.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(contention_is_of_equal_work),
        cmocka_unit_test(a_noisy_twin_withholds_verdicts_of_its_experiment),
        cmocka_unit_test(shares_and_rates_are_per_row),
        cmocka_unit_test(a_case_above_its_roof_is_impossible),
        cmocka_unit_test(all_pairs_are_counted_together),
    };
    return cmocka_run_group_tests_name("analysis", tests, NULL, NULL);
}
