/* SPDX-License-Identifier: MIT */
/* Shared by derive.c, derive_same.c, derive_timings.c, derive_receipts.c, derive_notebook.c and replay.c. */
#ifndef SGDMARK_RECORD_DERIVE_PRIVATE_H
#define SGDMARK_RECORD_DERIVE_PRIVATE_H

#include "learn/metrics.h"
#include "measure/analysis.h"
#include "record/derive.h"
#include "record/result_private.h"

/* A file, and where things are in it. */
struct contents {
    const struct result_file *file;
    const struct reader *reader;
    json_t *samples, *roofs; /* {name: index in sgdmark.samples, in sgdmark.roofs} */
    json_t *rows;            /* {run_name: [indexes in benchmarks]} */
    json_t *jobs;            /* {"f32/avx512": index in receipts.parity} of jobs, not of kernels */
};

/* Finds out where things are in a file whose lists have passed their rules. Returns 0, or -1 with one line;
 * contents_close releases it. */
int contents_open(struct contents *contents, const struct result_file *file, const struct reader *reader);
void contents_close(struct contents *contents);

/* contents.jobs; NULL when memory runs out. */
json_t *index_jobs(const struct result_file *file);

/* A result that holds nothing but the receipts of the file, for result_samples. NULL with one line. */
struct result *record_of(const struct contents *contents);

/* What all experiments of a file say together. */
struct whole {
    struct usable usable;
    bool known;    /* `usable` is set: there is an experiment */
    bool correct;  /* no case failed, and none beats its roof */
    json_t *timed; /* {number of a process: true} of those that timed a round */
};

enum { MOST_WHERE = 256 }; /* bytes of a place in a file, such as "experiments[0].pairs[3]" */

/* Is recorded[key] what was derived? `where` is the place of `recorded`, and `source` says what the derived value comes
 * from: "its samples give". Objects and arrays are compared member by member, and may hold no others. A missing member
 * is a contradiction unless `derived` is NULL too. Returns 0, or -1 with the first contradiction. */
int same_member(const struct reader *reader, const char *where, const json_t *recorded, const char *key,
                const json_t *derived, const char *source);

/* The same for the value that stands at `where`. */
int same_value(const struct reader *reader, const char *where, const json_t *recorded, const json_t *derived,
               const char *source);

/* The same, and releases `derived`, which is out of memory if NULL. */
int same_made(const struct reader *reader, const char *where, const json_t *recorded, const char *key, json_t *derived,
              const char *source);

/* The error "FILE: out of memory". Returns -1. */
int no_memory(const struct reader *reader);

/* Rebuilds experiments[at] from its raw facts. Whatever in them is no fact gets a harmless value, which then differs
 * from what is recorded; -1 and the reason if there is none. NULL with one line. experiment_free releases it; its texts
 * are those of the file. */
struct experiment *replay_experiment(const struct contents *contents, size_t at);

/* Checks the summaries of all samples and roofs. */
int derive_summaries(const struct contents *contents);

/* Checks experiments[at], its samples and its rows, and adds to `whole`. */
int derive_experiment(const struct contents *contents, size_t at, struct whole *whole);

/* Checks that every row of "benchmarks" belongs to a sample or says why there is none; and, of samples outside of
 * experiments, their times. */
int derive_rows(const struct contents *contents);

/* The receipt of a job such as "f32/avx512", or NULL. */
const json_t *receipt_of(const struct contents *contents, const char *job);

/* Reads the confusion matrix of the object at `where`. Returns 0, or -1 with one line. */
int read_confusion(struct confusion *to, const json_t *value, const char *where, const struct reader *reader);

/* Checks the notebook's steps. */
int check_notebook(const struct contents *contents);

/* Checks receipts, notebook, processes and verdict. */
int derive_receipts(const struct contents *contents, const struct whole *whole);

#endif
