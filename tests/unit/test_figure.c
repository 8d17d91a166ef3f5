/* SPDX-License-Identifier: MIT */
/* What charts show: the numbers of figures and heat maps made from results, comparisons and fleets by hand, the scripts
 * that draw them, and what a page carries. */
#include "record/carried.h"
#include "record/columns.h"
#include "record/figure.h"
#include "record/matrix.h"
#include "report/chart_script.h"
#include "report/html.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define assert_near(got, want) assert_true(fabs((got) - (want)) < 1e-9)

/* Facts of a run whose best epoch has `rounds` samples: 1, 2, 3 ... ms, in turns from both ends. */
static json_t *facts_of(size_t rounds) {
    json_t *seconds = json_array(), *disturbed = json_array(), *ghz = json_array();
    for (size_t i = 0; i < rounds; i++) {
        const size_t place = i % 2 ? rounds - i / 2 : i / 2 + 1;
        json_array_append_new(seconds, json_real(1e-3 * (double)place));
        json_array_append_new(disturbed, i == 3 ? json_string("steal") : json_null());
        json_array_append_new(ghz, i < 12 ? json_real(3.0 + 0.01 * (double)i) : json_null());
    }
    json_t *epochs =
        json_pack("{s:s, s:s, s:f, s:{s:f}, s:[{s:s, s:s, s:s, s:s, s:f, s:f, s:{s:f, s:f, s:f}, s:{s:f}}]}", "name",
                  "epochs", "best", "epoch/f32/avx2", "pixels", 784.0, "usable", "above", 0.05, "cases", "name",
                  "epoch/f32/avx2", "kind", "epoch", "job", "f32/avx2", "engine", "f32", "work", 60000.0, "row_bytes",
                  576.0, "summary", "median", 2e-3, "q1", 1e-3, "q3", 3e-3, "rates", "ns_per_row", 33.3);
    json_object_set_new(epochs, "clock", json_pack("{s:o}", "ghz_per_round", ghz));
    return json_pack("{s:[o], s:[{s:s, s:o, s:o, s:{s:f}}]}", "experiments", epochs, "samples", "name",
                     "epoch/f32/avx2", "seconds", seconds, "disturbed", disturbed, "summary", "median",
                     1e-3 * 0.5 * (double)(rounds + 1));
}

static void speeds_are_rows_per_second_with_their_quartiles(void **state) {
    (void)state;
    struct figure figure;
    json_t *facts = facts_of(5);
    figure_speeds(&figure, facts);
    assert_int_equal(figure.count, 1);
    assert_string_equal(figure.rows[0].name, "f32/avx2");
    assert_near(figure.rows[0].value[0], 30.0);
    assert_near(figure.rows[0].value[1], 20.0); /* the slower quartile is the lower speed */
    assert_near(figure.rows[0].value[2], 60.0);
    figure_free(&figure);
    figure_roofline(&figure, facts);
    assert_int_equal(figure.count, 1); /* no kernel: its roof is not known */
    assert_near(figure.rows[0].value[0], 784.0 / 576.0);
    assert_near(figure.rows[0].value[1], 784.0 / 33.3);
    figure_free(&figure);
    json_decref(facts);
}

static void few_samples_are_points_and_disturbed_ones_are_marked(void **state) {
    (void)state;
    struct figure figure;
    json_t *facts = facts_of(300);
    figure_samples(&figure, facts);
    assert_int_equal(figure.kind, FIGURE_SAMPLES);
    assert_int_equal(figure.count, 300);
    assert_near(figure.rows[0].value[1], 1.0 / 150.5);
    assert_near(figure.rows[2].value[2], 3.02);
    assert_true(isnan(figure.rows[12].value[2]));
    assert_int_equal(figure.rows[3].mark, FIGURE_DISTURBED);
    assert_string_equal(figure.rows[3].remark, "steal");
    assert_int_equal(figure.rows[4].mark, FIGURE_PLAIN);
    figure_free(&figure);
    json_decref(facts);
}

