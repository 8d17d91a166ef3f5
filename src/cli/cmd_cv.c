/* SPDX-License-Identifier: MIT */
/* sgdmark cv: cross_val_score and cross_val_predict in one go. */
#include "learn/cv.h"

#include "base/file.h"
#include "base/json.h"
#include "cli/classes.h"
#include "cli/commands.h"
#include "cli/gate.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/results.h"
#include "data/npy.h"
#include "learn/prefetch_choice.h"
#include "measure/fold_pool.h"
#include "record/pages_json.h"
#include "record/trade_off.h"
#include "report/curve_report.h"
#include "report/cv_report.h"
#include "report/energy_report.h"
#include "report/job_report.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    KEY_JSON = 0x200,
    KEY_FOLDS,
    KEY_ESTIMATOR,
    KEY_PREDICTIONS_OUT,
    KEY_DECISION_OUT,
    KEY_CURVE,
    KEY_THRESHOLD,
    KEY_AT_PRECISION,
    KEY_AT_RECALL,
    KEY_PLACE,
    KEY_REPEATS,
    KEY_PNG,
    KEY_GROUP
};

struct cv_options {
    struct job_options job;
    unsigned folds;
    enum estimator estimator;
    const char *json, *predictions_out, *decision_out, *curve, *png;
    struct wanted wanted; /* of the trade-off of precision and recall */
    const char *place;    /* NULL: on the calling thread, wherever that runs */
    unsigned repeats;
};

static const char *const estimator_names[] = {"sgd", "never", NULL};

static error_t check_never(const struct cv_options *options) {
    if (options->estimator != ESTIMATOR_NEVER) return 0;
    if (options->place || options->repeats > 1)
        return bad_option("--place and --repeats: --estimator never has no work to share");
    const struct wanted *wanted = &options->wanted;
    if (options->curve || isfinite(wanted->threshold) || isfinite(wanted->precision) || isfinite(wanted->recall))
        return bad_option("--curve, --threshold, --at-precision and --at-recall: --estimator never has no decision "
                          "values");
    return options->decision_out ? bad_option("--decision-out: --estimator never has no decision values") : 0;
}

