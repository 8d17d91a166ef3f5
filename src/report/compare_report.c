/* SPDX-License-Identifier: MIT */
#include "report/compare_report.h"

#include "measure/experiment.h"
#include "report/compare_format.h"
#include "report/facts.h"
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More subjects than these are too wide for a table of all benchmarks. */
enum { WIDEST = 4 };

static void print_line(FILE *out, const char *text) {
    print_plain(out, text);
    fputc('\n', out);
}

static void print_files(FILE *out, const struct compare_report *report, const struct columns *columns) {
    char name[LETTERS];
    for (size_t f = 0; f < report->file_count; f++) {
        const struct result_file *file = &report->files[f];
        fprintf(out, "%-3s ", file_letter(name, report, f));
        print_plain(out, file->path);
        fputs("  ", out);
        print_plain(out, file_fact(file, NULL, "start"));
        fputs("  sgdmark ", out);
        print_plain(out, file_fact(file, "tool", "version"));
        fputs(" (", out);
        print_plain(out, file_fact(file, "tool", "commit"));
        fputs(")", out);
        if (report->pool_count < report->file_count && !isnan(columns->rates[f]))
            fprintf(out, "  %.2f Mrows/s", columns->rates[f]);
        fputc('\n', out);
    }
}

/* What differs, in one line: the heaviest with its effect, and the next ones by name. */
static void print_differences(FILE *out, const struct compare_report *report) {
    enum { NAMED = 4 };
    if (report->difference_count == 0) {
        fputs("Machine, build and system: no difference recorded.\n", out);
        return;
    }
    fputs("They differ in ", out);
    for (size_t i = 0; i < report->difference_count && i < NAMED; i++) {
        if (i > 0) fputs(", ", out);
        print_plain(out, report->differences[i].key);
        if (i == 0) fprintf(out, " (%s)", report->differences[i].effect);
    }
    if (report->difference_count > NAMED) fprintf(out, " and %zu more", report->difference_count - NAMED);
    fputs("; --all shows the values.\n", out);
}

static void print_all_differences(FILE *out, const struct compare_report *report) {
    char name[LETTERS];
    fputs(report->difference_count > 0 ? "What differs; what changes times most comes first:\n"
                                       : "Machine, build and system: no difference recorded.\n",
          out);
    for (size_t i = 0; i < report->difference_count; i++) {
        const struct difference *difference = &report->differences[i];
        fputs("  ", out);
        print_plain(out, difference->key);
        fprintf(out, ": %s\n", difference->effect);
        for (size_t f = 0; f < report->file_count; f++)
            fprintf(out, "    %-3s %s\n", file_letter(name, report, f), difference->values[f]);
    }
}

static void cell_of_number(struct table *table, size_t column, const char *format, double value) {
    char text[FACT_TEXT];
    table_cell(table, column, "%s", format_fact(text, format, value));
}

/* One line for each side. */
static int print_columns(FILE *out, const struct compare_report *report, const struct columns *columns, bool with_file,
                         struct error *err) {
    static const struct table_column titles[] = {{"", false},       {"runs", true},        {"best", false},
                                                 {"Mrows/s", true}, {"of its roof", true}, {"x as fast as A", false},
                                                 {"cores", true},   {"machine", false},    {"file", false}};
    struct table *table = table_new(titles, sizeof titles / sizeof *titles - !with_file);
    for (size_t p = 0; p < columns->count; p++) {
        const struct column *column = &columns->list[p];
        char letter[LETTERS], roof[PERCENT_TEXT], cell[CELL_TEXT];
        table_row(table);
        table_cell(table, 0, "%s", side_letter(letter, p));
        table_cell(table, 1, "%zu", report->pools[p].count);
        table_cell(table, 2, "%s", column->backend ? column->backend : "-");
        cell_of_number(table, 3, "%.2f", column->mrows_per_second);
        table_cell(table, 4, "%s", format_roof(roof, column->roof_percent));
        table_cell(table, 5, "%s", p == 0 ? "" : format_cell(cell, column->headline));
        if (column->cores > 0) table_cell(table, 6, "%u", column->cores);
        table_cell(table, 7, "%s", column->machine ? column->machine : "-");
        if (with_file) table_cell(table, 8, "%s", pool_file(report, p)->path);
    }
    if (table_finish(table, out, "", err) != 0) return -1;
    fprintf(out, "best: the epoch that the run calls its best, on one core. x as fast as A: %s.\n", columns->headline);
    return 0;
}

/* One line for each benchmark and subject. */
static int print_rows(FILE *out, const struct compare_report *report, struct error *err) {
    static const struct table_column columns[] = {{"benchmark", false}, {"", false},         {"base", true},
                                                  {"subject", true},    {"x as fast", true}, {"interval", false},
                                                  {"told apart", true}, {"floor", true},     {"the subject is", false}};
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        char name[LETTERS];
        char text[TIME_TEXT];
        char interval[INTERVAL_TEXT];
        char percent[PERCENT_TEXT];
        char verdict[VERDICT_TEXT];
        table_row(table);
        table_cell(table, 0, "%s", row->name);
        table_cell(table, 1, "%s", side_letter(name, row->subject));
        table_cell(table, 2, "%s", format_time(text, row->base_time));
        table_cell(table, 3, "%s", format_time(text, row->subject_time));
        table_cell(table, 4, "%.4f", row->speedup.value);
        table_cell(table, 5, "%s", format_speeds(interval, &row->speedup));
        table_cell(table, 6, "%s", format_share(percent, resolution(&row->times)));
        table_cell(table, 7, "%s", format_share(percent, row->floor));
        table_cell(table, 8, "%s", format_verdict(verdict, row));
    }
    return table_finish(table, out, "", err);
}

