#include "peers/peer.h"

#include "base/json.h"
#include "cli/job.h"

#include <stdlib.h>

void *peer_allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory) usage_error("out of memory for %zu elements of %zu bytes", count, size);
    return memory;
}

static uint8_t *all_pixels(const struct job *job) {
    size_t d = job->ds.d;
    uint8_t *pixels = peer_allocate(job->view.n, d);
    for (size_t i = 0; i < job->view.n; i++)
        dataset_row(&job->ds, i, pixels + i * d);
    return pixels;
}

static double accuracy_of(const struct peer_job *job, const uint8_t *predicted) {
    struct confusion confusion = confusion_count(job->positive, predicted, job->n);
    return accuracy_score(&confusion);
}

static void print_result(const struct peer_job *job, const struct peer_result *result) {
    json_t *value =
        json_pack("{s:s, s:I, s:I, s:o, s:o, s:o}", "library", result->library, "n", (json_int_t)job->n, "d",
                  (json_int_t)job->d, "accuracy", json_number(accuracy_of(job, result->predicted)), "seconds",
                  json_number(result->fit_seconds), "predict_seconds", json_number(result->predict_seconds));
    struct error err;
    if (write_json("-", value, &err) != 0) usage_error("%s", err.text);
    json_decref(value);
}

/* The options of `sgdmark train`; --engine and --isa have no meaning here. */
int main(int argc, char **argv) {
    struct job_options options = {0};
    parse_arguments(&job_argp, argc, argv, &options);
    struct job job;
    struct error err;
    if (job_open(&job, &options.spec, &err) != 0) usage_error("%s", err.text);

    size_t n = job.view.n;
    uint8_t *pixels = all_pixels(&job), *positive = peer_allocate(n, sizeof *positive);
    uint32_t *permutation = peer_allocate(n, sizeof *permutation);
    for (size_t i = 0; i < n; i++)
        positive[i] = job.at[i].positive;
    epoch_permutation(permutation, n, epoch_seed(options.spec.hyper.seed, options.spec.hyper.compat));
    struct peer_job plain = {
        n, job.ds.d, pixels, positive, permutation, options.spec.hyper.alpha, options.spec.hyper.epochs};
    struct peer_result result = {.predicted = peer_allocate(n, sizeof *result.predicted)};
    peer_run(&plain, &result);
    print_result(&plain, &result);

    free(result.predicted);
    free(permutation);
    free(positive);
    free(pixels);
    job_close(&job);
    return 0;
}
