/* SPDX-License-Identifier: MIT */
/* The published job: how it is known, and that each published value is a check. Made-up jobs; tests/published.sh has
 * the real one. */
#include "verify/published.h"

#include "learn/hyper_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct job job;
static struct job_spec spec;

static void set_published_job(void) {
    memset(&job, 0, sizeof job);
    job_spec_defaults(&spec);
    snprintf(job.ds.pixels_sha256, sizeof job.ds.pixels_sha256, "%s", published.pixels_sha256);
    snprintf(job.ds.labels_sha256, sizeof job.ds.labels_sha256, "%s", published.labels_sha256);
    snprintf(job.ds.name, sizeof job.ds.name, "/elsewhere"); /* names do not matter */
    spec.rows.data = "/elsewhere";
}

static bool is_published(void) {
    return is_published_job(&job, &spec, PUBLISHED_FOLDS);
}

static void the_job_is_known_by_its_hashes(void **state) {
    (void)state;
    set_published_job();
    assert_true(is_published());
    job.ds.pixels_sha256[63] ^= 1;
    assert_false(is_published());
    set_published_job();
    job.ds.labels_sha256[0] ^= 1;
    assert_false(is_published());
    set_published_job();
    job.ds.pixels_sha256[0] = 0; /* not hashed yet */
    assert_false(is_published());
    set_published_job();
    assert_false(is_published_job(&job, &spec, 4));
    spec.rows.order = ORDER_FILE;
    assert_false(is_published());
    set_published_job();
    spec.rows.order_seed = 43;
    assert_false(is_published());
    set_published_job();
    spec.rows.limit = 60000;
    assert_false(is_published());
    for (enum hyper_id id = HYPER_DIGIT; id < HYPER_FOLDS; id++) {
        set_published_job();
        hyper_set(&spec, id, hyper_table[id].fallback + 1);
        assert_int_equal(is_published(), hyper_get(&spec, PUBLISHED_FOLDS, id) == hyper_table[id].fallback);
    }
}

/* Has the published precision and recall. */
static const struct confusion at_threshold = {.tn = 53992, .fp = 587, .fn = 1630, .tp = 3791};

/* A job and the notebook's steps with exactly the published outcome. */
static struct fold_result folds[PUBLISHED_FOLDS], never[PUBLISHED_FOLDS];
static struct verified_job verified[3];
static struct verified_jobs jobs;
static struct notebook notebook;

static void make(void) {
    static struct backend fast_math;
    fast_math = *backend_scalar();
    fast_math.name = "autovec";
    fast_math.parity = PARITY_TOLERANCE;
    set_published_job();
    for (size_t f = 0; f < PUBLISHED_FOLDS; f++) {
        folds[f] = (struct fold_result){.accuracy = published.fold_accuracy[f]};
        never[f] = (struct fold_result){.accuracy = published.never_accuracy[f]};
    }
    for (size_t i = 0; i < 3; i++) {
        const enum engine engine = i == 0 ? ENGINE_F64 : ENGINE_F32;
        verified[i] = (struct verified_job){.engine = engine,
                                            .backend = i < 2 ? backend_scalar() : &fast_math,
                                            .model.fingerprint = published.fingerprint[engine],
                                            .model.update_hash = published.update_hash,
                                            .cv = {.folds = PUBLISHED_FOLDS, .fold = folds}};
        verified[i].cv.confusion = published.confusion;
    }
    jobs = (struct verified_jobs){.list = verified, .count = 3};
    notebook = (struct notebook){.by = &verified[0],
                                 .digit.decision = 161855.74572176495,
                                 .own_digit.decision = 57246.295192031656,
                                 .never = {.folds = PUBLISHED_FOLDS, .fold = never},
                                 .trade_off = {.roc_auc = published.roc_auc, .at_threshold.confusion = at_threshold}};
}

/* The checks of the made-up outcome. Its order of the rows, none, is the one failure that is always there. */
static struct check_list check(void) {
    struct check_list checks = {0};
    struct error err;
    assert_int_equal(published_check(&checks, &job, &spec, &jobs, &notebook, &err), 0);
    assert_true(checks.count >= 1);
    assert_non_null(strstr(checks.failed[0].what, "order of the rows: "));
    return checks;
}

