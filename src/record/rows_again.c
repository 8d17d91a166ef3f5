/* SPDX-License-Identifier: MIT */
#include "record/rows_again.h"

#include "base/json.h"
#include "learn/curve.h"
#include "learn/cv.h"
#include "learn/hyper_table.h"
#include "learn/job.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SIDE = 100, MOST_POINTS = 300 };

/* The index of a name in a list that ends in NULL; -1: it is not there. */
static int index_of(const char *const *names, const char *name) {
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

/* The job of a result, on the rows in `folder`. Returns false where the file names none that can be trained here. */
static bool spec_of(struct job_spec *spec, const json_t *work, const char *folder) {
    const int split = index_of(split_names, figure_text(work, "split"));
    const int order = index_of(order_names, figure_text(work, "order"));
    job_spec_defaults(spec);
    if (split < 0 || order < 0 || hyper_from_json(spec, json_object_get(work, "hyper")) != 0) return false;
    spec->rows = (struct row_spec){.data = folder,
                                   .split = (enum split)split,
                                   .order = (enum row_order)order,
                                   .order_seed = (uint32_t)figure_number(work, "order_seed"),
                                   .limit = (size_t)figure_number(work, "limit")};
    spec->hyper.engine = ENGINE_F64;
    return spec->digit < CLASSES;
}

static bool same_rows(struct job *job, const json_t *work) {
    dataset_hash(&job->ds);
    return strcmp(job->ds.pixels_sha256, figure_text(work, "pixels_sha256")) == 0 &&
           strcmp(job->ds.labels_sha256, figure_text(work, "labels_sha256")) == 0 && job->ds.image_height > 1 &&
           job->ds.image_height <= MOST_SIDE && job->ds.image_width <= MOST_SIDE;
}

/* Does the reference of the run have this model? */
static bool same_model(const struct model *model, const json_t *facts) {
    char text[HEX_TEXT];
    const json_t *parity = json_object_get(json_object_get(facts, "receipts"), "parity");
    hex_text(text, model->fingerprint);
    return strcmp(figure_text(figure_find(parity, "engine", "f64"), "fingerprint"), text) == 0;
}

static int draw_weights(struct rows_again *again, const struct model *model, struct error *err) {
    double largest = 0.0;
    again->for_digit = calloc(model->d, 1);
    again->against = calloc(model->d, 1);
    if (!again->for_digit || !again->against) return fail_program(err, "out of memory for the weights");
    for (size_t k = 0; k < model->d; k++)
        largest = fmax(largest, fabs(model->coef[k]));
    for (size_t k = 0; k < model->d && largest > 0.0; k++) {
        const uint8_t grey = (uint8_t)lround(255.0 * sqrt(fabs(model->coef[k]) / largest));
        (model->coef[k] > 0.0 ? again->for_digit : again->against)[k] = grey;
    }
    return 0;
}

/* Keeps a row among those that are furthest from the threshold, in descending order. */
static void keep_worst(struct misread *list, size_t *count, const struct misread *one) {
    size_t at = *count;
    while (at > 0 && fabs(list[at - 1].decision) < fabs(one->decision))
        at--;
    if (at == MOST_MISREAD) return;
    const size_t kept = *count < MOST_MISREAD ? *count : MOST_MISREAD - 1;
    memmove(&list[at + 1], &list[at], (kept - at) * sizeof *list);
    list[at] = *one;
    *count = kept + 1;
}

static int draw_rows(struct misread *list, size_t count, const struct dataset *ds, struct error *err) {
    for (size_t i = 0; i < count; i++) {
        list[i].pixels = malloc(ds->d);
        if (!list[i].pixels) return fail_program(err, "out of memory for pictures");
        dataset_row(ds, dataset_place(ds, list[i].row), list[i].pixels);
    }
    return 0;
}

static int find_misread(struct rows_again *again, const struct job *job, const struct cv_result *cv,
                        struct error *err) {
    for (size_t k = 0; k < cv->n; k++) {
        if (cv->predicted[k] == cv->truth[k] || !isfinite(cv->decision[k])) continue;
        const struct misread one = {.row = job->view.index[k],
                                    .label = job->ds.labels[dataset_place(&job->ds, job->view.index[k])],
                                    .decision = cv->decision[k]};
        if (cv->truth[k])
            keep_worst(again->missed, &again->missed_count, &one);
        else
            keep_worst(again->taken, &again->taken_count, &one);
    }
    if (draw_rows(again->taken, again->taken_count, &job->ds, err) != 0) return -1;
    return draw_rows(again->missed, again->missed_count, &job->ds, err);
}

/* Points of equal steps of recall, from the lowest threshold up. */
static int draw_curve(struct rows_again *again, const struct cv_result *cv, struct error *err) {
    struct curve curve;
    figure_curve(&again->curve);
    if (curve_make(&curve, cv->truth, cv->decision, cv->n, err) != 0) return -1;
    double next = 1.0;
    for (size_t i = 0; i < curve.n; i++) {
        const double recall = curve_recall(&curve, i);
        if (recall > next) continue;
        struct figure_row *row = figure_row(&again->curve, "");
        if (!row) break;
        row->value[0] = recall;
        row->value[1] = curve_precision(&curve, i);
        row->value[2] = curve.at[i].threshold;
        next = recall - 1.0 / (MOST_POINTS - 1);
    }
    snprintf(again->curve.note, sizeof again->curve.note, "Average precision %.4f, ROC AUC %.4f; of all thresholds.",
             average_precision_score(&curve), cv->roc_auc);
    curve_free(&curve);
    return again->curve.failed ? fail_program(err, "out of memory for a curve") : 0;
}

static int fill(struct rows_again *again, const struct job *job, const struct job_spec *spec, const struct model *model,
                unsigned folds, struct error *err) {
    struct cv_result cv;
    if (cross_validate(&cv, &job->row_list, folds, &spec->hyper, backend_find("scalar"), NULL, err) != 0) return -1;
    again->height = job->ds.image_height;
    again->width = job->ds.image_width;
    int bad = draw_weights(again, model, err);
    if (!bad) bad = find_misread(again, job, &cv, err);
    if (!bad) bad = draw_curve(again, &cv, err);
    cv_free(&cv);
    return bad;
}

/* Trains, and goes on where the model is that of the run. */
static int train_again(struct rows_again **again, const struct job *job, const struct job_spec *spec,
                       const json_t *facts, struct error *err) {
    const double folds = figure_number(json_object_get(json_object_get(facts, "workload"), "hyper"), "folds");
    struct model model;
    int bad = 0;
    if (!(folds >= 2.0) || fit(&model, &job->row_list, &spec->hyper, backend_find("scalar"), NULL) != 0) return 0;
    if (same_model(&model, facts)) {
        *again = calloc(1, sizeof **again);
        bad = *again ? fill(*again, job, spec, &model, (unsigned)folds, err) : fail_program(err, "out of memory");
    }
    model_free(&model);
    if (bad) {
        rows_again_free(*again);
        *again = NULL;
    }
    return bad;
}

int rows_again_make(struct rows_again **again, const json_t *facts, const char *folder, struct error *err) {
    const json_t *work = json_object_get(facts, "workload");
    struct job_spec spec;
    struct job job;
    *again = NULL;
    if (!json_is_object(work) || !spec_of(&spec, work, folder) || job_open(&job, &spec, NULL) != 0) return 0;
    const int bad = same_rows(&job, work) ? train_again(again, &job, &spec, facts, err) : 0;
    job_close(&job);
    return bad;
}

void rows_again_free(struct rows_again *again) {
    if (!again) return;
    for (size_t i = 0; i < MOST_MISREAD; i++) {
        free(again->taken[i].pixels);
        free(again->missed[i].pixels);
    }
    free(again->for_digit);
    free(again->against);
    figure_free(&again->curve);
    free(again);
}
