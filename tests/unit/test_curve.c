/* SPDX-License-Identifier: MIT */
/* The curves over the threshold: scikit-learn's documented example, a second implementation that counts rows, ties
 * included, and average precisions of scikit-learn 1.2.1 to the last bit; the CSV and the drawings. */
#include "base/json.h"
#include "data/random.h"
#include "learn/curve.h"
#include "record/trade_off.h"
#include "report/curve_report.h"
#include "report/plot.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The example of scikit-learn's documentation of precision_recall_curve and roc_curve. */
static const uint8_t documented_truth[] = {0, 0, 1, 1};
static const double documented_decision[] = {0.1, 0.4, 0.35, 0.8};

static struct curve make(const uint8_t *truth, const double *decision, size_t n) {
    struct curve curve;
    struct error err = {.text = ""};
    if (curve_make(&curve, truth, decision, n, &err) != 0) fail_msg("%s", err.text);
    return curve;
}

static void the_documented_example(void **state) {
    (void)state;
    static const double thresholds[] = {0.1, 0.35, 0.4, 0.8}, precision[] = {0.5, 2.0 / 3.0, 0.5, 1, 1},
                        recall[] = {1, 1, 0.5, 0.5, 0}, fpr[] = {1, 0.5, 0.5, 0, 0};
    struct curve curve = make(documented_truth, documented_decision, 4);
    assert_int_equal(curve.n, 4);
    for (size_t i = 0; i <= 4; i++) {
        assert_true(i == 4 || curve.at[i].threshold == thresholds[i]);
        assert_true(curve_precision(&curve, i) == precision[i]);
        assert_true(curve_recall(&curve, i) == recall[i]);
        assert_true(curve_false_positive_rate(&curve, i) == fpr[i]);
        assert_true(curve_is_corner(&curve, i)); /* roc_curve drops none of them */
    }
    curve_free(&curve);
}

/* Rows of the same decision are one point; of points on a line roc_curve keeps the ends. */
static void ties_are_one_point(void **state) {
    (void)state;
    static const uint8_t truth[] = {0, 1, 0, 1, 0, 1, 0, 0};
    static const double decision[] = {1, 1, 2, 2, 3, 3, -7, -8};
    struct curve curve = make(truth, decision, COUNT(truth));
    assert_int_equal(curve.n, 5);
    assert_true(curve.at[2].threshold == 1.0 && curve.at[2].tp == 3 && curve.at[2].fp == 3);
    assert_true(curve.at[4].threshold == 3.0 && curve.at[4].tp == 1 && curve.at[4].fp == 1);
    /* Points -8, -7, 1, 2, 3: at 2 both rates go on as from 3 to 2; at -7 only the false positives do. */
    static const bool kept[] = {true, false, true, false, true, true};
    for (size_t i = 0; i < COUNT(kept); i++)
        assert_int_equal(curve_is_corner(&curve, i), kept[i]);
    curve_free(&curve);
}

enum { MOST = 500 };

/* Rows with few different decisions, a third of them positive. */
static void draw(struct random_state *rs, uint8_t *truth, double *decision, size_t n, uint32_t values) {
    for (size_t i = 0; i < n; i++) {
        decision[i] = (double)random_masked(rs, values) - values / 2.0;
        truth[i] = random_masked(rs, 2) == 0;
    }
    truth[0] = 0;
    truth[1] = 1;
}

/* The confusion matrix of decision >= threshold. */
static struct confusion counted(const uint8_t *truth, const double *decision, size_t n, double threshold) {
    uint8_t predicted[MOST];
    for (size_t i = 0; i < n; i++)
        predicted[i] = decision[i] >= threshold;
    return confusion_count(truth, predicted, n);
}

static void check_point(const struct curve *curve, size_t i, const struct confusion *want) {
    const struct confusion c = curve_confusion(curve, i);
    assert_memory_equal(&c, want, sizeof c);
    assert_true(curve_precision(curve, i) == precision_score(want));
    assert_true(curve_recall(curve, i) == recall_score(want));
    assert_true(curve_false_positive_rate(curve, i) == (double)want->fp / (double)(want->tn + want->fp));
}

/* numpy.diff(counts, 2) of roc_curve at point i. */
static double bend(const struct curve *curve, size_t i, bool positive) {
    double count[3];
    for (size_t k = 0; k < 3; k++) {
        const struct curve_point *point = &curve->at[i + k - 1];
        count[k] = (double)(positive ? point->tp : point->fp);
    }
    return (count[2] - count[1]) - (count[1] - count[0]);
}

