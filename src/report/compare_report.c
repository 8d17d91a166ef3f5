/* SPDX-License-Identifier: MIT */
#include "report/compare_report.h"

#include "base/json.h"
#include "report/facts.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

enum { LETTERS = 3, TIME_TEXT = 32, INTERVAL_TEXT = 48 };

/* A, B, C ... as the files are called in tables; AA after Z. */
static const char *letter(char text[LETTERS], size_t file) {
    const char first = (char)('A' + file / 26 - 1);
    const char last = (char)('A' + file % 26);
    if (file < 26)
        snprintf(text, LETTERS, "%c", last);
    else
        snprintf(text, LETTERS, "%c%c", first, last);
    return text;
}

/* A time with four digits and its unit. */
static const char *format_time(char text[TIME_TEXT], double seconds) {
    static const struct {
        double unit;
        const char *name;
    } units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (seconds < units[i].unit) continue;
        snprintf(text, TIME_TEXT, "%.4g %s", seconds / units[i].unit, units[i].name);
        return text;
    }
    snprintf(text, TIME_TEXT, "%.4g ns", seconds * 1e9);
    return text;
}

static const char *format_interval(char text[INTERVAL_TEXT], const struct comparison *c) {
    if (isnan(c->low))
        snprintf(text, INTERVAL_TEXT, "too few samples");
    else
        snprintf(text, INTERVAL_TEXT, "%.4f .. %.4f", c->low, c->high);
    return text;
}

static const char *fact(const struct result_file *file, const char *section, const char *key) {
    const json_t *from = section ? json_object_get(file->facts, section) : file->facts;
    const char *text = json_string_value(json_object_get(from, key));
    return text ? text : "not recorded";
}

static void print_files(FILE *out, const struct compare_report *report) {
    char name[LETTERS];
    for (size_t f = 0; f < report->file_count; f++) {
        const struct result_file *file = &report->files[f];
        fprintf(out, "%-2s ", letter(name, f));
        print_plain(out, file->path);
        fputs("  ", out);
        print_plain(out, fact(file, NULL, "start"));
        fputs("  sgdmark ", out);
        print_plain(out, fact(file, "tool", "version"));
        fputs(" (", out);
        print_plain(out, fact(file, "tool", "commit"));
        fputs(")\n", out);
    }
}

static void print_differences(FILE *out, const struct compare_report *report) {
    char name[LETTERS];
    fputs(report->difference_count > 0 ? "\nWhat differs; what changes times most comes first:\n"
                                       : "\nMachine, build and system: no difference recorded.\n",
          out);
    for (size_t i = 0; i < report->difference_count; i++) {
        const struct difference *difference = &report->differences[i];
        fprintf(out, "  %s: %s\n", difference->key, difference->effect);
        for (size_t f = 0; f < report->file_count; f++)
            fprintf(out, "    %-2s %s\n", letter(name, f), difference->values[f]);
    }
    fputc('\n', out);
}

static int print_rows(FILE *out, const struct compare_report *report, struct error *err) {
    static const struct table_column columns[] = {{"benchmark", false},     {"", false},     {"base", true},
                                                  {"subject", true},        {"ratio", true}, {"95 % interval", false},
                                                  {"the subject is", false}};
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        char name[LETTERS];
        char text[TIME_TEXT];
        char interval[INTERVAL_TEXT];
        table_row(table);
        table_cell(table, 0, "%s", row->name);
        table_cell(table, 1, "%s", letter(name, row->subject));
        table_cell(table, 2, "%s", format_time(text, row->base_times.median));
        table_cell(table, 3, "%s", format_time(text, row->subject_times.median));
        table_cell(table, 4, "%.4f", row->times.ratio);
        table_cell(table, 5, "%s", format_interval(interval, &row->times));
        table_cell(table, 6, "%s", verdict_words(row->times.verdict));
    }
    return table_finish(table, out, "", err);
}

static void print_gate(FILE *out, const struct gate *gate, const char *subject, const char *bullet) {
    const char *of = gate->experiment[0] ? gate->experiment : "others";
    if (gate->withheld[0])
        fprintf(out, "%s%s/A, %s: verdicts are withheld: %s\n", bullet, subject, of, gate->withheld);
    else
        fprintf(out, "%s%s/A, %s: a verdict needs an interval beyond %.1f %%: %s\n", bullet, subject, of,
                gate->floor * 100, gate->floor_reason);
}

/* What holds for a subject as a whole. */
static void print_against(FILE *out, const struct compare_report *report, const char *bullet) {
    char subject[LETTERS];
    for (size_t f = 1; f < report->file_count; f++) {
        const struct subject_totals *totals = &report->totals[f];
        letter(subject, f);
        if (totals->ratio_count == 0)
            fprintf(out, "%s%s/A: no benchmark in common\n", bullet, subject);
        else
            fprintf(out, "%s%s/A: geometric mean of the ratios above (%zu): %.4f\n", bullet, subject,
                    totals->ratio_count, totals->geometric_mean);
        for (size_t g = 0; g < totals->gate_count; g++)
            print_gate(out, &totals->gates[g], subject, bullet);
    }
}

