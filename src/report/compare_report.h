/* SPDX-License-Identifier: MIT */
/* A comparison of result files as text, Markdown or CSV. */
#ifndef SGDMARK_REPORT_COMPARE_REPORT_H
#define SGDMARK_REPORT_COMPARE_REPORT_H

#include "base/error.h"
#include "record/compare.h"

#include <stdio.h>

/* For a terminal. Returns 0, or -1 when memory runs out. */
int print_comparison(FILE *out, const struct compare_report *report, struct error *err);

/* The answer to --threshold as one line: "PASS: ...". */
void print_answer(FILE *out, const char *answer, const char *why);
void print_answer_markdown(FILE *out, const char *answer, const char *why);

void print_comparison_markdown(FILE *out, const struct compare_report *report);

/* The rows alone, for other programs: what differs between the files is left out. */
void print_comparison_csv(FILE *out, const struct compare_report *report);

#endif
