/* SPDX-License-Identifier: MIT */
/* Rounds as a process hands them to its run: what is written reads back equal, and what is damaged is refused in one
 * line. */
#include "record/rounds_json.h"

#include "played_experiment.h"
#include "setup.h"

#include <string.h>

enum { CASES = 4, PROCESS = 3, N = PLAYED_ROUNDS };

/* The played folds, as process 3 timed them: every member that is handed over has a value of its own. */
static struct experiment *timed_folds(void) {
    struct experiment *folds = played_folds(1.0);
    struct rounds *rounds = &folds->rounds;
    const struct check_failure failure = {
        .case_name = "roof/read/f32/scalar/place:core", .process = PROCESS, .round = 17, .what = "17 is not 18"};
    for (size_t at = 0; at < CASES * N; at++) {
        struct observation *seen = &rounds->observed[at];
        seen->disturbance.flags = at % 5 == 0 ? (unsigned)(at % 128) : 0;
        seen->disturbance.away = 1e-4 / (double)(at + 1);
        for (int c = 0; c < COUNTERS; c++)
            seen->counted.value[c] = c % 2 ? (double)NAN : 1e9 / (double)(at + 3);
        rounds->cpu_seconds[at] = rounds->seconds[at] / 3;
    }
    rounds->observed[5].disturbance.flags = DISTURBED_FAULT | DISTURBED_DISK;
    for (size_t r = 0; r < N; r++) {
        rounds->process[r] = PROCESS;
        rounds->ghz[r] = r == 1 ? (double)NAN : 2 + 1.0 / (double)(r + 3);
    }
    rounds->spoiled = calloc(2, sizeof *rounds->spoiled);
    rounds->spoiled_count = 2;
    rounds->spoiled[0] = (struct spoiled_sample){
        .which = 2, .round = N - 1, .seconds = 0.1, .cpu_seconds = 0.07, .disturbance = {.away = 0.3, .flags = 32}};
    rounds->spoiled[1] = (struct spoiled_sample){.which = CASES - 1, .seconds = 1.0 / 3, .disturbance = {.flags = 2}};
    rounds->failed[1] = true;
    rounds->checks.made = 4711;
    assert_int_equal(check_list_add(&rounds->checks, &failure, NULL), 0);
    rounds->witness = (struct witness){.seconds = 1.0 / 7,
                                       .away = 1.0 / 30,
                                       .here = 1.0 / 40,
                                       .near = NAN,
                                       .here_pu = 5,
                                       .near_pu = -1,
                                       .throttled = -1,
                                       .moved = 9,
                                       .load_reason = "no /proc"};
    rounds->joules[0] = 1.0 / 3;
    rounds->joules[3] = NAN;
    snprintf(rounds->energy_reason, sizeof rounds->energy_reason, "read by root only");
    rounds->timed = 1.0 / 3;
    rounds->total = 2.0 / 3;
    snprintf(rounds->counter_reason[1], sizeof rounds->counter_reason[1], "no such counter");
    return folds;
}

/* What a process wrote, as its run reads it. */
static json_t *handed_over(const struct experiment *folds) {
    json_t *value = rounds_json(folds);
    assert_non_null(value);
    char *text = json_dumps(value, JSON_COMPACT);
    assert_non_null(text);
    json_decref(value);
    value = json_loads(text, 0, NULL);
    free(text);
    assert_non_null(value);
    return value;
}

