/* SPDX-License-Identifier: MIT */
/* Reads result files. They are untrusted input: size, nesting, types and ranges are checked before use. */
#ifndef SGDMARK_RECORD_LOAD_H
#define SGDMARK_RECORD_LOAD_H

#include "base/error.h"
#include "measure/stats.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The A/A case of one experiment. */
struct aa_record {
    const char *experiment; /* "epochs", "folds" */
    enum aa_state state;
    double resolution;   /* the smallest change it can show (0.01: 1 %); NAN: not known */
    const char *missing; /* why there is no A/A case; NULL: there is one */
};

enum { NO_GATE = -1 };

/* The samples of one benchmark. */
struct series {
    const char *name; /* printable ASCII without blanks, unique in the file; points into `root` */
    const char *engine, *backend;
    size_t n;            /* >= 1 */
    double *seconds;     /* [n] wall time per iteration, positive and finite, in the order of the rounds */
    int gate;            /* index in result_file.gates of its experiment; NO_GATE: it has none */
    double wall_per_cpu; /* median of wall time / CPU time of the thread; above 1: it waited for its core */
};

/* A result file. Every value has the type and range of results/schema.json. Texts other than names may hold any UTF-8,
 * including control characters. */
struct result_file {
    const char *path; /* the caller's */
    json_t *root;
    const json_t *facts;     /* root["sgdmark"] */
    int schema;              /* 1: without experiments; 2 */
    bool complete;           /* the run was not interrupted */
    struct aa_record *gates; /* [gate_count], one per experiment */
    size_t gate_count;
    struct series *series;
    size_t count;
};

/* Reads a result file. Returns 0, or -1 with one line that names the file and the fault: unreadable, over 64 MiB, not
 * JSON (this includes truncated files), no "sgdmark" object, a newer schema, a wrong type, an impossible number, or a
 * timing without a passing parity receipt. result_unload releases it. */
int result_load(struct result_file *file, const char *path, struct error *err);

/* The same for the content bytes[length] of a file. `path` names it in messages. */
int result_parse(struct result_file *file, const char *path, const char *bytes, size_t length, struct error *err);

void result_unload(struct result_file *file);

/* The benchmark with this name, or NULL. */
const struct series *find_series(const struct result_file *file, const char *name);

#endif