static void many_samples_are_bands_of_quantiles(void **state) {
    (void)state;
    struct figure figure;
    json_t *facts = facts_of(600);
    figure_samples(&figure, facts);
    assert_int_equal(figure.kind, FIGURE_BANDS);
    assert_int_equal(figure.count, 60);
    /* The first window: 1..5 and 596..600 ms around the median of 300.5 ms. */
    assert_string_equal(figure.rows[0].name, "1 to 10");
    assert_near(figure.rows[0].value[0], 5.5);
    assert_near(figure.rows[0].value[1], 1.45 / 300.5);
    assert_near(figure.rows[0].value[3], 1.0);
    assert_near(figure.rows[0].value[5], 599.55 / 300.5);
    assert_near(figure.rows[0].value[6], 3.045); /* the median clock of rounds 1 to 10 */
    assert_near(figure.rows[1].value[6], 3.105); /* of the two that are known */
    assert_true(isnan(figure.rows[2].value[6]));
    assert_string_equal(figure.rows[59].name, "591 to 600");
    assert_true(chart_possible(&figure));
    figure_free(&figure);
    json_decref(facts);
}

static json_t *folds_case(const char *job, const char *place, double workers, const char *alone, double folds) {
    char name[64];
    snprintf(name, sizeof name, "cv/%s/place:%s", job, place);
    return json_pack("{s:s, s:s, s:s, s:s, s:f, s:s?, s:{s:f, s:f}}", "name", name, "kind", "folds", "job", job,
                     "placement", place, "workers", workers, "alone", alone, "rates", "folds_per_second", folds,
                     "ns_per_row", 1e3 / folds);
}

static json_t *folds_of(double factor) {
    return json_pack("{s:[{s:s, s:[o, o, o, o]}]}", "experiments", "name", "folds", "cases",
                     folds_case("f32/avx2", "core", 1, NULL, factor * 100),
                     folds_case("int/avx2", "core", 1, NULL, factor * 50),
                     folds_case("f32/avx2", "all-cores", 4, "cv/f32/avx2/place:core", factor * 380),
                     folds_case("int/avx2", "all-cores", 4, "cv/int/avx2/place:core", factor * 190));
}

static void ideal_folds_are_those_of_one_core_times_workers(void **state) {
    (void)state;
    struct figure figure;
    json_t *facts = folds_of(1.0);
    figure_scaling(&figure, facts);
    assert_int_equal(figure.count, 4);
    assert_near(figure.rows[2].value[2], 400.0);
    assert_near(figure.rows[3].value[2], 200.0);
    assert_int_equal(figure.rows[0].series, figure.rows[2].series);
    assert_int_not_equal(figure.rows[0].series, figure.rows[1].series);
    figure_free(&figure);
    json_decref(facts);
}

static void a_heat_map_has_its_brightest_value_at_the_top_level(void **state) {
    (void)state;
    struct matrix matrix;
    struct error err;
    json_t *facts = folds_of(1.0), *slow = folds_of(0.5);
    assert_int_equal(matrix_placements(&matrix, facts, &err), 0);
    assert_int_equal(matrix.rows, 2);
    assert_int_equal(matrix.columns, 2);
    assert_string_equal(matrix.row_names[1], "int/avx2");
    assert_string_equal(matrix.column_names[1], "all-cores");
    assert_near(matrix.values[1], 380.0);
    assert_int_equal(matrix.levels[1], HEAT_LEVELS - 1);
    assert_int_equal(matrix.levels[0], 0); /* below half of it */
    matrix_free(&matrix);
    /* Runs have levels of their own in each line, and what one lacks stays empty. */
    const struct result_file a = {.facts = facts}, b = {.facts = slow};
    json_array_remove(json_object_get(json_array_get(json_object_get(slow, "experiments"), 0), "cases"), 3);
    const struct result_file *files[] = {&a, &b};
    const char *names[] = {"a", "b"};
    assert_int_equal(matrix_runs(&matrix, files, names, 2, &err), 0);
    assert_int_equal(matrix.rows, 4);
    assert_near(matrix.values[2], 50.0);
    assert_int_equal(matrix.levels[2], HEAT_LEVELS - 1);
    assert_int_equal(matrix.levels[3], 0);
    assert_true(isnan(matrix.values[7]));
    assert_int_equal(matrix.levels[7], HEAT_NONE);
    matrix_free(&matrix);
    json_decref(facts);
    json_decref(slow);
}