static bool same_number(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

static void assert_same_samples(const struct rounds *got, const struct rounds *want) {
    for (size_t at = 0; at < CASES * N; at++) {
        const struct disturbance *seen = &got->observed[at].disturbance, *made = &want->observed[at].disturbance;
        assert_true(got->seconds[at] == want->seconds[at]);
        assert_true(got->cpu_seconds[at] == want->cpu_seconds[at]);
        assert_int_equal(seen->flags, made->flags);
        assert_true(seen->away == made->away);
        assert_int_equal(disturbance_spoils(seen), disturbance_spoils(made));
        for (int c = 0; c < COUNTERS; c++)
            assert_true(same_number(got->observed[at].counted.value[c], want->observed[at].counted.value[c]));
    }
    for (size_t i = 0; i < want->spoiled_count; i++) {
        assert_int_equal(got->spoiled[i].which, want->spoiled[i].which);
        assert_int_equal(got->spoiled[i].round, want->spoiled[i].round);
        assert_true(got->spoiled[i].seconds == want->spoiled[i].seconds);
        assert_true(got->spoiled[i].cpu_seconds == want->spoiled[i].cpu_seconds);
        assert_int_equal(got->spoiled[i].disturbance.flags, want->spoiled[i].disturbance.flags);
        assert_true(got->spoiled[i].disturbance.away == want->spoiled[i].disturbance.away);
    }
}

static void assert_same_witness(const struct witness *got, const struct witness *want) {
    assert_true(got->seconds == want->seconds && got->away == want->away);
    assert_true(same_number(got->here, want->here) && same_number(got->near, want->near));
    assert_int_equal(got->here_pu, want->here_pu);
    assert_int_equal(got->near_pu, want->near_pu);
    assert_int_equal(got->throttled, want->throttled);
    assert_int_equal(got->moved, want->moved);
    assert_string_equal(got->load_reason, want->load_reason);
}

static void rounds_read_back_equal(void **state) {
    (void)state;
    struct experiment *folds = timed_folds();
    const struct rounds *want = &folds->rounds;
    struct rounds got;
    struct error err;
    json_t *value = handed_over(folds);
    if (rounds_from_json(&got, value, folds, &err) != 0) fail_msg("%s", err.text);
    json_decref(value);
    assert_int_equal(got.cases, CASES);
    assert_int_equal(got.rounds, N);
    assert_int_equal(got.spoiled_count, want->spoiled_count);
    assert_same_samples(&got, want);
    assert_same_witness(&got.witness, &want->witness);
    for (size_t r = 0; r < N; r++) {
        assert_true(same_number(got.ghz[r], want->ghz[r]));
        assert_int_equal(got.process[r], PROCESS);
    }
    for (size_t c = 0; c < CASES; c++)
        assert_int_equal(got.failed[c], want->failed[c]);
    assert_int_equal(got.checks.made, want->checks.made);
    assert_int_equal(got.checks.count, 1);
    assert_string_equal(got.checks.failed[0].case_name, want->checks.failed[0].case_name);
    assert_string_equal(got.checks.failed[0].what, want->checks.failed[0].what);
    assert_int_equal(got.checks.failed[0].round, 17);
    assert_int_equal(got.checks.failed[0].process, PROCESS);
    assert_true(got.timed == want->timed && got.total == want->total);
    for (int c = 0; c < COUNTERS; c++)
        assert_string_equal(got.counter_reason[c], want->counter_reason[c]);
    for (size_t c = 0; c < CASES; c++)
        assert_true(same_number(got.joules[c], want->joules[c]));
    assert_string_equal(got.energy_reason, "read by root only");
    rounds_free(&got);
    experiment_free(folds);
}

/* The order of the cases is not handed over: it follows from the seed and from which cases lead. */
static void the_schedule_is_made_again(void **state) {
    (void)state;
    struct experiment *folds = timed_folds();
    struct rounds *rounds = &folds->rounds;
    struct rounds got;
    folds->cases[0].leads = folds->cases[1].leads = true;
    schedule_free(&rounds->schedule);
    assert_int_equal(schedule_make(&rounds->schedule, CASES, 2, N, 12345, NULL), 0);
    json_t *value = handed_over(folds);
    assert_int_equal(rounds_from_json(&got, value, folds, NULL), 0);
    json_decref(value);
    assert_int_equal(got.schedule.seed, 12345);
    for (size_t r = 0; r < N; r++)
        for (size_t slot = 0; slot < CASES; slot++)
            assert_int_equal(schedule_case(&got.schedule, r, slot), schedule_case(&rounds->schedule, r, slot));
    rounds_free(&got);
    experiment_free(folds);
}

/* Reads an answer that was changed: it is refused, in one line that says so, and leaves nothing behind. */
static void assert_refused(json_t *value, const struct experiment *folds, const char *what, const char *why) {
    struct rounds got;
    struct error err = {.text = ""};
    if (rounds_from_json(&got, value, folds, &err) == 0) fail_msg("%s: accepted", what);
    if (!strstr(err.text, why)) fail_msg("%s: not refused for '%s': %s", what, why, err.text);
    assert_null(strchr(err.text, '\n'));
    assert_int_equal(err.kind, ERROR_PROGRAM);
    assert_null(got.seconds);
    json_decref(value);
}

/* The samples of case 0. */
static json_t *samples_of(const json_t *value) {
    return json_array_get(json_object_get(value, "samples"), 0);
}

static void a_missing_part_is_refused(void **state) {
    (void)state;
    static const char *const parts[] = {"rounds", "cases", "samples", "ghz", "spoiled", "checks", "witness", "joules"};
    static const char *const columns[] = {"seconds", "cpu_seconds", "flags", "away", "counted"};
    struct experiment *folds = timed_folds();
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        json_t *value = handed_over(folds);
        assert_int_equal(json_object_del(value, parts[i]), 0);
        assert_refused(value, folds, parts[i], "");
    }
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        json_t *value = handed_over(folds);
        assert_int_equal(json_object_del(samples_of(value), columns[i]), 0);
        assert_refused(value, folds, columns[i], "another length");
        value = handed_over(folds);
        json_array_remove(json_object_get(samples_of(value), columns[i]), 0);
        assert_refused(value, folds, columns[i], "another length");
    }
    json_t *value = handed_over(folds);
    json_object_del(json_object_get(value, "checks"), "failures");
    assert_refused(value, folds, "failures", "");
    assert_refused(json_null(), folds, "null", "number of rounds");
    experiment_free(folds);
}

