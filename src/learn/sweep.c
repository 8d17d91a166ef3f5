/* SPDX-License-Identifier: MIT */
#include "learn/sweep.h"

#include "base/clock.h"
#include "base/hash.h"
#include "data/random.h"
#include "learn/sweep_groups.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const sweep_metric_names[] = {"mean_accuracy", "precision", "recall", "f1", "roc_auc", NULL};

/* ---- Outcomes */

/* NumPy's sum of a contiguous array (numpy/core/src/umath/loops_utils.h.src, pairwise_sum): in a row below 8 numbers,
 * in eight parts up to 128, in halves above. */
static double numpy_sum(const struct fold_result *fold, size_t n) {
    if (n > 128) {
        size_t half = n / 2;
        half -= half % 8;
        return numpy_sum(fold, half) + numpy_sum(fold + half, n - half);
    }
    size_t i = 0;
    double sum = 0.0;
    if (n >= 8) {
        double part[8];
        for (; i < 8; i++)
            part[i] = fold[i].accuracy;
        for (; i + 8 <= n; i += 8)
            for (size_t k = 0; k < 8; k++)
                part[k] += fold[i + k].accuracy;
        sum = ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
    }
    for (; i < n; i++)
        sum += fold[i].accuracy;
    return sum;
}

double point_metric(const struct point_result *result, enum sweep_metric metric) {
    if (result->reason[0]) return (double)NAN;
    switch (metric) {
    case METRIC_ACCURACY:
        return numpy_sum(result->fold, result->folds) / result->folds;
    case METRIC_PRECISION:
        return precision_score(&result->confusion);
    case METRIC_RECALL:
        return recall_score(&result->confusion);
    case METRIC_F1:
        return f1_score(&result->confusion);
    case METRIC_ROC_AUC:
    case SWEEP_METRICS:
        break;
    }
    return result->roc_auc;
}

uint64_t point_fingerprint(const struct point_result *result) {
    uint64_t hash = FNV_START;
    for (unsigned f = 0; f < result->folds; f++)
        hash = fnv1a(hash, &result->fold[f].fingerprint, sizeof result->fold[f].fingerprint);
    return hash;
}

/* ---- The sweep */

struct sweep {
    const struct sweep_plan *plan;
    const struct sweep_sink *sink;
    size_t n;                  /* rows of a point */
    uint32_t *rows;            /* [ds->n] where the rows are, in the order before its permutation */
    pthread_mutex_t sink_lock; /* for what follows, and for calls of the sink */
    struct sweep_groups groups;
    size_t next;  /* group that nobody has taken yet */
    bool stopped; /* nobody takes another one */
    bool failed;  /* nor hands one over */
};

/* The working memory of one worker. */
struct sweep_worker {
    struct sweep *sweep;
    size_t index;
    const struct dataset *ds; /* where it reads */
    uint32_t *row;            /* [ds->n] the permutation, then the rows in the order of the point */
    struct row_ref *at;       /* [n] */
};

/* The rows as the files have them, or sorted by label inside each split: the order that a permutation starts from. */
static void fill_rows(uint32_t *rows, const struct dataset *ds, enum row_order order) {
    size_t filled = 0;
    if (order == ORDER_FILE) {
        for (; filled < ds->n; filled++)
            rows[filled] = (uint32_t)dataset_place(ds, filled);
        return;
    }
    const size_t end[] = {ds->n_train, ds->n};
    for (size_t split = 0, first = 0; split < 2; first = end[split++])
        for (unsigned label = 0; label < 10; label++)
            for (size_t i = first; i < end[split]; i++) {
                const size_t place = dataset_place(ds, i);
                if (ds->labels[place] == label) rows[filled++] = (uint32_t)place;
            }
}

/* Fills at[n] with the rows of a point, in its order. */
static void arrange(struct sweep_worker *worker, const struct job_spec *spec) {
    const struct sweep *sweep = worker->sweep;
    const struct dataset *ds = worker->ds;
    const uint32_t *row = sweep->rows;
    if (spec->rows.order == ORDER_NOTEBOOK) {
        struct random_state rs;
        random_seed(&rs, spec->rows.order_seed);
        random_permutation(&rs, worker->row, ds->n);
        for (size_t k = 0; k < sweep->n; k++)
            worker->row[k] = sweep->rows[worker->row[k]];
        row = worker->row;
    }
    row_refs_fill(worker->at, ds, row, sweep->n, spec->digit);
}

/* Points that are computed together, and what becomes of them. */
struct together {
    size_t count;
    const size_t *point; /* [count] */
    struct cv_result cv[MODELS_MOST];
    struct point_result result[MODELS_MOST];
};

static void give_reason(struct point_result *result, const char *text) {
    snprintf(result->reason, sizeof result->reason, "%.*s", POINT_REASON - 1, text);
}

