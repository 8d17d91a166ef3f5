/* SPDX-License-Identifier: MIT */
/* What a sweep found, for the terminal. */
#ifndef SGDMARK_REPORT_SWEEP_REPORT_H
#define SGDMARK_REPORT_SWEEP_REPORT_H

#include "record/sweep_summary.h"

#include <stdio.h>

/* Prints what varies, the distribution of each metric, the medians for each value of a parameter, and the best point
 * with the command that computes it alone. Returns 0, or -1 when memory runs out. */
int print_sweep(FILE *to, const struct sweep_summary *summary, const struct sweep_head *head, struct error *err);

/* Prints which points are missing, doubled or contradicted, if any: one line each. */
void print_gaps(FILE *to, const struct point_set *set);

#endif
