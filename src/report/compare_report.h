/* SPDX-License-Identifier: MIT */
/* A comparison of result files as text, Markdown or CSV. */
#ifndef SGDMARK_REPORT_COMPARE_REPORT_H
#define SGDMARK_REPORT_COMPARE_REPORT_H

#include "base/error.h"
#include "record/backends.h"
#include "record/comparison.h"

#include <stdbool.h>
#include <stdio.h>

/* For a terminal: the answer in one line, what differs in one line, the sides, the benchmarks. With `details` every
 * difference with its values, and every benchmark of every side. Returns 0, or -1 when memory runs out. */
int print_comparison(FILE *out, const struct comparison_of_files *all, bool details, struct error *err);

/* The same for one group, without its answer. */
int print_one_group(FILE *out, const struct group_comparison *group, bool details, struct error *err);

/* The answer to --threshold as one line: "PASS: ...". */
void print_answer(FILE *out, const char *answer, const char *why);
void print_answer_markdown(FILE *out, const char *answer, const char *why);

/* Markdown that can be pasted into a pull request. */
void print_comparison_markdown(FILE *out, const struct comparison_of_files *all);
void print_group_markdown(FILE *out, const struct group_comparison *group);

/* The rows alone, for other programs: what differs between the files is left out. */
void print_comparison_csv(FILE *out, const struct comparison_of_files *all);
void print_group_csv(FILE *out, const struct compare_report *report);

/* Backends inside one file. */
int print_backend_ratios(FILE *out, const struct backend_ratios *ratios, struct error *err);
void print_backend_ratios_markdown(FILE *out, const struct backend_ratios *ratios);

#endif
