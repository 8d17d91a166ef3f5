/* SPDX-License-Identifier: MIT */
/* sgdmark train: one fit. */
#include "base/clock.h"
#include "base/json.h"
#include "cli/classes.h"
#include "cli/commands.h"
#include "cli/gate.h"
#include "cli/options.h"
#include "cli/results.h"
#include "data/npy.h"
#include "learn/model_file.h"
#include "learn/prefetch_choice.h"
#include "machine/perf_control.h"
#include "record/pages_json.h"
#include "report/energy_report.h"
#include "report/job_report.h"
#include "report/train_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_JSON = 0x200, KEY_COEF_OUT, KEY_SAVE, KEY_PNG, KEY_WARM_START, KEY_GROUP };

struct train_options {
    struct job_options job;
    const char *json, *coef_out, *save, *png, *warm_start, *perf;
    const struct model *start; /* what warm_start names; NULL: weights of zero */
};

static error_t parse(int key, char *value, struct argp_state *state) {
    struct train_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->job;
        return 0;
    case KEY_JSON:
        return take_output(&options->json, "json", value);
    case KEY_COEF_OUT:
        return take_output_file(&options->coef_out, "coef-out", value);
    case KEY_SAVE:
        return take_output_file(&options->save, "save", value);
    case KEY_PNG:
        return take_output_file(&options->png, "png", value);
    case KEY_PERF_CTL:
        return take_perf_control(&options->perf, value);
    case KEY_WARM_START:
        options->warm_start = value;
        return 0;
    case KEY_GROUP:
        return take_group(&options->job.group, value);
    case ARGP_KEY_END:
        if (options->warm_start && options->job.spec.digit == DIGIT_ALL)
            return bad_option("--warm-start: goes on from the model of one digit, not of all");
        if (options->perf && options->job.spec.digit == DIGIT_ALL)
            return bad_option("--perf-ctl: counts the fit of one digit, not of all");
        if (options->job.group > 0 && options->job.spec.digit != DIGIT_ALL)
            return bad_option("--group: one digit is one fit, which shares its rows with no other (--digit all)");
        if (options->png && options->job.spec.digit != DIGIT_ALL)
            return bad_option("--png: draws the confusion matrix of ten digits (--digit all)");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {NULL, 0, NULL, 0, "Ten digits (--digit all):", OPTIONS_OWN},
    OPTION_GROUP(KEY_GROUP),
    OPTIONS_OUTPUT,
    OPTION_JSON(KEY_JSON),
    {"coef-out", KEY_COEF_OUT, "FILE.npy", 0, "write coef_, float64 of shape (1, d), of ten digits (10, d)", 0},
    {"save", KEY_SAVE, "MODEL.npz", 0, "write the model, for `sgdmark predict` and numpy.load", 0},
    {"warm-start", KEY_WARM_START, "MODEL.npz", 0, "begin with the weights of a saved model, as warm_start does", 0},
    OPTION_PERF_CTL,
    OPTION_PNG(KEY_PNG),
    {0}};
