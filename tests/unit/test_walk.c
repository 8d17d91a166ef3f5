/* SPDX-License-Identifier: MIT */
/* The walk through the notebook: its digits are found among the rows sorted by label, the picture comes back out of the
 * result, and what is printed of files with and without the newer sections. */
#include "record/notebook.h"
#include "report/run_report.h"
#include "verify/notebook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- A small job. */

struct walk {
    struct job_spec spec;
    struct job job;
    struct verified_job by;
    struct notebook notebook;
};

static const struct shuffles none = {.count = 0};

static void walk_open(struct walk *walk, const char *data, enum split split) {
    struct error err = {.text = ""};
    job_spec_defaults(&walk->spec);
    walk->spec.rows.data = data;
    walk->spec.rows.split = split;
    walk->spec.hyper.engine = ENGINE_F64;
    walk->spec.hyper.prefetch = (struct prefetch){.l1 = 1, .block = 1};
    if (job_open(&walk->job, &walk->spec, &err) != 0 ||
        verified_job_run(&walk->by, &walk->job.row_list, &walk->spec.hyper, 2, backend_scalar(), &err) != 0 ||
        notebook_make(&walk->notebook, &walk->job, &walk->spec, &walk->by, &err) != 0)
        fail_msg("%s", err.text);
}

static void walk_close(struct walk *walk) {
    notebook_free(&walk->notebook);
    verified_job_free(&walk->by);
    job_close(&walk->job);
}

static unsigned label_of(const struct dataset *ds, size_t i) {
    return ds->labels[dataset_place(ds, i)];
}

/* How many rows of its split stand before row i of the files when they are sorted stably by label. */
static size_t rank_of(const struct dataset *ds, size_t i) {
    const size_t first = i < ds->n_train ? 0 : ds->n_train, end = i < ds->n_train ? ds->n_train : ds->n;
    size_t before = first;
    for (size_t k = first; k < end; k++)
        before += label_of(ds, k) < label_of(ds, i) || (label_of(ds, k) == label_of(ds, i) && k < i);
    return before;
}

static void check_digit(const struct walk *walk, const struct known_digit *digit, size_t rank) {
    assert_int_equal(digit->rank, rank);
    assert_int_equal(rank_of(&walk->job.ds, digit->row), rank);
    assert_int_equal(label_of(&walk->job.ds, digit->row), digit->label);
}

static void digits_are_found_in_sorted_rows(void **state) {
    (void)state;
    static const struct {
        enum split split;
        size_t n;
    } of[] = {{SPLIT_TRAIN, 240}, {SPLIT_TEST, 40}, {SPLIT_ALL, 280}};
    for (size_t i = 0; i < 3; i++) {
        struct walk walk = {0};
        walk_open(&walk, "synthetic:n=240", of[i].split);
        assert_int_equal(walk.job.ds.n, of[i].n);
        check_digit(&walk, &walk.notebook.digit, of[i].n * 36000 / 60000);
        check_digit(&walk, &walk.notebook.own_digit, of[i].n * 34911 / 60000);
        walk_close(&walk);
    }
}

static void the_picture_comes_back(void **state) {
    (void)state;
    struct walk walk = {0};
    uint8_t want[784], pixels[MOST_PICTURE_SIDE * MOST_PICTURE_SIDE];
    size_t height, width;
    walk_open(&walk, "synthetic:n=240", SPLIT_TRAIN);
    dataset_row(&walk.job.ds, dataset_place(&walk.job.ds, walk.notebook.own_digit.row), want);
    json_t *facts = notebook_json(&walk.job, &walk.notebook, false, &none);
    assert_true(picture_of_digit(json_object_get(facts, "own_digit"), pixels, &height, &width));
    assert_int_equal(height, 28);
    assert_int_equal(width, 28);
    assert_memory_equal(pixels, want, sizeof want);
    assert_true(json_is_null(json_object_get(facts, "shuffles")));
    assert_non_null(json_string_value(json_object_get(facts, "shuffles_reason")));
    json_decref(facts);
    walk_close(&walk);
}

