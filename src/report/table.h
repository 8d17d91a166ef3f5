/* Tables of text with aligned columns, on libsmartcols: one header line, columns as wide as their widest cell, no
 * trailing blanks. The text does not depend on the terminal, its width or the locale. */
#ifndef SGDMARK_REPORT_TABLE_H
#define SGDMARK_REPORT_TABLE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct table_column {
    const char *title;
    bool right; /* cells end at the same place, as numbers do */
};

struct table;

/* NULL when memory runs out. All functions below accept it, and table_print then fails: only its result needs a check.
 */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table *table);

/* Begins a row of empty cells. */
void table_row(struct table *table);

/* Sets a cell of the row begun last. Cells are UTF-8; what is no printable character is shown as '?'. */
void table_cell(struct table *table, size_t column, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Prints header and rows, each line after `indent`; without rows nothing. Returns 0, or -1 when memory ran out, here or
 * before. */
int table_print(struct table *table, FILE *to, const char *indent, struct error *err);

/* table_print, then table_free. */
int table_finish(struct table *table, FILE *to, const char *indent, struct error *err);

#endif
