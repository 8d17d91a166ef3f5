/* SPDX-License-Identifier: MIT */
/* Figures and tables on the page. */
#ifndef SGDMARK_REPORT_PAGE_FIGURE_H
#define SGDMARK_REPORT_PAGE_FIGURE_H

#include "base/error.h"
#include "record/figure.h"
#include "record/matrix.h"

#include <stdbool.h>
#include <stdio.h>

/* The figure as <figure>: its chart, if it is to be drawn, how to read it, and its numbers as a table. `number` is that
 * of the run, so that names are unique on a page. Returns 0, or -1 with the reason. */
int page_figure(FILE *to, const struct figure *figure, size_t number, bool drawn, struct error *err);

/* The matrix as a table whose cells are coloured by their level. `corner` says what its rows are, `format` prints one
 * value. */
void page_matrix(FILE *to, const struct matrix *matrix, const char *corner, const char *format)
    __attribute__((format(printf, 4, 0)));

/* <table> with these titles in its first row; NULL ends them. A title after '>' is that of numbers. page_table_end
 * closes it. */
void page_table(FILE *to, const char *const *titles);
void page_table_end(FILE *to);

/* One row of two cells, a name and a text. */
void page_pair(FILE *to, const char *name, const char *text);

#endif
