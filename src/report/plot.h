/* SPDX-License-Identifier: MIT */
/* Curves in the terminal, in ASCII: lines of at most 80 columns. */
#ifndef SGDMARK_REPORT_PLOT_H
#define SGDMARK_REPORT_PLOT_H

#include <stddef.h>
#include <stdio.h>

enum { PLOT_COLUMNS = 72, PLOT_ROWS = 11 };

/* One value from 0 to 1 for each column, from left to right. */
struct plot_line {
    char mark;
    double y[PLOT_COLUMNS];
};

struct plot {
    const char *title;
    double left, right; /* what stands below the first and the last column */
    const struct plot_line *lines;
    size_t count;
};

/* Where lines meet, the mark is '*'. */
void plot_print(FILE *out, const struct plot *plot);

#endif
