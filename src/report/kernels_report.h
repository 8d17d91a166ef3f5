/* SPDX-License-Identifier: MIT */
/* What `sgdmark kernels` shows: the backends with their state, and the verdicts on their kernels. */
#ifndef SGDMARK_REPORT_KERNELS_REPORT_H
#define SGDMARK_REPORT_KERNELS_REPORT_H

#include "base/error.h"
#include "kernels.h"
#include "verify/kernel_check.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One backend on this machine. */
struct backend_row {
    const struct backend *backend;
    bool cpu, os; /* the processor has its instructions, the operating system saves its registers */
    bool chosen;  /* by --isa auto */
    char reason[160];
};

/* One check: `verdicts` holds the kernels of each backend asked, in turn. */
struct kernels_check {
    uint32_t seed;
    const struct backend **asked; /* [asked_count] */
    size_t asked_count;
    struct checked_kernel {
        const struct backend *backend;
        struct kernel_verdict verdict;
    } * verdicts; /* [verdict_count] */
    size_t verdict_count;
    size_t right, wrong, not_checked;
};

/* Prints the table of the backends. Returns 0, or -1 when memory runs out. */
int print_backends(FILE *out, const struct backend_row *rows, size_t count, struct error *err);

/* One line per kernel, as each is done, then the totals. */
void print_verdict(FILE *out, const struct checked_kernel *one);
void print_check_totals(FILE *out, const struct kernels_check *check);

/* The same as JSON; NULL when memory runs out. */
json_t *backends_json(const struct backend_row *rows, size_t count);
json_t *check_json(const struct kernels_check *check);

#endif
