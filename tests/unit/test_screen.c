/* SPDX-License-Identifier: MIT */
/* The first screen of a run, of facts by hand: where its metrics stand beside the published ones, and what it
 * says of ten digits. */
#include "report/run_report.h"
#include "report/screen.h"
#include "report/wrapped.h"
#include "verify/published.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *facts_with(bool is_published, double precision) {
    const double *folds = published.fold_accuracy;
    json_t *facts = json_pack("{s:{s:b}, s:{s:b, s:i}, s:{s:[f, f, f], s:f, s:f}}", "job", "published", is_published,
                              "verdict", "correct", true, "checks", 7, "notebook", "fold_accuracy", folds[0], folds[1],
                              folds[2], "precision", precision, "recall", published.recall);
    assert_non_null(facts);
    return facts;
}

/* The screen as one line, with single spaces. Caller frees. */
static char *screen_of(json_t *facts, int columns) {
    char *text = NULL;
    size_t size = 0, to = 0;
    struct error err;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(report_screen(out, facts, columns, &err), 0);
    fclose(out);
    for (size_t from = 0; from < size; from++) {
        const char c = text[from] == '\n' ? ' ' : text[from];
        if (c != ' ' || to == 0 || text[to - 1] != ' ') text[to++] = c;
    }
    text[to] = 0;
    json_decref(facts);
    return text;
}

static void assert_shown(json_t *facts, const char *wanted, const char *unwanted) {
    for (int columns = 60; columns <= 80; columns += 20) {
        char *text = screen_of(json_incref(facts), columns);
        if (!strstr(text, wanted)) fail_msg("'%s' is not in: %s", wanted, text);
        if (strstr(text, unwanted)) fail_msg("'%s' is in: %s", unwanted, text);
        free(text);
    }
    json_decref(facts);
}

static void equal_metrics_are_said_to_be(void **state) {
    (void)state;
    assert_shown(facts_with(true, published.precision),
                 "NOTEBOOK accuracy 0.9502 0.96565 0.96495, precision 0.7687, recall 0.8013, equal to the published "
                 "ones ",
                 "; published");
}

static void others_stand_beside_the_published_ones(void **state) {
    (void)state;
    assert_shown(facts_with(true, 0.75),
                 "precision 0.75, recall 0.8013; published: accuracy 0.9502 0.96565 0.96495, precision 0.7687, recall "
                 "0.8013 ",
                 "equal");
    assert_shown(facts_with(true, published.precision + 1e-15), "; published: ", "equal");
}

static void other_jobs_have_none(void **state) {
    (void)state;
    assert_shown(facts_with(false, published.precision), "precision 0.7687, recall 0.8013 ", "published");
}

/* The screen of a run whose times are not usable, and its last lines. Caller frees. */
static char *noisy_screen(int columns) {
    char *text = NULL;
    size_t size = 0;
    struct error err;
    json_t *facts =
        json_pack("{s:{s:b}, s:{s:b, s:i, s:{s:s, s:s}}, s:{s:s, s:i}, s:{s:s}, s:{s:s}, s:f}", "job", "synthetic",
                  true, "verdict", "correct", true, "checks", 7, "times", "state", "not usable", "reason",
                  "PU 0 was busy", "machine", "cpu_model", "A processor with a long name", "cores", 128, "cpu",
                  "hypervisor", "KVMKVMKVM", "tool", "version", "0.1.0", "duration_seconds", 37.0);
    FILE *out = open_memstream(&text, &size);
    assert_non_null(facts);
    assert_non_null(out);
    assert_int_equal(report_screen(out, facts, columns, &err), 0);
    report_next(out, facts, "results/x.json", columns);
    fclose(out);
    json_decref(facts);
    return text;
}

static void narrow_screens_cut_nothing(void **state) {
    (void)state;
    static const char *const ends[] = {"speed", "37", "doctor", "MNIST."};
    for (int columns = SCREEN_LEAST; columns <= SCREEN_COLUMNS; columns++) {
        char *text = noisy_screen(columns);
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            if (!strstr(text, ends[i])) fail_msg("%d columns: '%s' is not in:\n%s", columns, ends[i], text);
        for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
            if (strcspn(line, "\n") > (size_t)columns) fail_msg("%d columns: too long: %s", columns, line);
        free(text);
    }
}