static void roc_curve_keeps_the_bends(void **state) {
    (void)state;
    static uint8_t truth[MOST];
    static double decision[MOST];
    size_t kept = 0, dropped = 0;
    struct random_state rs;
    random_seed(&rs, 7);
    for (int round = 0; round < 50; round++) {
        draw(&rs, truth, decision, 100, 60);
        struct curve curve = make(truth, decision, 100);
        for (size_t i = 1; i + 1 < curve.n; i++) {
            const bool bends = bend(&curve, i, true) != 0.0 || bend(&curve, i, false) != 0.0;
            assert_int_equal(curve_is_corner(&curve, i), bends);
            kept += bends;
            dropped += !bends;
        }
        curve_free(&curve);
    }
    assert_true(kept > 100 && dropped > 100);
}

static void points_count_rows(void **state) {
    (void)state;
    static uint8_t truth[MOST];
    static double decision[MOST];
    struct random_state rs;
    random_seed(&rs, 5);
    for (size_t n = 2; n < 120; n++) {
        draw(&rs, truth, decision, n, 40);
        struct curve curve = make(truth, decision, n);
        size_t point = 0;
        for (int twice = -50; twice < 50; twice++) {
            const double threshold = twice / 2.0;
            const struct confusion want = counted(truth, decision, n, threshold);
            const size_t from = curve_from(&curve, threshold);
            bool occurs = false;
            for (size_t i = 0; i < n; i++)
                occurs = occurs || decision[i] == threshold;
            if (want.tp + want.fp == 0)
                assert_int_equal(from, curve.n);
            else
                check_point(&curve, from, &want);
            if (occurs) assert_int_equal(from, point++);
        }
        assert_int_equal(point, curve.n);
        curve_free(&curve);
    }
}

/* The thresholds of numpy.argmax(precisions >= p) and of the last recall that is at least r. */
static void wishes_are_met_or_not(void **state) {
    (void)state;
    static uint8_t truth[MOST];
    static double decision[MOST];
    struct random_state rs;
    random_seed(&rs, 6);
    for (int round = 0; round < 40; round++) {
        draw(&rs, truth, decision, 60, 30);
        struct curve curve = make(truth, decision, 60);
        for (int tenths = 1; tenths <= 10; tenths++) {
            const double wish = tenths / 10.0;
            const struct wanted wanted = {.precision = wish, .recall = wish, .threshold = 3.0};
            const struct trade_off made = trade_off_of(&curve, 0.5, &wanted);
            const struct confusion at_3 = counted(truth, decision, 60, 3.0);
            size_t lowest = curve.n, highest = 0;
            for (size_t i = curve.n; i-- > 0;)
                if (curve_precision(&curve, i) >= wish) lowest = i;
            for (size_t i = 0; i < curve.n; i++)
                if (curve_recall(&curve, i) >= wish) highest = i;
            assert_memory_equal(&made.at_threshold.confusion, &at_3, sizeof at_3);
            assert_true(made.at_threshold.threshold == 3.0);
            assert_int_equal(made.at_precision.reached, lowest < curve.n);
            if (made.at_precision.reached) assert_true(made.at_precision.threshold == curve.at[lowest].threshold);
            assert_true(made.at_recall.reached && made.at_recall.threshold == curve.at[highest].threshold);
        }
        curve_free(&curve);
    }
}

/* average_precision_score of scikit-learn 1.2.1 on the rows of `draw` with RandomState(n), to the last bit: NumPy sums
 * short arrays one by one, those of up to 128 terms in eight partial sums, halves longer ones, and
 * takes the longest in pieces of 8192. */
static void average_precision_is_scikit_learns(void **state) {
    (void)state;
    static const struct {
        size_t n;
        uint32_t values;
        double want;
    } golden[] = {
        {2, 40, 0.5},
        {7, 1000000, 0.7222222222222222},
        {8, 1000000, 0.5916666666666666},
        {9, 1000000, 0.7678571428571428},
        {15, 1000000, 0.41333333333333333},
        {100, 20, 0.29158206200411396},
        {127, 1000000, 0.34687440232707073},
        {128, 1000000, 0.45393924620290554},
        {129, 1000000, 0.3559222775197044},
        {137, 1000000, 0.31497462361337614},
        {200, 1000000, 0.3857491734829686},
        {255, 1000000, 0.32175651569329544},
        {256, 1000000, 0.3164547660069742},
        {257, 1000000, 0.3696714838561645},
        {1000, 1000000, 0.3708916596969768},
        {1000, 300, 0.3399087749025087},
        {4001, 10000000, 0.3483033227489766},
        {4096, 4294967295U, 0.3210302760515694},
        {8192, 100000000, 0.3168412954367702},
        {8193, 100000000, 0.33357579043642926},
        {8200, 100000000, 0.3275337023579215},
        {16384, 100000000, 0.33103883459355116},
        {20000, 100000000, 0.32873884331731884},
        {30001, 100000000, 0.3327929110177765},
        {40000, 5000, 0.3301812681946908},
    };
    static uint8_t truth[40000];
    static double decision[40000];
    for (size_t i = 0; i < COUNT(golden); i++) {
        struct random_state rs;
        random_seed(&rs, (uint32_t)golden[i].n);
        draw(&rs, truth, decision, golden[i].n, golden[i].values);
        struct curve curve = make(truth, decision, golden[i].n);
        if (average_precision_score(&curve) != golden[i].want)
            fail_msg("%zu rows: %.17g, not %.17g", golden[i].n, average_precision_score(&curve), golden[i].want);
        curve_free(&curve);
    }
}

