/* Reads result files. They are untrusted input: size, nesting, types and ranges are checked before anything is used. */
#ifndef SGDMARK_RECORD_LOAD_H
#define SGDMARK_RECORD_LOAD_H

#include "base/error.h"
#include "measure/stats.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* What is known of the A/A of one experiment. */
struct aa_record {
    const char *experiment; /* "epochs", "folds" */
    enum aa_state state;
    double resolution;   /* what it could tell apart; NAN: not known */
    const char *missing; /* why there is no A/A; NULL: there is one */
};

enum { NO_GATE = -1 };

/* The samples of one benchmark. */
struct series {
    const char *name; /* printable ASCII without blanks, unique in the file; points into `root` */
    const char *engine, *backend;
    size_t n;        /* >= 1 */
    double *seconds; /* [n] wall time of one iteration, positive and finite, in the order they were taken */
    int gate;        /* of the experiment that timed it, an index of result_file.gates; NO_GATE: none did */
    double waited;   /* median of wall time over the thread's CPU time: 1 or less where it never waited to run */
};

/* A result file whose every value has the type and range that results/schema.json asks for. Texts other than names may
 * hold anything that is UTF-8, control characters included. */
struct result_file {
    const char *path; /* the caller's */
    json_t *root;
    const json_t *own;       /* root["sgdmark"] */
    int schema;              /* 1: before experiments were recorded */
    bool complete;           /* the run did all it set out to do */
    struct aa_record *gates; /* [gate_count] one for each experiment */
    size_t gate_count;
    struct series *series;
    size_t count;
};

/* Returns 0, or -1 with one line that names the file and the fault: unreadable, over 64 MiB, not JSON (a cut-off file
 * is none), without our facts, of a newer schema, a wrong type, a number that no run can have measured, or a timing
 * without a passing parity receipt. result_unload releases it. */
int result_load(struct result_file *file, const char *path, struct error *err);

/* The same for a file's content in memory; `path` is what messages call it. */
int result_parse(struct result_file *file, const char *path, const char *bytes, size_t length, struct error *err);

void result_unload(struct result_file *file);

/* The benchmark of this name; NULL where the file has none. */
const struct series *find_series(const struct result_file *file, const char *name);

#endif