/* Computes the points. Returns 0, also where there are reasons instead of numbers, or -1 when memory runs out. */
static int compute(struct sweep_worker *worker, struct together *points, struct error *err) {
    const struct sweep_plan *plan = worker->sweep->plan;
    struct hyper hyper[MODELS_MOST];
    struct error why[MODELS_MOST];
    struct job_spec spec = *plan->spec;
    unsigned folds = plan->folds;
    for (size_t m = points->count; m-- > 0;) { /* the first point comes last: it has what they all have */
        spec = *plan->spec;
        folds = plan->folds;
        grid_apply(plan->grid, points->point[m], &spec, &folds);
        hyper[m] = spec.hyper;
        points->result[m] = (struct point_result){.point = points->point[m]};
    }
    arrange(worker, &spec);
    const struct row_list rows = {worker->ds, worker->at, worker->sweep->n};
    const struct cv_fits fits = {hyper, points->count, plan->backend};
    const int bad = cross_validate_group(points->cv, why, &rows, folds, &fits, err);
    if (bad && err->kind == ERROR_PROGRAM) return -1;
    for (size_t m = 0; m < points->count; m++) {
        struct point_result *result = &points->result[m];
        result->folds = folds;
        if (bad || why[m].text[0]) {
            give_reason(result, bad ? err->text : why[m].text);
            continue;
        }
        result->fold = points->cv[m].fold;
        result->confusion = points->cv[m].confusion;
        result->roc_auc = points->cv[m].roc_auc;
    }
    return 0;
}

/* The next points to compute; none: false. */
static bool take_points(struct sweep *sweep, struct together *points) {
    const struct sweep_sink *sink = sweep->sink;
    bool taken = false;
    pthread_mutex_lock(&sweep->sink_lock);
    if (!sweep->stopped && sink->enough) sweep->stopped = sink->enough(sink->context);
    if (!sweep->stopped && sweep->next < sweep->groups.count) {
        const struct sweep_group *group = &sweep->groups.group[sweep->next++];
        points->count = group->count;
        points->point = sweep->groups.point + group->first;
        taken = true;
    }
    pthread_mutex_unlock(&sweep->sink_lock);
    return taken;
}

/* Hands an outcome to the sink. After a failure nobody takes another point. */
static int hand_over(struct sweep *sweep, const struct point_result *result, const struct point_run *run, int bad,
                     struct error *err) {
    pthread_mutex_lock(&sweep->sink_lock);
    if (!bad && !sweep->failed) bad = sweep->sink->take(sweep->sink->context, result, run, err);
    if (bad) sweep->failed = sweep->stopped = true;
    pthread_mutex_unlock(&sweep->sink_lock);
    return bad;
}

static int run_points(struct sweep_worker *worker, struct error *err) {
    struct sweep *sweep = worker->sweep;
    struct together points;
    int bad = 0;
    while (!bad && take_points(sweep, &points)) {
        const double begin = seconds_now();
        for (size_t m = 0; m < points.count; m++)
            points.cv[m] = (struct cv_result){0};
        bad = compute(worker, &points, err);
        const struct point_run run = {worker->index, (seconds_now() - begin) / (double)points.count};
        for (size_t m = 0; m < points.count; m++) {
            bad = hand_over(sweep, &points.result[m], &run, bad, err);
            cv_free(&points.cv[m]);
        }
    }
    return bad;
}

static int work(void *context, size_t index, struct error *err) {
    struct sweep *sweep = context;
    const struct sweep_plan *plan = sweep->plan;
    struct sweep_worker worker = {.sweep = sweep, .index = index, .ds = plan->rows ? plan->rows[index] : plan->ds};
    worker.row = malloc(plan->ds->n * sizeof *worker.row);
    worker.at = malloc(sweep->n * sizeof *worker.at);
    int bad = worker.row && worker.at ? run_points(&worker, err)
                                      : fail_program(err, "out of memory for the order of %zu rows", sweep->n);
    free(worker.row);
    free(worker.at);
    return bad;
}

int sweep_possible(const struct sweep_plan *plan, struct error *err) {
    const size_t n = plan->spec->rows.limit ? plan->spec->rows.limit : plan->ds->n;
    if (plan->spec->rows.limit > plan->ds->n)
        return fail(err, "--limit %zu: %s has only %zu rows", plan->spec->rows.limit, plan->ds->name, plan->ds->n);
    for (size_t point = 0; point < plan->grid->points; point++) {
        struct job_spec spec = *plan->spec;
        struct error why;
        unsigned folds = plan->folds;
        grid_apply(plan->grid, point, &spec, &folds);
        if (engine_possible(&spec.hyper, n, &why) == 0) continue;
        return fail_as(err, why.kind, "point %zu cannot be computed: %.900s", point, why.text);
    }
    return 0;
}

int sweep_run(const struct sweep_plan *plan, const struct worker_group *workers, const struct sweep_sink *sink,
              struct error *err) {
    if (sweep_possible(plan, err) != 0) return -1;
    const struct row_spec *rows = &plan->spec->rows;
    struct sweep sweep = {.plan = plan,
                          .sink = sink,
                          .n = rows->limit ? rows->limit : plan->ds->n,
                          .rows = malloc(plan->ds->n * sizeof *sweep.rows),
                          .sink_lock = PTHREAD_MUTEX_INITIALIZER};
    if (!sweep.rows) return fail_program(err, "out of memory for the order of %zu rows", plan->ds->n);
    fill_rows(sweep.rows, plan->ds, rows->order);
    const struct group_task task = {work, &sweep};
    int bad = sweep_groups_make(&sweep.groups, plan, workers->count, err);
    if (!bad) bad = workers->run(workers->group, &task, err);
    sweep_groups_free(&sweep.groups);
    free(sweep.rows);
    pthread_mutex_destroy(&sweep.sink_lock);
    return bad;
}
