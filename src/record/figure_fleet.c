/* SPDX-License-Identifier: MIT */
/* The figure of a fleet: each node against the median of its group. */
#include "measure/stats.h"
#include "record/figure.h"
#include "record/fleet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_POINTS = 300, WINDOWS = 60 };

/* By how much a node exceeds its group. */
struct excess {
    double most; /* in percent, of the metric that exceeds most; NAN: it has no times */
    const char *metric;
};

static struct excess excess_of(const json_t *facts, const json_t *node) {
    struct excess excess = {(double)NAN, ""};
    const double number = figure_number(node, "group");
    const json_t *groups = json_object_get(facts, "groups");
    const json_t *group = number >= 0 ? json_array_get(groups, (size_t)number) : NULL;
    for (size_t m = 0; m < NODE_METRICS; m++) {
        const json_t *metric = json_object_get(json_object_get(group, "metrics"), node_metric_names[m]);
        const double time = figure_number(json_object_get(node, "times"), node_metric_names[m]);
        const double percent = 100.0 * (time / figure_number(metric, "median") - 1.0);
        if (isfinite(percent) && !(percent <= excess.most)) excess = (struct excess){percent, node_metric_names[m]};
    }
    return excess;
}

/* A node that is to be named, not one of many. */
static bool is_outlier(const json_t *node) {
    return strcmp(figure_text(node, "state"), "good") != 0 || json_is_true(json_object_get(node, "changed"));
}

static void add_node(struct figure *figure, const char *name, const json_t *node, struct excess excess, double place) {
    const double group = figure_number(node, "group");
    const bool good = strcmp(figure_text(node, "state"), "good") == 0;
    struct figure_row *row = figure_row(figure, name);
    if (!row) return;
    row->series = group >= 0 ? (unsigned)group : 0;
    row->mark = is_outlier(node) ? FIGURE_DISTURBED : FIGURE_PLAIN;
    row->value[0] = place;
    row->value[1] = excess.most;
    snprintf(row->remark, sizeof row->remark, "%.30s: %.30s",
             good && is_outlier(node) ? "slower than before" : figure_text(node, "state"), excess.metric);
}

/* Nodes first to first + count - 1 of those that have times, as quantiles of the excess of the good ones. excess[count]
 * is sorted; it is NAN of outliers. */
static void add_window(struct figure *figure, double *excess, size_t first, size_t count) {
    static const double share[] = {0.5, 0.05, 0.25, 0.75, 0.95};
    char name[FIGURE_NAME];
    snprintf(name, sizeof name, "%zu to %zu", first + 1, first + count);
    size_t good = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(excess[i])) excess[good++] = excess[i];
    struct figure_row *row = good > 0 ? figure_row(figure, name) : NULL;
    if (!row) return;
    row->mark = FIGURE_BAND;
    row->value[0] = (double)first + 0.5 * (double)(count + 1);
    sort_doubles(excess, good);
    for (size_t q = 0; q < sizeof share / sizeof *share; q++)
        row->value[q + 1] = quantile(excess, good, share[q]);
}

static void add_windows(struct figure *figure, double *excess, size_t count) {
    for (size_t w = 0; w < WINDOWS; w++) {
        const size_t first = w * count / WINDOWS, end = (w + 1) * count / WINDOWS;
        add_window(figure, excess + first, first, end - first);
    }
}

/* The excess of every node that has times, NAN of outliers, in the order of the file, which is by rank. The caller
 * frees it. */
static double *take_excess(const json_t *facts, size_t *count) {
    const char *name;
    json_t *node;
    double *excess = malloc((json_object_size(json_object_get(facts, "nodes")) + 1) * sizeof *excess);
    *count = 0;
    if (!excess) return NULL;
    json_object_foreach(json_object_get(facts, "nodes"), name, node) {
        const double most = excess_of(facts, node).most;
        if (isfinite(most)) excess[(*count)++] = is_outlier(node) ? (double)NAN : most;
    }
    return excess;
}

/* Every node, or only outliers: those with the largest excess, MOST_POINTS at most. */
static void add_nodes(struct figure *figure, const json_t *facts, bool all, double least) {
    double place = 0;
    const char *name;
    json_t *node;
    json_object_foreach(json_object_get(facts, "nodes"), name, node) {
        const struct excess excess = excess_of(facts, node);
        if (!isfinite(excess.most)) continue;
        place++;
        if (all || (is_outlier(node) && excess.most >= least)) add_node(figure, name, node, excess, place);
    }
}

/* The excess of the outlier that is MOST_POINTS-th from the top; all are above -INFINITY. */
static double least_shown(const json_t *facts, double *scratch) {
    size_t count = 0;
    const char *name;
    json_t *node;
    json_object_foreach(json_object_get(facts, "nodes"), name, node) {
        const double most = is_outlier(node) ? excess_of(facts, node).most : (double)NAN;
        if (isfinite(most)) scratch[count++] = most;
    }
    sort_doubles(scratch, count);
    return count > MOST_POINTS ? scratch[count - MOST_POINTS] : -(double)INFINITY;
}

static void set_titles(struct figure *figure, bool many) {
    *figure = (struct figure){.kind = FIGURE_NODES,
                              .id = "nodes",
                              .title = "Every node against the median of its group",
                              .row_title = "node",
                              .remark_title = "what it is",
                              .columns = {"place", "excess, %"},
                              .formats = {"%.0f", "%.2f", "%.2f", "%.2f", "%.2f", "%.2f"},
                              .x_axis = "nodes, by rank",
                              .y_axis = "largest excess of a time, %",
                              .band = 100.0 * FLEET_SHARE};
    static const char *const quantiles[] = {"median or own excess, %", "5 %", "25 %", "75 %", "95 %"};
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles && many; i++)
        figure->columns[i + 1] = quantiles[i];
    snprintf(
        figure->note, sizeof figure->note,
        "The mean of a node's two rounds against the median of its group, of the time that exceeds it most. Crosses: "
        "nodes that are slow, unconfirmed, wrong or slower than before (--history). %s Below the dashed line, %.0f %%, "
        "no node is called slow; how far above it begins is in the tables of the groups.",
        many ? "Bands: quantiles of neighbouring good nodes." : "Colours: groups.", 100.0 * FLEET_SHARE);
}

void figure_fleet(struct figure *figure, const json_t *facts) {
    size_t count;
    double *excess = take_excess(facts, &count);
    const bool many = count > MOST_POINTS;
    set_titles(figure, many);
    figure->failed = !excess;
    if (excess && many) add_windows(figure, excess, count);
    if (excess) add_nodes(figure, facts, !many, many ? least_shown(facts, excess) : -(double)INFINITY);
    free(excess);
}
