/* The file that a run writes: Google Benchmark's JSON, which its compare.py and the dashboards that read it accept,
 * with our facts under a third top-level key, "sgdmark". results/schema.json describes it, record/load.h reads it.
 *
 * Every function returns 0, or -1 with the reason. Texts are copied; those that are not UTF-8 have the offending bytes
 * replaced. Missing numbers are written as null beside a "<name>_reason". */
#ifndef SGDMARK_RECORD_RESULT_H
#define SGDMARK_RECORD_RESULT_H

#include "base/error.h"
#include "learn/cv.h"
#include "measure/analysis.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESULT_SCHEMA = 2 };

struct result;

/* Starts the record of a run: identity, start time, host, tool, compiler and the flags of each backend. `argv` is the
 * whole command line. NULL with the reason on failure; result_free releases it. */
struct result *result_new(int argc, char *const *argv, struct error *err);
void result_free(struct result *result);

/* One more entry of Google Benchmark's context (values are strings there). */
int result_context(struct result *result, const char *key, const char *value, struct error *err);

/* What the machine layer found out: `environment` holds the objects cpu, topology and build, and others. They become
 * the sections cpu, topology, libraries (build.libraries), build (program_sha256 and assertions of theirs are added to
 * ours) and environment (the others). Takes the value over, on failure too; NULL counts as out of memory. */
int result_environment(struct result *result, json_t *environment, struct error *err);

/* What the command found out, as it is: `key` is one of clock, machine, job, notebook, placements, launches, verdict.
 * Takes the value over, on failure too; NULL counts as out of memory. */
int result_facts(struct result *result, const char *key, json_t *value, struct error *err);

/* What was trained. Two files are compared only when all of it but `data` agrees. */
struct workload {
    const char *data;          /* dataset.name: a folder, or "synthetic:..." */
    const char *split, *order; /* as on the command line */
    uint32_t order_seed;
    size_t limit; /* 0: none */
    const char *pixels_sha256, *labels_sha256;
    size_t n, d;
    uint64_t permutation_hash; /* view_hash */
};
/* `hyper` is hyper_json of the job. Takes it over, on failure too; NULL counts as out of memory. */
int result_workload(struct result *result, const struct workload *workload, json_t *hyper, struct error *err);

/* Which code was taken for one kernel, and why. */
struct dispatch_receipt {
    const char *asked;  /* "auto", "all" or a name */
    const char *chosen; /* the backend */
    const char *why;
    const char *kernel;      /* "dot_u8f32" */
    const char *symbol;      /* "dot_u8f32_avx512" */
    const char *code_sha256; /* of its machine code; NULL where it could not be read */
    const char *code_reason; /* why not; not looked at otherwise */
};
int result_dispatch(struct result *result, const struct dispatch_receipt *receipt, struct error *err);

/* The outcome of a backend's check. */
struct parity_receipt {
    const char *engine, *backend;
    const char *needed, *reached; /* parity_words: "L2 weights", ... */
    const char *reference;        /* what it was held against: "scalar", "scikit-learn" */
    bool passed;
    const char *detail;   /* what was checked, or the first difference */
    uint64_t fingerprint; /* of the model it trained; 0 for this and the next where none was */
    uint64_t update_hash;
    double accuracy;            /* NaN where it was not measured */
    const struct cv_result *cv; /* fold accuracies and confusion of it are kept; NULL: no folds were run */
    double max_deviation;       /* largest absolute difference from the reference; NaN where it was not measured */
    double tolerance;           /* allowed of it */
    const char *prefetch; /* the prefetch distances it ran with, as --prefetch takes it; NULL where it does not train */
};
int result_parity(struct result *result, const struct parity_receipt *receipt, struct error *err);

/* An engine that the job has no form for: `reason` says why. */
int result_no_engine(struct result *result, const char *engine, const char *reason, struct error *err);

/* One number per sample, beside the times. */
struct sample_counter {
    const char *name;     /* lower case, digits and _; Google Benchmark's own keys and "..._reason" are refused */
    const double *values; /* [samples]; NaN where it is missing */
    const char *missing;  /* why, where a value is NaN */
};

/* The timing of one case. */
struct timing {
    const char *name; /* stable, without machine facts: "epoch/f32/avx512" */
    const char *engine, *backend;
    const double *seconds;     /* [samples] wall time of one iteration, in the order they were taken */
    const double *cpu_seconds; /* [samples] CPU time of one iteration */
    size_t samples;
    uint64_t iterations; /* that each sample averages over */
    unsigned threads;
    const char *const
        *disturbed; /* [samples] what hit a sample ("context switch, steal") or NULL; NULL: not observed */
    const struct sample_counter *counters;
    size_t counter_count;
};

/* Adds one "iteration" row per sample, the aggregate rows min, median and mad, and the raw samples. Refused (-1) when
 * no parity receipt of its engine and backend has passed, or one has failed; when a time is not positive and finite;
 * when the name is taken. */
int result_timing(struct result *result, const struct timing *timing, struct error *err);

/* Stands in the place of a timing that was not made: an error row with the reason. */
int result_not_timed(struct result *result, const char *name, const char *reason, struct error *err);

/* A limit of the machine, timed as a case of its own. */
struct roof {
    const char *name; /* "read/epoch-order" */
    const char *what; /* one sentence */
    const char *unit; /* of work: "bytes", "rows", "cycles" */
    double work;      /* per sample */
    const double *seconds;
    size_t samples;
};
int result_roof(struct result *result, const struct roof *roof, struct error *err);

/* An experiment: schedule, A/A gate, clock, the analysis of its cases and pairs, and the raw samples of every case. The
 * parity receipts of its jobs must be there. */
int result_experiment(struct result *result, const struct analysis *analysis, struct error *err);

/* The members of a comparison as JSON, for other outputs too. NULL when memory runs out. */
json_t *comparison_json(const struct comparison *c);

/* Takes `text`, the JSON that Google Benchmark wrote of the same timings, in the place of the context and the rows that
 * were made here. Returns 0, or -1 with the reason. */
int result_adopt(struct result *result, const char *text, struct error *err);

/* folder/<host>-<start in UTC>.json, with only letters, digits, '.' and '-' of the host's name. */
int result_path(const struct result *result, const char *folder, char *path, size_t size, struct error *err);

/* Our facts so far, as `sgdmark` has them in the file; the result's. */
const json_t *result_own(const struct result *result);

/* Adds the end of the run. `complete` says that it did all it set out to do. Returns the whole file as JSON, the
 * result's; NULL with the reason. */
const json_t *result_finish(struct result *result, bool complete, struct error *err);

#endif
