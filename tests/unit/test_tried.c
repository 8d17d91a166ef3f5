/* SPDX-License-Identifier: MIT */
/* What `doctor --measure` makes of its samples: planted differences are found, equal cases are not told apart, wrong
 * weights end it; and the pages of rows, which change no bit. */
#include "data/row_pages.h"
#include "learn/job.h"
#include "measure/tried.h"
#include "played_experiment.h"
#include "record/tried_json.h"
#include "report/tried_report.h"
#include "setup.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* ---- verdicts, of samples made by hand */

/* The plain way takes 1 ms, its twin `twin` times as long, and each alternative that many times, on its threads. */
static struct experiment *samples(double twin, size_t count, const double *times, const unsigned *threads) {
    struct experiment *experiment = played_experiment("pages", 2 + count);
    struct case_facts facts = case_facts_of(CASE_EPOCH, "rows", PLAYED_ROWS);
    facts.job = &played_fast;
    facts.control = 1;
    play(experiment, "doctor/pages/4k", &facts, 1e-3);
    experiment_control(experiment, play(experiment, "doctor/pages/4k/again", &facts, 1e-3 * twin), 0);
    for (size_t i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "doctor/pages/other%zu", i);
        facts.workers = threads ? threads[i] : 1;
        facts.work = facts.workers * (double)PLAYED_ROWS;
        play(experiment, name, &facts, 1e-3 * times[i]);
    }
    return experiment;
}

static void judge(struct tried_outcome *outcome, const struct experiment *experiment) {
    struct error err;
    if (tried_judge(outcome, experiment, &err) != 0) fail_msg("%s", err.text);
}

static void planted_differences_are_found(void **state) {
    (void)state;
    static const double times[] = {1 / 1.1, 1.0, 1.1};
    struct experiment *experiment = samples(1.0, 3, times, NULL);
    struct tried_outcome outcome;
    judge(&outcome, experiment);
    assert_int_equal(outcome.count, 3);
    assert_near(outcome.least, LAYOUT_FLOOR);
    assert_int_equal(outcome.ratios[0].verdict, VERDICT_FASTER);
    assert_true(fabs(outcome.ratios[0].speed - 1.1) < 2e-3);
    assert_true(outcome.ratios[0].low <= outcome.ratios[0].speed && outcome.ratios[0].speed <= outcome.ratios[0].high);
    assert_int_equal(outcome.ratios[1].verdict, VERDICT_NOT_RESOLVED);
    assert_int_equal(outcome.ratios[2].verdict, VERDICT_SLOWER);
    assert_true(fabs(outcome.ratios[2].speed - 1 / 1.1) < 2e-3);
    for (size_t i = 0; i < 3; i++) {
        assert_null(outcome.ratios[i].reason);
        assert_int_equal(outcome.ratios[i].rounds, PLAYED_ROUNDS);
    }
    tried_free(&outcome);
    experiment_free(experiment);
}

/* Below 1 %, and at what the plain way differs from itself, nothing is told apart. */
static void small_differences_are_not(void **state) {
    (void)state;
    static const double within_floor[] = {1 / 1.008, 1.008};
    static const double within_twin[] = {1 / 1.03, 1.03, 1 / 1.06};
    struct tried_outcome outcome;
    struct experiment *experiment = samples(1.0, 2, within_floor, NULL);
    judge(&outcome, experiment);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(outcome.ratios[i].verdict, VERDICT_NOT_RESOLVED);
    tried_free(&outcome);
    experiment_free(experiment);

    /* An interval that reaches beyond the floor on both sides. */
    experiment = samples(1.0, 1, within_floor, NULL);
    for (size_t r = 0; r < PLAYED_ROUNDS; r++)
        experiment->rounds.seconds[2 * PLAYED_ROUNDS + r] *= r % 2 ? 1.03 : 1 / 1.03;
    judge(&outcome, experiment);
    assert_true(outcome.ratios[0].low < 0.99 && outcome.ratios[0].high > 1.02);
    assert_int_equal(outcome.ratios[0].verdict, VERDICT_NOT_RESOLVED);
    tried_free(&outcome);
    experiment_free(experiment);

    /* The twin's samples are 4 % longer and shorter in turns: its interval reaches that far, and holds 1. */
    experiment = samples(1.0, 3, within_twin, NULL);
    for (size_t r = 0; r < PLAYED_ROUNDS; r++)
        experiment->rounds.seconds[PLAYED_ROUNDS + r] *= r % 2 ? 1.04 : 1 / 1.04;
    judge(&outcome, experiment);
    assert_int_equal(outcome.aa.state, AA_QUIET);
    assert_true(outcome.least > 0.035 && outcome.least < 0.05);
    assert_int_equal(outcome.ratios[0].verdict, VERDICT_NOT_RESOLVED);
    assert_int_equal(outcome.ratios[1].verdict, VERDICT_NOT_RESOLVED);
    assert_int_equal(outcome.ratios[2].verdict, VERDICT_FASTER);
    tried_free(&outcome);
    experiment_free(experiment);
}