static void fill_matrix_row(struct table *table, const struct compare_report *report, const char *name, size_t first,
                            size_t end) {
    const struct ratio_row *any = NULL;
    char text[TIME_TEXT], roof[PERCENT_TEXT], cell[CELL_TEXT];
    table_row(table);
    table_cell(table, 0, "%s", name);
    for (size_t p = first; p < end; p++) {
        const struct ratio_row *row = find_row(report, name, p);
        const size_t at = 3 + 2 * (p - first);
        if (row) any = row;
        table_cell(table, at, "%s", format_cell(cell, row));
        table_cell(table, at + 1, "%s", format_roof(roof, row ? row->subject_roof : (double)NAN));
    }
    table_cell(table, 1, "%s", any ? format_time(text, any->base_time) : "-");
    table_cell(table, 2, "%s", format_roof(roof, any ? any->base_roof : (double)NAN));
}

/* Benchmarks against the subjects first .. end - 1, and the base. */
static int print_matrix(FILE *out, const struct compare_report *report, size_t first, size_t end, struct error *err) {
    struct table_column columns[3 + 2 * WIDEST] = {{"benchmark", false}, {"A", true}, {"roof", true}};
    char letters[WIDEST][LETTERS];
    for (size_t p = first; p < end; p++) {
        columns[3 + 2 * (p - first)] = (struct table_column){side_letter(letters[p - first], p), false};
        columns[4 + 2 * (p - first)] = (struct table_column){"roof", true};
    }
    struct table *table = table_new(columns, 3 + 2 * (end - first));
    for (size_t i = 0; i < report->files[0].count; i++) {
        const char *name = report->files[0].series[i].name;
        bool shared = false;
        for (size_t p = first; p < end && !shared; p++)
            shared = find_row(report, name, p) != NULL;
        if (shared) fill_matrix_row(table, report, name, first, end);
    }
    return table_finish(table, out, "", err);
}

static int print_matrices(FILE *out, const struct compare_report *report, struct error *err) {
    for (size_t first = 1; first < report->pool_count; first += WIDEST) {
        const size_t end = first + WIDEST < report->pool_count ? first + WIDEST : report->pool_count;
        fputc('\n', out);
        if (print_matrix(out, report, first, end, err) != 0) return -1;
    }
    fprintf(out, "%s\n", cell_legend);
    return 0;
}

int print_one_group(FILE *out, const struct group_comparison *group, bool details, struct error *err) {
    const struct compare_report *report = &group->report;
    const bool two = report->pool_count == 2;
    const bool whole = details || report->pool_count - 1 <= WIDEST; /* of every benchmark */
    (details ? print_all_differences : print_differences)(out, report);
    fputc('\n', out);
    if (whole) {
        print_files(out, report, &group->columns);
        fputc('\n', out);
    }
    if (print_columns(out, report, &group->columns, !whole, err) != 0) return -1;
    if (!two && whole && print_matrices(out, report, err) != 0) return -1;
    if (two || details) {
        fputc('\n', out);
        if (print_rows(out, report, err) != 0) return -1;
    }
    if (whole)
        print_below(out, report, "");
    else
        fputs("--all shows every benchmark, every difference and why verdicts are withheld.\n", out);
    return 0;
}

int print_comparison(FILE *out, const struct comparison_of_files *all, bool details, struct error *err) {
    print_line(out, all->answer);
    if (all->count == 1) return print_one_group(out, &all->list[0], details, err);
    for (size_t i = 0; i < all->count; i++) {
        const struct group_comparison *group = &all->list[i];
        fprintf(out, "\nGroup %zu: ", i + 1);
        print_line(out, group->answer);
        if (group->differs) print_line(out, group->differs);
        if (group->compared && print_one_group(out, group, details, err) != 0) return -1;
    }
    return 0;
}

void print_answer(FILE *out, const char *answer, const char *why) {
    fprintf(out, "%s: ", answer);
    print_line(out, why);
}

int print_backend_ratios(FILE *out, const struct backend_ratios *ratios, struct error *err) {
    static const struct table_column columns[] = {{"benchmark", false}, {"against", false},   {"x as fast", true},
                                                  {"interval", false},  {"resolution", true}, {"it is", false}};
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    print_line(out, ratios->answer);
    fputc('\n', out);
    for (size_t i = 0; i < ratios->count; i++) {
        const struct backend_ratio *row = &ratios->list[i];
        char interval[INTERVAL_TEXT], percent[PERCENT_TEXT];
        table_row(table);
        table_cell(table, 0, "%s", row->name);
        table_cell(table, 1, "%s", row->base);
        table_cell(table, 2, "%.4f", row->speedup.value);
        table_cell(table, 3, "%s", format_speeds(interval, &row->speedup));
        table_cell(table, 4, "%s", format_share(percent, row->resolution));
        table_cell(table, 5, "%s", verdict_words(row->times.verdict));
    }
    if (table_finish(table, out, "", err) != 0) return -1;
    for (size_t i = 0; i < ratios->count; i++) {
        if (!ratios->list[i].withheld || (i > 0 && ratios->list[i - 1].withheld &&
                                          strcmp(ratios->list[i].withheld, ratios->list[i - 1].withheld) == 0))
            continue;
        fprintf(out, "from %s on, verdict withheld: ", ratios->list[i].name);
        print_line(out, ratios->list[i].withheld);
    }
    fprintf(
        out,
        "\nPaired by round inside one run, as `run` does; all intervals of an experiment hold together at %.4g %%.\n",
        experiment_confidence * 100);
    return 0;
}
