/* SPDX-License-Identifier: MIT */
/* A confusion matrix of ten digits as a heat map. */
#ifndef SGDMARK_REPORT_HEAT_MAP_H
#define SGDMARK_REPORT_HEAT_MAP_H

#include "base/error.h"
#include "learn/class_scores.h"

#include <stdint.h>
#include <stdio.h>

/* How dark a cell is, 0 to 1: the square root of its share of its row, so that rare mistakes are seen beside what is
 * right. 0 where no row is this digit. */
double heat_of(const struct class_scores *scores, unsigned truth, unsigned predicted);

/* Prints the counts, each followed by a character that darkens with heat_of, and what the characters mean. */
void print_heat_map(FILE *out, const struct class_scores *scores);

/* Writes a picture of 528 x 528 pixels: a grey square for each cell, black where heat_of is 1, the digits beside the
 * rows and above the columns. Returns 0, or -1 with the reason. */
int heat_map_write_png(const char *path, const struct class_scores *scores, struct error *err);

#endif
