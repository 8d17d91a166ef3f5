#include "cli/job.h"

#include "learn/tune.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void job_open(struct job *job, const struct job_options *options) {
    struct error err;
    const struct rows_options *rows = &options->rows;
    if (dataset_load(&job->ds, rows->data, rows->split, &err) != 0 ||
        view_make(&job->view, &job->ds, rows->order, rows->order_seed, rows->limit, &err) != 0 ||
        dataset_arrange(&job->ds, job->view.index, &err) != 0)
        usage_error("%s", err.text);
    size_t n = job->view.n, positives = 0;
    job->at = malloc(n * sizeof *job->at);
    if (!job->at) usage_error("out of memory for %zu rows", n);
    for (uint32_t row = 0; row < n; row++)
        examples_fill(&job->at[row], &job->ds, &row, 1, options->digit);
    job->examples = (struct examples){&job->ds, job->at, n};
    for (size_t i = 0; i < n; i++)
        positives += job->at[i].positive;
    if (positives == 0 || positives == n)
        usage_error("%s: %s of the %zu rows is a %u, and a classifier needs both classes (another --digit or --limit)",
                    job->ds.name, positives ? "every one" : "none", n, options->digit);
}

void job_pack(struct job *job, const struct backend *const *chosen, size_t count) {
    bool wanted = false;
    for (size_t i = 0; i < count; i++)
        wanted = wanted || chosen[i]->dot_packed;
    if (wanted) packed_make(&job->ds.packed, &job->ds);
}

void job_close(struct job *job) {
    free(job->at);
    view_free(&job->view);
    dataset_free(&job->ds);
}

void print_job(const struct job *job, const struct job_options *options) {
    const struct rows_options *rows = &options->rows;
    char alpha[REAL_TEXT];
    format_real(alpha, options->hyper.alpha);
    printf("data         %s%s: %zu rows of %zu pixels, split %s, %s order", job->ds.name,
           job->ds.synthetic ? " (SYNTHETIC, not MNIST)" : "", job->view.n, job->ds.d, split_names[rows->split],
           order_names[rows->order]);
    if (rows->order == ORDER_NOTEBOOK) printf(" (seed %" PRIu32 ")", rows->order_seed);
    printf("\nclassifier   %u or not %u: hinge loss, L2 penalty, alpha %s, optimal rate, %u epochs,\n"
           "             seed %" PRIu32 ", as scikit-learn %s\n",
           options->digit, options->digit, alpha, options->hyper.epochs, options->hyper.seed,
           compat_names[options->hyper.compat]);
}

struct hyper job_tune(const struct job *job, const struct job_options *options, const struct backend *backend,
                      double *seconds) {
    struct error err;
    struct hyper hyper = options->hyper;
    if (lookahead_tune(&hyper, &job->examples, backend, seconds, &err) != 0) usage_error("%s", err.text);
    return hyper;
}

void print_prefetch(const struct lookahead *ahead, double seconds) {
    char text[LOOKAHEAD_TEXT];
    lookahead_text(text, ahead);
    printf("prefetch     %s", text);
    if (seconds > 0.0)
        printf(", the fastest of a few here (tried for %.1f ms)\n", seconds * 1e3);
    else
        puts(", as asked");
}

void json_prefetch(json_t *to, const struct lookahead *ahead, double seconds) {
    char text[LOOKAHEAD_TEXT];
    lookahead_text(text, ahead);
    json_object_set_new(to, "prefetch", json_string(text));
    json_object_set_new(to, "tuning_seconds", json_number(seconds));
}

void write_results(const char *json, json_t *results) {
    struct error err;
    json_t *value = json_array_size(results) == 1 ? json_array_get(results, 0) : results;
    if (json && write_json(json, value, &err) != 0) usage_error("%s", err.text);
    json_decref(results);
}

void hex_text(char text[HEX_TEXT], uint64_t value) {
    snprintf(text, HEX_TEXT, "%016" PRIx64, value);
}

json_t *json_hex(uint64_t value) {
    char text[HEX_TEXT];
    hex_text(text, value);
    return json_string(text);
}

const char *isa_name(enum engine engine, const struct backend *backend) {
    return engine == ENGINE_F64 ? "scalar" : backend->name;
}
