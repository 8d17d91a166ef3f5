/* SPDX-License-Identifier: MIT */
#include "peers/peer.h"

#include "base/json.h"
#include "base/number.h"
#include "learn/hyper_table.h"
#include "learn/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *peer_allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory) return memory;
    fprintf(stderr, "out of memory for %zu elements of %zu bytes\n", count, size);
    exit(3);
}

static uint8_t *all_pixels(const struct job *job) {
    size_t d = job->ds.d;
    uint8_t *pixels = peer_allocate(job->view.n, d);
    for (size_t i = 0; i < job->view.n; i++)
        dataset_row(&job->ds, i, pixels + i * d);
    return pixels;
}

static double accuracy_of(const struct peer_job *job, const uint8_t *predicted) {
    size_t right = 0;
    for (size_t i = 0; i < job->n; i++)
        right += predicted[i] == job->positive[i];
    return (double)right / (double)job->n;
}

static int print_result(const struct peer_job *job, const struct peer_result *result, struct error *err) {
    json_t *value =
        json_pack("{s:s, s:I, s:I, s:o, s:o, s:o}", "library", result->library, "n", (json_int_t)job->n, "d",
                  (json_int_t)job->d, "accuracy", json_number(accuracy_of(job, result->predicted)), "seconds",
                  json_number(result->fit_seconds), "predict_seconds", json_number(result->predict_seconds));
    int bad = json_print(stdout, value, err);
    json_decref(value);
    return bad;
}

/* Sets what an option, without its dashes, says. */
static int set_option(struct job_spec *spec, const char *option, char *value, struct error *err) {
    uint64_t whole = 0;
    double number = 0.0;
    if (strcmp(option, "digit") == 0 && strcmp(value, "all") == 0) {
        spec->digit = DIGIT_ALL;
        return 0;
    }
    if (strcmp(option, "data") == 0) {
        spec->rows.data = value;
        return 0;
    }
    if (strcmp(option, "limit") == 0) {
        int bad = read_whole(&whole, value, 1, UINT32_MAX, err);
        spec->rows.limit = whole;
        return bad;
    }
    for (enum hyper_id id = HYPER_DIGIT; id < HYPER_FOLDS; id++) {
        if (strcmp(option, hyper_table[id].option) != 0 || hyper_table[id].kind == HYPER_KIND_FLAG) continue;
        int bad = hyper_read(&number, id, value, err);
        if (!bad) hyper_set(spec, id, number);
        return bad;
    }
    return fail(err, "there is no such option");
}

/* "--data FOLDER --limit N" and the hyper-parameters of `sgdmark train`. */
static int read_options(struct job_spec *spec, char **words, struct error *err) {
    job_spec_defaults(spec);
    for (; *words; words += 2) {
        if (strncmp(words[0], "--", 2) != 0 || !words[1]) return fail(err, "'%s' is no option with a value", words[0]);
        struct error why;
        if (set_option(spec, words[0] + 2, words[1], &why) != 0) return fail(err, "%s: %.900s", words[0], why.text);
    }
    return 0;
}

static int run(const struct job *job, const struct job_spec *spec, struct error *err) {
    const struct hyper *hyper = &spec->hyper;
    const bool digits = spec->digit == DIGIT_ALL;
    size_t n = job->view.n;
    uint8_t *pixels = all_pixels(job), *positive = peer_allocate(n, sizeof *positive);
    uint32_t *permutation = peer_allocate(n, sizeof *permutation);
    for (size_t i = 0; i < n; i++)
        positive[i] = digits ? job->ds.labels[job->at[i].row] : job->at[i].positive;
    hyper_permutation(permutation, n, hyper);
    struct peer_job plain = {n,           job->ds.d,    pixels,       positive, digits ? CLASSES : 2,
                             permutation, hyper->alpha, hyper->epochs};
    struct peer_result result = {.predicted = peer_allocate(n, sizeof *result.predicted)};
    peer_run(&plain, &result);
    int bad = print_result(&plain, &result, err);
    free(result.predicted);
    free(permutation);
    free(positive);
    free(pixels);
    return bad;
}

int main(int argc, char **argv) {
    struct job_spec spec;
    struct job job;
    struct error err;
    (void)argc;
    int bad = read_options(&spec, argv + 1, &err);
    if (!bad) bad = job_open(&job, &spec, &err);
    if (!bad) {
        bad = run(&job, &spec, &err);
        job_close(&job);
    }
    if (!bad) return 0;
    fprintf(stderr, "%s: %s\n", argv[0], err.text);
    return err.kind == ERROR_PROGRAM ? 3 : 2;
}
