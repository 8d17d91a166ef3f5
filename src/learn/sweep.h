/* SPDX-License-Identifier: MIT */
/* The cross-validation of a job at every point of a grid, by a group of workers. */
#ifndef SGDMARK_LEARN_SWEEP_H
#define SGDMARK_LEARN_SWEEP_H

#include "learn/cv.h"
#include "learn/grid.h"
#include "learn/worker_group.h"

#include <stdbool.h>

/* The metrics of a point. */
enum sweep_metric { METRIC_ACCURACY, METRIC_PRECISION, METRIC_RECALL, METRIC_F1, METRIC_ROC_AUC, SWEEP_METRICS };
extern const char *const sweep_metric_names[]; /* "mean_accuracy", "precision", "recall", "f1", "roc_auc" */

enum { POINT_REASON = 256 };

/* The outcome at one point. Its numbers are the same whichever worker computed it, alone or in a sweep. */
struct point_result {
    size_t point;
    char reason[POINT_REASON]; /* why there is none: the fit diverged, or cannot be made; "" otherwise */
    unsigned folds;
    struct fold_result *fold; /* [folds] */
    struct confusion confusion;
    double roc_auc;
};

/* One metric; NaN where it is not defined. The mean accuracy is the mean of the folds' as NumPy rounds it, which
 * decides between points that are nearly equal. */
double point_metric(const struct point_result *result, enum sweep_metric metric);

/* FNV-1a 64 of the fingerprints of the folds. */
uint64_t point_fingerprint(const struct point_result *result);

/* By which worker a point was computed, and in what time. */
struct point_run {
    size_t worker;
    double seconds; /* of a group, for each of its points */
};

/* Where the outcomes go. Calls do not overlap. */
struct sweep_sink {
    /* Takes one outcome, in no certain order; what it points to is gone afterwards. Returns 0, or -1 with the reason,
     * which ends the sweep. */
    int (*take)(void *context, const struct point_result *result, const struct point_run *run, struct error *err);
    /* Asked before each point or group of points: true ends the sweep. NULL: never. */
    bool (*enough)(void *context);
    void *context;
};

/* What is computed. */
struct sweep_plan {
    const struct dataset *ds;    /* of the split alone; rows in any arrangement */
    const struct job_spec *spec; /* the parameters that do not vary; the engine; prefetch distances */
    unsigned folds;
    const struct grid *grid;
    const struct backend *backend;
    const size_t *todo; /* [count] the points to compute, in this order */
    size_t count;
    const struct dataset *const *rows; /* [workers] where each reads its rows, copies of ds; NULL: all read ds */
    size_t
        group; /* most points that are computed in one pass over the rows, at most MODELS_MOST; 0 and 1: one by one */
};

/* Can every point be computed, as far as its parameters and the number of rows say? 0, or -1 with the reason, which
 * names the first that cannot. */
int sweep_possible(const struct sweep_plan *plan, struct error *err);

/* Computes the points. One that diverges, or whose folds cannot be made, is an outcome with a reason; the sweep goes
 * on. Returns 0, also when the sink had enough; or -1 with the reason. */
int sweep_run(const struct sweep_plan *plan, const struct worker_group *workers, const struct sweep_sink *sink,
              struct error *err);

#endif
