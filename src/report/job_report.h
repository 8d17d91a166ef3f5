/* SPDX-License-Identifier: MIT */
/* What train, cv and run print of their job. */
#ifndef SGDMARK_REPORT_JOB_REPORT_H
#define SGDMARK_REPORT_JOB_REPORT_H

#include "learn/group_choice.h"
#include "learn/job.h"

#include <jansson.h>
#include <stdio.h>

/* Which rows, in which order. */
struct rows_text {
    const char *data;
    bool synthetic;
    double n, d;
    const char *split, *order;
    double order_seed; /* of the notebook's order */
};

/* One line on the rows; one line on the classifier with every hyper-parameter of `hyper` (hyper_json). */
void print_rows(FILE *out, const struct rows_text *rows);
void print_classifier(FILE *out, const json_t *hyper);

/* One line with the IDX files that were read; nothing for made-up rows. */
void print_files(FILE *out, const struct dataset *ds);

/* One line on the pages that the rows lie on (pages_json), unless they were left to the program. */
void print_pages(FILE *out, const json_t *pages);

/* All of them, of a job in memory. Returns 0, or -1 when memory runs out. */
int print_job(FILE *out, const struct job *job, const struct job_spec *spec, struct error *err);

/* The prefetch distances, and why they were chosen (prefetch_choose). */
void print_prefetch(FILE *out, const struct prefetch *prefetch, const char *reason);

/* How many fits share each read of a row, and why. */
void print_group(FILE *out, const struct group_choice *choice);

#endif