/* What is of one digit only: curves need one decision value for each row. */
static error_t check_digits(const struct cv_options *options) {
    const struct wanted *wanted = &options->wanted;
    if (options->job.spec.digit != DIGIT_ALL && options->job.group > 0)
        return bad_option("--group: the folds of one digit are trained one by one (--digit all)");
    if (options->job.spec.digit != DIGIT_ALL)
        return options->png ? bad_option("--png: draws the confusion matrix of ten digits (--digit all)") : 0;
    if (options->estimator == ESTIMATOR_NEVER)
        return bad_option("--estimator never: says no to one digit, and --digit all has ten");
    if (options->repeats > 1) return bad_option("--repeats: the folds of --digit all run once");
    if (options->curve || isfinite(wanted->threshold) || isfinite(wanted->precision) || isfinite(wanted->recall))
        return bad_option("--curve, --threshold, --at-precision and --at-recall are for one digit, not --digit all");
    return 0;
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct cv_options *options = state->input;
    uint64_t repeats = 0;
    int choice = 0;
    error_t bad = 0;
    switch (key) {
    case ARGP_KEY_INIT:
        options->folds = (unsigned)hyper_table[HYPER_FOLDS].fallback;
        options->repeats = 1;
        options->wanted = (struct wanted){(double)NAN, (double)NAN, (double)NAN};
        state->child_inputs[0] = &options->job;
        return 0;
    case KEY_JSON:
        return take_output(&options->json, "json", value);
    case KEY_FOLDS:
        return take_folds(&options->folds, value);
    case KEY_ESTIMATOR:
        bad = take_choice(&choice, "estimator", value, estimator_names);
        options->estimator = (enum estimator)choice;
        return bad;
    case KEY_PREDICTIONS_OUT:
        return take_output_file(&options->predictions_out, "predictions-out", value);
    case KEY_DECISION_OUT:
        return take_output_file(&options->decision_out, "decision-out", value);
    case KEY_CURVE:
        return take_output_file(&options->curve, "curve", value);
    case KEY_THRESHOLD:
        return take_real(&options->wanted.threshold, "threshold", value, -DBL_MAX, DBL_MAX);
    case KEY_AT_PRECISION:
        return take_real(&options->wanted.precision, "at-precision", value, 0.0, 1.0);
    case KEY_AT_RECALL:
        return take_real(&options->wanted.recall, "at-recall", value, 0.0, 1.0);
    case KEY_PLACE:
        options->place = value;
        return 0;
    case KEY_REPEATS:
        bad = take_integer(&repeats, "repeats", value, 1, 1000000);
        options->repeats = (unsigned)repeats;
        return bad;
    case KEY_GROUP:
        return take_group(&options->job.group, value);
    case KEY_PNG:
        return take_output_file(&options->png, "png", value);
    case ARGP_KEY_END:
        bad = check_never(options);
        return bad ? bad : check_digits(options);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {NULL, 0, NULL, 0, "Cross-validation:", OPTIONS_OWN},
    OPTION_FOLDS(KEY_FOLDS),
    {"estimator", KEY_ESTIMATOR, "NAME", 0, "sgd; never: predicts False for every row (sgd)", 0},
    {"place", KEY_PLACE, "NAME", 0, "where the workers run: a placement that `sgdmark topo` lists (core)", 0},
    {"repeats", KEY_REPEATS, "N", 0, "run the folds N times, so that more workers than folds have work (1)", 0},
    OPTION_GROUP(KEY_GROUP),
    {NULL, 0, NULL, 0,
     "Precision against recall (a row is positive where its decision is at least the threshold):", OPTIONS_OWN + 1},
    {"threshold", KEY_THRESHOLD, "T", 0, "the scores at this threshold", 0},
    {"at-precision", KEY_AT_PRECISION, "P", 0, "the lowest threshold with this precision, and its scores", 0},
    {"at-recall", KEY_AT_RECALL, "R", 0, "the highest threshold with this recall, and its scores", 0},
    {NULL, 0, NULL, 0, "Output:", OPTIONS_OWN + 2},
    OPTION_JSON(KEY_JSON),
    {"predictions-out", KEY_PREDICTIONS_OUT, "FILE.npy", 0,
     "write the predictions, bool, of ten digits int64, in row order", 0},
    {"decision-out", KEY_DECISION_OUT, "FILE.npy", 0,
     "write the decision values, float64, of ten digits (n, 10), in row order", 0},
    {"curve", KEY_CURVE, "FILE.csv", 0,
     "write precision, recall and false positive rate at every threshold, and draw them", 0},
    OPTION_PNG(KEY_PNG),
    {0}};
static const struct argp_child children[] = {{&job_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {list,
                                 parse,
                                 NULL,
                                 "Cross-validate the classifier: cross_val_score and cross_val_predict in one.\v"
                                 "Examples:\n"
                                 "  sgdmark cv                                  the notebook's 3 folds\n"
                                 "  sgdmark cv --estimator never                the accuracy of always saying no\n"
                                 "  sgdmark cv --curve curve.csv --at-precision 0.9\n"
                                 "  sgdmark cv --digit all --png confusion.png  ten digits\n"
                                 "  sgdmark cv --place all-cores --repeats 8    24 fits on all cores\n",
                                 children,
                                 NULL,
                                 NULL};

/* Where the folds run. */
struct workers {
    struct topology *topology; /* NULL: on the calling thread, bound to nothing */
    struct placement placement;
};

static int workers_open(struct workers *workers, const struct cv_options *options, struct error *err) {
    const char *place = options->place ? options->place : "core";
    *workers = (struct workers){0};
    if (!options->place && options->repeats == 1) return 0;
    if (topology_load(&workers->topology, NULL, err) != 0) return -1;
    if (find_placement(&workers->placement, workers->topology, "place", place, err) == 0) return 0;
    topology_free(workers->topology);
    return -1;
}

static void workers_close(struct workers *workers) {
    placement_free(&workers->placement);
    if (workers->topology) topology_free(workers->topology);
}

/* What one cross-validation works on. */
struct cv_work {
    const struct cv_options *options;
    const struct workers *workers;
    struct job *job;
    const struct backend_list *chosen;
    const char *warning; /* of the folds, or NULL */
    bool *unreached;     /* no threshold has the precision asked for */
};

static int run_on_workers(struct cv_result *result, const struct cv_work *work, const struct hyper *hyper,
                          const struct backend *backend, struct error *err) {
    const struct cv_options *options = work->options;
    struct cv_plan plan;
    if (cv_plan_make(&plan, &work->job->row_list, options->folds, ESTIMATOR_SGD, hyper, err) != 0) return -1;
    int bad = cross_validate_on(result, work->workers->topology, &work->workers->placement, &plan, backend,
                                options->repeats, err);
    cv_plan_free(&plan);
    return bad;
}

static int run_folds(struct cv_result *result, const struct cv_work *work, const struct hyper *hyper,
                     const struct backend *backend, struct error *err) {
    const struct cv_options *options = work->options;
    const struct row_list *rows = &work->job->row_list;
    if (work->workers->topology) return run_on_workers(result, work, hyper, backend, err);
    struct progress progress;
    progress_begin(&progress, "cross-validating");
    const struct progress_sink sink = {progress_step, &progress};
    int bad = options->estimator == ESTIMATOR_NEVER
                  ? cross_validate_never(result, rows, options->folds, err)
                  : cross_validate(result, rows, options->folds, hyper, backend, &sink, err);
    progress_end(&progress);
    return bad;
}

static struct cv_report sum_up(const struct cv_work *work, const struct cv_result *result,
                               const struct backend *backend, const json_t *trade_off) {
    const struct cv_options *options = work->options;
    enum engine engine = options->job.spec.hyper.engine;
    bool fitted = options->estimator == ESTIMATOR_SGD, placed = work->workers->topology;
    return (struct cv_report){.result = result,
                              .fitted = fitted,
                              .engine = fitted ? engine_names[engine] : "never",
                              .backend = fitted ? engine_backend_name(engine, backend) : "none",
                              .precision = precision_score(&result->confusion),
                              .recall = recall_score(&result->confusion),
                              .f1 = f1_score(&result->confusion),
                              .roc_auc = fitted ? result->roc_auc : (double)NAN,
                              .trade_off = trade_off,
                              .place = placed ? work->workers->placement.name : "core",
                              .place_note = placed ? work->workers->placement.note : "",
                              .placed = placed,
                              .workers = placed ? work->workers->placement.count : 1,
                              .repeats = options->repeats,
                              .warning = work->warning,
                              .epochs = fitted ? options->job.spec.hyper.epochs : 0};
}

static int write_curve(const char *path, const struct curve *curve, struct error *err) {
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    if (to) print_curve_csv(to, curve);
    bool whole = to && !ferror(to);
    if (to && fclose(to) != 0) whole = false;
    const struct span content = {text, length};
    int bad =
        whole ? write_output(path, "sgdmark.csv", &content, 1, err) : fail_program(err, "%s: out of memory", path);
    free(text);
    return bad;
}

/* Writes all that were asked for, also after one that cannot be written. */
static int write_outputs(const struct cv_options *options, const struct cv_result *result, const struct curve *curve,
                         struct error *err) {
    struct error why;
    int bad = 0, next_bad = 0;
    if (options->predictions_out) bad = npy_write_bool(options->predictions_out, result->predicted, result->n, err);
    if (options->decision_out)
        next_bad = npy_write_float64(options->decision_out, result->decision, result->n, 0, &why);
    bad = join_outputs(bad, err, next_bad, &why);
    next_bad = options->curve ? write_curve(options->curve, curve, &why) : 0;
    return join_outputs(bad, err, next_bad, &why);
}

/* The curve of a fitted estimator and what is read off it; of the never estimator nothing. */
struct reading {
    struct curve curve;
    json_t *trade_off; /* trade_off_json, or NULL */
};

static void reading_free(struct reading *reading) {
    curve_free(&reading->curve);
    json_decref(reading->trade_off);
}

static int reading_make(struct reading *reading, const struct cv_work *work, const struct cv_result *result,
                        struct error *err) {
    const struct cv_options *options = work->options;
    *reading = (struct reading){.trade_off = NULL};
    if (options->estimator == ESTIMATOR_NEVER || result->untrained) return 0;
    if (curve_make(&reading->curve, result->truth, result->decision, result->n, err) != 0) return -1;
    const struct trade_off made = trade_off_of(&reading->curve, result->roc_auc, &options->wanted);
    if (isfinite(options->wanted.precision) && !made.at_precision.reached) *work->unreached = true;
    reading->trade_off = trade_off_json(&made);
    if (reading->trade_off) return 0;
    reading_free(reading);
    return fail_program(err, "out of memory for the results");
}

/* What a backend's cross-validation ended with. */
struct outcome {
    const struct backend *backend;
    const struct cv_result *result;
    const struct reading *reading;
    const struct prefetch *prefetch;
    const char *reason;               /* for the prefetch distances */
    const struct self_check *checked; /* NULL where no kernel works */
    const struct energy_report *energy;
};

/* Prints and appends it; `last`: draws and writes curve and arrays, too. */
static int deliver(json_t *results, const struct cv_work *work, const struct outcome *outcome, bool last,
                   struct error *err) {
    const struct cv_options *options = work->options;
    const struct cv_report report = sum_up(work, outcome->result, outcome->backend, outcome->reading->trade_off);
    if (!to_stdout(options->json)) {
        print_cv(stdout, &report);
        if (report.fitted) print_prefetch(stdout, outcome->prefetch, outcome->reason);
        print_energy(stdout, outcome->energy);
        if (last && options->curve) print_curve(stdout, &outcome->reading->curve);
    }
    json_t *to = cv_json(&work->job->ds, &report);
    if (report.fitted) json_prefetch(to, outcome->prefetch, outcome->reason);
    energy_json(to, outcome->energy);
    json_put(to, "pages", pages_json(&work->job->ds));
    if (outcome->checked) json_self_check(to, outcome->checked);
    if (append_result(results, to, err) != 0) return -1;
    return last ? write_outputs(options, outcome->result, &outcome->reading->curve, err) : 0;
}

/* Cross-validates on one backend. checked: NULL where no kernel works. */
static int validate_one(json_t *results, const struct cv_work *work, const struct backend *backend,
                        const struct self_check *checked, bool last, struct error *err) {
    const struct cv_options *options = work->options;
    struct hyper hyper = options->job.spec.hyper;
    struct cv_result result;
    struct reading reading;
    char reason[PREFETCH_REASON];
    if (options->estimator == ESTIMATOR_SGD) prefetch_choose(&hyper, &work->job->row_list, backend, reason);
    struct energy before, after;
    energy_read(&before, ENERGY_FOLDER);
    if (run_folds(&result, work, &hyper, backend, err) != 0) return -1;
    energy_read(&after, ENERGY_FOLDER);
    const struct energy_report energy =
        energy_report_of(&before, &after, "fold", (double)options->folds * options->repeats);
    int bad = reading_make(&reading, work, &result, err);
    if (!bad) {
        const struct outcome outcome = {backend, &result, &reading, &hyper.prefetch, reason, checked, &energy};
        bad = deliver(results, work, &outcome, last, err);
        reading_free(&reading);
    }
    cv_free(&result);
    return bad;
}

/* The same behind the self-check; the never estimator calls no kernel. */
static int validate_checked(json_t *results, const struct cv_work *work, struct gate *gate, size_t i, bool last,
                            struct error *err) {
    const struct cv_options *options = work->options;
    const struct backend *backend = work->chosen->list[i];
    if (options->estimator == ESTIMATOR_NEVER) return validate_one(results, work, backend, NULL, last, err);
    int admitted = gate_admit(gate, backend, options->job.spec.hyper.engine, &work->job->row_list, err);
    return admitted > 0 ? validate_one(results, work, backend, &gate->check, last, err) : admitted;
}

static int validate_all(const struct cv_work *work, struct error *err) {
    const struct cv_options *options = work->options;
    enum engine engine = options->job.spec.hyper.engine;
    size_t count = engine == ENGINE_F64 || options->estimator == ESTIMATOR_NEVER ? 1 : work->chosen->count;
    if (engine == ENGINE_INT && job_pack(work->job, work->chosen, err) != 0) return -1;
    if (!to_stdout(options->json) && print_job(stdout, work->job, &options->job.spec, err) != 0) return -1;
    json_t *results = json_array();
    int bad = results ? 0 : fail_program(err, "out of memory for the results");
    struct gate gate = {0};
    for (size_t i = 0; !bad && i < count; i++)
        bad = validate_checked(results, work, &gate, i, i + 1 == count, err);
    bad = finish_results(bad, options->json, results, err);
    if (!bad) bad = gate_close(&gate, err);
    json_decref(results);
    return bad;
}

/* Arrays and curves hold a value for each row, so every fold must be trained; where compat says that the job fails,
 * that comes first. */
static int check_outputs(const struct cv_options *options, const struct job *job, struct error *err) {
    const char *name = options->predictions_out              ? "predictions-out"
                       : options->decision_out               ? "decision-out"
                       : options->curve                      ? "curve"
                       : isfinite(options->wanted.threshold) ? "threshold"
                       : isfinite(options->wanted.precision) ? "at-precision"
                       : isfinite(options->wanted.recall)    ? "at-recall"
                                                             : NULL;
    const bool fails = options->job.spec.hyper.compat == COMPAT_0_19;
    if (!name || fails || options->estimator == ESTIMATOR_NEVER || cv_every_fold_trains(&job->row_list, NULL) == 0)
        return 0;
    return fail(err,
                "--%s: one fold is trained on one class alone and has no predictions (scikit-learn's cross_val_predict "
                "fails there)",
                name);
}

static int validate_digits(const struct cv_work *work, struct error *err) {
    const struct cv_options *options = work->options;
    const struct class_outputs outputs = {.json = options->json,
                                          .png = options->png,
                                          .predictions = options->predictions_out,
                                          .decision = options->decision_out};
    const struct class_folds folds = {options->folds, work->workers->topology, &work->workers->placement};
    return cross_validate_classes(work->job, &options->job, work->chosen, &folds, &outputs, err);
}

static int validate_digit(const struct cv_work *work, struct error *err) {
    if (check_outputs(work->options, work->job, err) != 0 || validate_all(work, err) != 0) return -1;
    if (work->warning) fprintf(stderr, "sgdmark cv: warning: %s\n", work->warning);
    return 0;
}

/* A wrong placement is reported before anything is loaded. Returns the exit status, or -1. */
static int cross_validate_as_asked(const struct cv_options *options, struct backend_list *chosen, struct error *err) {
    struct workers workers;
    struct job job;
    bool unreached = false;
    if (choose_backends(&options->job, chosen, err) != 0 || workers_open(&workers, options, err) != 0) return -1;
    int bad = job_open(&job, &options->job.spec, err);
    if (!bad) {
        char warning[FOLDS_WARNING];
        const bool all = options->job.spec.digit == DIGIT_ALL;
        const bool few =
            !all && options->estimator == ESTIMATOR_SGD && folds_warning(warning, &job.row_list, options->folds);
        const struct cv_work work = {options, &workers, &job, chosen, few ? warning : NULL, &unreached};
        bad = (all ? validate_digits : validate_digit)(&work, err);
        job_close(&job);
    }
    workers_close(&workers);
    if (bad) return -1;
    return unreached ? EXIT_NO_ANSWER : EXIT_DONE;
}

int command_cv(int argc, char **argv, struct error *err) {
    struct cv_options options = {.job.takes_all = true};
    int asked = take_arguments(&argp, argc, argv, &options, err);
    if (asked != 0) return asked < 0 ? -1 : EXIT_DONE;
    struct backend_list chosen;
    int status = cross_validate_as_asked(&options, &chosen, err);
    free(chosen.list);
    return status;
}
