/* SPDX-License-Identifier: MIT */
/* Figures of placements, of the notebook's scores, and of growing working sets. */
#include "measure/stats.h"
#include "record/figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_folds(const json_t *one) {
    return strcmp(figure_text(one, "kind"), "folds") == 0 && !json_is_string(json_object_get(one, "control_of"));
}

/* The number of the job among the jobs of earlier cases. */
static unsigned series_of(const json_t *cases, size_t which) {
    const char *job = figure_text(json_array_get(cases, which), "job");
    unsigned series = 0;
    for (size_t i = 0; i < which; i++) {
        const json_t *one = json_array_get(cases, i), *first = figure_find(cases, "job", figure_text(one, "job"));
        if (!is_folds(one)) continue;
        if (strcmp(figure_text(one, "job"), job) == 0) return series > 0 ? series - 1 : 0;
        series += first == one;
    }
    return series;
}

void figure_scaling(struct figure *figure, const json_t *facts) {
    const json_t *folds = figure_find(json_object_get(facts, "experiments"), "name", "folds");
    const json_t *cases = json_object_get(folds, "cases");
    *figure = (struct figure){.kind = FIGURE_SCALING,
                              .id = "scaling",
                              .title = "Cross-validation on more cores: folds per second",
                              .row_title = "placement",
                              .remark_title = "engine/backend",
                              .columns = {"workers", "folds/s", "ideal"},
                              .formats = {"%.0f", "%.1f", "%.1f"},
                              .x_axis = "workers",
                              .y_axis = "folds per second"};
    snprintf(figure->note, sizeof figure->note, "Dashed: as many times the folds of one core alone.");
    const size_t energy = figure_energy_column(figure, cases, "fold");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i), *alone = figure_find(cases, "name", figure_text(one, "alone"));
        struct figure_row *row = is_folds(one) ? figure_row(figure, figure_text(one, "placement")) : NULL;
        if (!row) continue;
        const json_t *of_one = alone ? alone : one; /* a case without another one is that of one core */
        row->series = series_of(cases, i);
        row->value[0] = figure_number(one, "workers");
        row->value[1] = figure_number(json_object_get(one, "rates"), "folds_per_second");
        if (alone || row->value[0] == 1.0)
            row->value[2] = row->value[0] * figure_number(json_object_get(of_one, "rates"), "folds_per_second") /
                            figure_number(of_one, "workers");
        if (energy < FIGURE_VALUES) row->value[energy] = figure_joules(one, "fold");
        snprintf(row->remark, sizeof row->remark, "%.60s", figure_text(one, "job"));
    }
}

static void add_point(struct figure *figure, const json_t *point, const char *name) {
    struct figure_row *row = json_is_number(json_object_get(point, "recall")) ? figure_row(figure, name) : NULL;
    if (!row) return;
    row->value[0] = figure_number(point, "recall");
    row->value[1] = figure_number(point, "precision");
    row->value[2] = figure_number(point, "threshold");
    if (isnan(row->value[2])) row->value[2] = 0.0; /* the notebook's own decision */
}

void figure_curve(struct figure *figure) {
    *figure = (struct figure){.kind = FIGURE_CURVE,
                              .id = "curve",
                              .title = "Precision against recall at every threshold",
                              .row_title = "",
                              .columns = {"recall", "precision", "threshold"},
                              .formats = {"%.4f", "%.4f", "%.0f"},
                              .x_axis = "recall",
                              .y_axis = "precision",
                              .band = (double)NAN};
}

void figure_trade_off(struct figure *figure, const json_t *facts) {
    const json_t *notebook = json_object_get(facts, "notebook"), *trade_off = json_object_get(notebook, "trade_off");
    char area[64] = "";
    *figure = (struct figure){.kind = FIGURE_CURVE,
                              .id = "precision-recall",
                              .title = "Precision against recall",
                              .row_title = "where",
                              .columns = {"recall", "precision", "threshold"},
                              .formats = {"%.4f", "%.4f", "%.0f"},
                              .x_axis = "recall",
                              .y_axis = "precision"};
    if (json_is_number(json_object_get(trade_off, "average_precision")))
        snprintf(area, sizeof area, " Average precision %.4f, ROC AUC %.4f.",
                 figure_number(trade_off, "average_precision"), figure_number(trade_off, "roc_auc"));
    snprintf(figure->note, sizeof figure->note, "A row counts as positive where its decision is above the threshold.%s",
             area);
    add_point(figure, json_object_get(trade_off, "at_recall"), "recall 0.9");
    add_point(figure, notebook, "the classifier");
    add_point(figure, json_object_get(trade_off, "at_threshold"), "the notebook's threshold");
    add_point(figure, json_object_get(trade_off, "at_precision"), "precision 0.9");
}

