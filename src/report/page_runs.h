/* SPDX-License-Identifier: MIT */
/* Several results beside each other on the page. */
#ifndef SGDMARK_REPORT_PAGE_RUNS_H
#define SGDMARK_REPORT_PAGE_RUNS_H

#include "report/page.h"

/* The verdicts of all, then the runs in groups of those that trained the same: only within a group do numbers stand
 * beside each other, and have ratios. Returns 0, or -1 with the reason. */
int page_runs(FILE *to, const struct page_run *runs, size_t count, struct error *err);

#endif