/* One failure more, of this case, with these words. */
static void expect(size_t more, const char *name, const char *what) {
    struct check_list checks = check();
    assert_int_equal(checks.count, 1 + more);
    assert_string_equal(checks.failed[1].case_name, name);
    if (strncmp(checks.failed[1].what, what, strlen(what)) != 0)
        fail_msg("'%s' does not begin: %s", what, checks.failed[1].what);
    assert_int_equal(checks.failed[1].process, -1);
    assert_int_equal(checks.failed[1].round, -1);
    check_list_free(&checks);
}

static void each_published_value_is_a_check(void **state) {
    (void)state;
    make();
    struct check_list checks = check();
    assert_int_equal(checks.count, 1);
    assert_int_equal(checks.made, 1 + 8 + 2 * 9 + 7);
    check_list_free(&checks);
    notebook.digit.decision += 1e-7;
    expect(1, "f64/scalar", "decision of the digit: 161855.74572186, published is 161855.74572176");
    make();
    notebook.own_digit.decision += 1e-7;
    expect(1, "f64/scalar", "decision of the notebook's digit: 57246.29519213, published is 57246.29519203");
    make();
    notebook.trade_off.roc_auc += 1e-15;
    expect(1, "f64/scalar", "ROC AUC: 0.96244965559671");
    make();
    notebook.trade_off.at_threshold.confusion.fp++;
    expect(1, "f64/scalar", "precision at the threshold: 0.8657");
    make();
    notebook.trade_off.at_threshold.confusion.fn++;
    expect(1, "f64/scalar", "recall at the threshold: 0.6991");
    make();
    never[2].accuracy = 0.9129;
    expect(1, "f64/scalar", "accuracy of always saying no of fold 3: 0.9129, published is 0.9128");
    make();
    verified[1].model.fingerprint++;
    expect(1, "f32/scalar", "fingerprint: 29533d195ca7d0a5, published is 29533d195ca7d0a4");
    make();
    verified[0].model.update_hash++;
    expect(1, "f64/scalar", "update hash: 14cd0deafca98f6f, ");
    make();
    folds[0].accuracy = 0.95;
    expect(3, "f64/scalar", "accuracy of fold 1: 0.95, published is 0.9502");
    make();
    verified[1].cv.confusion = (struct confusion){53273, 1306, 1077, 4344};
    expect(3, "f32/scalar", "confusion matrix: 53273 1306 / 1077 4344, published is 53272 1307 / 1077 4344");
}

static void fast_math_answers_for_metrics_alone(void **state) {
    (void)state;
    make();
    verified[2].model.fingerprint = verified[2].model.update_hash = 0;
    struct check_list checks = check();
    assert_int_equal(checks.count, 1);
    check_list_free(&checks);
    verified[2].cv.confusion.tp--;
    expect(4, "f32/autovec", "confusion matrix: ");
}

static void failures_have_the_command_that_repeats_them(void **state) {
    (void)state;
    char text[CHECK_COMMAND];
    job_spec_defaults(&spec);
    check_command(text, &spec, 3, ENGINE_F32, backend_scalar());
    assert_string_equal(text, "sgdmark run --engine f32 --isa scalar");
    check_command(text, &spec, 3, ENGINE_F64, NULL);
    assert_string_equal(text, "sgdmark run --engine f64");
    spec.rows = (struct row_spec){"/my images", SPLIT_TEST, ORDER_FILE, 7, 500, PAGES_HUGE};
    hyper_set(&spec, HYPER_alpha, 0.001);
    hyper_set(&spec, HYPER_compat, COMPAT_1_2);
    check_command(text, &spec, 4, ENGINE_INT, backend_scalar());
    assert_string_equal(text, "sgdmark run --engine int --isa scalar --data '/my images' --split test --order file "
                              "--order-seed 7 --limit 500 --pages huge --alpha 0.001 --compat 1.2 --folds 4");
}

static void the_list_grows(void **state) {
    (void)state;
    struct check_list checks = {0};
    for (int i = 0; i < 100; i++)
        assert_int_equal(check_list_add(&checks, &(struct check_failure){.round = i}, NULL), 0);
    assert_int_equal(checks.count, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(checks.failed[i].round, i);
    check_list_free(&checks);
    assert_int_equal(checks.count, 0);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_job_is_known_by_its_hashes),
        cmocka_unit_test(each_published_value_is_a_check),
        cmocka_unit_test(fast_math_answers_for_metrics_alone),
        cmocka_unit_test(failures_have_the_command_that_repeats_them),
        cmocka_unit_test(the_list_grows),
    };
    return cmocka_run_group_tests_name("published", tests, NULL, NULL);
}