static void other_cases_are_refused(void **state) {
    (void)state;
    struct experiment *folds = timed_folds();
    json_t *value = handed_over(folds);
    json_array_append_new(json_object_get(value, "cases"), json_string("cv/f32/one-more"));
    assert_refused(value, folds, "one more case", "other cases");
    value = handed_over(folds);
    json_array_set_new(json_object_get(value, "cases"), 2, json_string("cv/f32/another"));
    assert_refused(value, folds, "another case", "other cases");
    value = handed_over(folds);
    json_array_set_new(json_object_get(value, "cases"), 2, json_integer(2));
    assert_refused(value, folds, "a case without a name", "other cases");
    experiment_free(folds);
}

static void impossible_values_are_refused(void **state) {
    (void)state;
    static const double times[] = {0, -1e-3};
    static const long long rounds[] = {0, -1, 1000001};
    struct experiment *folds = timed_folds();
    for (size_t i = 0; i < 2; i++) {
        json_t *value = handed_over(folds);
        json_array_set_new(json_object_get(samples_of(value), "seconds"), 3, json_real(times[i]));
        assert_refused(value, folds, "a time", "not positive");
    }
    json_t *value = handed_over(folds);
    json_array_set_new(json_object_get(samples_of(value), "seconds"), 3, json_null());
    assert_refused(value, folds, "no time", "not positive");
    for (size_t i = 0; i < 3; i++) {
        value = handed_over(folds);
        json_object_set_new(value, "rounds", json_integer(rounds[i]));
        assert_refused(value, folds, "rounds", "number of rounds");
    }
    value = handed_over(folds);
    json_object_set_new(value, "rounds", json_integer(N + 1));
    assert_refused(value, folds, "one round more", "another length");
    static const struct {
        const char *key;
        int value;
    } places[] = {{"case", CASES}, {"case", -1}, {"round", N}, {"round", -1}};
    for (size_t i = 0; i < 4; i++) {
        value = handed_over(folds);
        json_object_set_new(json_array_get(json_object_get(value, "spoiled"), 1), places[i].key,
                            json_integer(places[i].value));
        assert_refused(value, folds, places[i].key, "a sample of no round");
    }
    experiment_free(folds);
}

/* A case that failed has no times. */
static void a_failed_case_needs_no_times(void **state) {
    (void)state;
    struct experiment *folds = timed_folds();
    struct rounds got;
    struct error err;
    for (size_t r = 20; r < N; r++)
        folds->rounds.seconds[N + r] = 0;
    json_t *value = handed_over(folds);
    if (rounds_from_json(&got, value, folds, &err) != 0) fail_msg("%s", err.text);
    json_decref(value);
    assert_true(got.failed[1]);
    rounds_free(&got);
    experiment_free(folds);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_read_back_equal),        cmocka_unit_test(the_schedule_is_made_again),
        cmocka_unit_test(a_missing_part_is_refused),     cmocka_unit_test(other_cases_are_refused),
        cmocka_unit_test(impossible_values_are_refused), cmocka_unit_test(a_failed_case_needs_no_times),
    };
    return cmocka_run_group_tests_name("rounds as JSON", tests, NULL, NULL);
}
