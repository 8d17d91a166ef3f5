/* Shared by the files that build a result. */
#ifndef SGDMARK_RECORD_RESULT_PRIVATE_H
#define SGDMARK_RECORD_RESULT_PRIVATE_H

#include "record/result.h"

#include <time.h>

struct result {
    json_t *root;
    json_t *context; /* these four are members of root */
    json_t *benchmarks;
    json_t *own;
    json_t *samples;
    struct timespec began; /* monotonic */
    size_t families;       /* timings so far: Google Benchmark's family_index */
    char host[256];
    char start[32];
};

/* A string value; bytes that are not UTF-8 become '?'. NULL text gives null. */
json_t *text_value(const char *text);

/* object[key] = value, or null and object[key_reason] = reason where the value is not finite. Returns 0 or -1. */
int put_number(json_t *object, const char *key, double value, const char *reason);

json_t *summary_json(const struct summary *summary);

/* Appends to the array and releases the value on failure; a NULL value is a failure: "out of memory". */
int append_or_fail(json_t *array, json_t *value, struct error *err);

#endif
