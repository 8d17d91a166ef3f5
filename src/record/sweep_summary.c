/* SPDX-License-Identifier: MIT */
#include "record/sweep_summary.h"

#include "base/json.h"
#include "measure/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The metrics of all points: value[m] is one of each point, NaN where it is missing or not defined. */
struct metrics {
    double *value[SWEEP_METRICS]; /* [points] */
    bool *failed;                 /* [points] */
    double *sorted;               /* [points] room to sort */
    size_t points;
};

static void free_metrics(struct metrics *all) {
    for (size_t m = 0; m < SWEEP_METRICS; m++)
        free(all->value[m]);
    free(all->failed);
    free(all->sorted);
}

static int allocate_metrics(struct metrics *all, size_t points, struct error *err) {
    bool bad = false;
    *all = (struct metrics){.points = points};
    for (size_t m = 0; m < SWEEP_METRICS; m++) {
        all->value[m] = malloc(points * sizeof **all->value);
        bad = bad || !all->value[m];
    }
    all->failed = calloc(points, sizeof *all->failed);
    all->sorted = malloc(points * sizeof *all->sorted);
    return !bad && all->failed && all->sorted ? 0 : fail_program(err, "out of memory for %zu points", points);
}

/* ---- Reading the points */

static void note_failure(struct sweep_summary *summary, const struct point_result *result) {
    if (summary->failed++ > 0) return;
    summary->failed_first = result->point;
    snprintf(summary->reason, sizeof summary->reason, "%s", result->reason);
}

/* The first point with the highest mean accuracy is the best: points come in their order. */
static void note_best(struct sweep_summary *summary, const struct point_result *result) {
    const double accuracy = point_metric(result, METRIC_ACCURACY);
    if (isnan(accuracy) || (summary->has_best && accuracy <= summary->best_metric[METRIC_ACCURACY])) return;
    summary->has_best = true;
    summary->best = result->point;
    for (enum sweep_metric m = METRIC_ACCURACY; m < SWEEP_METRICS; m++)
        summary->best_metric[m] = point_metric(result, m);
}

static int read_points(struct metrics *all, struct sweep_summary *summary, const struct point_set *set,
                       struct error *err) {
    for (size_t point = 0; point < all->points; point++) {
        struct point_result result;
        for (size_t m = 0; m < SWEEP_METRICS; m++)
            all->value[m][point] = (double)NAN;
        if (set->state[point] == POINT_MISSING) continue;
        if (point_set_get(&result, set, point, err) != 0) return -1;
        summary->points++;
        all->failed[point] = result.reason[0] != 0;
        if (all->failed[point]) note_failure(summary, &result);
        for (enum sweep_metric m = METRIC_ACCURACY; m < SWEEP_METRICS; m++)
            all->value[m][point] = point_metric(&result, m);
        note_best(summary, &result);
        free(result.fold);
    }
    return 0;
}

/* ---- Distributions */

/* Which points count. */
struct selection {
    const struct grid *grid;
    size_t axis, value; /* those with this value; axis == grid->axes: all */
};

static bool selects(const struct selection *selection, size_t point) {
    const struct grid *grid = selection->grid;
    return selection->axis == grid->axes ||
           grid_value(grid, point, selection->axis) == grid->axis[selection->axis].value[selection->value];
}

/* Sorts the values of the selected points into all->sorted; returns their number. */
static size_t sort_values(const struct metrics *all, enum sweep_metric metric, const struct selection *selection) {
    size_t n = 0;
    for (size_t point = 0; point < all->points; point++)
        if (!isnan(all->value[metric][point]) && selects(selection, point))
            all->sorted[n++] = all->value[metric][point];
    sort_doubles(all->sorted, n);
    return n;
}

static struct distribution distribution_of(const double *sorted, size_t n) {
    const double none = (double)NAN;
    struct distribution d = {.n = n, .min = none, .p5 = none, .median = none, .p95 = none, .max = none};
    if (n == 0) return d;
    d.min = sorted[0];
    d.max = sorted[n - 1];
    d.p5 = quantile(sorted, n, 0.05);
    d.median = quantile(sorted, n, 0.5);
    d.p95 = quantile(sorted, n, 0.95);
    for (size_t i = 0; i < n; i++) {
        const double part = d.max > d.min ? (sorted[i] - d.min) / (d.max - d.min) : 0.0;
        const size_t bin = (size_t)(part * HISTOGRAM_BINS);
        d.bin[bin < HISTOGRAM_BINS ? bin : HISTOGRAM_BINS - 1]++;
    }
    return d;
}

static void summarize_value(struct axis_value *by, const struct metrics *all, const struct grid *grid) {
    const struct selection selection = {grid, by->axis, by->value};
    for (enum sweep_metric m = METRIC_ACCURACY; m < SWEEP_METRICS; m++) {
        const size_t n = sort_values(all, m, &selection);
        by->median[m] = n > 0 ? quantile(all->sorted, n, 0.5) : (double)NAN;
    }
    for (size_t point = 0; point < all->points; point++)
        by->failed += all->failed[point] && selects(&selection, point);
}