void figure_shuffles(struct figure *figure, const json_t *facts) {
    const json_t *shuffles = json_object_get(json_object_get(facts, "notebook"), "shuffles");
    size_t i;
    json_t *place;
    *figure = (struct figure){.kind = FIGURE_SPREAD,
                              .id = "shuffles",
                              .title = "The notebook's scores among those of other shuffles",
                              .row_title = "score",
                              .columns = {"5 %", "median", "95 %", "the notebook printed", "percentile"},
                              .formats = {"%.4f", "%.4f", "%.4f", "%.4f", "%.0f"},
                              .x_axis = "score"};
    snprintf(figure->note, sizeof figure->note,
             "Line: nine of ten of %.0f shuffles of the rows. Disc: their median. Diamond: what the notebook printed, "
             "which shuffled without a seed.",
             figure_number(shuffles, "seeds"));
    json_array_foreach(json_object_get(shuffles, "places"), i, place) {
        struct figure_row *row = figure_row(figure, figure_text(place, "metric"));
        if (!row) continue;
        row->value[0] = figure_number(place, "p5");
        row->value[1] = figure_number(place, "median");
        row->value[2] = figure_number(place, "p95");
        row->value[3] = figure_number(place, "value");
        row->value[4] = figure_number(place, "percentile");
    }
}

/* "rows/f32/avx512/n:8000" of `sgdmark bench`: the number of rows, or 0. */
static double rows_of(const char *name) {
    const char *at = strncmp(name, "rows/", strlen("rows/")) == 0 ? strstr(name, "/n:") : NULL;
    return at ? strtod(at + strlen("/n:"), NULL) : 0.0;
}

/* Rows of one engine and backend are one series, numbered in the order in which they come. */
static unsigned series_named(const struct figure *figure, const char *name) {
    unsigned next = 0;
    for (size_t i = 0; i < figure->count; i++) {
        if (strcmp(figure->rows[i].name, name) == 0) return figure->rows[i].series;
        if (figure->rows[i].series >= next) next = figure->rows[i].series + 1;
    }
    return next;
}

/* The median of a benchmark's samples, of which Google Benchmark's rows hold one each. NAN: none is known. */
static double median_ns_per_row(struct figure *figure, const struct series *series, const json_t *rows) {
    double *ns = calloc(series->n, sizeof *ns), median = (double)NAN;
    size_t i, count = 0;
    json_t *row;
    figure->failed |= !ns;
    if (!ns) return median;
    json_array_foreach(rows, i, row) {
        const double one = figure_number(row, "ns_per_row");
        if (count < series->n && strcmp(figure_text(row, "name"), series->name) == 0 && isfinite(one))
            ns[count++] = one;
    }
    sort_doubles(ns, count);
    if (count > 0) median = quantile(ns, count, 0.5);
    free(ns);
    return median;
}

static void add_step(struct figure *figure, const struct series *series, const json_t *rows) {
    const double ns = median_ns_per_row(figure, series, rows);
    char name[FIGURE_NAME];
    snprintf(name, sizeof name, "%.30s/%.30s", series->engine, series->backend);
    const unsigned number = series_named(figure, name);
    struct figure_row *to = ns > 0.0 ? figure_row(figure, name) : NULL;
    if (!to) return;
    to->series = number;
    to->value[0] = rows_of(series->name);
    to->value[1] = ns;
}

void figure_steps(struct figure *figure, const struct result_file *file) {
    const json_t *rows = json_object_get(file->root, "benchmarks");
    *figure = (struct figure){.kind = FIGURE_STEPS,
                              .id = "working-set",
                              .title = "Time per row against the rows that are trained on",
                              .row_title = "engine/backend",
                              .columns = {"rows", "ns/row"},
                              .formats = {"%.0f", "%.1f"},
                              .x_axis = "rows of the working set",
                              .y_axis = "ns per row",
                              .logarithmic = true};
    snprintf(figure->note, sizeof figure->note,
             "Medians of the samples. Each step up is a cache that the rows no longer fit.");
    for (size_t i = 0; i < file->count; i++) {
        if (rows_of(file->series[i].name) > 0.0) add_step(figure, &file->series[i], rows);
    }
}
