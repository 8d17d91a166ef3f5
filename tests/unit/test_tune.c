/* SPDX-License-Identifier: MIT */
/* Prefetch distances: their text, and that no choice of it changes a model. */
#include "data/order.h"
#include "learn/prefetch_tune.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void words_go_both_ways(void **state) {
    (void)state;
    static const struct prefetch all[] = {{1, 1, 0}, {4, 8, 32}, {64, 64, 64}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char text[PREFETCH_TEXT];
        struct prefetch read;
        prefetch_text(text, &all[i]);
        assert_int_equal(prefetch_parse(&read, text), 0);
        assert_int_equal(read.l1, all[i].l1);
        assert_int_equal(read.block, all[i].block);
        assert_int_equal(read.l2, all[i].l2);
    }
}

static void other_words_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",     "8",    "8,",   "8,16,", "8,16,row", "8,16,0", "8,16,65", "8,16,32,", "8,16,32,4",
        "0,4",  "4,0",  "65,4", "4,65",  "-1,",      ",",      "8;16",    " 8,4",     "8, 4",
        "8,4 ", "+8,4", "a,b",  "8,4x",  "8,-4",     "0x8,4",  "8.0,4",   "8,4, 2",   "99999999999999999999,4",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct prefetch read = {.l1 = 77};
        assert_int_equal(prefetch_parse(&read, bad[i]), -1);
        assert_int_equal(read.l1, 77);
    }
}

struct made {
    struct dataset ds;
    struct view view;
    struct row_ref *at;
    struct row_list row_list;
};

static void make(struct made *made, const char *spec) {
    *made = (struct made){0};
    assert_int_equal(dataset_load(&made->ds, spec, SPLIT_TRAIN, NULL), 0);
    assert_int_equal(view_make(&made->view, &made->ds, ORDER_NOTEBOOK, 42, 0, NULL), 0);
    made->at = malloc(made->view.n * sizeof *made->at);
    assert_non_null(made->at);
    row_refs_fill(made->at, &made->ds, made->view.index, made->view.n, 5);
    made->row_list = (struct row_list){&made->ds, made->at, made->view.n};
}

static void unmake(struct made *made) {
    free(made->at);
    view_free(&made->view);
    dataset_free(&made->ds);
}

static void no_distance_changes_a_model(void **state) {
    (void)state;
    static const char *const specs[] = {"synthetic:n=10", "synthetic:n=63", "synthetic:n=700"};
    static const struct prefetch all[] = {{1, 1, 0},  {1, 1, 1},  {8, 4, 0},   {4, 8, 32},  {3, 7, 2},
                                          {64, 1, 0}, {1, 64, 0}, {64, 64, 1}, {64, 64, 64}};
    for (size_t s = 0; s < sizeof specs / sizeof *specs; s++) {
        struct made made;
        make(&made, specs[s]);
        for (int engine = ENGINE_F32; engine <= ENGINE_INT; engine++) {
            struct hyper hyper = {.engine = (enum engine)engine, .alpha = 1e-4, .epochs = 3, .seed = 42};
            struct model expected;
            assert_int_equal(fit(&expected, &made.row_list, &hyper, backend_best(), NULL), 0);
            for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
                struct model model;
                hyper.prefetch = all[i];
                assert_int_equal(fit(&model, &made.row_list, &hyper, backend_best(), NULL), 0);
                assert_int_equal(model.fingerprint, expected.fingerprint);
                assert_int_equal(model.update_hash, expected.update_hash);
                model_free(&model);
            }
            model_free(&expected);
        }
        unmake(&made);
    }
}

static void tuning_chooses_and_leaves_a_choice_alone(void **state) {
    (void)state;
    struct made made;
    make(&made, "synthetic:n=3000");
    double seconds = -1.0;
    struct hyper hyper = {.engine = ENGINE_F32, .alpha = 1e-4, .epochs = 5, .seed = 42};
    assert_int_equal(prefetch_tune(&hyper, &made.row_list, backend_best(), &seconds, NULL), 0);
    assert_in_range(hyper.prefetch.l1, 1, PREFETCH_MOST);
    assert_in_range(hyper.prefetch.block, 1, PREFETCH_MOST);
    assert_true(seconds > 0.0);

    hyper.prefetch = (struct prefetch){.l1 = 5, .block = 6, .l2 = 7};
    assert_int_equal(prefetch_tune(&hyper, &made.row_list, backend_best(), &seconds, NULL), 0);
    assert_int_equal(hyper.prefetch.l1, 5);
    assert_int_equal(hyper.prefetch.block, 6);
    assert_int_equal(hyper.prefetch.l2, 7);
    assert_true(seconds == 0.0);
    unmake(&made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_go_both_ways),
        cmocka_unit_test(other_words_are_refused),
        cmocka_unit_test(no_distance_changes_a_model),
        cmocka_unit_test(tuning_chooses_and_leaves_a_choice_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