static void some_rows_have_no_curve(void **state) {
    (void)state;
    static const uint8_t negative[] = {0, 0}, positive[] = {1, 1}, both[] = {0, 1};
    static const double fine[] = {1, 2}, nan[] = {1, (double)NAN}, infinite[] = {(double)INFINITY, 2};
    struct curve curve;
    struct error err;
    assert_int_equal(curve_make(&curve, negative, fine, 2, &err), -1);
    assert_non_null(strstr(err.text, "both classes"));
    assert_int_equal(curve_make(&curve, positive, fine, 2, &err), -1);
    assert_int_equal(curve_make(&curve, both, nan, 2, &err), -1);
    assert_string_equal(err.text, "the decision value of row 1 is not finite");
    assert_int_equal(err.kind, ERROR_CHECK);
    assert_int_equal(curve_make(&curve, both, infinite, 2, &err), -1);
    assert_null(curve.at);
}

/* ---- What is printed. The caller frees the texts. */

static char *csv_of(const struct curve *curve) {
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    print_curve_csv(to, curve);
    fclose(to);
    return text;
}

static void the_csv_has_both_curves(void **state) {
    (void)state;
    struct curve curve = make(documented_truth, documented_decision, 4);
    char *text = csv_of(&curve);
    assert_string_equal(text,
                        "threshold,precision,recall,false_positive_rate,true_positives,false_positives,roc_curve\n"
                        "0.1,0.5,1,1,2,2,1\n"
                        "0.35,0.6666666666666666,1,0.5,2,1,1\n"
                        "0.4,0.5,0.5,0.5,1,1,1\n"
                        "0.8,1,0.5,0,1,0,1\n"
                        "inf,1,0,0,0,0,1\n");
    free(text);
    curve_free(&curve);
}

/* Is the text the line of point i? Returns where the next one begins. */
static const char *check_line(const char *text, const struct curve *curve, size_t i) {
    char *at;
    assert_true(strtod(text, &at) == (i < curve->n ? curve->at[i].threshold : (double)INFINITY));
    assert_true(strtod(at + 1, &at) == curve_precision(curve, i));
    assert_true(strtod(at + 1, &at) == curve_recall(curve, i));
    assert_true(strtod(at + 1, &at) == curve_false_positive_rate(curve, i));
    return strchr(at, '\n') + 1;
}

static void numbers_of_the_csv_read_back(void **state) {
    (void)state;
    static uint8_t truth[MOST];
    static double decision[MOST];
    struct random_state rs;
    random_seed(&rs, 8);
    draw(&rs, truth, decision, MOST, UINT32_MAX);
    for (size_t i = 0; i < MOST; i++)
        decision[i] /= 3e5;
    struct curve curve = make(truth, decision, MOST);
    char *text = csv_of(&curve);
    const char *line = text + strcspn(text, "\n") + 1;
    for (size_t i = 0; i <= curve.n; i++)
        line = check_line(line, &curve, i);
    assert_string_equal(line, "");
    free(text);
    curve_free(&curve);
}

/* The longest line of a text. */
static size_t widest(const char *text) {
    size_t most = 0;
    for (; *text; text += strspn(text, "\n")) {
        const size_t length = strcspn(text, "\n");
        most = length > most ? length : most;
        text += length;
    }
    return most;
}