static char *script_of(const struct figure *figure) {
    char *script = NULL;
    size_t size;
    FILE *to = open_memstream(&script, &size);
    assert_non_null(to);
    chart_script(to, figure);
    fclose(to);
    return script;
}

static void joules_are_a_column_where_any_are_known(void **state) {
    (void)state;
    struct figure figure;
    json_t *facts = folds_of(1.0);
    json_t *cases = json_object_get(json_array_get(json_object_get(facts, "experiments"), 0), "cases");
    figure_scaling(&figure, facts);
    assert_null(figure.columns[3]);
    figure_free(&figure);
    json_object_set_new(json_array_get(cases, 2), "energy", json_pack("{s:f}", "joules_per_fold", 0.25));
    figure_scaling(&figure, facts);
    assert_string_equal(figure.columns[3], "J/fold");
    assert_near(figure.rows[2].value[3], 0.25);
    assert_true(isnan(figure.rows[0].value[3]));
    figure_free(&figure);
    json_decref(facts);
}

/* Three runs: of the second the base's best epoch is known, the third lacks it and has two others. */
static void each_machine_has_the_best_epoch_that_it_shares(void **state) {
    (void)state;
    struct figure figure;
    struct result_file files[] = {{.path = "1 a"}, {.path = "2 b"}, {.path = "3 c"}};
    struct pool pools[] = {{0, 1}, {1, 1}, {2, 1}};
    struct ratio_row rows[] = {
        {.name = "epoch/f32/avx512",
         .subject = 1,
         .base_time = 1.0,
         .speedup = {0.5, 0.4, 0.6},
         .floor = 0.01,
         .times = {.verdict = VERDICT_SLOWER},
         .subject_roof = 80.0},
        {.name = "epoch/f32/scalar", .subject = 2, .base_time = 9.0, .speedup = {3.0, 2.9, 3.1}, .floor = 0.01},
        {.name = "epoch/f32/avx2",
         .subject = 2,
         .base_time = 2.0,
         .speedup = {2.0, NAN, NAN},
         .floor = 0.04,
         .times = {.verdict = VERDICT_UNKNOWN},
         .subject_roof = NAN},
        {.name = "cv/f32/avx2/place:core", .subject = 2, .base_time = 0.5, .speedup = {7.0, 6.0, 8.0}, .floor = 0.5}};
    struct column list[] = {{.headline = NULL}, {.headline = &rows[0]}, {.headline = NULL}};
    const struct compare_report report = {
        .files = files, .file_count = 3, .pools = pools, .pool_count = 3, .rows = rows, .row_count = 4};
    const struct columns columns = {.list = list, .count = 3};
    figure_machines(&figure, &report, &columns);
    assert_int_equal(figure.count, 2);
    assert_string_equal(figure.rows[0].name, "2 b");
    assert_near(figure.rows[0].value[1], 0.4);
    assert_near(figure.rows[0].value[4], 80.0);
    assert_string_equal(figure.rows[0].remark, "f32/avx512: slower");
    assert_string_equal(figure.rows[1].remark, "f32/avx2: unknown");
    assert_near(figure.rows[1].value[0], 2.0);
    assert_near(figure.band, 0.04); /* the largest floor of those that are shown */
    assert_true(chart_possible(&figure));
    char *script = script_of(&figure);
    assert_non_null(strstr(script, "$r0 << END\n2 0.5 0.4 0.6 "));
    assert_non_null(strstr(script, "$r2 << END\n1 2 ")); /* no interval: a point alone */
    assert_null(strstr(script, "plot $r1"));
    free(script);
    figure_free(&figure);
}

