/* SPDX-License-Identifier: MIT */
/* The sections of one result on the page. */
#ifndef SGDMARK_REPORT_PAGE_RUN_H
#define SGDMARK_REPORT_PAGE_RUN_H

#include "report/page.h"

#include <stdbool.h>

/* What the run found, in a sentence, with what its numbers are good for. */
void page_verdict(FILE *to, const struct page_run *run);

/* "Correct: yes" and "Times: usable above 5 %" as coloured words. */
void page_badges(FILE *to, const json_t *facts);

/* How much of a run is shown: without roofline, samples, environment and the tables as text; all; all with charts. */
enum page_detail { PAGE_BRIEF, PAGE_WHOLE, PAGE_DRAWN };

/* The sections of the run with this number. Returns 0, or -1 with the reason. */
int page_sections(FILE *to, const struct page_run *run, size_t number, enum page_detail detail, struct error *err);

#endif