/* Seeds are draws, not choices: their values are not told apart. */
static bool is_seed(const struct axis *axis) {
    return axis->parameter == GRID_ORDER_SEED || axis->parameter == HYPER_seed;
}

/* A grid of one parameter has one point for each value: nothing to sum up. */
static int summarize_values(struct sweep_summary *summary, const struct metrics *all, const struct grid *grid,
                            struct error *err) {
    summary->by_value = calloc(GRID_PARAMETERS * (size_t)MOST_AXIS_VALUES, sizeof *summary->by_value);
    if (!summary->by_value) return fail_program(err, "out of memory for the values");
    for (size_t a = 0; a < grid->axes && grid->axes > 1; a++) {
        if (grid->axis[a].count > MOST_AXIS_VALUES || is_seed(&grid->axis[a])) continue;
        for (size_t value = 0; value < grid->axis[a].count; value++) {
            struct axis_value *by = &summary->by_value[summary->by_values++];
            *by = (struct axis_value){.axis = a, .value = value};
            summarize_value(by, all, grid);
        }
    }
    return 0;
}

int sweep_summarize(struct sweep_summary *summary, const struct point_set *set, struct error *err) {
    const struct grid *grid = &set->head->grid;
    const struct selection every = {grid, grid->axes, 0};
    struct metrics all;
    *summary = (struct sweep_summary){0};
    int bad = allocate_metrics(&all, grid->points, err);
    if (!bad) bad = read_points(&all, summary, set, err);
    for (enum sweep_metric m = METRIC_ACCURACY; m < SWEEP_METRICS && !bad; m++)
        summary->metric[m] = distribution_of(all.sorted, sort_values(&all, m, &every));
    if (!bad) bad = summarize_values(summary, &all, grid, err);
    free_metrics(&all);
    return bad;
}

void sweep_summary_free(struct sweep_summary *summary) {
    free(summary->by_value);
    *summary = (struct sweep_summary){0};
}

/* ---- JSON */

static json_t *bins_json(const struct distribution *d) {
    json_t *list = json_array();
    for (size_t b = 0; b < HISTOGRAM_BINS && list; b++) {
        if (json_add(list, json_integer((json_int_t)d->bin[b])) == 0) continue;
        json_decref(list);
        list = NULL;
    }
    return list;
}

static json_t *distribution_json(enum sweep_metric metric, const struct distribution *d) {
    return json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "metric", sweep_metric_names[metric], "points",
                     (json_int_t)d->n, "min", json_number(d->min), "p5", json_number(d->p5), "median",
                     json_number(d->median), "p95", json_number(d->p95), "max", json_number(d->max), "histogram",
                     bins_json(d));
}

static json_t *metrics_json(const double value[SWEEP_METRICS]) {
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", sweep_metric_names[0], json_number(value[0]), sweep_metric_names[1],
                     json_number(value[1]), sweep_metric_names[2], json_number(value[2]), sweep_metric_names[3],
                     json_number(value[3]), sweep_metric_names[4], json_number(value[4]));
}

static json_t *params_json(const struct grid *grid, size_t point) {
    json_t *params = json_object();
    for (size_t a = 0; a < grid->axes && params; a++) {
        const unsigned parameter = grid->axis[a].parameter;
        json_t *value = parameter_json(parameter, grid_value(grid, point, a));
        if (json_put(params, parameter_name(parameter), value) == 0) continue;
        json_decref(params);
        params = NULL;
    }
    return params;
}

static json_t *best_json(const struct sweep_summary *summary, const struct grid *grid) {
    if (!summary->has_best) return json_null();
    return json_pack("{s:I, s:o, s:o}", "point", (json_int_t)summary->best, "params", params_json(grid, summary->best),
                     "metrics", metrics_json(summary->best_metric));
}

static json_t *by_value_json(const struct sweep_summary *summary, const struct grid *grid) {
    json_t *list = json_array();
    for (size_t i = 0; i < summary->by_values && list; i++) {
        const struct axis_value *by = &summary->by_value[i];
        const struct axis *axis = &grid->axis[by->axis];
        json_t *one = json_pack("{s:s, s:o, s:o, s:I}", "parameter", parameter_name(axis->parameter), "value",
                                parameter_json(axis->parameter, axis->value[by->value]), "medians",
                                metrics_json(by->median), "failed", (json_int_t)by->failed);
        if (json_add(list, one) == 0) continue;
        json_decref(list);
        list = NULL;
    }
    return list;
}

json_t *sweep_summary_json(const struct sweep_summary *summary, const struct sweep_head *head) {
    json_t *metrics = json_array();
    for (enum sweep_metric m = METRIC_ACCURACY; m < SWEEP_METRICS && metrics; m++) {
        if (json_add(metrics, distribution_json(m, &summary->metric[m])) == 0) continue;
        json_decref(metrics);
        metrics = NULL;
    }
    return json_pack("{s:O, s:I, s:I, s:o, s:o, s:o}", "sweep", head->json, "points", (json_int_t)summary->points,
                     "failed", (json_int_t)summary->failed, "metrics", metrics, "best", best_json(summary, &head->grid),
                     "by_value", by_value_json(summary, &head->grid));
}
