/* sgdmark cv: cross_val_score and cross_val_predict in one go. */
#include "learn/cv.h"

#include "base/json.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "cli/progress.h"
#include "data/npy.h"
#include "measure/fold_pool.h"
#include "report/cv_report.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEY_JSON = 0x200, KEY_FOLDS, KEY_ESTIMATOR, KEY_PREDICTIONS_OUT, KEY_DECISION_OUT, KEY_PLACE, KEY_REPEATS };

struct cv_options {
    struct job_options job;
    unsigned folds;
    enum estimator estimator;
    const char *json, *predictions_out, *decision_out;
    const char *place; /* NULL: on the calling thread, wherever that runs */
    unsigned repeats;
};

/* The workers of --place. */
struct team {
    struct topology *topology;
    struct placement placement;
};

static const char *const estimator_names[] = {"sgd", "never", NULL};

static error_t parse(int key, char *value, struct argp_state *state) {
    struct cv_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        options->folds = 3;
        options->repeats = 1;
        state->child_inputs[0] = &options->job;
        return 0;
    case KEY_JSON:
        options->json = parse_output("json", value);
        return 0;
    case KEY_FOLDS:
        options->folds = (unsigned)parse_integer("folds", value, 2, 65535);
        return 0;
    case KEY_ESTIMATOR:
        options->estimator = (enum estimator)parse_choice("estimator", value, estimator_names);
        return 0;
    case KEY_PREDICTIONS_OUT:
        options->predictions_out = parse_output_file("predictions-out", value);
        return 0;
    case KEY_DECISION_OUT:
        options->decision_out = parse_output_file("decision-out", value);
        return 0;
    case KEY_PLACE:
        options->place = value;
        return 0;
    case KEY_REPEATS:
        options->repeats = (unsigned)parse_integer("repeats", value, 1, 1000000);
        return 0;
    case ARGP_KEY_END:
        if (options->estimator == ESTIMATOR_NEVER && (options->place || options->repeats > 1))
            usage_error("--place and --repeats: --estimator never has no work to share");
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
    {"place", KEY_PLACE, "NAME", 0, "where the workers run: a placement that `sgdmark topo` lists (core)", 0},
    {"repeats", KEY_REPEATS, "N", 0, "how often the folds are repeated, so that many workers have work (1)", 0},
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

/* With one repeat on no particular core there is nothing to share or bind. */
static bool alone(const struct cv_options *options) {
    return !options->place && options->repeats == 1;
}

static void team_open(struct team *team, const struct cv_options *options) {
    struct error err;
    *team = (struct team){0};
    if (alone(options)) return;
    if (topology_load(&team->topology, NULL, &err) != 0) usage_error("%s", err.text);
    if (placement_resolve(&team->placement, team->topology, options->place ? options->place : "core", &err) != 0)
        usage_error("--place: %s", err.text);
}

static void team_close(struct team *team) {
    placement_free(&team->placement);
    if (team->topology) topology_free(team->topology);
}

static int run_folds(struct cv_result *result, const struct cv_options *options, const struct team *team,
                     const struct job *job, const struct hyper *hyper, const struct backend *backend,
                     struct error *err) {
    if (!alone(options)) {
        struct cv_plan plan;
        if (cv_plan_make(&plan, &job->row_list, options->folds, ESTIMATOR_SGD, hyper, err) != 0) return -1;
        int failed = cross_validate_on(result, team->topology, &team->placement, &plan, backend, options->repeats, err);
        cv_plan_free(&plan);
        return failed;
    }
    struct progress progress;
    progress_begin(&progress, "cross-validating");
    const struct progress_sink sink = {progress_step, &progress};
    int bad = options->estimator == ESTIMATOR_NEVER
                  ? cross_validate_never(result, &job->row_list, options->folds, err)
                  : cross_validate(result, &job->row_list, options->folds, hyper, backend, &sink, err);
    progress_end(&progress);
    return bad;
}

/* Prints a result and returns it as JSON. */
static json_t *report(const struct cv_options *options, const struct team *team, const struct job *job,
                      const struct cv_result *result, const struct backend *backend, bool quiet) {
    bool never = options->estimator == ESTIMATOR_NEVER;
    const char *engine = never ? "never" : engine_names[options->job.spec.hyper.engine];
    const char *isa = never ? "none" : engine_backend_name(options->job.spec.hyper.engine, backend);
    size_t workers = alone(options) ? 1 : team->placement.count;
    if (!quiet) {
        print_cv(result, options->estimator, engine, isa);
        if (!alone(options))
            printf("workers      %zu on %s, %u x the folds, all with these models\n", workers, team->placement.name,
                   options->repeats);
    }
    json_t *to = cv_json(&job->ds, result, options->estimator, engine, isa);
    json_object_set_new(to, "place", json_string(options->place ? options->place : "core"));
    json_object_set_new(to, "workers", json_integer((json_int_t)workers));
    json_object_set_new(to, "repeats", json_integer((json_int_t)options->repeats));
    return to;
}

int command_cv(int argc, char **argv, struct error *err) {
    (void)err;
    struct cv_options options = {0};
    parse_arguments(&argp, argc, argv, &options);
    struct backend_list backends_chosen = {calloc(backend_count, sizeof *backends_chosen.list), 0};
    if (!backends_chosen.list) usage_error("out of memory");
    choose_backends(&options.job, &backends_chosen);
    const struct backend **chosen = backends_chosen.list;
    size_t count = backends_chosen.count;
    if (options.job.spec.hyper.engine == ENGINE_F64 || options.estimator == ESTIMATOR_NEVER) count = 1;
    struct team team;
    team_open(&team, &options); /* a placement that is wrong is told before anything is loaded */
    struct job job;
    struct error opening;
    if (job_open(&job, &options.job.spec, &opening) != 0) usage_error("%s", opening.text);
    if (options.job.spec.hyper.engine == ENGINE_INT) job_pack(&job, &backends_chosen);
    bool quiet = to_stdout(options.json);
    if (!quiet) print_job(&job, &options.job);

    struct error why;
    json_t *results = json_array();
    for (size_t i = 0; i < count; i++) {
        struct cv_result result;
        struct hyper hyper = options.job.spec.hyper;
        double tuning = 0.0;
        if (options.estimator == ESTIMATOR_SGD) hyper = job_tune(&job, &options.job, chosen[i], &tuning);
        if (run_folds(&result, &options, &team, &job, &hyper, chosen[i], &why) != 0) usage_error("%s", why.text);
        json_t *to = report(&options, &team, &job, &result, chosen[i], quiet);
        if (options.estimator == ESTIMATOR_SGD) {
            if (!quiet) print_prefetch(&hyper.prefetch, tuning);
            json_prefetch(to, &hyper.prefetch, tuning);
        }
        json_array_append_new(results, to);
        if (i + 1 == count) write_arrays(&options, &result);
        cv_free(&result);
    }
    write_results(options.json, results);
    job_close(&job);
    team_close(&team);
    free(chosen);
    return EXIT_DONE;
}
