/* SPDX-License-Identifier: MIT */
/* Prints the notebook step by step, with the numbers of this run beside the published ones. */
#include "base/json.h"
#include "learn/hyper_table.h"
#include "report/facts.h"
#include "report/run_report.h"
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

/* Ends a line; on the notebook's own job a line with the published value follows (verify/published.h). */
static void print_published(const struct steps *steps, const char *text) {
    if (steps->is_published) fprintf(steps->to, "\n               published: %s", text);
    fputc('\n', steps->to);
}

static void print_published_reals(const struct steps *steps, const double *value, size_t n) {
    char text[PUBLISHED_FOLDS * REAL_TEXT] = "", real[REAL_TEXT];
    for (size_t i = 0; i < n; i++) {
        format_real(real, value[i]);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", real);
    }
    print_published(steps, text);
}

static void print_published_confusion(const struct steps *steps) {
    const struct confusion *c = &published.confusion;
    char text[96];
    snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 " / %" PRIu64 " %" PRIu64, c->tn, c->fp, c->fn, c->tp);
    print_published(steps, text);
}

static void print_score(const struct steps *steps, const char *name, double of_notebook, const char *meaning) {
    char text[REAL_TEXT];
    double value = fact_number(steps->notebook, name);
    format_real(text, value);
    fprintf(steps->to, "   %-11s %s", name, isfinite(value) ? text : "undefined (no row predicted positive)");
    print_published_reals(steps, &of_notebook, 1);
    fprintf(steps->to, "               %s\n", meaning);
}

static void print_data_steps(const struct steps *steps) {
    const json_t *digit = json_object_get(steps->notebook, "digit");
    fprintf(steps->to, "1 Load         %.0f rows of %.0f uint8 pixels; %.0f rows are a %.0f\n",
            fact_number(steps->work, "n"), fact_number(steps->work, "d"), fact_number(steps->notebook, "positives"),
            fact_number(steps->hyper, "digit"));
    fprintf(steps->to, "2 A digit      row %.0f of the file, labelled %.0f\n", fact_number(digit, "row"),
            fact_number(digit, "label"));
    fputs("3 Split        ", steps->to);
    print_plain(steps->to, fact_text(steps->work, "split"));
    fputs(" rows in ", steps->to);
    print_plain(steps->to, fact_text(steps->work, "order"));
    fputs(" order", steps->to);
    if (strcmp(fact_text(steps->work, "order"), "notebook") == 0)
        fprintf(steps->to, ": sorted by label, then permutation(%.0f) of seed %.0f",
                fact_number(steps->notebook, "rows_read"), fact_number(steps->work, "order_seed"));
    fputc('\n', steps->to);
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
    const json_t *digit = json_object_get(steps->notebook, "digit");
    char decision[REAL_TEXT];
    format_real(decision, fact_number(digit, "decision"));
    fputs("4 Fit          ", steps->to);
    print_estimator(steps);
    print_plain(steps->to, fact_text(steps->hyper, "compat"));
    fprintf(steps->to, "\n5 Predict      that digit is%s a %.0f: decision %s",
            fact_true(digit, "positive") ? "" : " not", fact_number(steps->hyper, "digit"), decision);
    print_published(steps, published.decision);
}

static void print_result_steps(const struct steps *steps) {
    const json_t *c = json_object_get(steps->notebook, "confusion");
    const double digit = fact_number(steps->hyper, "digit");
    fputs("6 Accuracy     ", steps->to);
    print_numbers(steps->to, json_object_get(steps->notebook, "fold_accuracy"));
    print_published_reals(steps, published.fold_accuracy, PUBLISHED_FOLDS);
    fprintf(steps->to, "               share of correct predictions per fold of cross_val_score(cv=%.0f)\n",
            fact_number(steps->hyper, "folds"));
    fprintf(steps->to, "7 Never %-6.0f ", digit);
    print_numbers(steps->to, json_object_get(steps->notebook, "never_accuracy"));
    print_published_reals(steps, published.never_accuracy, PUBLISHED_FOLDS);
    fputs("               a classifier that always says no: high accuracy alone proves little\n8 Confusion    ",
          steps->to);
    print_confusion(steps->to, c);
    print_published_confusion(steps);
    fputs("   perfect     ", steps->to);
    print_confusion(steps->to, json_object_get(steps->notebook, "perfect_confusion"));
    fprintf(steps->to, "\n               rows: true class (not %.0f, %.0f); columns: predicted class\n9 Scores\n",
            digit, digit);
    print_score(steps, "precision", published.precision, "share of the rows predicted positive that are positive");
    print_score(steps, "recall", published.recall, "share of the positive rows that are predicted positive");
    print_score(steps, "f1", published.f1, "harmonic mean of the two: high only if both are");
}

void report_notebook(FILE *to, const json_t *facts) {
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
}
