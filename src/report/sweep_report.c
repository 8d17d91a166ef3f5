/* SPDX-License-Identifier: MIT */
#include "report/sweep_report.h"

#include "base/json.h"
#include "report/facts.h"
#include "report/table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *const titles[SWEEP_METRICS] = {"accuracy", "precision", "recall", "f1", "roc auc"};

static void put_real(struct table *table, size_t column, double value) {
    if (isfinite(value))
        table_cell(table, column, "%.4f", value);
    else
        table_cell(table, column, "-");
}

/* The histogram as one character for each bin; the fullest one is highest. */
static void histogram_text(char *text, size_t size, const struct distribution *d) {
    static const char *const levels[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    size_t most = 1, used = 0;
    for (size_t b = 0; b < HISTOGRAM_BINS; b++)
        most = d->bin[b] > most ? d->bin[b] : most;
    text[0] = 0;
    for (size_t b = 0; b < HISTOGRAM_BINS && used < size; b++) {
        const size_t level = d->bin[b] ? 1 + (d->bin[b] * 7) / most : 0;
        used += (size_t)snprintf(text + used, size - used, "%s", levels[level]);
    }
}

static int print_distributions(FILE *to, const struct sweep_summary *summary, struct error *err) {
    static const struct table_column columns[] = {{"metric", false},    {"min", true},  {"5 %", true},
                                                  {"median", true},     {"95 %", true}, {"max", true},
                                                  {"min to max", false}};
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    for (size_t m = 0; m < SWEEP_METRICS; m++) {
        const struct distribution *d = &summary->metric[m];
        char bars[HISTOGRAM_BINS * 4 + 4];
        histogram_text(bars, sizeof bars, d);
        table_row(table);
        table_cell(table, 0, "%s", titles[m]);
        put_real(table, 1, d->min);
        put_real(table, 2, d->p5);
        put_real(table, 3, d->median);
        put_real(table, 4, d->p95);
        put_real(table, 5, d->max);
        table_cell(table, 6, "|%s|", bars);
    }
    return table_finish(table, to, "", err);
}

static int print_values(FILE *to, const struct sweep_summary *summary, const struct grid *grid, struct error *err) {
    static const struct table_column columns[] = {{"medians for", false}, {"accuracy", true}, {"precision", true},
                                                  {"recall", true},       {"f1", true},       {"roc auc", true},
                                                  {"failed", true}};
    if (summary->by_values == 0) return 0;
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < summary->by_values; i++) {
        const struct axis_value *by = &summary->by_value[i];
        const struct axis *axis = &grid->axis[by->axis];
        char word[VALUE_TEXT], value[VALUE_TEXT] = "";
        parameter_word(word, axis->parameter);
        const int bad = parameter_text(value, axis->parameter, axis->value[by->value]);
        table_row(table);
        table_cell(table, 0, "%s %s", word, bad ? "?" : value);
        for (size_t m = 0; m < SWEEP_METRICS; m++)
            put_real(table, 1 + m, by->median[m]);
        table_cell(table, 6, "%zu", by->failed);
    }
    fputc('\n', to);
    return table_finish(table, to, "", err);
}

