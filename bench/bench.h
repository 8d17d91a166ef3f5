/* The Google Benchmark driver behind `sgdmark bench`, seen from C.
 *
 * Families, all of them generated from kernels/registry.def:
 *   kernel/<kernel>/<backend>/d:<d>            one row of d features that stays in the L1 cache
 *   kernel/<kernel>/<backend>/d:784/ws:<where> rows in shuffled order from a set that fits L1, L2, LLC, or only memory
 *   epoch/<engine>/<backend>                   one epoch of the job's rows
 *   cv/<engine>/<backend>                      one cross-validation of the job's rows
 *   rows/<engine>/<backend>/n:<n>              one epoch of n made-up rows of 784 features */
#ifndef SGDMARK_BENCH_BENCH_H
#define SGDMARK_BENCH_BENCH_H

#ifdef __cplusplus
extern "C" {
#endif

#include "base/error.h"
/* In C a function may be called like a struct. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#include "learn/fit.h"
#pragma GCC diagnostic pop

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whose work is timed. */
struct bench_subject {
    enum engine engine;
    const struct backend *backend; /* runs here */
    const char *engine_name, *backend_name;
};

/* The repetitions of one benchmark. */
struct bench_series {
    const char *name;
    const struct bench_subject *subject;
    const double *seconds, *cpu_seconds; /* [n] of one iteration */
    const char *const *disturbed;        /* [n] what disturbed it ("switch, steal"), or NULL */
    size_t n;
    uint64_t iterations; /* in each repetition */
};

struct bench_job {
    const struct row_list *row_list; /* the rows of epoch and cv */
    struct hyper hyper;              /* its engine is not looked at */
    unsigned folds;
    const size_t *level_bytes; /* [4] of rows that lie in L1, L2, the last-level cache, memory; 0: no such level here */
    const struct bench_subject *subjects;
    size_t subject_count;
    bool long_ones; /* also the sizes of rows/ that take gigabytes */
    /* Called when something matches the filter, before anything is timed: fills in examples and level_bytes and
     * checks the subjects. Returns 0, or -1 with the reason. */
    int (*prepare)(void *context, struct error *err);
    /* Asked before every timing: NULL when the subject's work is right, else why it must not be timed. */
    const char *(*check)(void *context, const struct bench_subject *subject);
    /* Told of every benchmark that was timed, when there is a file to be written. */
    void (*timed)(void *context, const struct bench_series *series);
    void *context;
};

/* One more entry of the context that every output begins with. */
void bench_context(const char *key, const char *value);

/* Lists (`listing`: names to standard output) or runs the benchmarks that the flags choose and shows them as they come.
 * `flags` are Google Benchmark's --benchmark_... ones, without those for listing and output files. `format` is "json",
 * "csv" or "console" and *text then what Google Benchmark writes to a file, with every time in ns, freed by the caller;
 * or it is NULL. Returns 0, or -1 with the reason when a flag is refused, nothing matches the filter or memory runs
 * out. Once per process. */
int bench_run(const struct bench_job *job, char **flags, size_t flag_count, bool listing, const char *format,
              char **text, struct error *err);

#ifdef __cplusplus
}
#endif

#endif
