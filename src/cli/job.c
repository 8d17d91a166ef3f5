#include "cli/job.h"

#include "learn/prefetch_tune.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void print_job(const struct job *job, const struct job_options *options) {
    const struct row_spec *rows = &options->spec.rows;
    char alpha[REAL_TEXT];
    format_real(alpha, options->spec.hyper.alpha);
    printf("data         %s%s: %zu rows of %zu pixels, split %s, %s order", job->ds.name,
           job->ds.synthetic ? " (SYNTHETIC, not MNIST)" : "", job->view.n, job->ds.d, split_names[rows->split],
           order_names[rows->order]);
    if (rows->order == ORDER_NOTEBOOK) printf(" (seed %" PRIu32 ")", rows->order_seed);
    printf("\nclassifier   %u or not %u: hinge loss, L2 penalty, alpha %s, optimal rate, %u epochs,\n"
           "             seed %" PRIu32 ", as scikit-learn %s\n",
           options->spec.digit, options->spec.digit, alpha, options->spec.hyper.epochs, options->spec.hyper.seed,
           compat_names[options->spec.hyper.compat]);
}

struct hyper job_tune(const struct job *job, const struct job_options *options, const struct backend *backend,
                      double *seconds) {
    struct error err;
    struct hyper hyper = options->spec.hyper;
    if (prefetch_tune(&hyper, &job->row_list, backend, seconds, &err) != 0) usage_error("%s", err.text);
    return hyper;
}

void print_prefetch(const struct prefetch *ahead, double seconds) {
    char text[PREFETCH_TEXT];
    prefetch_text(text, ahead);
    printf("prefetch     %s", text);
    if (seconds > 0.0)
        printf(", the fastest of a few here (tried for %.1f ms)\n", seconds * 1e3);
    else
        puts(", as asked");
}

void json_prefetch(json_t *to, const struct prefetch *ahead, double seconds) {
    char text[PREFETCH_TEXT];
    prefetch_text(text, ahead);
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
