#include "report/table.h"

#include <libsmartcols/libsmartcols.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct table {
    struct libscols_table *lines;
    struct libscols_line *line; /* begun last */
    bool failed;                /* memory ran out */
};

struct table *table_new(const struct table_column *columns, size_t count) {
    struct table *table = calloc(1, sizeof *table);
    if (!table) return NULL;
    table->lines = scols_new_table();
    table->failed = !table->lines || scols_table_set_termforce(table->lines, SCOLS_TERMFORCE_NEVER) != 0 ||
                    scols_table_set_column_separator(table->lines, "  ") != 0 ||
                    scols_table_enable_nowrap(table->lines, 1) != 0;
    for (size_t i = 0; i < count && !table->failed; i++)
        table->failed = !scols_table_new_column(table->lines, columns[i].title, 0, columns[i].right ? SCOLS_FL_RIGHT : 0);
    return table;
}

void table_row(struct table *table) {
    if (!table || table->failed) return;
    table->line = scols_table_new_line(table->lines, NULL);
    table->failed = !table->line;
}

void table_cell(struct table *table, size_t column, const char *format, ...) {
    if (!table || table->failed) return;
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0) text = NULL;
    for (char *c = text; c && *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
    table->failed = !text || scols_line_refer_data(table->line, column, text) != 0;
}

static void print_lines(FILE *to, const char *indent, char *text) {
    for (char *line = text, *end; *line; line = end) {
        end = line + strcspn(line, "\n");
        size_t length = (size_t)(end - line);
        if (*end) end++;
        while (length > 0 && line[length - 1] == ' ')
            length--;
        fprintf(to, "%s%.*s\n", indent, (int)length, line);
    }
}

/* The table as text, by the rules of UTF-8: elsewhere libsmartcols writes bytes beyond ASCII as \\x escapes. */
static char *text_of(struct libscols_table *lines) {
    char *text = NULL;
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
    int bad = scols_print_table_to_string(lines, &text);
    if (utf8) {
        uselocale(before);
        freelocale(utf8);
    }
    if (!bad) return text;
    free(text);
    return NULL;
}

int table_finish(struct table *table, FILE *to, const char *indent, struct error *err) {
    char *text = table && !table->failed ? text_of(table->lines) : NULL;
    const bool good = text != NULL;
    if (good && to) print_lines(to, indent, text);
    free(text);
    if (table) scols_unref_table(table->lines);
    free(table);
    return good ? 0 : fail_program(err, "out of memory for a table");
}
