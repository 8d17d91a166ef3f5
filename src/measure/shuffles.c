/* SPDX-License-Identifier: MIT */
#include "measure/shuffles.h"

#include "base/clock.h"
#include "learn/sweep.h"
#include "measure/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *const shuffle_metric_names[] = {"accuracy", "precision", "recall", "f1", NULL};

/* ---- The sweep */

struct making {
    struct shuffles *shuffles;
    double end; /* seconds_now() */
};

static bool is_late(void *context) {
    const struct making *making = context;
    return seconds_now() >= making->end;
}

static int keep(void *context, const struct point_result *result, const struct point_run *run, struct error *err) {
    struct shuffles *shuffles = ((struct making *)context)->shuffles;
    const struct confusion *c = &result->confusion;
    (void)run;
    if (result->reason[0]) return fail_as(err, ERROR_CHECK, "order seed %zu: %.255s", result->point, result->reason);
    shuffles->fp[result->point] = c->fp;
    shuffles->fn[result->point] = c->fn;
    shuffles->negatives = c->tn + c->fp;
    shuffles->positives = c->fn + c->tp;
    shuffles->count++;
    return 0;
}

static int run_seeds(struct shuffles *shuffles, const struct shuffles_request *request, const struct grid *seeds,
                     struct error *err) {
    size_t todo[MOST_SHUFFLES];
    for (size_t seed = 0; seed < MOST_SHUFFLES; seed++)
        todo[seed] = seed;
    struct job_spec spec = *request->spec;
    spec.rows.order = ORDER_NOTEBOOK;
    const double begin = seconds_now();
    struct making making = {shuffles, begin + request->seconds};
    const struct sweep_plan plan = {request->ds, &spec,         request->folds, seeds, request->backend,
                                    todo,        MOST_SHUFFLES, NULL,           1};
    const struct sweep_sink sink = {keep, is_late, &making};
    int bad = sweep_run(&plan, request->workers, &sink, err);
    shuffles->seconds = seconds_now() - begin;
    return bad;
}

/* Points are taken in order and all that are taken are finished: those kept are seeds 0 to count - 1. */
int shuffles_run(struct shuffles *shuffles, const struct shuffles_request *request, struct error *err) {
    char text[32];
    struct grid seeds;
    grid_init(&seeds);
    *shuffles = (struct shuffles){.fp = calloc(MOST_SHUFFLES, sizeof *shuffles->fp),
                                  .fn = calloc(MOST_SHUFFLES, sizeof *shuffles->fn)};
    snprintf(text, sizeof text, "order-seed=0..%d", MOST_SHUFFLES - 1);
    int bad = shuffles->fp && shuffles->fn ? grid_vary(&seeds, text, err) : fail_program(err, "out of memory");
    if (!bad) bad = run_seeds(shuffles, request, &seeds, err);
    grid_free(&seeds);
    if (bad) shuffles_free(shuffles);
    return bad;
}

void shuffles_free(struct shuffles *shuffles) {
    free(shuffles->fp);
    free(shuffles->fn);
    *shuffles = (struct shuffles){0};
}

/* ---- The place */

static double metric_of(const struct confusion *c, size_t metric) {
    static double (*const scores[])(const struct confusion *) = {accuracy_score, precision_score, recall_score,
                                                                 f1_score};
    return scores[metric](c);
}

/* Places a value among sorted[n]. */
static struct shuffle_place place_value(double value, const double *sorted, size_t n) {
    const double none = (double)NAN;
    size_t below = 0, equal = 0;
    if (n == 0) return (struct shuffle_place){value, none, none, none, none};
    for (size_t i = 0; i < n; i++) {
        below += sorted[i] < value;
        equal += sorted[i] == value;
    }
    return (struct shuffle_place){value, 100.0 * ((double)below + 0.5 * (double)equal) / (double)n,
                                  quantile(sorted, n, 0.05), quantile(sorted, n, 0.5), quantile(sorted, n, 0.95)};
}

int shuffles_place(struct shuffle_place place[SHUFFLE_METRICS], const struct shuffles *shuffles,
                   const struct confusion *result, struct error *err) {
    double *sorted = malloc((shuffles->count + 1) * sizeof *sorted);
    if (!sorted) return fail_program(err, "out of memory for %zu shuffles", shuffles->count);
    for (size_t metric = 0; metric < SHUFFLE_METRICS; metric++) {
        size_t n = 0;
        for (size_t i = 0; i < shuffles->count; i++) {
            const uint64_t fp = shuffles->fp[i], fn = shuffles->fn[i];
            const struct confusion c = {shuffles->negatives - fp, fp, fn, shuffles->positives - fn};
            const double value = metric_of(&c, metric);
            if (!isnan(value)) sorted[n++] = value;
        }
        sort_doubles(sorted, n);
        place[metric] = place_value(metric_of(result, metric), sorted, n);
    }
    free(sorted);
    return 0;
}