static const struct argp_child children[] = {{&job_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {list,
                                 parse,
                                 NULL,
                                 "Train one linear classifier.\v"
                                 "Examples:\n"
                                 "  sgdmark train                               the notebook's job\n"
                                 "  sgdmark train --isa all                     on every backend that runs here\n"
                                 "  sgdmark train --save five.npz               for sgdmark predict\n"
                                 "  sgdmark train --digit all --save ten.npz    each digit against the others\n"
                                 "  sgdmark train --data synthetic:n=1000 --json -\n"
                                 "  sgdmark train --engine f64 --compat 1.2 --epochs 1000 --tol 1e-3\n",
                                 children,
                                 NULL,
                                 NULL};

static uint64_t count_right(const struct row_list *rows, const uint8_t *predicted) {
    uint64_t right = 0;
    for (size_t i = 0; i < rows->n; i++)
        right += predicted[i] == rows->at[i].positive;
    return right;
}

/* Predicts the rows that the model was trained on. The time is that of decisions and classes. */
static int predict_all(struct train_report *report, const struct job *job, const struct backend *backend,
                       struct error *err) {
    size_t n = job->row_list.n;
    double *decision = malloc(n * sizeof *decision);
    uint8_t *predicted = malloc(n * sizeof *predicted);
    if (!decision || !predicted) {
        free(decision);
        free(predicted);
        return fail_program(err, "out of memory for %zu rows", n);
    }
    /* The kernel gives memory at the first touch, which must not be timed. */
    memset(decision, 0xff, n * sizeof *decision);
    memset(predicted, 0xff, n * sizeof *predicted);
    double begin = seconds_now();
    decision_function(decision, report->model, &job->row_list, backend);
    for (size_t i = 0; i < n; i++)
        predicted[i] = decision[i] > 0.0;
    report->predict_seconds = seconds_now() - begin;
    report->predict_ns = report->predict_seconds * 1e9 / (double)n;
    report->accuracy = (double)count_right(&job->row_list, predicted) / (double)n;
    free(predicted);
    free(decision);
    return 0;
}

static void sum_up(struct train_report *report, const struct job *job) {
    const struct model *model = report->model;
    for (unsigned epoch = 0; epoch < model->epochs; epoch++)
        report->updates += model->updates[epoch];
    report->visits = (uint64_t)job->view.n * model->epochs;
    report->update_percent = 100.0 * (double)report->updates / (double)report->visits;
    report->fit_ns = model->seconds * 1e9 / (double)report->visits;
}

static json_t *result_json(const struct job *job, const struct train_report *report) {
    const struct model *model = report->model;
    json_t *updates = json_array();
    for (unsigned epoch = 0; epoch < model->epochs; epoch++)
        json_add(updates, json_integer(model->updates[epoch]));
    return json_pack("{s:s, s:s, s:o, s:b, s:I, s:I, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "engine",
                     report->engine, "isa", report->backend, "data", json_escaped(job->ds.name), "synthetic",
                     job->ds.synthetic, "n", (json_int_t)job->view.n, "d", (json_int_t)job->ds.d, "updates", updates,
                     "n_iter", (json_int_t)model->epochs, "intercept", json_number(model->intercept), "fingerprint",
                     json_hex(model->fingerprint), "update_hash", json_hex(model->update_hash), "update_hash_by_epoch",
                     json_hex(model->update_hash_by_epoch), "accuracy", json_number(report->accuracy), "seconds",
                     json_number(model->seconds), "predict_seconds", json_number(report->predict_seconds));
}

/* Writes what --coef-out and --save ask for. */
static int write_model(const struct train_options *options, const struct job *job, const struct hyper *hyper,
                       struct model *model, struct error *err) {
    const struct saved_model saved = {.digit = options->job.spec.digit,
                                      .hyper = *hyper,
                                      .d = model->d,
                                      .count = 1,
                                      .models = model,
                                      .n_iter = model->epochs,
                                      .t = 1.0 + (double)model->epochs * (double)job->view.n,
                                      .width = job->ds.width};
    if (options->coef_out && npy_write_float64(options->coef_out, model->coef, model->d, 1, err) != 0) return -1;
    return options->save ? model_save(options->save, &saved, err) : 0;
}

/* Trains on one backend, prints and appends the result; writes the model where `last`. */
static int train_one(json_t *results, const struct job *job, const struct train_options *options,
                     const struct backend *backend, const struct self_check *checked, bool last, struct error *err) {
    struct model model;
    struct hyper hyper = options->job.spec.hyper;
    char reason[PREFETCH_REASON];
    prefetch_choose(&hyper, &job->row_list, backend, reason);
    struct energy before, after;
    energy_read(&before, ENERGY_FOLDER);
    perf_control_enter(NULL);
    const int unfit = fit_from(&model, options->start, &job->row_list, &hyper, backend, err);
    perf_control_leave();
    energy_read(&after, ENERGY_FOLDER);
    if (unfit) return -1;
    const struct energy_report energy = energy_report_of(&before, &after, "epoch", model.epochs);
    struct train_report report = {
        .engine = engine_names[hyper.engine], .backend = engine_backend_name(hyper.engine, backend), .model = &model};
    int bad = predict_all(&report, job, backend, err);
    if (!bad) {
        report.stopped = model.epochs < hyper.epochs;
        sum_up(&report, job);
        if (!to_stdout(options->json)) {
            print_train(stdout, &report);
            print_prefetch(stdout, &hyper.prefetch, reason);
            print_energy(stdout, &energy);
        }
        json_t *result = result_json(job, &report);
        json_prefetch(result, &hyper.prefetch, reason);
        energy_json(result, &energy);
        json_self_check(result, checked);
        json_put(result, "pages", pages_json(&job->ds));
        bad = append_result(results, result, err);
    }
    if (!bad && last) bad = write_model(options, job, &hyper, &model, err);
    model_free(&model);
    return bad;
}

static int train_all(struct job *job, const struct train_options *options, const struct backend_list *chosen,
                     struct error *err) {
    enum engine engine = options->job.spec.hyper.engine;
    size_t count = engine == ENGINE_F64 ? 1 : chosen->count;
    if (engine == ENGINE_INT && job_pack(job, chosen, err) != 0) return -1;
    if (!to_stdout(options->json) && print_job(stdout, job, &options->job.spec, err) != 0) return -1;
    json_t *results = json_array();
    int bad = results ? 0 : fail_program(err, "out of memory for the results");
    struct gate gate = {0};
    for (size_t i = 0; !bad && i < count; i++) {
        /* With --isa all the model of the last backend is written: it is the one that auto takes. */
        const bool last = i + 1 == count;
        int admitted = gate_admit(&gate, chosen->list[i], engine, &job->row_list, err);
        bad = admitted < 0 ? -1 : 0;
        if (admitted > 0) bad = train_one(results, job, options, chosen->list[i], &gate.check, last, err);
    }
    bad = finish_results(bad, options->json, results, err);
    if (!bad) bad = gate_close(&gate, err);
    json_decref(results);
    return bad;
}

/* Trains from weights of zero, or from those of a saved model. */
static int train_from(struct job *job, struct train_options *options, const struct backend_list *chosen,
                      struct error *err) {
    struct saved_model saved;
    if (!options->warm_start) return train_all(job, options, chosen, err);
    if (model_load(&saved, options->warm_start, err) != 0) return -1;
    int bad = saved.count == 1
                  ? saved_model_fit_rows(&saved, options->warm_start, &job->ds, err)
                  : fail(err, "%s: holds ten models; --warm-start takes that of one digit", options->warm_start);
    options->start = saved.models;
    if (!bad) bad = train_all(job, options, chosen, err);
    saved_model_free(&saved);
    return bad;
}

int command_train(int argc, char **argv, struct error *err) {
    struct train_options options = {.job.takes_all = true};
    int asked = take_arguments(&argp, argc, argv, &options, err);
    if (asked != 0) return asked < 0 ? -1 : EXIT_DONE;
    struct backend_list chosen;
    struct job job;
    const struct class_outputs outputs = {
        .json = options.json, .png = options.png, .coef = options.coef_out, .save = options.save};
    int bad = choose_backends(&options.job, &chosen, err);
    if (!bad && options.perf) bad = perf_control_open(options.perf, NULL, err);
    if (!bad) bad = job_open(&job, &options.job.spec, err);
    if (!bad) {
        bad = options.job.spec.digit == DIGIT_ALL ? train_classes(&job, &options.job, &chosen, &outputs, err)
                                                  : train_from(&job, &options, &chosen, err);
        job_close(&job);
    }
    if (!bad) bad = perf_control_close(err);
    free(chosen.list);
    return bad ? -1 : EXIT_DONE;
}