/* Rows that are no images, and images that are too wide to draw. */
static void some_rows_have_no_picture(void **state) {
    (void)state;
    static const struct {
        const char *data, *reason;
    } of[] = {{"synthetic:n=240,d=50", "the rows are no images"},
              {"synthetic:n=240,d=10201", "it is wider or higher than 100 pixels"}};
    for (size_t i = 0; i < 2; i++) {
        struct walk walk = {0};
        uint8_t pixels[MOST_PICTURE_SIDE * MOST_PICTURE_SIDE];
        size_t height, width;
        walk_open(&walk, of[i].data, SPLIT_TRAIN);
        json_t *facts = notebook_json(&walk.job, &walk.notebook, false, &none);
        const json_t *digit = json_object_get(facts, "own_digit");
        assert_false(picture_of_digit(digit, pixels, &height, &width));
        assert_string_equal(json_string_value(json_object_get(digit, "picture_reason")), of[i].reason);
        json_decref(facts);
        walk_close(&walk);
    }
}

/* ---- What is printed. */

/* The caller frees it. */
static char *printed_walk(const json_t *facts, bool walk) {
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    report_notebook(to, facts, walk);
    fclose(to);
    return text;
}

static void expect(const json_t *facts, const char *words, bool there) {
    char *text = printed_walk(facts, true);
    if ((strstr(text, words) != NULL) != there) fail_msg("'%s' is %sin: %s", words, there ? "not " : "", text);
    free(text);
}

/* A run on MNIST, recorded before there were the notebook's own digit, the trade-off and the shuffles. */
static json_t *recorded(void) {
    json_t *root = json_load_file("results/recorded-epyc-avx512.json", 0, NULL);
    json_t *facts = json_incref(json_object_get(root, "sgdmark"));
    json_decref(root);
    assert_non_null(facts);
    json_t *notebook = json_object_get(facts, "notebook");
    json_object_del(notebook, "own_digit");
    json_object_del(notebook, "trade_off");
    json_object_del(notebook, "shuffles");
    return facts;
}

static void older_files_are_printed(void **state) {
    (void)state;
    json_t *facts = recorded();
    expect(facts, "2 A digit      row 59810 of the file, labelled 5\n", true);
    expect(facts,
           "5 Predict      that digit is a 5: decision 161855.74572176495\n"
           "               published: 161855.74572176\n6 Accuracy",
           true);
    expect(facts, "one draw of many", true);
    expect(facts, "Trade-off", false);
    expect(facts, "one draw. Among", false);
    json_decref(facts);
}

static void shuffles_have_a_sentence(void **state) {
    (void)state;
    struct walk walk = {0};
    uint64_t fp[] = {1000, 1100, 1200, 900}, fn[] = {1443, 1300, 1600, 1000};
    const struct shuffles shuffles = {4, 54579, 5421, fp, fn, 0.5};
    walk_open(&walk, "synthetic:n=240", SPLIT_TRAIN);
    json_t *facts = recorded(), *made = notebook_json(&walk.job, &walk.notebook, true, &shuffles);
    json_object_set(json_object_get(facts, "notebook"), "shuffles", json_object_get(made, "shuffles"));
    /* Of four shuffles one has a lower precision, one a lower recall, one the same recall. */
    expect(facts, "shuffled without a seed, so what it printed is one draw. Among 4\n", true);
    expect(facts, "38th percentile", true);
    /* The notebook's numbers say nothing of another job. */
    json_object_set_new(json_object_get(facts, "notebook"), "published", json_false());
    expect(facts, "shuffled", false);
    expect(facts, "Of 400", false);
    expect(facts, "published", false);
    json_decref(made);
    json_decref(facts);
    walk_close(&walk);
}

static void the_walk_is_printed_where_it_was(void **state) {
    (void)state;
    json_t *facts = recorded();
    char *text = printed_walk(facts, false);
    assert_string_equal(text, "notebook     accuracy 0.9502 0.96565 0.96495, precision 0.7687, recall 0.8013 (step by "
                              "step: --notebook)\n");
    free(text);
    json_object_set_new(json_object_get(facts, "job"), "notebook", json_true());
    text = printed_walk(facts, false);
    assert_non_null(strstr(text, "THE NOTEBOOK, by f64/scalar\n1 Load "));
    free(text);
    json_decref(facts);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_found_in_sorted_rows), cmocka_unit_test(the_picture_comes_back),
        cmocka_unit_test(some_rows_have_no_picture),       cmocka_unit_test(older_files_are_printed),
        cmocka_unit_test(shuffles_have_a_sentence),        cmocka_unit_test(the_walk_is_printed_where_it_was),
    };
    return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
