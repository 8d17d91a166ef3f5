/* SPDX-License-Identifier: MIT */
/* Prints the notebook step by step: the numbers of this run beside those of the textbook, which are published for this
 * very job, and those that the notebook printed of its own shuffle. */
#include "record/notebook.h"

#include "base/json.h"
#include "learn/hyper_table.h"
#include "report/curve_report.h"
#include "report/facts.h"
#include "report/picture.h"
#include "report/run_report.h"
#include "report/shuffles_report.h"
#include "verify/published.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The sections that the steps read. */
struct steps {
    FILE *to;
    const json_t *notebook, *work, *hyper;
    bool is_published;
};

enum { INDENT = 15, REALS_TEXT = PUBLISHED_FOLDS * REAL_TEXT };

/* Ends a line; on the published job a line with the published value and the notebook's own follows
 * (verify/published.h). own: NULL for a value that the notebook did not print. */
static void print_published(const struct steps *steps, const char *text, const char *own) {
    if (steps->is_published)
        fprintf(steps->to, "\n%*spublished: %s%s%s", INDENT, "", text, own ? "; the notebook: " : "", own ? own : "");
    fputc('\n', steps->to);
}

static void format_reals(char text[REALS_TEXT], const double *value, size_t n) {
    char real[REAL_TEXT];
    text[0] = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t used = strlen(text);
        format_real(real, value[i]);
        snprintf(text + used, REALS_TEXT - used, "%s%s", i ? " " : "", real);
    }
}

static void print_published_reals(const struct steps *steps, const double *value, const double *own, size_t n) {
    char texts[2][REALS_TEXT];
    format_reals(texts[0], value, n);
    format_reals(texts[1], own, n);
    print_published(steps, texts[0], texts[1]);
}

static void print_published_confusion(const struct steps *steps) {
    const struct confusion *both[] = {&published.confusion, &printed.confusion};
    char texts[2][96];
    for (int i = 0; i < 2; i++)
        snprintf(texts[i], sizeof *texts, "%" PRIu64 " %" PRIu64 " / %" PRIu64 " %" PRIu64, both[i]->tn, both[i]->fp,
                 both[i]->fn, both[i]->tp);
    print_published(steps, texts[0], texts[1]);
}

/* A score, and how those of the textbook and of the notebook stand beside it. */
static void print_score(const struct steps *steps, const char *name, const double both[2], const char *meaning) {
    char text[REAL_TEXT];
    double value = fact_number(steps->notebook, name);
    format_real(text, value);
    fprintf(steps->to, "   %-11s %s", name, isfinite(value) ? text : "undefined (no row predicted positive)");
    print_published_reals(steps, &both[0], &both[1], 1);
    fprintf(steps->to, "%*s%s\n", INDENT, "", meaning);
}

/* ---- The digits. */

/* The digit that is drawn: the notebook's own. Files of earlier versions have the textbook's only. */
static const json_t *own_digit(const struct steps *steps) {
    const json_t *own = json_object_get(steps->notebook, "own_digit");
    return own ? own : json_object_get(steps->notebook, "digit");
}

static void print_picture(FILE *to, const json_t *digit) {
    uint8_t pixels[MOST_PICTURE_SIDE * MOST_PICTURE_SIDE];
    struct picture picture = {.pixels = pixels};
    if (picture_of_digit(digit, pixels, &picture.height, &picture.width)) picture_print_indented(to, &picture, INDENT);
}

static void print_digit(const struct steps *steps) {
    const json_t *digit = own_digit(steps);
    fputs("2 A digit      ", steps->to);
    if (fact_known(digit, "rank"))
        fprintf(steps->to, "X[%.0f] of the rows sorted by label: ", fact_number(digit, "rank"));
    fprintf(steps->to, "row %.0f of the file, labelled %.0f\n", fact_number(digit, "row"), fact_number(digit, "label"));
    print_picture(steps->to, digit);
}

static void print_decision(const struct steps *steps, const json_t *digit, const char *which) {
    char decision[REAL_TEXT];
    format_real(decision, fact_number(digit, "decision"));
    fprintf(steps->to, "%s is%s a %.0f: decision %s", which, fact_true(digit, "positive") ? "" : " not",
            fact_number(steps->hyper, "digit"), decision);
}

