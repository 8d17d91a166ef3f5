/* sgdmark train: one fit. */
#include "base/clock.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "data/npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_JSON = 0x200, KEY_COEF_OUT };

struct train_options {
    struct job_options job;
    const char *json, *coef_out;
};

static error_t parse(int key, char *value, struct argp_state *state) {
    struct train_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->job;
        return 0;
    case KEY_JSON:
        options->json = parse_output("json", value);
        return 0;
    case KEY_COEF_OUT:
        options->coef_out = parse_output_file("coef-out", value);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {"json", KEY_JSON, "FILE or -", 0, "write the result as JSON; with - nothing else goes to stdout", 0},
    {"coef-out", KEY_COEF_OUT, "FILE.npy", 0, "write coef_ as float64 of shape (1, d)", 0},
    {0}};
static const struct argp_child children[] = {{&job_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {list, parse, NULL, "Train one classifier.", children, NULL, NULL};

/* What became of the model on the rows it was trained on. */
struct prediction {
    double accuracy;
    double seconds; /* decisions and classes of all rows, not the comparison with the labels */
};

static struct prediction predict_all(const struct job *job, const struct model *model, const struct backend *backend) {
    size_t n = job->row_list.n, right = 0;
    double *decision = malloc(n * sizeof *decision);
    uint8_t *predicted = malloc(n * sizeof *predicted);
    if (!decision || !predicted) usage_error("out of memory for %zu rows", n);
    /* The system gives memory when it is first touched, which is no part of a prediction. */
    memset(decision, 0xff, n * sizeof *decision);
    memset(predicted, 0xff, n * sizeof *predicted);
    double begin = seconds_now();
    decision_function(decision, model, &job->row_list, backend);
    for (size_t i = 0; i < n; i++)
        predicted[i] = decision[i] > 0.0;
    double seconds = seconds_now() - begin;
    for (size_t i = 0; i < n; i++)
        right += predicted[i] == job->at[i].positive;
    free(predicted);
    free(decision);
    return (struct prediction){(double)right / (double)n, seconds};
}

static json_t *result_json(const struct job *job, const struct job_options *options, const struct model *model,
                           const char *isa, const struct prediction *prediction) {
    json_t *updates = json_array();
    for (unsigned epoch = 0; epoch < model->epochs; epoch++)
        json_array_append_new(updates, json_integer(model->updates[epoch]));
    return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "engine",
                     engine_names[options->spec.hyper.engine], "isa", isa, "data", job->ds.name, "synthetic",
                     job->ds.synthetic, "n", (json_int_t)job->view.n, "d", (json_int_t)job->ds.d, "updates", updates,
                     "intercept", json_number(model->intercept), "fingerprint", json_hex(model->fingerprint),
                     "update_hash", json_hex(model->update_hash), "accuracy", json_number(prediction->accuracy),
                     "seconds", json_number(model->seconds), "predict_seconds", json_number(prediction->seconds));
}

static void print_model(const struct job *job, const struct job_options *options, const struct model *model,
                        const char *isa, const struct prediction *prediction) {
    char intercept[REAL_TEXT], right[REAL_TEXT];
    uint64_t updates = 0;
    for (unsigned epoch = 0; epoch < model->epochs; epoch++)
        updates += model->updates[epoch];
    format_real(intercept, model->intercept);
    format_real(right, prediction->accuracy);
    double visits = (double)job->view.n * model->epochs;
    printf("engine       %s, backend %s\n", engine_names[options->spec.hyper.engine], isa);
    printf("updates      %" PRIu64 " of %.0f row visits (%.2f %%)\n", updates, visits,
           100.0 * (double)updates / visits);
    printf("intercept    %s\n", intercept);
    printf("accuracy     %s on the rows it was trained on\n", right);
    printf("fingerprint  %016" PRIx64 "\n", model->fingerprint);
    printf("update hash  %016" PRIx64 "\n", model->update_hash);
    printf("fit          %.3f ms, %.1f ns/row (one run; `sgdmark run` compares)\n", model->seconds * 1e3,
           model->seconds * 1e9 / visits);
    printf("predict      %.3f ms, %.1f ns/row\n", prediction->seconds * 1e3,
           prediction->seconds * 1e9 / (double)job->view.n);
}

int command_train(int argc, char **argv, struct error *err) {
    (void)err;
    struct train_options options = {0};
    parse_arguments(&argp, argc, argv, &options);
    struct backend_list backends_chosen = {calloc(backend_count, sizeof *backends_chosen.list), 0};
    if (!backends_chosen.list) usage_error("out of memory");
    choose_backends(&options.job, &backends_chosen);
    const struct backend **chosen = backends_chosen.list;
    size_t count = backends_chosen.count;
    if (options.job.spec.hyper.engine == ENGINE_F64) count = 1;
    struct job job;
    struct error opening;
    if (job_open(&job, &options.job.spec, &opening) != 0) usage_error("%s", opening.text);
    if (options.job.spec.hyper.engine == ENGINE_INT) job_pack(&job, &backends_chosen);
    bool quiet = to_stdout(options.json);
    if (!quiet) print_job(&job, &options.job);

    struct error why;
    json_t *results = json_array();
    for (size_t i = 0; i < count; i++) {
        struct model model;
        double tuning;
        struct hyper hyper = job_tune(&job, &options.job, chosen[i], &tuning);
        if (fit(&model, &job.row_list, &hyper, chosen[i], &why) != 0) usage_error("%s", why.text);
        const char *isa = engine_backend_name(options.job.spec.hyper.engine, chosen[i]);
        struct prediction prediction = predict_all(&job, &model, chosen[i]);
        if (!quiet) {
            print_model(&job, &options.job, &model, isa, &prediction);
            print_prefetch(&hyper.prefetch, tuning);
        }
        json_t *result = result_json(&job, &options.job, &model, isa, &prediction);
        json_prefetch(result, &hyper.prefetch, tuning);
        json_array_append_new(results, result);
        /* With --isa all the last one's weights are kept: it is the one that auto takes. */
        if (options.coef_out && i + 1 == count &&
            npy_write_float64(options.coef_out, model.coef, model.d, 1, &why) != 0)
            usage_error("%s", why.text);
        model_free(&model);
    }
    write_results(options.json, results);
    job_close(&job);
    free(chosen);
    return EXIT_DONE;
}
