/* SPDX-License-Identifier: MIT */
/* Prefetch distances: their text, the rule that chooses them, and that no choice changes a model. */
#include "base/memory.h"
#include "data/order.h"
#include "learn/fit.h"
#include "learn/prefetch_choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
            struct hyper hyper = hyper_defaults((enum engine)engine);
            hyper.epochs = 3;
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

static void the_rule_goes_by_sizes(void **state) {
    (void)state;
    static const double KiB = 1024.0, MiB = 0x1p20;
    static const struct {
        const char *what;
        struct prefetch_facts facts;
        struct prefetch expected;
    } cases[] = {
        {"MNIST and a cache of 32 MiB", {576.0, 60000.0 * 576.0, 32.0 * MiB}, {20, 1, 0}},
        {"MNIST packed", {272.0, 60000.0 * 272.0, 32.0 * MiB}, {20, 1, 0}},
        {"MNIST and a cache of 260 MiB", {576.0, 60000.0 * 576.0, 260.0 * MiB}, {8, 1, 0}},
        {"a quarter of the cache", {576.0, 8.0 * MiB, 32.0 * MiB}, {8, 1, 0}},
        {"a byte more", {576.0, 8.0 * MiB + 1.0, 32.0 * MiB}, {20, 1, 0}},
        {"cache unknown", {576.0, 576.0, 0.0}, {20, 1, 0}},
        {"12 KiB in flight", {12.0 * KiB / 13.5, 40.0 * MiB, 32.0 * MiB}, {13, 1, 0}},
        {"12 KiB in flight, cached", {12.0 * KiB / 5.5, 1.0 * MiB, 32.0 * MiB}, {5, 1, 0}},
        {"rows of 2 KiB", {2.0 * KiB, 40.0 * MiB, 32.0 * MiB}, {6, 1, 0}},
        {"a byte more", {2.0 * KiB + 1.0, 40.0 * MiB, 32.0 * MiB}, {5, 1, 32}},
        {"four rows at least", {100.0 * KiB, 40.0 * MiB, 32.0 * MiB}, {4, 1, 32}},
        {"four rows at least, cached", {100.0 * KiB, 1.0 * MiB, 32.0 * MiB}, {4, 1, 0}},
        {"512 MiB", {576.0, 512.0 * MiB, 32.0 * MiB}, {20, 1, 0}},
        {"a byte more", {576.0, 512.0 * MiB + 1.0, 32.0 * MiB}, {16, 64, 64}},
        {"a byte more, cached", {576.0, 512.0 * MiB + 1.0, 4096.0 * MiB}, {8, 1, 0}},
        {"empty rows", {0.0, 0.0, 32.0 * MiB}, {8, 1, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char got[PREFETCH_TEXT], expected[PREFETCH_TEXT];
        const struct prefetch chosen = prefetch_rule(&cases[i].facts);
        prefetch_text(got, &chosen);
        prefetch_text(expected, &cases[i].expected);
        if (strcmp(got, expected) != 0) fail_msg("%s: %s in place of %s", cases[i].what, got, expected);
    }
}

static void a_job_is_chosen_for_by_its_bytes(void **state) {
    (void)state;
    struct made made;
    make(&made, "synthetic:n=3000");
    char reason[PREFETCH_REASON], expected[PREFETCH_REASON];
    struct hyper hyper = hyper_defaults(ENGINE_F32);
    prefetch_choose(&hyper, &made.row_list, backend_best(), reason);
    const double row = (double)made.ds.width;
    const struct prefetch_facts facts = {row, 3000.0 * row, (double)last_cache_bytes(NULL)};
    const struct prefetch rule = prefetch_rule(&facts);
    assert_memory_equal(&hyper.prefetch, &rule, sizeof rule);
    snprintf(expected, sizeof expected, "by rule for %.1f MB in rows of %.0f bytes, ", 3000.0 * row * 1e-6, row);
    assert_memory_equal(reason, expected, strlen(expected));
    assert_non_null(strstr(reason, "last-level cache"));
    unmake(&made);
}

static void a_choice_that_is_made_stays(void **state) {
    (void)state;
    struct made made;
    make(&made, "synthetic:n=100");
    char reason[PREFETCH_REASON];
    const struct prefetch asked = {.l1 = 5, .block = 6, .l2 = 7};
    struct hyper hyper = hyper_defaults(ENGINE_F32);
    hyper.prefetch = asked;
    prefetch_choose(&hyper, &made.row_list, backend_best(), reason);
    assert_memory_equal(&hyper.prefetch, &asked, sizeof asked);
    assert_string_equal(reason, "as asked");
    unmake(&made);
}

static void put(const char *folder, const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!text) {
        assert_int_equal(mkdir(path, 0700), 0);
        return;
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void the_last_level_cache_is_read(void **state) {
    (void)state;
    char folder[] = "/tmp/sgdmark-cache-XXXXXX", command[64];
    assert_non_null(mkdtemp(folder));
    assert_true(last_cache_bytes(folder) == 0);
    static const char *const levels[] = {"1\n", "1\n", "2\n", "3\n"}, *const sizes[] = {"48K\n", "32K\n", "1024K\n",
                                                                                        "2M\n"};
    for (unsigned i = 0; i < 4; i++) {
        char name[32];
        snprintf(name, sizeof name, "index%u", i);
        put(folder, name, NULL);
        snprintf(name, sizeof name, "index%u/level", i);
        put(folder, name, levels[i]);
        snprintf(name, sizeof name, "index%u/size", i);
        put(folder, name, sizes[i]);
        static const uint64_t expected[] = {48 << 10, 48 << 10, 1024 << 10, 2 << 20};
        assert_true(last_cache_bytes(folder) == expected[i]);
    }
    put(folder, "index3/size", "");
    assert_true(last_cache_bytes(folder) == 1024 << 10); /* a size that cannot be read is none */
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_go_both_ways),
        cmocka_unit_test(other_words_are_refused),
        cmocka_unit_test(no_distance_changes_a_model),
        cmocka_unit_test(the_rule_goes_by_sizes),
        cmocka_unit_test(a_job_is_chosen_for_by_its_bytes),
        cmocka_unit_test(a_choice_that_is_made_stays),
        cmocka_unit_test(the_last_level_cache_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
