/* SPDX-License-Identifier: MIT */
/* Google Benchmark's own options on our command line. */
#ifndef SGDMARK_CLI_BENCH_FLAGS_H
#define SGDMARK_CLI_BENCH_FLAGS_H

#include "base/error.h"

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_FLAGS = 18 };

/* One KEY=VALUE of --benchmark_context. */
struct bench_entry {
    char *key, *value; /* `value` points into the memory of `key` */
};

struct bench_flags {
    const char *filter; /* NULL: all */
    bool list_tests;
    const char *out;        /* file, or NULL */
    const char *out_format; /* "json", "csv", "console" */
    double min_seconds;     /* CPU time of each repetition, if `iterations` is 0 */
    uint64_t iterations;    /* of each repetition; 0: as many as min_seconds takes */
    uint64_t repetitions;
    struct bench_entry *context; /* [context_count] */
    size_t context_count;
    const char *value[BENCH_FLAGS]; /* of every flag as it was given, or NULL: Google Benchmark's default */
};

/* argp child; its input is the struct. */
extern const struct argp bench_flags_argp;

/* Releases what the parser allocated. */
void bench_flags_free(struct bench_flags *flags);

/* The flags for Google Benchmark, "--benchmark_...=VALUE": all but those for listing, output files, context and minimum
 * time. *count says how many. Returns 0, or -1 with the reason; bench_texts_free releases them. */
int bench_flags_text(const struct bench_flags *flags, char *text[BENCH_FLAGS], size_t *count, struct error *err);
void bench_texts_free(char *text[BENCH_FLAGS], size_t count);

/* Is the screen to show JSON? */
bool bench_flags_json(const struct bench_flags *flags);

/* Says on standard error which flags the environment names in vain: only options choose. */
void bench_flags_warn(void);

#endif
