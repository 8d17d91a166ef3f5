/* SPDX-License-Identifier: MIT */
#include "cli/classes.h"

#include "base/clock.h"
#include "cli/gate.h"
#include "cli/progress.h"
#include "cli/results.h"
#include "data/npy.h"
#include "learn/classes_cv.h"
#include "learn/model_file.h"
#include "learn/prefetch_choice.h"
#include "measure/bound_group.h"
#include "record/pages_json.h"
#include "report/classes_report.h"
#include "report/heat_map.h"
#include "report/job_report.h"

#include <stdlib.h>
#include <string.h>

/* One command with --digit all, and the backend that works now. */
struct class_work {
    struct job *job;
    const struct job_options *options;
    const struct backend_list *chosen;
    const struct class_outputs *outputs;
    const struct class_folds *folds; /* NULL: train */
    const char *warning;             /* of the folds, or NULL */
    const struct backend *backend;
    struct hyper hyper; /* with the prefetch distances for the backend */
    char reason[PREFETCH_REASON];
    struct group_choice group;
    const struct self_check *checked;
    bool last;
};

int write_decisions(const char *path, const double *decision, size_t n, struct error *err) {
    const struct array array = {ARRAY_FLOAT64, 2, {n, CLASSES}, decision};
    return npy_write(path, &array, err);
}

int write_digits(const char *path, const int64_t *digit, size_t n, struct error *err) {
    const struct array array = {ARRAY_INT64, 1, {n}, digit};
    return npy_write(path, &array, err);
}

/* Appends a result with what every backend's has. */
static int append(json_t *results, json_t *result, const struct class_work *work, struct error *err) {
    if (result) {
        json_prefetch(result, &work->hyper.prefetch, work->reason);
        json_group(result, &work->group);
        json_self_check(result, work->checked);
        json_put(result, "pages", pages_json(&work->job->ds));
    }
    return append_result(results, result, err);
}

static bool prints(const struct class_work *work) {
    return !to_stdout(work->outputs->json);
}

/* ---- train */

/* Predictions of the rows that were trained on. */
struct predicted {
    double *decision;
    int64_t *digit;
    uint8_t *truth;
    struct class_scores scores;
    double seconds;
};

static void predicted_free(struct predicted *p) {
    free(p->decision);
    free(p->digit);
    free(p->truth);
}

/* predicted_free releases the outcome, also of a failure. */
static int predict_rows(struct predicted *p, const struct class_work *work, const struct model *models,
                        struct error *err) {
    const struct row_list *rows = &work->job->row_list;
    const size_t n = rows->n;
    *p = (struct predicted){.decision = malloc(n * CLASSES * sizeof *p->decision),
                            .digit = malloc(n * sizeof *p->digit),
                            .truth = malloc(n * sizeof *p->truth)};
    if (!p->decision || !p->digit || !p->truth) return fail_program(err, "out of memory for %zu rows", n);
    /* The kernel gives memory at the first touch, which must not be timed. */
    memset(p->decision, 0xff, n * CLASSES * sizeof *p->decision);
    memset(p->digit, 0xff, n * sizeof *p->digit);
    const double begin = seconds_now();
    classes_decisions(p->decision, models, rows, work->backend);
    classes_digits(p->digit, p->decision, n);
    p->seconds = seconds_now() - begin;
    for (size_t i = 0; i < n; i++)
        p->truth[i] = rows->ds->labels[rows->at[i].row];
    class_scores(&p->scores, p->truth, p->digit, n);
    return 0; // NOLINT(clang-analyzer-unix.Malloc): the caller frees all of *p, which the analyzer loses sight of
}

static int write_coef(const char *path, const struct model *models, struct error *err) {
    const size_t d = models[0].d;
    double *coef = malloc(CLASSES * d * sizeof *coef);
    if (!coef) return fail_program(err, "%s: out of memory", path);
    for (unsigned c = 0; c < CLASSES; c++)
        memcpy(coef + c * d, models[c].coef, d * sizeof *coef);
    const struct array array = {ARRAY_FLOAT64, 2, {CLASSES, d}, coef};
    int bad = npy_write(path, &array, err);
    free(coef);
    return bad;
}

