/* SPDX-License-Identifier: MIT */
/* A comparison as Markdown, and as CSV. */
#include "base/json.h"
#include "base/text.h"
#include "report/compare_format.h"
#include "report/compare_report.h"
#include "report/facts.h"

#include <math.h>
#include <string.h>

void print_answer_markdown(FILE *out, const char *answer, const char *why) {
    fprintf(out, "\n%s: ", answer);
    print_cell(out, why);
    fputc('\n', out);
}

static void print_bold(FILE *out, const char *text) {
    fputs("**", out);
    print_cell(out, text);
    fputs("**\n\n", out);
}

/* Folded, as it is long and only sometimes wanted. */
static void print_differences(FILE *out, const struct compare_report *report) {
    char name[LETTERS];
    if (report->difference_count == 0) {
        fputs("Machine, build and system: no difference recorded.\n\n", out);
        return;
    }
    fprintf(out, "<details><summary>What differs in machine, build, system and tuning (%zu)</summary>\n\n",
            report->difference_count);
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
    fputs("\n</details>\n\n", out);
}

static void print_files(FILE *out, const struct compare_report *report) {
    char name[LETTERS];
    for (size_t f = 0; f < report->file_count; f++) {
        fprintf(out, "- %s: ", file_letter(name, report, f));
        print_cell(out, report->files[f].path);
        fputs(", ", out);
        print_cell(out, file_fact(&report->files[f], NULL, "start"));
        fputc('\n', out);
    }
    fputc('\n', out);
}

static void print_columns(FILE *out, const struct compare_report *report, const struct columns *columns) {
    fputs("| | runs | best | Mrows/s | of its roof | x as fast as A | machine | file |\n"
          "| --- | ---: | --- | ---: | ---: | ---: | --- | --- |\n",
          out);
    for (size_t p = 0; p < columns->count; p++) {
        const struct column *column = &columns->list[p];
        char letter[LETTERS], rate[FACT_TEXT], roof[PERCENT_TEXT], cell[CELL_TEXT];
        fprintf(out, "| %s | %zu | ", side_letter(letter, p), report->pools[p].count);
        print_cell(out, column->backend ? column->backend : "-");
        fprintf(out, " | %s | %s | %s | ", format_fact(rate, "%.2f", column->mrows_per_second),
                format_roof(roof, column->roof_percent), p == 0 ? "" : format_cell(cell, column->headline));
        print_cell(out, column->machine ? column->machine : "-");
        fputs(" | ", out);
        print_cell(out, pool_file(report, p)->path);
        fputs(" |\n", out);
    }
    fputc('\n', out);
}

static void print_rows(FILE *out, const struct compare_report *report) {
    fputs("| benchmark | subject | base time | subject time | x as fast | interval | told apart | floor | verdict |\n"
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
        fprintf(out, " | %s | %s | %s | %.4f | %s | %s | %s | %s |\n", side_letter(name, row->subject),
                format_time(base, row->base_time), format_time(subject, row->subject_time), row->speedup.value,
                format_speeds(interval, &row->speedup), format_share(visible, resolution(&row->times)),
                format_share(floor, row->floor), format_verdict(verdict, row));
    }
}

void print_group_markdown(FILE *out, const struct group_comparison *group) {
    const struct compare_report *report = &group->report;
    print_columns(out, report, &group->columns);
    print_differences(out, report);
    print_rows(out, report);
    fputs("\n<details><summary>Files, notes, method</summary>\n\n", out);
    print_files(out, report);
    print_below(out, report, "- ");
    fputs("\n</details>\n", out);
}

void print_comparison_markdown(FILE *out, const struct comparison_of_files *all) {
    print_bold(out, all->answer);
    if (all->count == 1) {
        print_group_markdown(out, &all->list[0]);
        return;
    }
    for (size_t i = 0; i < all->count; i++) {
        fprintf(out, "\n### Group %zu\n\n", i + 1);
        print_bold(out, all->list[i].answer);
        if (all->list[i].differs) {
            print_cell(out, all->list[i].differs);
            fputs("\n\n", out);
        }
        if (all->list[i].compared) print_group_markdown(out, &all->list[i]);
    }
}

void print_backend_ratios_markdown(FILE *out, const struct backend_ratios *ratios) {
    print_bold(out, ratios->answer);
    fputs("| benchmark | against | x as fast | interval | verdict |\n| --- | --- | ---: | --- | --- |\n", out);
    for (size_t i = 0; i < ratios->count; i++) {
        const struct backend_ratio *row = &ratios->list[i];
        char interval[INTERVAL_TEXT];
        fputs("| ", out);
        print_cell(out, row->name);
        fputs(" | ", out);
        print_cell(out, row->base);
        fprintf(out, " | %.4f | %s | %s |\n", row->speedup.value, format_speeds(interval, &row->speedup),
                verdict_words(row->times.verdict));
    }
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

void print_group_csv(FILE *out, const struct compare_report *report) {
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
        fprintf(out, ",%zu,%zu,%s", row->shift.n_base, row->shift.n_subject, row->tuned_differently ? "yes" : "no");
        const double more[] = {row->speedup.value, row->speedup.low, row->speedup.high, row->base_roof,
                               row->subject_roof};
        for (size_t k = 0; k < sizeof more / sizeof *more; k++)
            print_number_field(out, more[k]);
        fputc('\n', out);
    }
}

void print_comparison_csv(FILE *out, const struct comparison_of_files *all) {
    fputs("benchmark,base,subject,base_median_s,subject_median_s,ratio,low,high,p,verdict,resolution,floor,"
          "base_processes,subject_processes,tuned_differently,speedup,speedup_low,speedup_high,base_roof_percent,"
          "subject_roof_percent\n",
          out);
    for (size_t i = 0; i < all->count; i++)
        if (all->list[i].compared) print_group_csv(out, &all->list[i].report);
}