static void print_predictions(const struct steps *steps) {
    const json_t *own = own_digit(steps), *digit = json_object_get(steps->notebook, "digit");
    fputs("5 Predict      ", steps->to);
    print_decision(steps, own, "that digit");
    print_published(steps, own == digit ? published.decision : published.own_decision, NULL);
    if (own == digit || !steps->is_published) return;
    fprintf(steps->to, "%*sa hard one: one-versus-all over ten classes takes it for %s\n", INDENT, "",
            printed.mistaken_for);
    fprintf(steps->to, "%*s", INDENT, "");
    print_decision(steps, digit, "the textbook's digit");
    fprintf(steps->to, ", row %.0f of the file", fact_number(digit, "row"));
    print_published(steps, published.decision, NULL);
}

/* What the notebook's own numbers are worth, for which it gave no seed. */
static void print_draw(const struct steps *steps) {
    const json_t *shuffles = json_object_get(steps->notebook, "shuffles");
    if (!steps->is_published) return;
    if (json_is_object(shuffles))
        print_shuffles(steps->to, shuffles, INDENT);
    else
        fprintf(steps->to, "%*sThe notebook shuffled without a seed: its own numbers below are one draw of many.\n",
                INDENT, "");
}

/* ---- The steps. */

static void print_data_steps(const struct steps *steps) {
    fprintf(steps->to, "1 Load         %.0f rows of %.0f uint8 pixels; %.0f rows are a %.0f\n",
            fact_number(steps->work, "n"), fact_number(steps->work, "d"), fact_number(steps->notebook, "positives"),
            fact_number(steps->hyper, "digit"));
    print_digit(steps);
    fputs("3 Split        ", steps->to);
    print_plain(steps->to, fact_text(steps->work, "split"));
    fputs(" rows in ", steps->to);
    print_plain(steps->to, fact_text(steps->work, "order"));
    fputs(" order", steps->to);
    if (strcmp(fact_text(steps->work, "order"), "notebook") == 0)
        fprintf(steps->to, ": sorted by label, then permutation(%.0f) of seed %.0f",
                fact_number(steps->notebook, "rows_read"), fact_number(steps->work, "order_seed"));
    fputc('\n', steps->to);
    print_draw(steps);
}