static int write_models(const struct class_work *work, struct model *models, unsigned epochs,
                        const struct class_scores *scores, struct error *err) {
    const struct class_outputs *outputs = work->outputs;
    const struct saved_model saved = {.digit = DIGIT_ALL,
                                      .hyper = work->hyper,
                                      .d = models[0].d,
                                      .count = CLASSES,
                                      .models = models,
                                      .n_iter = epochs,
                                      .t = 1.0 + (double)epochs * (double)work->job->view.n,
                                      .width = work->job->ds.width};
    struct error why;
    int bad = outputs->coef ? write_coef(outputs->coef, models, err) : 0;
    int next_bad = outputs->png ? heat_map_write_png(outputs->png, scores, &why) : 0;
    bad = join_outputs(bad, err, next_bad, &why);
    next_bad = outputs->save ? model_save(outputs->save, &saved, &why) : 0;
    return join_outputs(bad, err, next_bad, &why);
}

/* What stands in a report of trained models, and the arrays behind it. */
struct summary {
    struct class_fit fit[CLASSES];
    struct hyper own[CLASSES];
    uint32_t seed[CLASSES];
    const uint32_t *updates[CLASSES];
    struct classes_report report;
};

static void sum_up(struct summary *sum, const struct class_work *work, const struct model *models,
                   const struct predicted *predicted, double seconds) {
    const size_t n = work->job->view.n;
    size_t count[CLASSES];
    classes_count(count, &work->job->row_list);
    classes_hyper(sum->own, &work->hyper, count);
    sum->report = (struct classes_report){.engine = engine_names[work->hyper.engine],
                                          .backend = engine_backend_name(work->hyper.engine, work->backend),
                                          .fit = sum->fit,
                                          .seed = sum->seed,
                                          .updates = sum->updates,
                                          .scores = &predicted->scores,
                                          .fingerprint = classes_fingerprint(models),
                                          .seconds = seconds,
                                          .predict_seconds = predicted->seconds,
                                          .predict_ns = predicted->seconds * 1e9 / (double)n};
    for (unsigned c = 0; c < CLASSES; c++) {
        sum->fit[c] = class_fit_of(&models[c]);
        sum->seed[c] = sum->own[c].seed;
        sum->updates[c] = models[c].updates;
        sum->report.visits += (uint64_t)n * models[c].epochs;
        if (models[c].epochs > sum->report.epochs) sum->report.epochs = models[c].epochs;
    }
    sum->report.fit_ns = seconds * 1e9 / (double)sum->report.visits;
}

static int train_with(json_t *results, const struct class_work *work, struct error *err) {
    const struct job *job = work->job;
    struct model models[CLASSES];
    struct predicted predicted;
    struct summary sum;
    const struct classes_means by = {.backend = work->backend, .group = work->group.models};
    const double begin = seconds_now();
    if (classes_fit(models, &job->row_list, &work->hyper, &by, err) != 0) return -1;
    const double seconds = seconds_now() - begin;
    int bad = predict_rows(&predicted, work, models, err);
    if (!bad) {
        sum_up(&sum, work, models, &predicted, seconds);
        if (prints(work)) {
            print_classes(stdout, &sum.report);
            print_prefetch(stdout, &work->hyper.prefetch, work->reason);
            print_group(stdout, &work->group);
        }
        bad = append(results, classes_json(&job->ds, job->view.n, &sum.report), work, err);
        if (!bad && work->last) bad = write_models(work, models, sum.report.epochs, &predicted.scores, err);
    }
    predicted_free(&predicted);
    classes_free(models);
    return bad;
}

/* ---- cv */

static int cross_validate_now(struct classes_cv *result, const struct class_work *work, struct error *err) {
    const struct class_folds *folds = work->folds;
    struct bound_group bound = {folds->topology, folds->placement};
    const bool placed = folds->topology != NULL;
    const struct worker_group workers = placed ? bound_group(&bound) : (struct worker_group){.count = 0};
    struct progress progress;
    const struct progress_sink sink = {progress_step, &progress};
    progress_begin(&progress, "cross-validating");
    const struct classes_means by = {work->backend, placed ? &workers : NULL, work->group.models, &sink};
    int bad = classes_cross_validate(result, &work->job->row_list, folds->folds, &work->hyper, &by, err);
    progress_end(&progress);
    return bad;
}

static int write_arrays(const struct class_work *work, const struct classes_cv *result, struct error *err) {
    const struct class_outputs *outputs = work->outputs;
    struct error why;
    int bad = outputs->predictions ? write_digits(outputs->predictions, result->predicted, result->n, err) : 0;
    int next_bad = outputs->decision ? write_decisions(outputs->decision, result->decision, result->n, &why) : 0;
    bad = join_outputs(bad, err, next_bad, &why);
    next_bad = outputs->png ? heat_map_write_png(outputs->png, &result->scores, &why) : 0;
    return join_outputs(bad, err, next_bad, &why);
}

