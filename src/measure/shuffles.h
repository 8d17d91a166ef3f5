/* SPDX-License-Identifier: MIT */
/* Where the results of one shuffle of the rows fall among those of many: a short sweep over order seeds. */
#ifndef SGDMARK_MEASURE_SHUFFLES_H
#define SGDMARK_MEASURE_SHUFFLES_H

#include "learn/cv.h"
#include "learn/job.h"
#include "learn/worker_group.h"

/* What the notebook printed in 2018. It shuffled its rows without a seed, so nobody can repeat that shuffle. */
#define NOTEBOOK_CONFUSION ((struct confusion){.tn = 53553, .fp = 1026, .fn = 1443, .tp = 3978})

struct shuffles_request {
    const struct dataset *ds; /* in any arrangement; a job's own will do */
    const struct job_spec *spec;
    unsigned folds;
    const struct backend *backend; /* whose kernels have been checked */
    const struct worker_group *workers;
    double seconds; /* no shuffle begins later than this; 0: none is made */
};

/* What the order seeds 0, 1, ..., count - 1 gave. */
struct shuffles {
    size_t count;
    uint64_t negatives, positives; /* rows */
    uint64_t *fp, *fn;             /* [count] false positives and negatives, over all folds */
    double seconds;                /* that they took */
};

/* More are not made. */
enum { MOST_SHUFFLES = 10000 };

/* Cross-validates as many shuffles as begin within the time. Returns 0, or -1 with the reason: a fit diverged, say;
 * shuffles_free releases it. */
int shuffles_run(struct shuffles *shuffles, const struct shuffles_request *request, struct error *err);
void shuffles_free(struct shuffles *shuffles);

/* Metrics of all rows together. */
enum shuffle_metric { SHUFFLE_ACCURACY, SHUFFLE_PRECISION, SHUFFLE_RECALL, SHUFFLE_F1, SHUFFLE_METRICS };
extern const char *const shuffle_metric_names[]; /* "accuracy", "precision", "recall", "f1" */

/* Where a result falls. NaN where no shuffle has the metric. */
struct shuffle_place {
    double value;      /* of that result */
    double percentile; /* 0 to 100: the shuffles below it, and half of those equal to it */
    double p5, median, p95;
};

/* Places the result among the shuffles. Returns 0, or -1 when memory runs out. */
int shuffles_place(struct shuffle_place place[SHUFFLE_METRICS], const struct shuffles *shuffles,
                   const struct confusion *result, struct error *err);

#endif
