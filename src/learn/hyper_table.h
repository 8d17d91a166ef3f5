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
    HYPER_KIND_WHOLE,    /* low <= value <= high */
    HYPER_KIND_REAL,     /* low < value <= high */
    HYPER_KIND_FROM,     /* low <= value <= high */
    HYPER_KIND_OPEN,     /* low < value < high */
    HYPER_KIND_OPTIONAL, /* low <= value <= high, or -INFINITY: none */
    HYPER_KIND_FLAG,     /* 0 or 1 */
    HYPER_KIND_CHOICE    /* one of `choices`; its value is the index */
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
#define HYPER_NUMBER(type, member, ...)   HYPER_##member,
#define HYPER_NAME(type, member, ...)     HYPER_##member,
#define HYPER_FLAG(member, ...)           HYPER_##member,
#define HYPER_OPTIONAL(type, member, ...) HYPER_##member,
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

/* Reads a value from text; a flag from "true" or "false". Returns 0, or -1 with what is accepted. */
int hyper_read(double *value, enum hyper_id id, const char *text, struct error *err);

/* A value as JSON: an integer, a real, a truth value, the name of a choice, or "none"; of DIGIT_ALL "all". */
json_t *hyper_value_json(enum hyper_id id, double value);

/* Its value in workload.hyper of a result file, or the default where that lacks it. A new reference. */
json_t *hyper_json_value(const json_t *hyper, enum hyper_id id);
bool hyper_json_is_default(const json_t *hyper, enum hyper_id id);

/* Sets a specification from workload.hyper. Returns 0, or -1 where a choice has no such name; types and ranges are the
 * caller's matter. */
int hyper_from_json(struct job_spec *spec, const json_t *hyper);

/* Appends the options that give a specification its values where they are not the default: " --epochs 7 --no-shuffle".
 * Returns the length of the whole text, which may be more than fitted into text[size]. */
size_t hyper_options(char *text, size_t size, const struct job_spec *spec, unsigned folds);

/* All of them: workload.hyper of result files. NULL when memory runs out. */
json_t *hyper_json(const struct job_spec *spec, unsigned folds);

#endif
