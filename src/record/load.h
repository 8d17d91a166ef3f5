/* SPDX-License-Identifier: MIT */
/* Reads result files. They are untrusted input: size, nesting, types and ranges are checked before use. */
#ifndef SGDMARK_RECORD_LOAD_H
#define SGDMARK_RECORD_LOAD_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* One timing of each round, parted by the process that made it. A file before schema 3, or of `sgdmark bench`, has one
 * process. */
struct processes {
    size_t count;    /* >= 1 */
    double *medians; /* [count] seconds: per iteration of a benchmark, per unit of work of a roof */
};

/* The samples of one benchmark. */
struct series {
    const char *name; /* printable ASCII without blanks, unique in the file; points into `root` */
    const char *engine, *backend;
    size_t n;        /* >= 1 */
    double *seconds; /* [n] wall time per iteration, positive and finite, in the order of the rounds */
    struct processes processes;
    const char *prefetch;  /* the prefetch distances it was tuned to, "8,16"; NULL: not recorded */
    const char *read_roof; /* names of roofs of this file, or NULL: of reading its rows */
    const char *l1_roof;   /* of reading L1 in the same rounds */
    double roof_percent;   /* of its own roof, that of rows as they are stored; NaN: not known */
    bool noisy;            /* it is untrusted because the machine was not quiet enough */
    char *untrusted;       /* why no verdict on it is allowed, as a clause without control characters; NULL: one is */
};

/* The samples of one roof. */
struct roof_series {
    const char *name; /* "read/epoch-order" */
    struct processes processes;
};

/* A result file. Every value has the type and range of results/schema.json. Texts other than names may hold any UTF-8,
 * including control characters. */
struct result_file {
    const char *path; /* the caller's */
    size_t bytes;     /* of its text */
    json_t *root;
    const json_t *facts;     /* root["sgdmark"] */
    int schema;              /* 1: without experiments; 2: every experiment in one process; 3 */
    bool complete;           /* the run was not interrupted */
    size_t experiment_count; /* 0: a file of schema 1 or of `sgdmark bench` */
    struct series *series;
    size_t count;
    struct roof_series *roofs;
    size_t roof_count;
    json_t *series_index, *roof_index; /* {name: index in series, in roofs} */
    json_t *case_index;                /* {name of a case: where it is}; for load_gates.c */
};

/* The longest result file that is read. */
enum { RESULT_BYTES = 64 << 20 };

/* Reads a result file; "-" is standard input. A page that `sgdmark report -o` wrote stands for the result that it
 * carries, "page.html#2" for the second one of several. A pipe is read to its end, and a byte-order mark before the
 * JSON is left out. Returns 0, or -1 with one line that names the file and the fault: unreadable, over 64 MiB, not JSON
 * (this includes truncated files), no "sgdmark" object, a newer schema, a hash that does not fit, a wrong type, an
 * impossible number, a timing without a passing parity receipt, or anything that contradicts what it was derived from
 * (record/derive.h). result_unload releases it. */
int result_load(struct result_file *file, const char *path, struct error *err);

/* Reads only when the run started, as its file says ("2026-11-27T06:10:45Z"), and that it is a result file. Returns 0,
 * or -1 with one line. */
enum { RESULT_START = 33 };
int result_start(char start[RESULT_START], const char *path, struct error *err);

/* How many results a path stands for: those that a page carries (its name ends in .html), which are "page.html#1" and
 * so on; 1 for any other path. Returns 0, or -1 with the reason: the page cannot be read. */
int results_in(const char *path, size_t *count, struct error *err);

/* result_load for the content bytes[length] of a file. `path` names it in messages. */
int result_parse(struct result_file *file, const char *path, const char *bytes, size_t length, struct error *err);

void result_unload(struct result_file *file);

/* Releases what only the checks of a file need: Google Benchmark's rows and the raw numbers in `root`. Those in series
 * and roofs stay. */
void result_lighten(struct result_file *file);

/* The benchmark, or the roof, with this name; or NULL. */
const struct series *find_series(const struct result_file *file, const char *name);
const struct roof_series *find_roof(const struct result_file *file, const char *name);

#endif
