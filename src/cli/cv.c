/* sgdmark cv: cross_val_score and cross_val_predict in one go. */
#include "learn/cv.h"

#include "base/json.h"
#include "cli/commands.h"
#include "cli/cv_report.h"
#include "cli/job.h"
#include "cli/progress.h"
#include "data/npy.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEY_JSON = 0x200, KEY_FOLDS, KEY_ESTIMATOR, KEY_PREDICTIONS_OUT, KEY_DECISION_OUT };

struct cv_options {
    struct job_options job;
    unsigned folds;
    enum estimator estimator;
    const char *json, *predictions_out, *decision_out;
};

static const char *const estimator_names[] = {"sgd", "never", NULL};

static error_t parse(int key, char *value, struct argp_state *state) {
    struct cv_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        options->folds = 3;
        state->child_inputs[0] = &options->job;
        return 0;
    case KEY_JSON:
        options->json = parse_path("json", value);
        return 0;
    case KEY_FOLDS:
        options->folds = (unsigned)parse_integer("folds", value, 2, 65535);
        return 0;
    case KEY_ESTIMATOR:
        options->estimator = (enum estimator)parse_choice("estimator", value, estimator_names);
        return 0;
    case KEY_PREDICTIONS_OUT:
        options->predictions_out = value;
        return 0;
    case KEY_DECISION_OUT:
        options->decision_out = value;
        return 0;
    case ARGP_KEY_END:
        if (options->estimator == ESTIMATOR_NEVER && options->decision_out)
            usage_error("--decision-out: --estimator never has no decision values");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {"folds", KEY_FOLDS, "K", 0, "stratified folds (3)", 0},
    {"estimator", KEY_ESTIMATOR, "NAME", 0, "sgd, or never: False for every row (sgd)", 0},
    {"json", KEY_JSON, "FILE or -", 0, "write the result as JSON; with - nothing else goes to stdout", 0},
    {"predictions-out", KEY_PREDICTIONS_OUT, "FILE.npy", 0, "write the predictions, bool, in row order", 0},
    {"decision-out", KEY_DECISION_OUT, "FILE.npy", 0, "write the decision values, float64, in row order", 0},
    {0}};
static const struct argp_child children[] = {{&job_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {list, parse, NULL, "Cross-validate the classifier.", children, NULL, NULL};

static void write_arrays(const struct cv_options *options, const struct cv_result *result) {
    struct error err;
    if (options->predictions_out && npy_write_bool(options->predictions_out, result->predicted, result->n, &err) != 0)
        usage_error("%s", err.text);
    if (options->decision_out && npy_write_float64(options->decision_out, result->decision, result->n, 0, &err) != 0)
        usage_error("%s", err.text);
}

int command_cv(int argc, char **argv) {
    struct cv_options options = {0};
    parse_arguments(&argp, argc, argv, &options);
    const struct backend **chosen = calloc(backend_count, sizeof *chosen);
    if (!chosen) usage_error("out of memory");
    size_t count = choose_backends(&options.job, chosen);
    if (options.job.hyper.engine == ENGINE_F64 || options.estimator == ESTIMATOR_NEVER) count = 1;
    struct job job;
    job_open(&job, &options.job);
    bool quiet = options.json && options.json[0] == '-' && !options.json[1];
    if (!quiet) print_job(&job, &options.job);

    struct error err;
    json_t *results = json_array();
    for (size_t i = 0; i < count; i++) {
        struct cv_result result;
        struct progress progress;
        progress_begin(&progress, "cross-validating");
        int bad = cross_validate(&result, &job.examples, options.folds, options.estimator, &options.job.hyper,
                                 chosen[i], progress_step, &progress, &err);
        progress_end(&progress);
        if (bad) usage_error("%s", err.text);
        const char *engine = options.estimator == ESTIMATOR_NEVER ? "never" : engine_names[options.job.hyper.engine];
        const char *isa = options.estimator == ESTIMATOR_NEVER ? "none" : isa_name(options.job.hyper.engine, chosen[i]);
        if (!quiet) print_cv(&result, options.estimator, engine, isa);
        json_array_append_new(results, cv_json(&job.ds, &result, options.estimator, engine, isa));
        if (i + 1 == count) write_arrays(&options, &result);
        cv_free(&result);
    }
    if (options.json && write_json(options.json, count == 1 ? json_array_get(results, 0) : results, &err) != 0)
        usage_error("%s", err.text);
    json_decref(results);
    job_close(&job);
    free(chosen);
    return EXIT_DONE;
}
