/* SPDX-License-Identifier: MIT */
/* Tables: alignment, odd text, and that neither the terminal nor the locale changes a byte. */
#include "report/table.h"

#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

static const struct table_column columns[] = {{"name", false}, {"time", true}, {"", false}, {"why", false}};

/* What table_finish writes. */
static char *printed(struct table *table, const char *indent) {
    char *text = NULL;
    size_t length;
    FILE *to = open_memstream(&text, &length);
    assert_non_null(to);
    assert_int_equal(table_finish(table, to, indent, NULL), 0);
    fclose(to);
    return text;
}

static struct table *small_table(void) {
    struct table *table = table_new(columns, 4);
    table_row(table);
    table_cell(table, 0, "epoch/f32/%s", "avx2");
    table_cell(table, 1, "%.1f", 3.5);
    table_cell(table, 3, "the fastest");
    table_row(table);
    table_cell(table, 0, "cv");
    table_cell(table, 1, "10.25");
    table_cell(table, 2, "±²");
    return table;
}

static const char small_text[] = "name             time      why\n"
                                 "epoch/f32/avx2    3.5      the fastest\n"
                                 "cv              10.25  ±²\n";

static void columns_are_aligned_and_no_line_ends_in_blanks(void **state) {
    (void)state;
    char *text = printed(small_table(), "");
    assert_string_equal(text, small_text);
    free(text);
}

static void lines_are_indented(void **state) {
    (void)state;
    static const struct table_column one[] = {{"a", false}};
    struct table *table = table_new(one, 1);
    table_row(table);
    table_cell(table, 0, "b");
    char *text = printed(table, "  ");
    assert_string_equal(text, "  a\n  b\n");
    free(text);
}

static void a_table_without_rows_prints_nothing(void **state) {
    (void)state;
    char *text = printed(table_new(columns, 4), "");
    assert_string_equal(text, "");
    free(text);
}

static void the_locale_changes_nothing(void **state) {
    (void)state;
    static const char *const locales[] = {"C", "C.UTF-8", ""};
    for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
        setlocale(LC_ALL, locales[i]);
        char *text = printed(small_table(), "");
        assert_string_equal(text, small_text);
        free(text);
    }
    setlocale(LC_ALL, "C");
}

static void what_is_not_printable_is_escaped(void **state) {
    (void)state;
    static const struct table_column one[] = {{"", false}, {"|", false}};
    struct table *table = table_new(one, 2);
    table_row(table);
    table_cell(table, 0, "a\x1b[2J\nb\tc\x7f\xff\xc3|\xc2\x9b|\\x41 日");
    table_cell(table, 1, "|");
    char *text = printed(table, "");
    const char *line = strchr(text, '\n') + 1;
    assert_string_equal(line, "a\\x1b[2J\\x0ab\\x09c\\x7f\\xff\\xc3|\\xc2\\x9b|\\x41 日  |\n");
    free(text);
}

static void a_narrow_terminal_cuts_nothing(void **state) {
    (void)state;
    char wide[300];
    memset(wide, 'x', sizeof wide - 1);
    wide[sizeof wide - 1] = 0;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) skip();
    struct winsize size = {.ws_row = 5, .ws_col = 20};
    assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
    int other = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    assert_true(other >= 0);
    assert_true(isatty(other));
    int before = dup(STDOUT_FILENO);
    setenv("COLUMNS", "20", 1);
    dup2(other, STDOUT_FILENO);
    struct table *table = table_new(columns, 4);
    table_row(table);
    table_cell(table, 0, "%s", wide);
    table_cell(table, 3, "%s", wide);
    char *text = printed(table, "");
    dup2(before, STDOUT_FILENO);
    unsetenv("COLUMNS");
    close(before);
    close(other);
    close(terminal);
    const char *line = strchr(text, '\n') + 1;
    assert_int_equal(strlen(line), strlen(wide) + 2 + 4 + 2 + 1 + 2 + strlen(wide) + 1);
    assert_null(strchr(line, '\x1b'));
    free(text);
}

static void no_table_is_out_of_memory(void **state) {
    (void)state;
    struct error err;
    table_row(NULL);
    table_cell(NULL, 0, "x");
    assert_int_equal(table_finish(NULL, stdout, "", &err), -1);
    assert_int_equal(err.kind, ERROR_PROGRAM);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned_and_no_line_ends_in_blanks),
        cmocka_unit_test(lines_are_indented),
        cmocka_unit_test(a_table_without_rows_prints_nothing),
        cmocka_unit_test(the_locale_changes_nothing),
        cmocka_unit_test(what_is_not_printable_is_escaped),
        cmocka_unit_test(a_narrow_terminal_cuts_nothing),
        cmocka_unit_test(no_table_is_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
