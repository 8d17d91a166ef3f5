/* SPDX-License-Identifier: MIT */
#include "report/table.h"

#include "base/text.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct table {
    struct libscols_table *scols;
    struct libscols_line *row; /* the last one */
    bool failed;               /* memory ran out */
};

/* libsmartcols measures text by the locale of the thread, and the plain "C" locale knows no UTF-8. */
static locale_t utf8_locale(void) {
    return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static int add_columns(struct table *table, const struct table_column *columns, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!scols_table_new_column(table->scols, columns[i].title, 0, columns[i].right ? SCOLS_FL_RIGHT : 0))
            return -1;
    return 0;
}

struct table *table_new(const struct table_column *columns, size_t count) {
    struct table *table = calloc(1, sizeof *table);
    if (!table) return NULL;
    table->scols = scols_new_table();
    table->failed = !table->scols || scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_NEVER) != 0 ||
                    scols_table_enable_noencoding(table->scols, 1) != 0 || /* no \x: cells are printable */
                    scols_table_set_column_separator(table->scols, "  ") != 0 ||
                    add_columns(table, columns, count) != 0;
    return table;
}

void table_row(struct table *table) {
    if (!table || table->failed) return;
    table->row = scols_table_new_line(table->scols, NULL);
    table->failed = !table->row;
}

void table_cell(struct table *table, size_t column, const char *format, ...) {
    if (!table || table->failed) return;
    char *text;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    char *shown = length >= 0 ? printable_text(text) : NULL;
    if (length >= 0) free(text);
    table->failed = !shown || scols_line_refer_data(table->row, column, shown) != 0; /* which takes the text over */
    if (table->failed) free(shown);
}

/* The lines, without the blanks that fill up the last column. */
static void print_lines(const char *text, FILE *to, const char *indent) {
    while (*text) {
        size_t line = strcspn(text, "\n");
        size_t length = line;
        while (length > 0 && text[length - 1] == ' ')
            length--;
        if (length > 0) fprintf(to, "%s%.*s", indent, (int)length, text);
        fputc('\n', to);
        text += line + (text[line] == '\n');
    }
}

static char *whole_text(const struct table *table) {
    char *text = NULL;
    locale_t utf8 = utf8_locale();
    if (!utf8 && errno == ENOMEM) return NULL;
    locale_t before = uselocale(utf8); /* where the machine has no such locale, the one of the thread stays */
    if (scols_print_table_to_string(table->scols, &text) != 0) {
        free(text);
        text = NULL;
    }
    uselocale(before);
    if (utf8) freelocale(utf8);
    return text;
}

int table_finish(struct table *table, FILE *to, const char *indent, struct error *err) {
    char *text = table && !table->failed ? whole_text(table) : NULL;
    const int bad = text ? 0 : fail_program(err, "out of memory for a table");
    if (text && to) print_lines(text, to, indent);
    free(text);
    if (table) scols_unref_table(table->scols);
    free(table);
    return bad;
}
