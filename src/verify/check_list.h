/* SPDX-License-Identifier: MIT */
/* What a run has checked, and what was wrong. */
#ifndef SGDMARK_VERIFY_CHECK_LIST_H
#define SGDMARK_VERIFY_CHECK_LIST_H

#include "base/error.h"
#include "learn/job.h"

#include <stddef.h>

enum { CHECK_COMMAND = 640 };

struct check_failure {
    char case_name[192];         /* "f32/avx512", "epoch/f32/avx512" */
    int process, round;          /* which saw it, from 0; -1: none */
    char what[256];              /* what differs: "f1 is 0.5, not 0.78" */
    char command[CHECK_COMMAND]; /* that repeats it */
};

/* Starts as {0}; check_list_free releases it. */
struct check_list {
    size_t made; /* number of checks so far, failed ones included; the caller counts them */
    struct check_failure *failed;
    size_t count; /* of failed */
};

/* Appends a copy of the failure; `made` stays. Returns 0, or -1 when memory runs out. */
int check_list_add(struct check_list *list, const struct check_failure *failure, struct error *err);
void check_list_free(struct check_list *list);

/* Writes the command that verifies this engine and backend on the same job: "sgdmark run --engine f32 --isa avx512",
 * with whatever rows and hyper-parameters are not the default. backend: NULL for engine f64. */
void check_command(char text[CHECK_COMMAND], const struct job_spec *spec, unsigned folds, enum engine engine,
                   const struct backend *backend);

#endif