/* " --option value", or, of an option without value, " --option" where it gives another value than the default. */
static void print_option(FILE *to, unsigned parameter, const json_t *value) {
    const char *option = parameter == GRID_ORDER_SEED ? "order-seed" : hyper_table[parameter].option;
    char real[REAL_TEXT];
    if (json_is_boolean(value)) {
        if (json_is_true(value) != (hyper_table[parameter].fallback != 0.0)) fprintf(to, " --%s", option);
        return;
    }
    fprintf(to, " --%s ", option);
    if (json_is_real(value)) {
        format_real(real, json_real_value(value));
        fputs(real, to);
    } else if (json_is_integer(value)) {
        fprintf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else {
        print_plain(to, fact_text_of(value));
    }
}

/* The options that set the parameters which do not vary to other values than the defaults. */
static void print_fixed_options(FILE *to, const json_t *fixed) {
    for (unsigned p = 0; p < GRID_PARAMETERS; p++) {
        const json_t *value = json_object_get(fixed, parameter_name(p));
        const double usual = p == GRID_ORDER_SEED ? 42.0 : hyper_table[p].fallback;
        json_t *fallback = parameter_json(p, usual);
        if (value && !json_equal(value, fallback)) print_option(to, p, value);
        json_decref(fallback);
    }
}

/* The command that computes the point alone. */
static void print_alone(FILE *to, const struct sweep_head *head, size_t point) {
    const char *engine = fact_text(head->json, "engine");
    fputs("alone   sgdmark cv", to);
    if (strcmp(engine, "f32") != 0) {
        fputs(" --engine ", to);
        print_plain(to, engine);
    }
    for (size_t a = 0; a < head->grid.axes; a++) {
        const unsigned parameter = head->grid.axis[a].parameter;
        json_t *value = parameter_json(parameter, grid_value(&head->grid, point, a));
        print_option(to, parameter, value);
        json_decref(value);
    }
    print_fixed_options(to, json_object_get(head->json, "fixed"));
    fputs("   (on the same rows)\n", to);
}

static void print_best(FILE *to, const struct sweep_summary *summary, const struct sweep_head *head) {
    const struct grid *grid = &head->grid;
    char value[VALUE_TEXT] = "", word[VALUE_TEXT], accuracy[REAL_TEXT];
    if (!summary->has_best) {
        fputs("\nbest    no point has an outcome\n", to);
        return;
    }
    fprintf(to, "\nbest    point %zu", summary->best);
    for (size_t a = 0; a < grid->axes; a++) {
        parameter_word(word, grid->axis[a].parameter);
        if (parameter_text(value, grid->axis[a].parameter, grid_value(grid, summary->best, a)) != 0) value[0] = '?';
        fprintf(to, ", %s %s", word, value);
    }
    format_real(accuracy, summary->best_metric[METRIC_ACCURACY]);
    fprintf(to, ": mean accuracy %s, the first highest, as GridSearchCV chooses\n", accuracy);
    print_alone(to, head, summary->best);
}

int print_sweep(FILE *to, const struct sweep_summary *summary, const struct sweep_head *head, struct error *err) {
    const struct json_t *rows = json_object_get(head->json, "rows");
    fprintf(to, "SWEEP   %zu points, each the cross-validation of %.0f%s rows\n", summary->points,
            fact_number(rows, "n"), fact_true(rows, "synthetic") ? " SYNTHETIC" : "");
    for (size_t a = 0; a < head->grid.axes; a++) {
        fprintf(to, "%s", a ? "        " : "over    ");
        print_plain(to, json_string_value(json_array_get(json_object_get(head->json, "vary"), a)));
        fputc('\n', to);
    }
    if (summary->failed > 0) {
        fprintf(to, "failed  %zu points have no outcome; the first is point %zu: ", summary->failed,
                summary->failed_first);
        print_plain(to, summary->reason);
        fputc('\n', to);
    }
    fputc('\n', to);
    if (print_distributions(to, summary, err) != 0 || print_values(to, summary, &head->grid, err) != 0) return -1;
    print_best(to, summary, head);
    return 0;
}

void print_gaps(FILE *to, const struct point_set *set) {
    static const char *const words[] = {
        [POINT_MISSING] = "missing", [POINT_DOUBLED] = "doubled", [POINT_CONTRADICTED] = "contradicted"};
    static const enum point_state states[] = {POINT_MISSING, POINT_DOUBLED, POINT_CONTRADICTED};
    const struct share all = {1, 1};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        const size_t count = point_set_count(set, &all, states[i]);
        char text[POINTS_TEXT];
        if (count == 0) continue;
        point_set_text(text, set, states[i]);
        fprintf(to, "%-12s %zu of %zu points: %s\n", words[states[i]], count, set->head->grid.points, text);
    }
}
