/* SPDX-License-Identifier: MIT */
/* Tables of text, by libsmartcols: a header line, and columns as wide as their widest cell. The text is the same on a
 * terminal of any width, in a file, and under every locale. */
#ifndef SGDMARK_REPORT_TABLE_H
#define SGDMARK_REPORT_TABLE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct table_column {
    const char *title;
    bool right; /* aligned to the right, as numbers are */
};

struct table;

/* An empty table. Functions that fill it note when memory runs out; table_finish then says so. NULL counts as such a
 * table. */
struct table *table_new(const struct table_column *columns, size_t count);

/* Begins a row of empty cells. */
void table_row(struct table *table);

/* Fills a cell of the row begun last with text of any bytes, as base/text.h shows it. */
void table_cell(struct table *table, size_t column, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Prints the table (to NULL: nowhere; without rows: nothing), every line after `indent` and without blanks at its end,
 * and frees it. Returns 0, or -1 when memory ran out, here or before. */
int table_finish(struct table *table, FILE *to, const char *indent, struct error *err);

#endif