/* Adds ten digits of which so many share a read, whose pair has this verdict. */
static void add_digits(json_t *facts, double group, double percent, const char *verdict) {
    static const char name[] = "digits/f32/avx512/place:core/group:10";
    json_t *digits = json_pack("{s:s, s:s, s:[{s:s, s:s, s:f, s:f, s:{s:f}, s:{s:f}}], s:[{s:s, s:s, s:s, s:s, s:f}]}",
                               "name", "digits", "best", name, "cases", "name", name, "kind", "digits", "models", 10.0,
                               "group", group, "rates", "ns_per_row", 11.1, "roof", "percent", percent, "pairs",
                               "family", "group", "subject", name, "base", "apart", "verdict", verdict, "speed", 1.82);
    assert_non_null(digits);
    assert_int_equal(json_array_append_new(json_object_get(facts, "experiments"), digits), 0);
}

static json_t *recorded_with_digits(double group, double percent, const char *verdict) {
    json_t *file = json_load_file("results/recorded-epyc-avx512.json", 0, NULL);
    json_t *facts = json_incref(json_object_get(file, "sgdmark"));
    assert_non_null(facts);
    json_decref(file);
    add_digits(facts, group, percent, verdict);
    return facts;
}

/* One line where the group wins beyond what is told apart, and nothing otherwise. */
static void ten_digits_are_said_where_they_win(void **state) {
    (void)state;
    static const char *const others[] = {"perhaps faster", "not resolved", "slower", "withheld"};
    assert_shown(recorded_with_digits(10, 71.2, "faster"),
                 "Ten digits on one read: 1.82x one after the other, 71 % of the limit. ", "Ten digits, ");
    assert_shown(recorded_with_digits(5, 120, "faster"), "Ten digits, 5 a read: 1.82x one after the other. ", "120 %");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_shown(recorded_with_digits(10, 71.2, others[i]), "ANSWER", "Ten digits");
}

static void put(json_t *facts, const char *section, const char *key, json_t *value) {
    assert_int_equal(json_object_set_new(json_object_get(facts, section), key, value), 0);
}

/* A recorded run with all that makes a screen long: a label, shuffles, a long name, a quota, more placements. */
static json_t *longest_facts(void) {
    json_t *file = json_load_file("results/recorded-epyc-avx512.json", 0, NULL), *one;
    json_t *facts = json_incref(json_object_get(file, "sgdmark"));
    json_t *folds = json_array_get(json_object_get(facts, "experiments"), 1), *cases = json_object_get(folds, "cases");
    size_t i;
    assert_non_null(facts);
    put(facts, "job", "label", json_string("new memory"));
    put(facts, "machine", "cpu_model", json_string("Intel(R) Xeon(R) Platinum 8488C with a long name"));
    put(facts, "machine", "cpu_quota", json_string("two of 96 CPUs"));
    put(facts, "machine", "not_allowed", json_string("2-95"));
    put(facts, "notebook", "shuffles",
        json_pack("{s:i, s:[{s:s, s:f}, {s:s, s:f}, {s:s, s:f}, {s:s, s:f}]}", "seeds", 1000, "places", "metric",
                  "accuracy", "percentile", 50.0, "metric", "precision", "percentile", 50.0, "metric", "recall",
                  "percentile", 50.0, "metric", "f1", "percentile", 25.0));
    const size_t count = json_array_size(cases);
    for (int more = 0; more < 5; more++)
        for (i = 0; i < count; i++) {
            one = json_array_get(cases, i);
            if (json_number_value(json_object_get(one, "workers")) > 1.0)
                assert_int_equal(json_array_append(cases, one), 0);
        }
    json_decref(file);
    add_digits(facts, 5, 71.2, "faster");
    return facts;
}

/* How many rows the screen's table of cores has, and what it says below them. */
static void assert_cores(json_t *facts, int columns, size_t rows, const char *more) {
    char *text = NULL, last[SCREEN_COLUMNS + 1] = "";
    size_t size = 0, count = 0;
    struct error err;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(report_screen(out, facts, columns, &err), 0);
    fclose(out);
    const char *line = strstr(text, "CORES, ");
    assert_non_null(line);
    for (line = strchr(line, '\n') + 1; *line != '\n'; line = strchr(line, '\n') + 1) {
        if (strncmp(line, "all-cores, ", strlen("all-cores, ")) == 0)
            count++;
        else
            snprintf(last, sizeof last, "%.*s", (int)strcspn(line, "\n"), line);
    }
    if (count != rows || strcmp(last, more) != 0) fail_msg("%zu rows, not %zu, and '%s':\n%s", count, rows, last, text);
    free(text);
}

