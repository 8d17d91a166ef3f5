/* SPDX-License-Identifier: MIT */
/* Shared by result.c, result_timing.c, result_experiment.c and compare_json.c. */
#ifndef SGDMARK_RECORD_RESULT_PRIVATE_H
#define SGDMARK_RECORD_RESULT_PRIVATE_H

#include "record/result.h"

#include <time.h>

struct result {
    json_t *root;
    json_t *context;       /* root["context"] */
    json_t *benchmarks;    /* root["benchmarks"] */
    json_t *facts;         /* root["sgdmark"] */
    json_t *samples;       /* root["sgdmark"]["samples"] */
    struct timespec began; /* monotonic */
    size_t families;       /* timings so far: Google Benchmark's family_index */
    json_t *names;         /* {name of a benchmark: true} of those that are in it */
    json_t *outcomes;      /* parity_outcomes of `facts`; NULL: not made yet */
    char host[256];
    char start[32];
};

/* Sets object[key] to the value, or, if it is not finite, to null and object[key_reason] to the reason. Returns 0 or
 * -1. */
int put_number(json_t *object, const char *key, double value, const char *reason);

/* The outcome of each engine and backend by the receipts of `facts`: {"f32/avx512": true}. One failed receipt makes it
 * false. The caller releases it. */
json_t *parity_outcomes(const json_t *facts);

/* Did the work of this engine and backend pass its checks? */
bool parity_passed(const json_t *outcomes, const char *engine, const char *backend);

json_t *summary_json(const struct summary *summary);

/* Adds the raw samples and the rows of an experiment's cases. Returns 0, or -1 with the reason. */
int result_samples(struct result *result, const struct experiment *experiment, struct error *err);

/* Appends the value to the array. Takes ownership of it, also on failure. A NULL value is the error "out of
 * memory". */
int append_or_fail(json_t *array, json_t *value, struct error *err);

#endif