static int cross_validate_with(json_t *results, const struct class_work *work, struct error *err) {
    const struct placement *placement = work->folds->topology ? work->folds->placement : NULL;
    struct classes_cv result;
    if (cross_validate_now(&result, work, err) != 0) return -1;
    const struct classes_cv_report report = {.result = &result,
                                             .engine = engine_names[work->hyper.engine],
                                             .backend = engine_backend_name(work->hyper.engine, work->backend),
                                             .place = placement ? placement->name : "core",
                                             .placed = placement != NULL,
                                             .place_note = placement ? placement->note : "",
                                             .workers = placement ? placement->count : 1,
                                             .warning = work->warning};
    if (prints(work)) {
        print_classes_cv(stdout, &report);
        print_prefetch(stdout, &work->hyper.prefetch, work->reason);
        print_group(stdout, &work->group);
    }
    int bad = append(results, classes_cv_json(&work->job->ds, &report), work, err);
    if (!bad && work->last) bad = write_arrays(work, &result, err);
    classes_cv_free(&result);
    return bad;
}

/* ---- Both */

static int choose_group(struct class_work *work, struct error *err) {
    const struct row_list *rows = &work->job->row_list;
    const struct group_question question = {.asked = work->options->group,
                                            .most = classes_share_order(&work->hyper, rows) ? CLASSES : 1,
                                            .rows = rows,
                                            .hyper = &work->hyper,
                                            .backend = work->backend};
    return group_choose(&work->group, &question, err);
}

/* The i-th backend, behind its self-check. */
static int work_with(json_t *results, struct class_work *work, struct gate *gate, size_t i, struct error *err) {
    work->backend = work->chosen->list[i];
    const int admitted = gate_admit(gate, work->backend, work->hyper.engine, &work->job->row_list, err);
    if (admitted <= 0) return admitted;
    work->checked = &gate->check;
    work->hyper = work->options->spec.hyper;
    prefetch_choose(&work->hyper, &work->job->row_list, work->backend, work->reason);
    return choose_group(work, err) == 0 ? (work->folds ? cross_validate_with : train_with)(results, work, err) : -1;
}

static int work_with_all(struct class_work *work, struct error *err) {
    const struct hyper *hyper = &work->options->spec.hyper;
    const size_t count = hyper->engine == ENGINE_F64 ? 1 : work->chosen->count;
    work->hyper = *hyper;
    if (engine_possible(hyper, work->job->view.n, err) != 0) return -1;
    if (hyper->engine == ENGINE_INT && job_pack(work->job, work->chosen, err) != 0) return -1;
    if (prints(work) && print_job(stdout, work->job, &work->options->spec, err) != 0) return -1;
    json_t *results = json_array();
    int bad = results ? 0 : fail_program(err, "out of memory for the results");
    struct gate gate = {0};
    for (size_t i = 0; !bad && i < count; i++) {
        work->last = i + 1 == count;
        bad = work_with(results, work, &gate, i, err);
    }
    bad = finish_results(bad, work->outputs->json, results, err);
    if (!bad) bad = gate_close(&gate, err);
    json_decref(results);
    return bad;
}

int train_classes(struct job *job, const struct job_options *options, const struct backend_list *chosen,
                  const struct class_outputs *outputs, struct error *err) {
    struct class_work work = {.job = job, .options = options, .chosen = chosen, .outputs = outputs};
    return work_with_all(&work, err);
}

int cross_validate_classes(struct job *job, const struct job_options *options, const struct backend_list *chosen,
                           const struct class_folds *folds, const struct class_outputs *outputs, struct error *err) {
    char warning[CLASSES_WARNING];
    if (classes_cv_check(&job->row_list, folds->folds, err) != 0) return -1;
    const bool few = classes_warning(warning, &job->row_list, folds->folds);
    struct class_work work = {.job = job,
                              .options = options,
                              .chosen = chosen,
                              .outputs = outputs,
                              .folds = folds,
                              .warning = few ? warning : NULL};
    int bad = work_with_all(&work, err);
    if (!bad && few) fprintf(stderr, "sgdmark cv: warning: %s\n", warning);
    return bad;
}