/* Nodes n0, n1, ... of one group, whose epochs take 100 to 101, in turns; n7 takes 110 and is slow. */
static json_t *fleet_of(size_t nodes) {
    json_t *list = json_object();
    for (size_t i = 0; i < nodes; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%zu", i);
        json_object_set_new(list, name,
                            json_pack("{s:s, s:i, s:{s:f}}", "state", i == 7 ? "slow" : "good", "group", 0, "times",
                                      "epoch", i == 7 ? 110.0 : 100.0 + (double)(i % 2)));
    }
    json_object_set_new(list, "dead", json_pack("{s:s, s:i, s:{s:n}}", "state", "dead", "group", -1, "times", "epoch"));
    return json_pack("{s:[{s:{s:{s:f}}}], s:o}", "groups", "metrics", "epoch", "median", 100.0, "nodes", list);
}

static void steps_are_medians_of_samples(void **state) {
    static const double ns[] = {30.0, 10.0, 20.0};
    struct figure figure;
    json_t *rows = json_array();
    (void)state;
    for (size_t i = 0; i < 3; i++)
        json_array_append_new(rows, json_pack("{s:s, s:f}", "name", "rows/f32/avx2/n:500", "ns_per_row", ns[i]));
    json_array_append_new(rows, json_pack("{s:s, s:f}", "name", "rows/f32/avx2/n:500_mean", "ns_per_row", 1.0));
    json_t *root = json_pack("{s:o}", "benchmarks", rows);
    struct series series[] = {{.name = "rows/f32/avx2/n:500", .engine = "f32", .backend = "avx2", .n = 3},
                              {.name = "epoch/f32/avx2", .engine = "f32", .backend = "avx2", .n = 3}};
    const struct result_file file = {.root = root, .series = series, .count = 2};
    figure_steps(&figure, &file);
    assert_int_equal(figure.count, 1);
    assert_near(figure.rows[0].value[0], 500.0);
    assert_near(figure.rows[0].value[1], 20.0);
    figure_free(&figure);
    json_decref(root);
}

/* Axes that let every row be seen. */
static void axes_fit_what_is_drawn(void **state) {
    static const struct {
        enum figure_kind kind;
        size_t which; /* value that is 1 and then `far` */
        double far;
        const char *has;
    } axes[] = {{FIGURE_STEPS, 1, 4.0, "set yrange [0:*]"},
                {FIGURE_STEPS, 1, 40.0, "set logscale y"},
                {FIGURE_RATIOS, 0, 1.08, "set xtics 0.02\n"},
                {FIGURE_RATIOS, 0, 40.0, "set logscale x"}};
    (void)state;
    for (size_t i = 0; i < sizeof axes / sizeof *axes; i++) {
        struct figure figure = {.kind = axes[i].kind, .id = "x", .title = "x", .band = NAN};
        for (size_t k = 0; k < 2; k++) {
            struct figure_row *row = figure_row(&figure, "x");
            assert_non_null(row);
            row->value[0] = row->value[1] = 1.0;
            if (k == 1) row->value[axes[i].which] = axes[i].far;
        }
        char *script = script_of(&figure);
        if (!strstr(script, axes[i].has)) fail_msg("%s is not in %s", axes[i].has, script);
        free(script);
        figure_free(&figure);
    }
}

static void nodes_stand_against_their_group(void **state) {
    (void)state;
    struct figure figure;
    json_t *facts = fleet_of(300);
    figure_fleet(&figure, facts);
    assert_int_equal(figure.count, 300); /* the dead one has no times */
    assert_near(figure.rows[1].value[1], 1.0);
    assert_int_equal(figure.rows[1].mark, FIGURE_PLAIN);
    assert_near(figure.rows[7].value[1], 10.0);
    assert_int_equal(figure.rows[7].mark, FIGURE_DISTURBED);
    assert_string_equal(figure.rows[7].remark, "slow: epoch");
    assert_near(figure.band, 3.0);
    char *script = script_of(&figure);
    assert_non_null(strstr(script, "set label 'n7' at 8, 10"));
    free(script);
    figure_free(&figure);
    json_decref(facts);
}

