/* SPDX-License-Identifier: MIT */
/* The first screen of `sgdmark run`: its answer, whether to believe it, and what to do next, on at most 40 lines.
 * Printed from the facts of a result (the member "sgdmark"); the tables are report_run's. */
#ifndef SGDMARK_REPORT_SCREEN_H
#define SGDMARK_REPORT_SCREEN_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* SCREEN_COLUMNS where standard output is no terminal. A narrower screen loses columns of its tables, down to
 * SCREEN_LEAST; a wider one gains nothing. */
enum { SCREEN_COLUMNS = 78, SCREEN_LEAST = 40 };

/* Prints all up to the file and the next steps. Returns 0, or -1 when memory runs out. */
int report_screen(FILE *to, const json_t *facts, int columns, struct error *err);

/* The screen and then every table (report_run): what `sgdmark report` prints. */
int report_whole(FILE *to, const json_t *facts, int columns, bool walk, struct error *err);

/* The end: where the result is (NULL: on standard output), what to do next, and that rows were synthetic, if so. */
void report_next(FILE *to, const json_t *facts, const char *where, int columns);

#endif
