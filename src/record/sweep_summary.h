/* SPDX-License-Identifier: MIT */
/* What the points of a sweep say together: the distribution of each metric, and the best point. */
#ifndef SGDMARK_RECORD_SWEEP_SUMMARY_H
#define SGDMARK_RECORD_SWEEP_SUMMARY_H

#include "record/point_set.h"

enum { HISTOGRAM_BINS = 24 };

/* One metric over the points at which it is defined. */
struct distribution {
    size_t n; /* points; with 0, the numbers below are NaN */
    double min, p5, median, p95, max;
    size_t bin[HISTOGRAM_BINS]; /* points in equal parts of [min, max], the last one with max */
};

/* Some points of a sweep: those with one value of a parameter. */
struct axis_value {
    size_t axis, value; /* their numbers in the grid */
    double median[SWEEP_METRICS];
    size_t failed; /* points without an outcome */
};

/* Parameters with more values are not told apart, nor are seeds. */
enum { MOST_AXIS_VALUES = 20 };

struct sweep_summary {
    size_t points, failed;     /* that are there; of those, without an outcome */
    size_t failed_first;       /* the first of them */
    char reason[POINT_REASON]; /* and why */
    struct distribution metric[SWEEP_METRICS];
    bool has_best;
    size_t best; /* the first point with the highest mean accuracy, as scikit-learn's GridSearchCV chooses */
    double best_metric[SWEEP_METRICS];
    struct axis_value *by_value; /* [by_values] */
    size_t by_values;
};

/* Summarizes the points that are there. Quantiles interpolate linearly, as NumPy's do. Returns 0, or -1 when memory
 * runs out; sweep_summary_free releases it. */
int sweep_summarize(struct sweep_summary *summary, const struct point_set *set, struct error *err);
void sweep_summary_free(struct sweep_summary *summary);

/* The same as JSON. NULL when memory runs out. */
json_t *sweep_summary_json(const struct sweep_summary *summary, const struct sweep_head *head);

#endif