static void many_nodes_are_bands_and_outliers(void **state) {
    (void)state;
    struct figure figure;
    json_t *facts = fleet_of(600);
    figure_fleet(&figure, facts);
    assert_int_equal(figure.count, 61);
    assert_string_equal(figure.rows[1].name, "11 to 20");
    assert_int_equal(figure.rows[1].mark, FIGURE_BAND);
    assert_near(figure.rows[0].value[5], 1.0); /* without n7, which is drawn by itself */
    assert_near(figure.rows[1].value[1], 0.5); /* the median of five 0 and five 1 */
    assert_near(figure.rows[1].value[2], 0.0);
    assert_near(figure.rows[1].value[5], 1.0);
    assert_string_equal(figure.rows[60].name, "n7");
    assert_near(figure.rows[60].value[0], 8.0);
    assert_near(figure.rows[60].value[1], 10.0);
    figure_free(&figure);
    json_decref(facts);
}

static void names_cannot_leave_their_quotes_in_a_script(void **state) {
    (void)state;
    struct figure figure = {.kind = FIGURE_SPREAD, .id = "x", .title = "x", .x_axis = "it's"};
    struct figure_row *row = figure_row(&figure, "'; system(\"x\")\n`y`\xff");
    assert_non_null(row);
    for (size_t i = 0; i < 4; i++)
        row->value[i] = 1.0;
    char *script = NULL;
    size_t size;
    FILE *to = open_memstream(&script, &size);
    chart_script(to, &figure);
    fclose(to);
    assert_non_null(strstr(script, "set xlabel 'it''s'"));
    assert_non_null(strstr(script, "'''; system(\"x\")?`y`?' 1"));
    free(script);
    figure_free(&figure);
}

static void text_is_escaped_for_elements_and_values(void **state) {
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    html_text(to, "<a href=\"x\" b='y'>&\x1b[0m\xff");
    fclose(to);
    assert_string_equal(text, "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;\\x1b[0m\\xff");
    free(text);
}

static void what_is_carried_comes_back(void **state) {
    (void)state;
    char *text = malloc(3 << 20), *back = NULL, *page = NULL;
    size_t length = 3 << 20, size = 0;
    struct error err;
    uint32_t draw = 1;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)('0' + (draw = draw * 1103515245u + 12345u) / 65536u % 10u);
    char *base64 = carried_text(text, length);
    assert_non_null(base64);
    assert_true(asprintf(&page, "<!DOCTYPE html><a %s%s\">a</a><a %s%s\">b</a>", CARRIED_BEGIN, base64, CARRIED_BEGIN,
                         base64) > 0);
    assert_true(is_page(page, strlen(page)));
    assert_int_equal(carried_count(page, strlen(page)), 2);
    assert_int_equal(carried_get(&back, &size, page, strlen(page), 2, "p.html", &err), 0);
    assert_int_equal(size, length);
    assert_memory_equal(back, text, length);
    free(text);
    free(back);
    assert_int_equal(carried_get(&back, &size, page, strlen(page), 0, "p.html", &err), -1);
    assert_string_equal(err.text, "p.html: carries 2 results; name one, from p.html#1 to p.html#2");
    assert_int_equal(carried_get(&back, &size, page, strlen(page) / 2, 1, "p.html", &err), -1);
    assert_null(back);
    free(base64);
    free(page);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(speeds_are_rows_per_second_with_their_quartiles),
        cmocka_unit_test(few_samples_are_points_and_disturbed_ones_are_marked),
        cmocka_unit_test(many_samples_are_bands_of_quantiles),
        cmocka_unit_test(ideal_folds_are_those_of_one_core_times_workers),
        cmocka_unit_test(a_heat_map_has_its_brightest_value_at_the_top_level),
        cmocka_unit_test(joules_are_a_column_where_any_are_known),
        cmocka_unit_test(each_machine_has_the_best_epoch_that_it_shares),
        cmocka_unit_test(steps_are_medians_of_samples),
        cmocka_unit_test(axes_fit_what_is_drawn),
        cmocka_unit_test(nodes_stand_against_their_group),
        cmocka_unit_test(many_nodes_are_bands_and_outliers),
        cmocka_unit_test(names_cannot_leave_their_quotes_in_a_script),
        cmocka_unit_test(text_is_escaped_for_elements_and_values),
        cmocka_unit_test(what_is_carried_comes_back),
    };
    return cmocka_run_group_tests_name("figure", tests, NULL, NULL);
}
