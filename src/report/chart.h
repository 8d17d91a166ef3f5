/* SPDX-License-Identifier: MIT */
/* Draws figures with gnuplot, where it is installed. */
#ifndef SGDMARK_REPORT_CHART_H
#define SGDMARK_REPORT_CHART_H

#include "base/error.h"
#include "record/figure.h"

#include <stdbool.h>
#include <stddef.h>

/* Can charts be drawn here? */
bool charts_available(void);

/* The figure as an <svg> element for a page: its title is the figure's, black is the page's colour of text, and its
 * names begin with `prefix` (letters and digits), so that pictures of one page do not mix them. The caller frees *svg.
 * Returns 0, or -1 with the reason. */
int chart_svg(char **svg, const struct figure *figure, const char *prefix, struct error *err);

/* Writes the figure to a PNG file. Returns 0, or -1 with the reason. */
int chart_write_png(const struct figure *figure, const char *path, struct error *err);

#endif
