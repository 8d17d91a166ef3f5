/* SPDX-License-Identifier: MIT */
/* Results as one page of HTML that stands alone: no script, no network, and the result files ride along. */
#ifndef SGDMARK_REPORT_PAGE_H
#define SGDMARK_REPORT_PAGE_H

#include "base/error.h"
#include "record/load.h"
#include "record/rows_again.h"

#include <stdio.h>

/* One result on the page. */
struct page_run {
    struct result_file *file;       /* all its strings are printable (json_make_printable) */
    const char *carried;            /* carried_text of the file */
    char name[64];                  /* of the run in tables of several: "2 node1" */
    const struct rows_again *again; /* what its rows show; NULL: they are not at hand */
};

/* Writes the page of runs[count]. Returns 0, or -1 with the reason: memory ran out, or gnuplot failed. */
int page_write(FILE *to, const struct page_run *runs, size_t count, struct error *err);

#endif
