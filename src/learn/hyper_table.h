/* SPDX-License-Identifier: MIT */
/* The hyper-parameters as a table: digit, the lines of hyper.def, folds. Whoever reads, writes or compares them by name
 * goes through it. */
#ifndef SGDMARK_LEARN_HYPER_TABLE_H
#define SGDMARK_LEARN_HYPER_TABLE_H

#include "base/error.h"
#include "learn/job.h"

#include <jansson.h>
#include <stddef.h>

enum hyper_kind {
    HYPER_KIND_WHOLE, /* low <= value <= high */
    HYPER_KIND_REAL,  /* low < value <= high */
    HYPER_KIND_CHOICE /* one of `choices`; its value is the index */
};

struct hyper_parameter {
    const char *name;   /* its key in workload.hyper of result files */
    const char *option; /* on the command line, without dashes */
    enum hyper_kind kind;
    double low, high;
    const char *const *choices; /* NULL-terminated; NULL where the kind is another */
    double fallback;            /* the default */
};

/* Indices of the table. Those of hyper.def are HYPER_<member>. */
enum hyper_id {
    HYPER_DIGIT,
#define HYPER_NUMBER(type, member, ...) HYPER_##member,
#define HYPER_NAME(type, member, ...)   HYPER_##member,
#include "learn/hyper.def"
    HYPER_FOLDS, /* of cross-validation; no part of a job_spec */
    HYPER_COUNT
};

extern const struct hyper_parameter hyper_table[]; /* [hyper_count] */
extern const size_t hyper_count;

/* The value of one: of `spec`, or `folds`. */
double hyper_get(const struct job_spec *spec, unsigned folds, enum hyper_id id);

/* Sets one of the specification, not HYPER_FOLDS. */
void hyper_set(struct job_spec *spec, enum hyper_id id, double value);

/* Reads a value from text. Returns 0, or -1 with what is accepted. */
int hyper_read(double *value, enum hyper_id id, const char *text, struct error *err);

/* A value as JSON: an integer, a real, or the name of a choice. */
json_t *hyper_value_json(enum hyper_id id, double value);

/* All of them: workload.hyper of result files. NULL when memory runs out. */
json_t *hyper_json(const struct job_spec *spec, unsigned folds);

#endif
