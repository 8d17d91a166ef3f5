/* SPDX-License-Identifier: MIT */
/* Builds the result file of a run: Google Benchmark's JSON, so that its compare.py and dashboards read it, with our
 * facts under a third top-level key, "sgdmark". results/schema.json describes it; record/load.h reads it.
 *
 * Every function returns 0, or -1 with the reason. Texts are copied; in a text that is not UTF-8 each byte above 0x7f
 * becomes '?'. A missing number is null beside a "<name>_reason". */
#ifndef SGDMARK_RECORD_RESULT_H
#define SGDMARK_RECORD_RESULT_H

#include "base/error.h"
#include "learn/cv.h"
#include "measure/analysis.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of the schema that is written, and the newest one that is read. */
enum { RESULT_SCHEMA = 3 };

struct result;

/* Starts a result: run id, start time, host, version, compiler and the flags of each backend. `argv` is the whole
 * command line. NULL with the reason on failure. result_free releases it. */
struct result *result_new(int argc, char *const *argv, struct error *err);
void result_free(struct result *result);

/* Adds an entry to Google Benchmark's context, where values are strings. */
int result_context(struct result *result, const char *key, const char *value, struct error *err);

/* Adds `environment` (machine/environment.h). Its members become these sections: cpu; topology; build.libraries as
 * libraries; program_sha256, assertions and transcendental of build, into our build; all others as environment. Takes
 * ownership of the value, also on failure. If it is NULL, the error is "out of memory". */
int result_environment(struct result *result, json_t *environment, struct error *err);

/* Adds a section: `key` is one of clock, machine, job, notebook, placements, processes, verdict, findings, soak. Takes
 * ownership of the value, also on failure. If it is NULL, the error is "out of memory". */
int result_section(struct result *result, const char *key, json_t *value, struct error *err);

/* What was trained. Files are comparable only if all members except `data` are equal. */
struct workload {
    const char *data;          /* dataset.name: a folder, or "synthetic:..." */
    const char *split, *order; /* as --split and --order take them */
    uint32_t order_seed;
    size_t limit; /* 0: none */
    const char *pixels_sha256, *labels_sha256;
    size_t n, d;
    uint64_t permutation_hash; /* view_hash */
};
/* `hyper` is hyper_json() of the job. Takes ownership of it, also on failure. If it is NULL, the error is "out of
 * memory". */
int result_workload(struct result *result, const struct workload *workload, json_t *hyper, struct error *err);

/* The code that was chosen for one kernel, and why. */
struct dispatch_receipt {
    const char *asked;  /* --isa: "auto", "all" or a name */
    const char *chosen; /* the backend */
    const char *why;
    const char *kernel;      /* "dot_u8f32" */
    const char *symbol;      /* "dot_u8f32_avx512" */
    const char *code_sha256; /* of the machine code; NULL: it could not be read */
    const char *code_reason; /* why code_sha256 is NULL */
};
int result_dispatch(struct result *result, const struct dispatch_receipt *receipt, struct error *err);

/* The outcome of a backend's check. */
struct parity_receipt {
    const char *engine, *backend;
    const char *needed, *reached; /* parity_words: "L2 weights", ... */
    const char *reference;        /* what it was compared with: "f64/scalar" */
    bool passed;
    const char *detail;         /* what was checked, or the first difference */
    uint64_t fingerprint;       /* of the trained model; 0: none was trained */
    uint64_t update_hash;       /* 0: none was trained */
    double accuracy;            /* NaN: not measured */
    const struct cv_result *cv; /* source of fold accuracies and confusion; NULL: no folds were run */
    double max_deviation;       /* of decisions, as a share of the largest (verify/parity.h); NaN: not measured */
    double tolerance;           /* the largest max_deviation that passes; NaN: none applies */
    const char *prefetch;       /* distances as --prefetch takes them; NULL: it does not train */
};
int result_parity(struct result *result, const struct parity_receipt *receipt, struct error *err);

/* Adds an engine that cannot run this job, with the reason. */
int result_no_engine(struct result *result, const char *engine, const char *reason, struct error *err);

/* One number per sample beside the times, such as cycles. */
struct sample_counter {
    const char *name;     /* lower case, digits and _; neither a key of Google Benchmark nor "..._reason" */
    const double *values; /* [samples]; NaN: missing */
    const char *missing;  /* why a value is NaN */
};

/* The timing of one case. */
struct timing {
    const char *name; /* "epoch/f32/avx512": the same on every machine */
    const char *engine, *backend;
    const double *seconds;     /* [samples] wall time per iteration, in the order of the rounds */
    const double *cpu_seconds; /* [samples] CPU time per iteration */
    size_t samples;
    uint64_t iterations; /* per sample */
    unsigned threads;
    const char *const
        *disturbed; /* [samples] what disturbed a sample ("context switch, steal"), or NULL; NULL: not observed */
    const double
        *away; /* [samples] share of the time off the CPU, of the thread that had most of it; NULL: not observed */
    const struct sample_counter *counters;
    size_t counter_count;
    json_t *repeated; /* samples that were spoiled and timed again; NULL: none. Stays the caller's */
};

/* Adds one "iteration" row per sample, the aggregate rows min, median and mad, and the raw samples. Refuses (-1) a
 * timing whose engine and backend have no passing parity receipt or a failed one, a time that is not positive and
 * finite, and a name that is taken. */
int result_timing(struct result *result, const struct timing *timing, struct error *err);

/* Adds an error row with the reason why this case was not timed. */
int result_not_timed(struct result *result, const char *name, const char *reason, struct error *err);

/* A roof: the fastest that the machine could do part of the work, timed as a case. */
struct roof {
    const char *name;                    /* "read/epoch-order" */
    const char *what;                    /* what was timed, in one phrase */
    const char *unit;                    /* unit of `work`: "bytes", "rows" */
    double work;                         /* per sample */
    const double *seconds, *cpu_seconds; /* [samples] */
    const char *const *disturbed;        /* [samples] as in struct timing */
    const double *away;                  /* [samples] */
    size_t samples;
    json_t *repeated; /* as in struct timing */
};
int result_roof(struct result *result, const struct roof *roof, struct error *err);

/* Adds an experiment: schedule, A/A gates, witness, clock, the analysis of its cases and pairs, and the raw samples of
 * every case whose work was right; of the others an error row. Add the parity receipts of its jobs before. */
int result_experiment(struct result *result, const struct analysis *analysis, struct error *err);

/* The analysis of an experiment as it stands in the file, without the raw samples. NULL when memory runs out. */
json_t *experiment_json(const struct analysis *analysis);

/* What times are usable for, as a JSON object. */
json_t *usable_json(const struct usable *usable);

/* A comparison as a JSON object, also for `compare --format json`. NULL when memory runs out. */
json_t *comparison_json(const struct comparison *c);

/* Replaces the context and the rows made here by those of `text`, the JSON that Google Benchmark wrote of the same
 * timings. */
int result_take_benchmarks(struct result *result, const char *text, struct error *err);

/* Writes "folder/<host>-<start in UTC>.json" to path[size]. In the host's name only letters, digits, '.' and '-' stay;
 * other bytes become '-'. */
int result_path(const struct result *result, const char *folder, char *path, size_t size, struct error *err);

/* The member "sgdmark" as filled in so far. It belongs to the result. */
const json_t *result_facts(const struct result *result);

/* Adds the end of the run and the hash of all (record/seal.h). `complete` says that it did all it set out to do.
 * Returns the whole file as JSON, the result's, which no one changes any more; NULL with the reason. */
const json_t *result_finish(struct result *result, bool complete, struct error *err);

#endif