/* Adds more folds of engine f32 on all cores, `count` in all. */
static void have_placements(json_t *facts, size_t count) {
    json_t *folds = json_array_get(json_object_get(facts, "experiments"), 1), *cases = json_object_get(folds, "cases");
    json_t *one = NULL;
    size_t i;
    json_array_foreach(cases, i, one) {
        if (strcmp(json_string_value(json_object_get(one, "name")), "cv/f32/avx512/place:all-cores") == 0) break;
    }
    assert_non_null(one);
    for (i = 1; i < count; i++)
        assert_int_equal(json_array_append(cases, one), 0);
}

static void placements_left_out_are_counted(void **state) {
    (void)state;
    static const struct {
        size_t placements, rows;
        const char *more;
    } tables[] = {
        {1, 1, ""}, {4, 4, ""}, {5, 3, "2 more: sgdmark report FILE"}, {12, 3, "9 more: sgdmark report FILE"}};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        json_t *file = json_load_file("results/recorded-epyc-avx512.json", 0, NULL);
        json_t *facts = json_object_get(file, "sgdmark");
        assert_non_null(facts);
        have_placements(facts, tables[i].placements);
        assert_cores(facts, SCREEN_COLUMNS, tables[i].rows, tables[i].more);
        assert_cores(facts, SCREEN_LEAST, tables[i].rows, tables[i].more);
        json_decref(file);
    }
}

/* With room for the prompt. */
static void the_longest_screen_has_40_lines(void **state) {
    (void)state;
    json_t *facts = longest_facts();
    char *text = NULL;
    size_t size = 0, lines = 0;
    struct error err;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(report_screen(out, facts, SCREEN_COLUMNS, &err), 0);
    report_next(out, facts, "results/x.json", SCREEN_COLUMNS);
    fclose(out);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    if (!strstr(text, "label: ") || !strstr(text, "1000 shuffles") || !strstr(text, "Ten digits") ||
        !strstr(text, "a CPU quota") || !strstr(text, " more: "))
        fail_msg("this is not the longest screen:\n%s", text);
    if (lines > 40) fail_msg("%zu lines:\n%s", lines, text);
    free(text);
    json_decref(facts);
}

/* The table of parity, which the long report has: what fast-math promises nowhere is no failure, and is said. */
static void other_metrics_are_said_where_none_are_promised(void **state) {
    (void)state;
    char *text = NULL;
    size_t size = 0;
    struct error err;
    json_t *facts = json_pack("{s:{s:[{s:s, s:s}, {s:s, s:s, s:b, s:s, s:s}, {s:s, s:s, s:b, s:s, s:s}]}}", "receipts",
                              "parity", "engine", "f64", "backend", "scalar", "engine", "f32", "backend", "autovec-v3",
                              "passed", true, "reached", "none", "reference", "f32/scalar", "engine", "f32", "backend",
                              "avx2", "passed", true, "reached", "L2 weights", "reference", "f32/scalar");
    FILE *out = open_memstream(&text, &size);
    assert_non_null(facts);
    assert_non_null(out);
    assert_int_equal(report_parity(out, facts, &err), 0);
    fclose(out);
    if (!strstr(text, "pass: other metrics than f32/scalar, none are promised\n") ||
        !strstr(text, "pass: same bits as f32/scalar\n"))
        fail_msg("%s", text);
    free(text);
    json_decref(facts);
}

static void lines_begin_with_a_word(void **state) {
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    print_wrapped(out, "ab, cd  ef ", 0, 0, 3); /* the first line is full behind its comma */
    fclose(out);
    assert_string_equal(text, "ab,\ncd\nef\n");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_metrics_are_said_to_be),
        cmocka_unit_test(others_stand_beside_the_published_ones),
        cmocka_unit_test(other_jobs_have_none),
        cmocka_unit_test(narrow_screens_cut_nothing),
        cmocka_unit_test(placements_left_out_are_counted),
        cmocka_unit_test(ten_digits_are_said_where_they_win),
        cmocka_unit_test(the_longest_screen_has_40_lines),
        cmocka_unit_test(other_metrics_are_said_where_none_are_promised),
        cmocka_unit_test(lines_begin_with_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