static void print_partial(FILE *out, const struct compare_report *report, const char *bullet) {
    char in[LETTERS];
    char not_in[LETTERS];
    for (size_t i = 0; i < report->partial_count; i++)
        fprintf(out, "%sin %s only, not in %s: %s\n", bullet, letter(in, report->partial[i].in),
                letter(not_in, report->partial[i].not_in), report->partial[i].name);
}

static void print_method(FILE *out, const struct compare_report *report) {
    const bool one = report->row_count == 1;
    fprintf(out,
            "Times are medians. A ratio is the subject's time over the base's, below 1 is faster: the Hodges-Lehmann\n"
            "estimate. The files are independent samples (Mann-Whitney); the %zu interval%s hold%s together at 95 %%\n"
            "(Bonferroni). Rounds are paired within one run only, never across files.\n",
            report->row_count, one ? "" : "s", one ? "s" : "");
}

/* What stands below the rows. */
static void print_end(FILE *out, const struct compare_report *report, const char *bullet) {
    fputc('\n', out);
    print_against(out, report, bullet);
    print_partial(out, report, bullet);
    fputc('\n', out);
    print_method(out, report);
}

int print_comparison(FILE *out, const struct compare_report *report, struct error *err) {
    print_files(out, report);
    print_differences(out, report);
    if (print_rows(out, report, err) != 0) return -1;
    print_end(out, report, "");
    return 0;
}

/* Text in a Markdown table's cell. */
static void print_cell(FILE *out, const char *text) {
    for (; *text; text++) {
        if (strchr("|`*_<>[]\\&", *text)) fputc('\\', out);
        fputc((unsigned char)*text < ' ' ? '?' : *text, out);
    }
}

static void print_markdown_differences(FILE *out, const struct compare_report *report) {
    char name[LETTERS];
    if (report->difference_count == 0) {
        fputs("Machine, build and system: no difference recorded.\n\n", out);
        return;
    }
    fputs("| differs |", out);
    for (size_t f = 0; f < report->file_count; f++)
        fprintf(out, " %s |", letter(name, f));
    fputs(" effect |\n| --- |", out);
    for (size_t f = 0; f < report->file_count; f++)
        fputs(" --- |", out);
    fputs(" --- |\n", out);
    for (size_t i = 0; i < report->difference_count; i++) {
        fputs("| ", out);
        print_cell(out, report->differences[i].key);
        for (size_t f = 0; f < report->file_count; f++) {
            fputs(" | ", out);
            print_cell(out, report->differences[i].values[f]);
        }
        fprintf(out, " | %s |\n", report->differences[i].effect);
    }
    fputc('\n', out);
}

static void print_markdown_rows(FILE *out, const struct compare_report *report) {
    fputs("| benchmark | subject | base time | subject time | ratio | 95 % interval | verdict |\n"
          "| --- | --- | ---: | ---: | ---: | --- | --- |\n",
          out);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        char name[LETTERS];
        char base[TIME_TEXT];
        char subject[TIME_TEXT];
        char interval[INTERVAL_TEXT];
        fputs("| ", out);
        print_cell(out, row->name);
        fprintf(out, " | %s | %s | %s | %.4f | %s | %s |\n", letter(name, row->subject),
                format_time(base, row->base_times.median), format_time(subject, row->subject_times.median),
                row->times.ratio, format_interval(interval, &row->times), verdict_words(row->times.verdict));
    }
}

void print_comparison_markdown(FILE *out, const struct compare_report *report) {
    char name[LETTERS];
    for (size_t f = 0; f < report->file_count; f++) {
        fprintf(out, "- %s: ", letter(name, f));
        print_cell(out, report->files[f].path);
        fputs(", ", out);
        print_cell(out, fact(&report->files[f], NULL, "start"));
        fputc('\n', out);
    }
    fputc('\n', out);
    print_markdown_differences(out, report);
    print_markdown_rows(out, report);
    print_end(out, report, "- ");
}

/* A quoted CSV field. */
static void print_field(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc((unsigned char)*text < ' ' ? '?' : *text, out);
    }
    fputc('"', out);
}

/* A number, or an empty field where there is none. */
static void print_number_field(FILE *out, double x) {
    char text[REAL_TEXT] = "";
    if (isfinite(x)) format_real(text, x);
    fprintf(out, ",%s", text);
}

void print_comparison_csv(FILE *out, const struct compare_report *report) {
    fputs("benchmark,base,subject,base_median_s,subject_median_s,ratio,low,high,p,verdict\n", out);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        print_field(out, row->name);
        fputc(',', out);
        print_field(out, report->files[0].path);
        fputc(',', out);
        print_field(out, report->files[row->subject].path);
        const double numbers[] = {row->base_times.median, row->subject_times.median, row->times.ratio,
                                  row->times.low,         row->times.high,           row->times.p};
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
            print_number_field(out, numbers[k]);
        fprintf(out, ",%s\n", verdict_words(row->times.verdict));
    }
}
