/* SPDX-License-Identifier: MIT */
/* sgdmark predict: rows by a saved model. */
#include "base/clock.h"
#include "cli/classes.h"
#include "cli/commands.h"
#include "cli/gate.h"
#include "cli/options.h"
#include "cli/results.h"
#include "data/npy.h"
#include "learn/model_file.h"
#include "learn/proba.h"
#include "report/heat_map.h"
#include "report/predict_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_JSON = 0x200, KEY_MODEL, KEY_ISA, KEY_PREDICTIONS_OUT, KEY_DECISION_OUT, KEY_PROBA_OUT, KEY_PNG };

struct predict_options {
    struct job_options job; /* rows and --isa; the model has the rest */
    const char *model, *json, *predictions_out, *decision_out, *proba_out, *png;
};

static error_t parse(int key, char *value, struct argp_state *state) {
    struct predict_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        isa_defaults(&options->job);
        state->child_inputs[0] = &options->job.spec.rows;
        return 0;
    case KEY_MODEL:
        options->model = value;
        return *value ? 0 : bad_option("--model: the name of a file is empty");
    case KEY_ISA:
        options->job.isa = value;
        options->job.isa_source = "--isa";
        return 0;
    case KEY_JSON:
        return take_output(&options->json, "json", value);
    case KEY_PREDICTIONS_OUT:
        return take_output_file(&options->predictions_out, "predictions-out", value);
    case KEY_DECISION_OUT:
        return take_output_file(&options->decision_out, "decision-out", value);
    case KEY_PROBA_OUT:
        return take_output_file(&options->proba_out, "proba-out", value);
    case KEY_PNG:
        return take_output_file(&options->png, "png", value);
    case ARGP_KEY_END:
        return options->model ? 0 : bad_option("--model MODEL.npz is missing (sgdmark train --save writes one)");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {NULL, 0, NULL, 0, "Model:", OPTIONS_OWN},
    {"model", KEY_MODEL, "MODEL.npz", 0, "the model that `sgdmark train --save` wrote", 0},
    OPTION_ISA(KEY_ISA),
    OPTIONS_OUTPUT,
    OPTION_JSON(KEY_JSON),
    {"predictions-out", KEY_PREDICTIONS_OUT, "FILE.npy", 0,
     "write the classes in row order: bool (n,), of a model of ten digits int64 (n,)", 0},
    {"decision-out", KEY_DECISION_OUT, "FILE.npy", 0,
     "write the decision values in row order: float64 (n,), of ten digits (n, 10)", 0},
    {"proba-out", KEY_PROBA_OUT, "FILE.npy", 0,
     "write the probabilities in row order: float64 (n, classes); of the losses log_loss and modified_huber", 0},
    {"png", KEY_PNG, "FILE", 0, "of ten digits: draw the confusion matrix as a heat map", 0},
    {0}};
static const struct argp_child children[] = {{&rows_argp, 0, "Rows:", OPTIONS_ROWS}, {0}};
static const struct argp argp = {
    list,
    parse,
    NULL,
    "Predict rows by a saved model: classes, decision values, probabilities. --data may also name an IDX file of "
    "images, plain or .gz: its rows come in file order and have no labels.\v"
    "Examples:\n"
    "  sgdmark predict --model five.npz --split test\n"
    "  sgdmark predict --model five.npz --order file --predictions-out p.npy\n"
    "  sgdmark predict --model five.npz --data images-idx3-ubyte.gz --json -\n",
    children,
    NULL,
    NULL};

/* What one prediction works on. */
struct work {
    const struct predict_options *options;
    struct predict_subject subject;
    struct saved_model saved;
    struct job job;
    size_t n, classes; /* rows; columns of the decision values: 1 or 10 */
    /* [n * classes], [n] of a single model, [n] of ten. */
    double *decision;
    uint8_t *predicted;
    int64_t *digit;
};

static void release(struct work *work) {
    free(work->decision);
    free(work->predicted);
    free(work->digit);
    job_close(&work->job);
    saved_model_free(&work->saved);
}