/* Where the plain way differs from itself in every round, or samples are spoiled, nothing is told apart. */
static void a_noisy_gate_withholds(void **state) {
    (void)state;
    static const double times[] = {0.5};
    struct tried_outcome outcome;
    struct experiment *experiment = samples(1.05, 1, times, NULL);
    judge(&outcome, experiment);
    assert_int_equal(outcome.aa.state, AA_NOISY);
    assert_int_equal(outcome.ratios[0].verdict, VERDICT_WITHHELD);
    assert_non_null(outcome.ratios[0].reason);
    tried_free(&outcome);
    experiment_free(experiment);

    experiment = samples(1.0, 1, times, NULL);
    for (size_t r = 0; r < PLAYED_ROUNDS; r++)
        experiment->rounds.observed[2 * PLAYED_ROUNDS + r].disturbance.flags = DISTURBED_STEAL;
    judge(&outcome, experiment);
    assert_int_equal(outcome.ratios[0].verdict, VERDICT_WITHHELD);
    assert_int_equal(outcome.ratios[0].rounds, 0);
    assert_true(isnan(outcome.ratios[0].low) && isnan(outcome.ratios[0].high));
    tried_free(&outcome);
    experiment_free(experiment);
}

/* Two threads that each take 1.4 times as long do 2 / 1.4 times the work. */
static void threads_count_by_their_work(void **state) {
    (void)state;
    static const double times[] = {1.4, 0.7};
    static const unsigned threads[] = {2, 2};
    struct tried_outcome outcome;
    struct experiment *experiment = samples(1.0, 2, times, threads);
    judge(&outcome, experiment);
    assert_true(fabs(outcome.ratios[0].speed - 2 / 1.4) < 3e-3);
    assert_int_equal(outcome.ratios[0].verdict, VERDICT_FASTER);
    assert_int_equal(outcome.ratios[1].verdict, VERDICT_WITHHELD); /* 2.9 times the work by two threads */
    assert_non_null(strstr(outcome.ratios[1].reason, "faster together than alone"));
    tried_free(&outcome);
    experiment_free(experiment);
}

/* ---- questions, on this machine */

struct bench {
    struct job job;
    struct job_spec spec;
    struct verified_job verified;
    uint32_t permutation[SMALL_ROWS];
    struct alternatives_setup setup;
};

static struct topology *here;

static int set_up(void **state) {
    (void)state;
    return topology_load(&here, NULL, NULL) != 0;
}

static int tear_down(void **state) {
    (void)state;
    topology_free(here);
    return 0;
}

static void open_bench(struct bench *bench) {
    struct error err;
    *bench = (struct bench){.verified = {.engine = ENGINE_F32}};
    job_spec_defaults(&bench->spec);
    bench->spec.rows.data = "synthetic:n=120,d=64";
    if (job_open(&bench->job, &bench->spec, &err) != 0 ||
        verified_job_run(&bench->verified, &bench->job.row_list, &bench->spec.hyper, FOLDS, backend_scalar(), &err) !=
            0)
        fail_msg("%s", err.text);
    hyper_permutation(bench->permutation, SMALL_ROWS, &bench->spec.hyper);
    bench->setup = (struct alternatives_setup){.job = &bench->job,
                                               .hyper = &bench->spec.hyper,
                                               .verified = &bench->verified,
                                               .topology = here,
                                               .permutation = bench->permutation};
}

static void close_bench(struct bench *bench) {
    verified_job_free(&bench->verified);
    job_close(&bench->job);
}

static int ask(struct bench *bench, enum question question, struct alternatives *made, struct error *err) {
    if (alternatives_make(made, question, &bench->setup, err) != 0) fail_msg("%s", err->text);
    return made->experiment ? alternatives_run(made, 0.02, 1, here, NULL, err) : 0;
}

