/* SPDX-License-Identifier: MIT */
/* Google Benchmark's own options on our command line. */
#ifndef SGDMARK_CLI_BENCH_FLAGS_H
#define SGDMARK_CLI_BENCH_FLAGS_H

#include "base/error.h"

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

enum { BENCH_FLAGS = 16 };

struct bench_flags {
    const char *filter; /* NULL: all */
    bool list_tests;
    const char *out;                /* file, or NULL */
    const char *out_format;         /* "json", "csv", "console" */
    const char *value[BENCH_FLAGS]; /* of every flag, or NULL: Google Benchmark's default */
};

/* argp child; its input is the struct. */
extern const struct argp bench_flags_argp;

/* The flags for Google Benchmark, "--benchmark_...=VALUE": all but those for listing and output files. *count says how
 * many. Returns 0, or -1 with the reason; bench_flags_free releases them. */
int bench_flags_text(const struct bench_flags *flags, char *text[BENCH_FLAGS], size_t *count, struct error *err);
void bench_flags_free(char *text[BENCH_FLAGS], size_t count);

#endif
