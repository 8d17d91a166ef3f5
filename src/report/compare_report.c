/* SPDX-License-Identifier: MIT */
#include "report/compare_report.h"

#include "base/json.h"
#include "base/text.h"
#include "report/facts.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

enum { LETTERS = 8, TIME_TEXT = 32, INTERVAL_TEXT = 48, PERCENT_TEXT = 32, VERDICT_TEXT = 48 };

/* A, B, C ... as the sides are called in tables; AA after Z. */
static const char *letter(char text[LETTERS], size_t pool) {
    const char first = (char)('A' + pool / 26 - 1);
    const char last = (char)('A' + pool % 26);
    if (pool < 26)
        snprintf(text, LETTERS, "%c", last);
    else
        snprintf(text, LETTERS, "%c%c", first, last);
    return text;
}

/* The letter of a file's side, with a number where the side has several: A1, A2, B. */
static const char *file_letter(char text[LETTERS], const struct compare_report *report, size_t file) {
    char side[LETTERS];
    size_t pool = 0;
    while (file >= report->pools[pool].first + report->pools[pool].count)
        pool++;
    letter(side, pool);
    if (report->pools[pool].count == 1)
        snprintf(text, LETTERS, "%.2s", side);
    else
        snprintf(text, LETTERS, "%.2s%zu", side, (file - report->pools[pool].first + 1) % 100);
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
        snprintf(text, INTERVAL_TEXT, "too few processes");
    else
        snprintf(text, INTERVAL_TEXT, "%.4f .. %.4f", c->low, c->high);
    return text;
}

/* A share in percent; "-" where it is not known. */
static const char *format_percent(char text[PERCENT_TEXT], double share) {
    if (isnan(share))
        snprintf(text, PERCENT_TEXT, "-");
    else
        snprintf(text, PERCENT_TEXT, "%.1f %%", share * 100);
    return text;
}

static const char *format_verdict(char text[VERDICT_TEXT], const struct ratio_row *row) {
    snprintf(text, VERDICT_TEXT, "%s%s", verdict_words(row->times.verdict),
             row->tuned_differently ? ", tuned differently" : "");
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
        fprintf(out, "%-3s ", file_letter(name, report, f));
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
        fputs("  ", out);
        print_plain(out, difference->key);
        fprintf(out, ": %s\n", difference->effect);
        for (size_t f = 0; f < report->file_count; f++)
            fprintf(out, "    %-3s %s\n", file_letter(name, report, f), difference->values[f]);
    }
    fputc('\n', out);
}

static int print_rows(FILE *out, const struct compare_report *report, struct error *err) {
    static const struct table_column columns[] = {{"benchmark", false}, {"", false},     {"base", true},
                                                  {"subject", true},    {"ratio", true}, {"interval", false},
                                                  {"told apart", true}, {"floor", true}, {"the subject is", false}};
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
        table_cell(table, 1, "%s", letter(name, row->subject));
        table_cell(table, 2, "%s", format_time(text, row->base_time));
        table_cell(table, 3, "%s", format_time(text, row->subject_time));
        table_cell(table, 4, "%.4f", row->times.ratio);
        table_cell(table, 5, "%s", format_interval(interval, &row->times));
        table_cell(table, 6, "%s", format_percent(percent, resolution(&row->times)));
        table_cell(table, 7, "%s", format_percent(percent, row->floor));
        table_cell(table, 8, "%s", format_verdict(verdict, row));
    }
    return table_finish(table, out, "", err);
}

/* Text in Markdown. */
static void print_cell(FILE *out, const char *text) {
    char shown[PRINTABLE];
    while (*text) {
        printable_next(shown, &text);
        if (strchr("|`*_<>[]\\&", shown[0])) fputc('\\', out);
        fputs(shown, out);
    }
}

/* What is said of some rows of a subject, once for all that share it. NULL: nothing is said of this row. */
typedef const char *(*row_note)(const struct ratio_row *row);

static const char *withheld_note(const struct ratio_row *row) {
    return row->times.verdict == VERDICT_WITHHELD ? row->withheld : NULL;
}

static const char *floor_note(const struct ratio_row *row) {
    return isnan(row->times.low) ? NULL : row->floor_reason;
}

static bool same_note(const struct ratio_row *one, const struct ratio_row *two, row_note note) {
    return one->subject == two->subject && note(one) && note(two) && strcmp(note(one), note(two)) == 0;
}

/* Prints each note of a subject once, with the number of rows it is about. */
static void print_notes(FILE *out, const struct compare_report *report, size_t subject, row_note note,
                        const char *start) {
    const bool markdown = start[0] == '-';
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        bool before = false;
        size_t rows = 0;
        if (row->subject != subject || !note(row)) continue;
        for (size_t other = 0; other < report->row_count; other++) {
            const bool same = same_note(row, &report->rows[other], note);
            before = before || (same && other < i);
            rows += same;
        }
        if (before) continue;
        fputs(start, out);
        (markdown ? print_cell : print_plain)(out, note(row));
        fprintf(out, " (%zu row%s)\n", rows, rows == 1 ? "" : "s");
    }
}

/* Why there are no intervals, and what gives some. */
static void print_too_few(FILE *out, const struct compare_report *report, size_t subject, const char *start) {
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        if (row->subject != subject || row->times.verdict != VERDICT_UNKNOWN) continue;
        fprintf(out,
                "%s%zu process%s against %zu: all samples of a process share its memory layout, so how much another "
                "process would differ is not known, and there is no interval. Run both sides again with this version: "
                "three "
                "processes a side are needed, and one `sgdmark run` has them; files of a side are pooled with --base\n",
                start, row->shift.n_subject, row->shift.n_subject == 1 ? "" : "es", row->shift.n_base);
        return;
    }
}

