/* SPDX-License-Identifier: MIT */
/* The tables of the first screen. Used by report/screen.c alone. */
#ifndef SGDMARK_REPORT_SCREEN_TABLES_H
#define SGDMARK_REPORT_SCREEN_TABLES_H

#include "record/run_answer.h"
#include "report/facts.h"

#include <jansson.h>
#include <stdio.h>

enum { SCREEN_TEXT = 1024 };

/* One line of a screen, cut at its columns, with text from outside made printable. */
void print_line(FILE *to, const char *text, int columns);

/* How many times as fast: "1.10", "18.7", "74"; "-" where it is not known. */
const char *speed_text(char text[FACT_TEXT], double speed);

/* One core, the best backend against its closest rivals, and cores: as many rows of each as a screen has room for. */
void print_screen_tables(FILE *to, const json_t *facts, const struct answer *answer, int columns);

#endif
