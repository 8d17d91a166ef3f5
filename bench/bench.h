/* SPDX-License-Identifier: MIT */
/* The C interface of the Google Benchmark driver, which is `sgdmark bench`.
 *
 * The families of benchmarks, generated from kernels/registry.def:
 *   kernel/<kernel>/<backend>/d:<d>            a row of d features that stays in the L1 cache
 *   kernel/<kernel>/<backend>/d:784/ws:<where> rows in shuffled order from a set that fits L1, L2, LLC or only memory
 *   epoch/<engine>/<backend>                   one epoch of the job's rows
 *   cv/<engine>/<backend>                      one cross-validation of the job's rows
 *   rows/<engine>/<backend>/n:<n>              one epoch of n synthetic rows of 784 features */
#ifndef SGDMARK_BENCH_BENCH_H
#define SGDMARK_BENCH_BENCH_H

#ifdef __cplusplus
extern "C" {
#endif

#include "base/error.h"
/* C++ warns of functions that have the name of a struct, as fit.h has them. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#include "learn/fit.h"
#pragma GCC diagnostic pop

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An engine and backend to time. */
struct bench_subject {
    enum engine engine;
    const struct backend *backend; /* which this machine can run */
    const char *engine_name, *backend_name;
};

/* The repetitions of one benchmark. */
struct bench_series {
    const char *name;
    const struct bench_subject *subject;
    const double *seconds, *cpu_seconds; /* [n] per iteration */
    const char *const *disturbed;        /* [n] what disturbed the repetition ("switch, steal"), or NULL */
    size_t n;
    uint64_t iterations; /* in each repetition */
};

struct bench_job {
    const struct row_list *row_list; /* the rows of epoch and cv */
    struct hyper hyper;              /* the subject's engine replaces its engine */
    unsigned folds;
    const size_t *level_bytes; /* [4] bytes of rows that fit L1, L2, the last-level cache, memory; 0: no such level */
    const struct bench_subject *subjects;
    size_t subject_count;
    bool long_ones;      /* with the sizes of rows/ that take gigabytes */
    bool json_on_screen; /* --benchmark_format=json is among the flags */
    double min_seconds;  /* CPU time of each repetition, if `iterations` is 0 */
    uint64_t iterations; /* of each repetition */
    /* Called once if a benchmark matches the filter, before anything is timed, with the number that match: fills in
     * what row_list and level_bytes point to and checks the subjects. Returns 0, or -1 with the reason. */
    int (*prepare)(void *context, size_t benchmarks, struct error *err);
    /* Called before each benchmark: NULL if the subject passed its check, else why it must not be timed. */
    const char *(*check)(void *context, const struct bench_subject *subject);
    /* Called with the times of each benchmark, if a result file is to be written. */
    void (*timed)(void *context, const struct bench_series *series);
    void *context;
};

/* Adds an entry to the context that begins every output, both escaped so that they can be shown (escape_text). A lack
 * of memory is the error of bench_run. */
void bench_context(const char *key, const char *value);

/* Runs the benchmarks that the flags choose and shows each when it is done, or, with `listing`, prints their names.
 * `flags` are Google Benchmark's --benchmark_... flags without those for listing, output files, context and minimum
 * time. With `format`
 * "json", "csv" or "console", *text is what Google Benchmark writes to a file, all times in ns; the caller frees it.
 * With NULL there is no file. Returns 0, or -1 with the reason: a refused flag, a filter that matches nothing, no
 * memory. Only once per process. */
int bench_run(const struct bench_job *job, char **flags, size_t flag_count, bool listing, const char *format,
              char **text, struct error *err);

#ifdef __cplusplus
}
#endif

#endif