/* What holds for a subject as a whole. */
static void print_against(FILE *out, const struct compare_report *report, const char *bullet) {
    for (size_t p = 1; p < report->pool_count; p++) {
        const struct subject_totals *totals = &report->totals[p];
        char subject[LETTERS];
        char start[96];
        letter(subject, p);
        if (totals->ratio_count == 0)
            fprintf(out, "%s%s/A: no benchmark in common\n", bullet, subject);
        else
            fprintf(out, "%s%s/A: geometric mean of the ratios above (%zu): %.4f\n", bullet, subject,
                    totals->ratio_count, totals->geometric_mean);
        snprintf(start, sizeof start, "%s%s/A: ", bullet, subject);
        print_too_few(out, report, p, start);
        snprintf(start, sizeof start, "%s%s/A: verdict withheld: ", bullet, subject);
        print_notes(out, report, p, withheld_note, start);
        snprintf(start, sizeof start, "%s%s/A: floor: ", bullet, subject);
        print_notes(out, report, p, floor_note, start);
    }
}

static void print_partial(FILE *out, const struct compare_report *report, const char *bullet) {
    char in[LETTERS];
    char not_in[LETTERS];
    for (size_t i = 0; i < report->partial_count; i++)
        fprintf(out, "%sin %s only, not in %s: %s\n", bullet, file_letter(in, report, report->partial[i].in),
                file_letter(not_in, report, report->partial[i].not_in), report->partial[i].name);
}

static void print_method(FILE *out) {
    fprintf(
        out,
        "Times are means of the processes' medians. A ratio is the subject's time over the base's, below 1 is faster.\n"
        "Processes are independent samples (Student's t on the logs of their medians); all verdicts hold together at\n"
        "%.4g %% (Holm). told apart: the smallest change that the interval can show. floor: a verdict needs more than\n"
        "that; \"perhaps\": the interval excludes 1, but not by the floor. Nothing is paired across files.\n",
        COMPARE_CONFIDENCE * 100);
}

void print_answer(FILE *out, const char *answer, const char *why) {
    fprintf(out, "%s: ", answer);
    print_plain(out, why);
    fputc('\n', out);
}

void print_answer_markdown(FILE *out, const char *answer, const char *why) {
    fprintf(out, "\n%s: ", answer);
    print_cell(out, why);
    fputc('\n', out);
}

/* What stands below the rows. */
static void print_end(FILE *out, const struct compare_report *report, const char *bullet) {
    fputc('\n', out);
    print_against(out, report, bullet);
    print_partial(out, report, bullet);
    fputc('\n', out);
    print_method(out);
}

int print_comparison(FILE *out, const struct compare_report *report, struct error *err) {
    print_files(out, report);
    print_differences(out, report);
    if (print_rows(out, report, err) != 0) return -1;
    print_end(out, report, "");
    return 0;
}

static void print_markdown_differences(FILE *out, const struct compare_report *report) {
    char name[LETTERS];
    if (report->difference_count == 0) {
        fputs("Machine, build and system: no difference recorded.\n\n", out);
        return;
    }
    fputs("| differs |", out);
    for (size_t f = 0; f < report->file_count; f++)
        fprintf(out, " %s |", file_letter(name, report, f));
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
    fputs("| benchmark | subject | base time | subject time | ratio | interval | told apart | floor | verdict |\n"
          "| --- | --- | ---: | ---: | ---: | --- | ---: | ---: | --- |\n",
          out);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        char name[LETTERS];
        char base[TIME_TEXT];
        char subject[TIME_TEXT];
        char interval[INTERVAL_TEXT];
        char visible[PERCENT_TEXT];
        char floor[PERCENT_TEXT];
        char verdict[VERDICT_TEXT];
        fputs("| ", out);
        print_cell(out, row->name);
        fprintf(out, " | %s | %s | %s | %.4f | %s | %s | %s | %s |\n", letter(name, row->subject),
                format_time(base, row->base_time), format_time(subject, row->subject_time), row->times.ratio,
                format_interval(interval, &row->times), format_percent(visible, resolution(&row->times)),
                format_percent(floor, row->floor), format_verdict(verdict, row));
    }
}

void print_comparison_markdown(FILE *out, const struct compare_report *report) {
    char name[LETTERS];
    for (size_t f = 0; f < report->file_count; f++) {
        fprintf(out, "- %s: ", file_letter(name, report, f));
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
    char shown[PRINTABLE];
    fputc('"', out);
    while (*text) {
        printable_next(shown, &text);
        if (shown[0] == '"') fputc('"', out);
        fputs(shown, out);
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
    fputs("benchmark,base,subject,base_median_s,subject_median_s,ratio,low,high,p,verdict,resolution,floor,"
          "base_processes,subject_processes,tuned_differently\n",
          out);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        print_field(out, row->name);
        fputc(',', out);
        print_field(out, pool_file(report, 0)->path);
        fputc(',', out);
        print_field(out, pool_file(report, row->subject)->path);
        const double numbers[] = {row->base_times.median, row->subject_times.median, row->times.ratio,
                                  row->times.low,         row->times.high,           row->times.p};
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
            print_number_field(out, numbers[k]);
        fprintf(out, ",%s", verdict_words(row->times.verdict));
        print_number_field(out, resolution(&row->times));
        print_number_field(out, row->floor);
        fprintf(out, ",%zu,%zu,%s\n", row->shift.n_base, row->shift.n_subject, row->tuned_differently ? "yes" : "no");
    }
}