/* Every alternative is either timed or named with a reason. */
static void every_question_is_answered(void **state) {
    (void)state;
    static const size_t alternatives[QUESTIONS] = {2, 1, 2, 1};
    struct bench bench;
    struct error err;
    open_bench(&bench);
    for (int q = 0; q < QUESTIONS; q++) {
        struct alternatives made;
        if (ask(&bench, (enum question)q, &made, &err) != 0) fail_msg("%s", err.text);
        const size_t timed = made.experiment ? made.experiment->count - 2 : 0;
        if (made.experiment || q == ASK_PAGES)
            assert_int_equal(timed + made.not_tried_count, alternatives[q]);
        else
            assert_int_equal(made.not_tried_count, 1);
        for (size_t i = 0; i < made.not_tried_count; i++)
            assert_true(made.not_tried[i].why[0] != 0);
        if (made.experiment) {
            struct tried_outcome outcome;
            judge(&outcome, made.experiment);
            assert_int_equal(outcome.count, timed);
            assert_int_equal(made.experiment->rounds.checks.made,
                             made.experiment->count * made.experiment->rounds.rounds +
                                 made.experiment->rounds.spoiled_count);
            tried_free(&outcome);
        }
        alternatives_free(&made);
    }
    close_bench(&bench);
}

/* The first question that this machine can time; QUESTIONS: there is none. */
static int timed_question(struct bench *bench) {
    for (int q = 0; q < QUESTIONS; q++) {
        struct alternatives made;
        struct error err;
        if (alternatives_make(&made, (enum question)q, &bench->setup, &err) != 0) fail_msg("%s", err.text);
        const bool timed = made.experiment != NULL;
        alternatives_free(&made);
        if (timed) return q;
    }
    return QUESTIONS;
}

static void wrong_weights_end_it(void **state) {
    (void)state;
    struct bench bench;
    struct alternatives made;
    struct error err;
    open_bench(&bench);
    const int question = timed_question(&bench);
    if (question == QUESTIONS) {
        close_bench(&bench);
        skip();
    }
    bench.verified.model.epoch_hash[0] ^= 1;
    assert_int_equal(ask(&bench, (enum question)question, &made, &err), -1);
    assert_int_equal(err.kind, ERROR_CHECK);
    assert_non_null(strstr(err.text, "other weights than in the verified fit"));
    alternatives_free(&made);
    close_bench(&bench);
}

/* A thread that is not bound may move; one that is bound may not. */
static void only_bound_threads_must_stay(void **state) {
    (void)state;
    struct bench bench;
    struct alternatives made;
    struct error err;
    open_bench(&bench);
    if (alternatives_make(&made, ASK_PLACEMENT, &bench.setup, &err) != 0) fail_msg("%s", err.text);
    if (!made.experiment) {
        close_bench(&bench);
        skip();
    }
    for (size_t c = 0; c < made.experiment->count; c++) {
        const struct timed_case *one = &made.experiment->cases[c];
        const struct disturbance mine = {.flags = DISTURBED_MIGRATION | DISTURBED_STEAL};
        struct disturbance all = mine;
        one->observe(one->context, &mine, &all, NULL);
        const bool free_to_move = strstr(one->name, "/not-bound") != NULL;
        assert_int_equal(all.flags, free_to_move ? DISTURBED_STEAL : mine.flags);
    }
    alternatives_free(&made);
    close_bench(&bench);
}

/* The affinity of the calling thread is afterwards as before. */
static void the_thread_is_set_free(void **state) {
    (void)state;
    struct bench bench;
    struct alternatives made;
    struct error err;
    cpu_set_t before, after;
    open_bench(&bench);
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    for (int q = 0; q < QUESTIONS; q++) {
        if (ask(&bench, (enum question)q, &made, &err) != 0) fail_msg("%s", err.text);
        alternatives_free(&made);
        assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
        assert_true(CPU_EQUAL(&before, &after));
    }
    close_bench(&bench);
}

/* ---- text */

static char *text_of(const struct alternatives *made, const struct bench *bench) {
    struct tried_outcome outcome;
    char *text = NULL;
    size_t size = 0;
    if (made->experiment) judge(&outcome, made->experiment);
    json_t *list = json_array();
    json_array_append_new(list, tried_json(made, made->experiment ? &outcome : NULL));
    json_t *measured = measured_json(&bench->setup, list, 1.0);
    FILE *to = open_memstream(&text, &size);
    print_measured(to, measured);
    fclose(to);
    json_decref(measured);
    if (made->experiment) tried_free(&outcome);
    return text;
}

