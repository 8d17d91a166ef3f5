/* SPDX-License-Identifier: MIT */
/* Compares the facts of result files: what was trained, and on which machine, build and system. */
#ifndef SGDMARK_RECORD_DIFFERENCE_H
#define SGDMARK_RECORD_DIFFERENCE_H

#include "record/compare.h"

/* Returns 0 if both files trained the same job, or -1 with a list of what differs in data, row order and
 * hyper-parameters. */
int refuse_other_work(const struct result_file *a, const struct result_file *b, struct error *err);

/* Returns 0 if both files are runs of one build on one machine, so that they may be pooled; or -1 with the first fact
 * that differs. */
int refuse_other_build(const struct result_file *a, const struct result_file *b, struct error *err);

/* True if both files name the same CPU and the same topology (by hash). */
bool same_machine(const struct result_file *a, const struct result_file *b);

/* True if no recorded fact differs that find_differences would list, apart from the tuning, which is chosen anew in
 * each run. */
bool same_settings(const struct result_file *a, const struct result_file *b);

/* Fills in report->differences, most important first. Returns 0, or -1 when memory runs out. free_differences releases
 * them. */
int find_differences(struct compare_report *report, struct error *err);
void free_differences(struct compare_report *report);

#endif