/* "tol=", then the value as Python spells it. */
static void print_parameter(const struct steps *steps, const char *before, enum hyper_id id) {
    json_t *value = hyper_json_value(steps->hyper, id);
    const char *text = json_string_value(value);
    char real[REAL_TEXT];
    format_real(real, json_number_value(value));
    fputs(before, steps->to);
    if (text && strcmp(text, "none") == 0) {
        fputs("None", steps->to);
    } else if (text) {
        fputc('\'', steps->to);
        print_plain(steps->to, text);
        fputc('\'', steps->to);
    } else if (json_is_boolean(value)) {
        fputs(json_is_true(value) ? "True" : "False", steps->to);
    } else if (id == HYPER_average && json_integer_value(value) == 0) {
        fputs("False", steps->to);
    } else if (json_is_integer(value)) {
        fprintf(steps->to, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else {
        fputs(real, steps->to);
    }
    json_decref(value);
}

/* The parameters of the notebook's own print, then those that are not at scikit-learn's default. */
static void print_estimator(const struct steps *steps) {
    static const struct {
        const char *before;
        enum hyper_id id;
    } shown[] = {{"loss=", HYPER_loss},
                 {", penalty=", HYPER_penalty},
                 {", alpha=", HYPER_alpha},
                 {",\n               learning_rate=", HYPER_learning_rate},
                 {", fit_intercept=", HYPER_fit_intercept},
                 {", max_iter=", HYPER_epochs},
                 {", tol=", HYPER_tol},
                 {",\n               shuffle=", HYPER_shuffle},
                 {", random_state=", HYPER_seed},
                 {", average=", HYPER_average}};
    static const enum hyper_id others[] = {HYPER_l1_ratio,
                                           HYPER_epsilon,
                                           HYPER_eta0,
                                           HYPER_power_t,
                                           HYPER_C,
                                           HYPER_class_weight,
                                           HYPER_early_stopping,
                                           HYPER_n_iter_no_change,
                                           HYPER_validation_fraction};
    fputs("SGDClassifier(", steps->to);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        print_parameter(steps, shown[i].before, shown[i].id);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (hyper_json_is_default(steps->hyper, others[i])) continue;
        fprintf(steps->to, ", %s=", hyper_table[others[i]].name);
        print_parameter(steps, "", others[i]);
    }
    if (!hyper_json_is_default(steps->hyper, HYPER_class_weight_false) ||
        !hyper_json_is_default(steps->hyper, HYPER_class_weight_true)) {
        print_parameter(steps, ", class_weight={False: ", HYPER_class_weight_false);
        print_parameter(steps, ", True: ", HYPER_class_weight_true);
        fputc('}', steps->to);
    }
    fputs("), as scikit-learn ", steps->to);
}

static void print_fit_steps(const struct steps *steps) {
    fputs("4 Fit          ", steps->to);
    print_estimator(steps);
    print_plain(steps->to, fact_text(steps->hyper, "compat"));
    fputc('\n', steps->to);
    print_predictions(steps);
}

static void print_result_steps(const struct steps *steps) {
    const json_t *c = json_object_get(steps->notebook, "confusion");
    const double digit = fact_number(steps->hyper, "digit");
    fputs("6 Accuracy     ", steps->to);
    print_numbers(steps->to, json_object_get(steps->notebook, "fold_accuracy"));
    print_published_reals(steps, published.fold_accuracy, printed.fold_accuracy, PUBLISHED_FOLDS);
    fprintf(steps->to, "               share of correct predictions per fold of cross_val_score(cv=%.0f)\n",
            fact_number(steps->hyper, "folds"));
    fprintf(steps->to, "7 Never %-6.0f ", digit);
    print_numbers(steps->to, json_object_get(steps->notebook, "never_accuracy"));
    print_published_reals(steps, published.never_accuracy, printed.never_accuracy, PUBLISHED_FOLDS);
    fputs("               a classifier that always says no: high accuracy alone proves little\n8 Confusion    ",
          steps->to);
    print_confusion(steps->to, c);
    print_published_confusion(steps);
    fputs("   perfect     ", steps->to);
    print_confusion(steps->to, json_object_get(steps->notebook, "perfect_confusion"));
    fprintf(steps->to, "\n               rows: true class (not %.0f, %.0f); columns: predicted class\n9 Scores\n",
            digit, digit);
    const double precision[] = {published.precision, printed.precision}, recall[] = {published.recall, printed.recall},
                 f1[] = {published.f1, printed.f1};
    print_score(steps, "precision", precision, "share of the rows predicted positive that are positive");
    print_score(steps, "recall", recall, "share of the positive rows that are predicted positive");
    print_score(steps, "f1", f1, "harmonic mean of the two: high only if both are");
}

/* The section that the notebook announces and ends with, in five lines. */
static void print_trade_off(const struct steps *steps) {
    const json_t *trade_off = json_object_get(steps->notebook, "trade_off");
    char average[REAL_TEXT], area[REAL_TEXT], precision[REAL_TEXT], recall[REAL_TEXT];
    if (!trade_off) return; /* a file of an earlier version */
    format_real(average, fact_number(trade_off, "average_precision"));
    format_real(area, fact_number(trade_off, "roc_auc"));
    fprintf(steps->to, "10 Trade-off   average precision %s, ROC AUC %s\n", average, area);
    print_thresholds(steps->to, trade_off, INDENT, false);
    fprintf(steps->to, "%*s", INDENT, "");
    if (!steps->is_published) {
        fprintf(steps->to, "a row is a %.0f where its decision is at least the threshold\n",
                fact_number(steps->hyper, "digit"));
        return;
    }
    format_real(area, published.roc_auc);
    format_real(precision, published.precision_at_threshold);
    format_real(recall, published.recall_at_threshold);
    fprintf(steps->to, "published: ROC AUC %s; at 70000: precision %s, recall %s\n", area, precision, recall);
}

static void report_walk(FILE *to, const json_t *facts) {
    const json_t *work = json_object_get(facts, "workload");
    const struct steps steps = {.to = to,
                                .notebook = json_object_get(facts, "notebook"),
                                .work = work,
                                .hyper = json_object_get(work, "hyper"),
                                .is_published = fact_true(json_object_get(facts, "notebook"), "published")};
    fprintf(to, "\nTHE NOTEBOOK, by %s%s\n", fact_text(steps.notebook, "by"),
            fact_true(steps.notebook, "synthetic") ? " on SYNTHETIC rows, not MNIST" : "");
    print_data_steps(&steps);
    print_fit_steps(&steps);
    print_result_steps(&steps);
    print_trade_off(&steps);
}

static void report_line(FILE *to, const json_t *facts) {
    const json_t *notebook = json_object_get(facts, "notebook");
    char precision[FACT_TEXT], recall[FACT_TEXT];
    fputs("notebook     accuracy ", to);
    print_numbers(to, json_object_get(notebook, "fold_accuracy"));
    fprintf(to, ", precision %s, recall %s (step by step: --notebook)\n",
            format_fact(precision, "%.4g", fact_number(notebook, "precision")),
            format_fact(recall, "%.4g", fact_number(notebook, "recall")));
}

void report_notebook(FILE *to, const json_t *facts, bool walk) {
    if (walk || fact_true(json_object_get(facts, "job"), "notebook"))
        report_walk(to, facts);
    else
        report_line(to, facts);
}