static bool is_file(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static int load_model(struct work *work, struct error *err) {
    const struct predict_options *options = work->options;
    if (model_load(&work->saved, options->model, err) != 0) return -1;
    const char *loss = loss_names[work->saved.hyper.loss];
    if (!options->proba_out || proba_of_loss(loss) != PROBA_NONE) return 0;
    return fail(
        err,
        "--proba-out: the loss %s gives no probabilities, log_loss and modified_huber do (--decision-out writes "
        "decision values)",
        loss);
}

static int load_rows(struct work *work, struct error *err) {
    const struct predict_options *options = work->options;
    const struct row_spec *rows = &options->job.spec.rows;
    const bool images = is_file(rows->data);
    int bad = images ? job_open_images(&work->job, rows->data, rows->limit, err)
                     : job_open_rows(&work->job, rows, work->saved.digit, err);
    if (!bad && options->png && (images || work->saved.count == 1))
        bad = fail(err, "--png: draws the confusion matrix of ten digits, which needs a model of ten and labels (train "
                        "--digit all)");
    if (!bad) bad = saved_model_fit_rows(&work->saved, options->model, &work->job.ds, err);
    work->subject = (struct predict_subject){.path = options->model,
                                             .saved = &work->saved,
                                             .rows = images ? NULL : rows,
                                             .job = &work->job,
                                             .labelled = !images};
    return bad;
}

static int make_room(struct work *work, struct error *err) {
    const size_t n = work->n = work->job.view.n, classes = work->classes = work->saved.count;
    work->decision = malloc(n * classes * sizeof *work->decision);
    if (classes > 1)
        work->digit = malloc(n * sizeof *work->digit);
    else
        work->predicted = malloc(n * sizeof *work->predicted);
    if (!work->decision || (classes > 1 ? !work->digit : !work->predicted))
        return fail_program(err, "out of memory for %zu rows", n);
    /* The kernel gives memory at the first touch, which must not be timed. */
    memset(work->decision, 0xff, n * classes * sizeof *work->decision);
    if (work->predicted) memset(work->predicted, 0xff, n * sizeof *work->predicted);
    return 0;
}

static void predict_digits(struct work *work, const struct backend *backend) {
    classes_decisions(work->decision, work->saved.models, &work->job.row_list, backend);
    classes_digits(work->digit, work->decision, work->n);
}

static void predict_single(struct work *work, const struct backend *backend) {
    decision_function(work->decision, &work->saved.models[0], &work->job.row_list, backend);
    for (size_t i = 0; i < work->n; i++)
        work->predicted[i] = work->decision[i] > 0.0;
}

/* The scores of ten models. */
static int score_digits(struct predict_report *report, const struct work *work, struct error *err) {
    if (!work->subject.labelled) return 0;
    uint8_t *truth = malloc(work->n);
    if (!truth) return fail_program(err, "out of memory for %zu rows", work->n);
    for (size_t i = 0; i < work->n; i++)
        truth[i] = work->job.ds.labels[work->job.at[i].row];
    class_scores(&report->classes, truth, work->digit, work->n);
    report->accuracy = report->classes.accuracy;
    free(truth);
    return 0;
}

/* Those of a single model. */
static int score_single(struct predict_report *report, const struct work *work, struct error *err) {
    const struct row_ref *at = work->job.at;
    uint8_t *truth = malloc(work->n);
    if (!truth) return fail_program(err, "out of memory for %zu rows", work->n);
    size_t right = 0;
    for (size_t i = 0; i < work->n; i++) {
        truth[i] = at[i].positive;
        right += work->predicted[i] == truth[i];
        report->positives += work->predicted[i];
    }
    if (work->subject.labelled) report->accuracy = (double)right / (double)work->n;
    report->confusion = confusion_count(truth, work->predicted, work->n);
    report->precision = precision_score(&report->confusion);
    report->recall = recall_score(&report->confusion);
    report->f1 = f1_score(&report->confusion);
    free(truth);
    return 0;
}

static int write_matrix(const char *path, const double *values, size_t rows, size_t columns, struct error *err) {
    const struct array array = {ARRAY_FLOAT64, 2, {rows, columns}, values};
    return npy_write(path, &array, err);
}

static int write_proba(const struct work *work, const struct backend *backend, struct error *err) {
    const struct proba_by by = {proba_of_loss(loss_names[work->saved.hyper.loss]), work->saved.hyper.engine, backend};
    const size_t columns = work->classes == 1 ? 2 : work->classes;
    double *proba = malloc(work->n * columns * sizeof *proba);
    if (!proba) return fail_program(err, "out of memory for %zu rows", work->n);
    if (work->classes == 1)
        proba_binary(proba, work->decision, work->n, &by);
    else
        proba_classes(proba, work->decision, work->n, work->classes, &by);
    int bad = write_matrix(work->options->proba_out, proba, work->n, columns, err);
    free(proba);
    return bad;
}

static int write_arrays(const struct work *work, const struct backend *backend, struct error *err) {
    const struct predict_options *options = work->options;
    int bad = 0;
    if (options->predictions_out)
        bad = work->digit ? write_digits(options->predictions_out, work->digit, work->n, err)
                          : npy_write_bool(options->predictions_out, work->predicted, work->n, err);
    if (!bad && options->decision_out)
        bad = work->digit ? write_decisions(options->decision_out, work->decision, work->n, err)
                          : npy_write_float64(options->decision_out, work->decision, work->n, 0, err);
    if (!bad && options->proba_out) bad = write_proba(work, backend, err);
    return bad;
}

/* Predicts by one backend, prints and appends the result; writes the arrays where `last`. */
static int predict_one(json_t *results, struct work *work, const struct backend *backend,
                       const struct self_check *checked, bool last, struct error *err) {
    const enum engine engine = work->saved.hyper.engine;
    struct predict_report report = {
        .engine = engine_names[engine], .backend = engine_backend_name(engine, backend), .accuracy = (double)NAN};
    const double begin = seconds_now();
    if (work->classes > 1)
        predict_digits(work, backend);
    else
        predict_single(work, backend);
    report.seconds = seconds_now() - begin;
    report.ns = report.seconds * 1e9 / (double)work->n;
    if ((work->classes > 1 ? score_digits : score_single)(&report, work, err) != 0) return -1;
    if (!to_stdout(work->options->json)) print_predict(stdout, &work->subject, &report);
    json_t *result = predict_json(&work->subject, &report);
    json_self_check(result, checked);
    int bad = append_result(results, result, err);
    if (!bad && last) bad = write_arrays(work, backend, err);
    const bool draws = !bad && last && work->options->png;
    return draws ? heat_map_write_png(work->options->png, &report.classes, err) : bad;
}

/* The same behind the self-check; -1 with the reason, also when that could not run. */
static int predict_checked(json_t *results, struct work *work, struct gate *gate, const struct backend *backend,
                           bool last, struct error *err) {
    const struct saved_model *saved = &work->saved;
    const bool sigmoid = work->options->proba_out && saved->hyper.engine == ENGINE_F32 &&
                         proba_of_loss(loss_names[saved->hyper.loss]) == PROBA_SIGMOID;
    int admitted = gate_admit(gate, backend, saved->hyper.engine, &work->job.row_list, err);
    if (admitted > 0 && sigmoid) admitted = gate_admit_sigmoid(gate, backend, err);
    return admitted > 0 ? predict_one(results, work, backend, &gate->check, last, err) : admitted;
}

static int predict_all(struct work *work, const struct backend_list *chosen, struct error *err) {
    const size_t count = work->saved.hyper.engine == ENGINE_F64 ? 1 : chosen->count;
    if (!to_stdout(work->options->json)) print_predict_subject(stdout, &work->subject);
    json_t *results = json_array();
    int bad = results ? 0 : fail_program(err, "out of memory for the results");
    struct gate gate = {0};
    for (size_t i = 0; !bad && i < count; i++)
        bad = predict_checked(results, work, &gate, chosen->list[i], i + 1 == count, err);
    if (!bad) bad = write_results(work->options->json, results, err);
    if (!bad) bad = gate_close(&gate, err);
    json_decref(results);
    return bad;
}

int command_predict(int argc, char **argv, struct error *err) {
    struct predict_options options = {0};
    int asked = take_arguments(&argp, argc, argv, &options, err);
    if (asked != 0) return asked < 0 ? -1 : EXIT_DONE;
    struct work work = {.options = &options};
    struct backend_list chosen = {0};
    int bad = load_model(&work, err);
    options.job.spec.hyper.engine = work.saved.hyper.engine;
    if (!bad) bad = choose_backends(&options.job, &chosen, err);
    if (!bad) bad = load_rows(&work, err);
    if (!bad) bad = make_room(&work, err);
    if (!bad) bad = predict_all(&work, &chosen, err);
    release(&work);
    free(chosen.list);
    return bad ? -1 : EXIT_DONE;
}