static void what_is_printed(void **state) {
    (void)state;
    static const double times[] = {1 / 1.1, 1.0};
    struct bench bench;
    open_bench(&bench);
    struct alternatives made = {
        .question = ASK_PAGES,
        .experiment = samples(1.0, 2, times, NULL),
        .what = {"rows on small pages", "rows on small pages", "others", "others"},
        .not_tried = {{"huge", "the rows need 1 huge page of 2 MiB, and 0 are free", "echo 1 > /sys/x"}},
        .not_tried_count = 1};
    for (int c = 0; c < 4; c++)
        made.rows[c] = &bench.job.ds;
    char *text = text_of(&made, &bench);
    assert_non_null(strstr(text, "f32/scalar on 120 rows of synthetic:n=120,d=64,seed=1"));
    assert_non_null(strstr(text, "pages: times as fast as \"4k\", rows on small pages [95 % interval]\n"));
    assert_non_null(strstr(text, "    other0          1.10"));
    assert_non_null(strstr(text, "]  faster\n    other1          1.000 ["));
    assert_non_null(strstr(text, "]  not told apart\n"));
    assert_non_null(strstr(text, "    huge            not tried: the rows need 1 huge page of 2 MiB, and 0 are free\n"
                                 "                    as root: echo 1 > /sys/x\n"));
    assert_non_null(strstr(text, "a second time: differences up to 1 % are not told apart\n"));
    free(text);
    alternatives_free(&made);
    close_bench(&bench);
}

static void what_cannot_be_tried_is_one_line(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench);
    const struct alternatives made = {
        .question = ASK_SMT, .not_tried = {{"smt", "each core has one hardware thread", ""}}, .not_tried_count = 1};
    char *text = text_of(&made, &bench);
    assert_non_null(strstr(text, "\nsmt not tried: each core has one hardware thread\n"));
    free(text);
    close_bench(&bench);
}

/* ---- pages of rows */

/* The bytes are the same on pages of every kind; explicit huge pages are refused in one line where there are none. */
static void moved_rows_are_the_same(void **state) {
    (void)state;
    struct bench bench;
    struct error err;
    struct huge_pool pool;
    open_bench(&bench);
    struct dataset *ds = &bench.job.ds;
    const size_t size = ds->n * ds->stride;
    uint8_t *before = malloc(size);
    assert_non_null(before);
    memcpy(before, ds->pixels, size);
    for (enum page_kind kind = PAGES_AUTO; kind <= PAGES_THP; kind++) {
        struct dataset copy;
        if (row_pages_move(ds, kind, &err) != 0) fail_msg("%s", err.text);
        assert_int_equal(ds->pages, kind);
        assert_memory_equal(ds->pixels, before, size);
        if (row_pages_copy(&copy, ds, PAGES_THP, &err) != 0) fail_msg("%s", err.text);
        assert_ptr_not_equal(copy.pixels, ds->pixels);
        assert_int_equal(copy.pages, PAGES_THP);
        assert_memory_equal(copy.pixels, before, size);
        row_pages_drop(&copy);
    }
    const bool some = huge_pool_read(&pool, NULL) == 0 && pool.available > 0;
    const int moved = row_pages_move(ds, PAGES_HUGE, &err);
    if (!some) {
        assert_int_equal(moved, -1);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_non_null(strstr(err.text, "the rows need 1 huge page of 2 MiB, and "));
        assert_int_equal(ds->pages, PAGES_THP);
    }
    assert_memory_equal(ds->pixels, before, size);
    free(before);
    close_bench(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_differences_are_found),
        cmocka_unit_test(small_differences_are_not),
        cmocka_unit_test(a_noisy_gate_withholds),
        cmocka_unit_test(threads_count_by_their_work),
        cmocka_unit_test(every_question_is_answered),
        cmocka_unit_test(wrong_weights_end_it),
        cmocka_unit_test(only_bound_threads_must_stay),
        cmocka_unit_test(the_thread_is_set_free),
        cmocka_unit_test(what_is_printed),
        cmocka_unit_test(what_cannot_be_tried_is_one_line),
        cmocka_unit_test(moved_rows_are_the_same),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
