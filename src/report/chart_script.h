/* SPDX-License-Identifier: MIT */
/* The gnuplot script of a figure. */
#ifndef SGDMARK_REPORT_CHART_SCRIPT_H
#define SGDMARK_REPORT_CHART_SCRIPT_H

#include "record/figure.h"

#include <stdbool.h>
#include <stdio.h>

/* The size of a figure's chart in pixels. */
enum { CHART_WIDTH = 480 };
unsigned chart_height(const struct figure *figure);

/* Is anything known that can be drawn? gnuplot fails without. */
bool chart_possible(const struct figure *figure);

/* Prints all but the choice of the output. Names from outside stand in it as quoted texts that hold nothing that
 * gnuplot interprets. */
void chart_script(FILE *to, const struct figure *figure);

#endif
