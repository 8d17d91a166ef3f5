/* SPDX-License-Identifier: MIT */
/* How many fits share each read of a row: the rule on timings, what is asked, what cannot be shared. */
#include "learn/group_choice.h"

#include "setup.h"

#include <string.h>

static struct small_job job;

static int set_up(void **state) {
    (void)state;
    return small_job_load(&job, 100, NULL);
}

static int tear_down(void **state) {
    (void)state;
    dataset_free(&job.ds);
    return 0;
}

static void assert_rule(unsigned pairs, unsigned lost, unsigned models, const char *reason) {
    struct group_choice choice;
    group_rule(&choice, 10, pairs, lost, 1.5);
    assert_int_equal(choice.models, models);
    assert_string_equal(choice.reason, reason);
}

/* Only plain evidence takes the fits apart. */
static void the_rule(void **state) {
    (void)state;
    assert_rule(4, 0, 10, "by default: 1.50 times as fast as one by one, median of 4 timings");
    assert_rule(15, 11, 10, "by default: 1.50 times as fast as one by one, median of 15 timings");
    assert_rule(15, 12, 1, "by measurement: one by one was faster in 12 of 15 timings");
    assert_rule(15, 15, 1, "by measurement: one by one was faster in 15 of 15 timings");
    assert_rule(14, 14, 10, "by default: 14 timings in 50 ms do not decide");
    assert_rule(0, 0, 10, "by default: 0 timings in 50 ms do not decide");
}

/* The timings end as soon as more of them cannot take the fits apart. */
static void when_it_is_decided(void **state) {
    (void)state;
    for (unsigned pairs = 0; pairs <= 15; pairs++)
        for (unsigned lost = 0; lost <= pairs; lost++)
            assert_int_equal(group_is_decided(pairs, lost), pairs == 15 || lost + (15 - pairs) < 12);
}

static struct group_choice choose(unsigned asked, size_t most, const struct backend *backend, enum engine engine) {
    struct error err;
    struct group_choice choice;
    struct hyper hyper = hyper_defaults(engine);
    const struct group_question question = {asked, most, &job.row_list, &hyper, backend};
    if (group_choose(&choice, &question, &err) != 0) fail_msg("%s", err.text);
    return choice;
}

static void what_is_asked_is_taken(void **state) {
    (void)state;
    assert_int_equal(choose(3, 10, backend_scalar(), ENGINE_F32).models, 3);
    assert_int_equal(choose(1, 10, backend_scalar(), ENGINE_F32).models, 1);
    assert_string_equal(choose(1, 10, backend_scalar(), ENGINE_F32).reason, "as asked");
    assert_int_equal(choose(12, 10, backend_scalar(), ENGINE_F32).models, 10);
}

static void what_cannot_be_shared(void **state) {
    (void)state;
    assert_int_equal(choose(0, 1, backend_scalar(), ENGINE_F32).models, 1);
    assert_int_equal(choose(7, 1, backend_scalar(), ENGINE_F32).models, 1);
    for (size_t b = 0; b < backend_count; b++)
        if (backend_state(&backends[b]) == BACKEND_OK && backends[b].parity != PARITY_BITS)
            assert_int_equal(choose(0, 10, &backends[b], ENGINE_F32).models, 1);
}

/* A group of all, or one by one; fewer rows than a timing wants, and more points than a group takes. */
static void a_choice_is_made(void **state) {
    (void)state;
    for (size_t b = 0; b < backend_count; b++) {
        if (backend_state(&backends[b]) != BACKEND_OK || backends[b].parity != PARITY_BITS) continue;
        for (int engine = 0; engine < ENGINES; engine++) {
            const struct group_choice choice = choose(0, 200, &backends[b], (enum engine)engine);
            assert_true(choice.models == 1 || choice.models == MODELS_MOST);
            assert_int_equal(strncmp(choice.reason, choice.models == 1 ? "by measurement" : "by default", 10), 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_rule), cmocka_unit_test(when_it_is_decided),
                                       cmocka_unit_test(what_is_asked_is_taken),
                                       cmocka_unit_test(what_cannot_be_shared), cmocka_unit_test(a_choice_is_made)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