static void a_plot_by_hand(void **state) {
    (void)state;
    struct plot_line lines[2] = {{.mark = 'a'}, {.mark = 'b'}};
    for (int x = 0; x < PLOT_COLUMNS; x++) {
        lines[0].y[x] = 1.0;                /* along the upper border */
        lines[1].y[x] = x < 36 ? 0.0 : 1.0; /* up in one step, then on the other line */
    }
    const struct plot plot = {"title", -5.0, 1234567.0, lines, 2};
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    plot_print(to, &plot);
    fclose(to);
    assert_int_equal(widest(text), 5 + PLOT_COLUMNS);
    assert_non_null(strstr(text,
                           "\ntitle\n1.0 |aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa************************************\n"
                           "0.9 |                                    b\n"));
    assert_non_null(strstr(text, "\n0.0 |bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n    +---"));
    assert_non_null(strstr(text, "-\n     -5 "));
    assert_non_null(strstr(text, " 1.23457e+06\n"));
    free(text);
}

static void curves_fit_80_columns(void **state) {
    (void)state;
    static uint8_t truth[MOST];
    static double decision[MOST];
    struct random_state rs;
    random_seed(&rs, 9);
    draw(&rs, truth, decision, MOST, 1000000);
    for (size_t i = 0; i < MOST; i++)
        decision[i] = decision[i] * 1e290 + truth[i] * 4e295;
    struct curve curve = make(truth, decision, MOST);
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    print_curve(to, &curve);
    fclose(to);
    assert_true(widest(text) <= 80);
    assert_int_equal(strspn(text, "\n\t !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
                                  "abcdefghijklmnopqrstuvwxyz{|}~"),
                     size);
    assert_non_null(strstr(text, "ROC: "));
    free(text);
    curve_free(&curve);
}

static void words_on_thresholds(void **state) {
    (void)state;
    struct curve curve = make(documented_truth, documented_decision, 4);
    const struct wanted wanted = {.precision = 0.6, .recall = 0.75, .threshold = 0.9};
    const struct trade_off made = trade_off_of(&curve, 0.75, &wanted);
    json_t *facts = trade_off_json(&made);
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    print_thresholds(to, facts, 2, true);
    print_thresholds(to, facts, 0, false);
    fclose(to);
    assert_string_equal(text, "  at threshold 0.9, precision undefined (no row predicted positive), recall 0, "
                              "confusion 2 0 / 2 0\n"
                              "  lowest threshold with precision 0.6: 0.35, precision 0.6666666666666666, recall 1, "
                              "confusion 1 1 / 0 2\n"
                              "  highest threshold with recall 0.75: 0.35, precision 0.6666666666666666, recall 1, "
                              "confusion 1 1 / 0 2\n"
                              "at threshold 0.9, precision undefined (no row predicted positive), recall 0\n"
                              "lowest threshold with precision 0.6: 0.35, recall 1\n"
                              "highest threshold with recall 0.75: 0.35, precision 0.6666666666666666\n");
    assert_string_equal(json_string_value(json_object_get(json_object_get(facts, "at_threshold"), "precision_reason")),
                        "no row was predicted positive");
    free(text);
    json_decref(facts);
    curve_free(&curve);
}

/* No threshold has the precision: the row with the highest decision is negative. */
static void words_on_no_threshold(void **state) {
    (void)state;
    static const double backwards[] = {4, 3, 2, 1};
    struct curve curve = make(documented_truth, backwards, 4);
    const struct wanted wanted = {.precision = 0.625, .recall = (double)NAN, .threshold = (double)NAN};
    const struct trade_off made = trade_off_of(&curve, 0.0, &wanted);
    json_t *facts = trade_off_json(&made);
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    print_thresholds(to, facts, 0, true);
    fclose(to);
    assert_string_equal(text, "no threshold has precision 0.625\n");
    assert_string_equal(json_string_value(json_object_get(json_object_get(facts, "at_precision"), "threshold_reason")),
                        "no threshold reaches it");
    assert_null(json_object_get(facts, "at_recall"));
    free(text);
    json_decref(facts);
    curve_free(&curve);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documented_example),       cmocka_unit_test(ties_are_one_point),
        cmocka_unit_test(roc_curve_keeps_the_bends),    cmocka_unit_test(points_count_rows),
        cmocka_unit_test(wishes_are_met_or_not),        cmocka_unit_test(average_precision_is_scikit_learns),
        cmocka_unit_test(some_rows_have_no_curve),      cmocka_unit_test(the_csv_has_both_curves),
        cmocka_unit_test(numbers_of_the_csv_read_back), cmocka_unit_test(a_plot_by_hand),
        cmocka_unit_test(curves_fit_80_columns),        cmocka_unit_test(words_on_thresholds),
        cmocka_unit_test(words_on_no_threshold),
    };
    return cmocka_run_group_tests_name("curve", tests, NULL, NULL);
}
