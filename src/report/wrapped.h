/* SPDX-License-Identifier: MIT */
/* Text broken into lines of a given width. */
#ifndef SGDMARK_REPORT_WRAPPED_H
#define SGDMARK_REPORT_WRAPPED_H

#include <stdio.h>

/* Prints ASCII text from column `at` on and ends the line. Lines break behind blanks and commas, begin at `indent` and
 * end before `columns`; a word that is longer than a line is not broken. */
void print_wrapped(FILE *out, const char *text, int at, int indent, int columns);

#endif
