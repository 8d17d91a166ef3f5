/* SPDX-License-Identifier: MIT */
#include "report/curve_report.h"

#include "base/json.h"
#include "report/facts.h"
#include "report/plot.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The shortest text that reads back equal, of the widest numbers without an exponent: "70000", where format_real has
 * "7e+04". It tries three lengths; format_real tries seventeen, seconds for the 240,000 numbers of a curve. */
static void print_exact(FILE *out, double x) {
    char text[REAL_TEXT];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x) break;
    }
    fputs(text, out);
}

/* ---- CSV. */

static void print_cell(FILE *out, double x) {
    print_exact(out, x);
    fputc(',', out);
}

void print_curve_csv(FILE *out, const struct curve *curve) {
    fputs("threshold,precision,recall,false_positive_rate,true_positives,false_positives,roc_curve\n", out);
    for (size_t i = 0; i <= curve->n; i++) {
        const struct confusion c = curve_confusion(curve, i);
        print_cell(out, i < curve->n ? curve->at[i].threshold : (double)INFINITY);
        print_cell(out, curve_precision(curve, i));
        print_cell(out, curve_recall(curve, i));
        print_cell(out, curve_false_positive_rate(curve, i));
        fprintf(out, "%" PRIu64 ",%" PRIu64 ",%d\n", c.tp, c.fp, curve_is_corner(curve, i));
    }
}

/* ---- Drawings. */

/* Thresholds below the one that keeps so much recall change nothing that can be seen. */
static const double drawn_recall = 0.999;

static void draw_thresholds(FILE *out, const struct curve *curve) {
    struct plot_line lines[] = {{.mark = 'p'}, {.mark = 'r'}};
    const double left = curve->at[curve_at_recall(curve, drawn_recall)].threshold;
    const double right = curve->at[curve->n - 1].threshold;
    for (int x = 0; x < PLOT_COLUMNS; x++) {
        const double share = (double)x / (PLOT_COLUMNS - 1);
        const size_t i = curve_from(curve, x + 1 < PLOT_COLUMNS ? left + share * (right - left) : right);
        lines[0].y[x] = curve_precision(curve, i);
        lines[1].y[x] = curve_recall(curve, i);
    }
    const struct plot plot = {"precision (p) and recall (r) over the threshold", left, right, lines, 2};
    plot_print(out, &plot);
}

static void draw_roc(FILE *out, const struct curve *curve) {
    struct plot_line lines[] = {{.mark = '.'}, {.mark = 'o'}};
    for (int x = 0; x < PLOT_COLUMNS; x++) {
        const double rate = (double)x / (PLOT_COLUMNS - 1);
        lines[0].y[x] = rate;
        lines[1].y[x] = curve_recall(curve, curve_at_false_positive_rate(curve, rate));
    }
    const struct plot plot = {"ROC: recall over the false positive rate (o); by chance (.)", 0.0, 1.0, lines, 2};
    plot_print(out, &plot);
}

void print_curve(FILE *out, const struct curve *curve) {
    draw_thresholds(out, curve);
    draw_roc(out, curve);
}

/* ---- Words. */

static void print_fact(FILE *out, const char *before, const json_t *object, const char *key) {
    fputs(before, out);
    if (fact_known(object, key))
        print_exact(out, fact_number(object, key));
    else
        fputs("undefined (no row predicted positive)", out);
}

/* What is said of a point. */
struct point_words {
    const char *key, *what, *wanted; /* wanted: the score asked for, or NULL */
};

static void print_point(FILE *out, const json_t *point, const struct point_words *words, bool whole) {
    static const char *const scores[] = {"precision", "recall"};
    if (!fact_known(point, "threshold")) {
        fprintf(out, "no threshold has %s ", words->wanted);
        print_fact(out, "", point, "wanted");
        fputc('\n', out);
        return;
    }
    fputs(words->what, out);
    if (words->wanted) print_fact(out, " ", point, "wanted");
    print_fact(out, words->wanted ? ": " : " ", point, "threshold");
    for (size_t i = 0; i < 2; i++) {
        if (!whole && words->wanted && strcmp(words->wanted, scores[i]) == 0) continue;
        fprintf(out, ", %s", scores[i]);
        print_fact(out, " ", point, scores[i]);
    }
    if (whole) {
        fputs(", confusion ", out);
        print_confusion(out, json_object_get(point, "confusion"));
    }
    fputc('\n', out);
}

void print_thresholds(FILE *out, const json_t *trade_off, int indent, bool whole) {
    static const struct point_words words[] = {{"at_threshold", "at threshold", NULL},
                                               {"at_precision", "lowest threshold with precision", "precision"},
                                               {"at_recall", "highest threshold with recall", "recall"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const json_t *point = json_object_get(trade_off, words[i].key);
        if (!point) continue;
        fprintf(out, "%*s", indent, "");
        print_point(out, point, &words[i], whole);
    }
}
