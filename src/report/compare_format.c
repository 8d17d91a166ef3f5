/* SPDX-License-Identifier: MIT */
#include "report/compare_format.h"

#include "base/text.h"
#include "report/facts.h"

#include <math.h>
#include <string.h>

/* A, B, C ... as the sides are called in tables; AA after Z. */
const char *side_letter(char text[LETTERS], size_t pool) {
    const char first = (char)('A' + pool / 26 - 1);
    const char last = (char)('A' + pool % 26);
    if (pool < 26)
        snprintf(text, LETTERS, "%c", last);
    else
        snprintf(text, LETTERS, "%c%c", first, last);
    return text;
}

/* The letter of a file's side, with a number where the side has several: A1, A2, B. */
const char *file_letter(char text[LETTERS], const struct compare_report *report, size_t file) {
    char side[LETTERS];
    size_t pool = 0;
    while (file >= report->pools[pool].first + report->pools[pool].count)
        pool++;
    side_letter(side, pool);
    if (report->pools[pool].count == 1)
        snprintf(text, LETTERS, "%.2s", side);
    else
        snprintf(text, LETTERS, "%.2s%zu", side, (file - report->pools[pool].first + 1) % 100);
    return text;
}

/* A time with four digits and its unit. */
const char *format_time(char text[TIME_TEXT], double seconds) {
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

const char *format_speeds(char text[INTERVAL_TEXT], const struct speedup *speedup) {
    if (isnan(speedup->low))
        snprintf(text, INTERVAL_TEXT, "too few processes");
    else
        snprintf(text, INTERVAL_TEXT, "%.4f .. %.4f", speedup->low, speedup->high);
    return text;
}

const char *format_share(char text[PERCENT_TEXT], double share) {
    if (isnan(share))
        snprintf(text, PERCENT_TEXT, "-");
    else
        snprintf(text, PERCENT_TEXT, "%.1f %%", share * 100);
    return text;
}

const char *format_roof(char text[PERCENT_TEXT], double percent) {
    if (isnan(percent))
        snprintf(text, PERCENT_TEXT, "-");
    else
        snprintf(text, PERCENT_TEXT, "%.0f %%", percent);
    return text;
}

const char *format_verdict(char text[VERDICT_TEXT], const struct ratio_row *row) {
    snprintf(text, VERDICT_TEXT, "%s%s", verdict_words(row->times.verdict),
             row->tuned_differently ? ", tuned differently" : "");
    return text;
}

const char cell_legend[] =
    "x: times as fast as A. ~ not told apart, ? perhaps, - without a verdict. roof: share of its own roof.";

const char *format_cell(char text[CELL_TEXT], const struct ratio_row *row) {
    static const char *const signs[] = {
        [VERDICT_NOT_RESOLVED] = "~", [VERDICT_FASTER] = "faster",    [VERDICT_SLOWER] = "slower",
        [VERDICT_WITHHELD] = "-",     [VERDICT_PERHAPS_FASTER] = "?", [VERDICT_PERHAPS_SLOWER] = "?",
        [VERDICT_UNKNOWN] = "-"};
    if (!row)
        snprintf(text, CELL_TEXT, "-");
    else
        snprintf(text, CELL_TEXT, "%.3fx %s", row->speedup.value, signs[row->times.verdict]);
    return text;
}

const struct ratio_row *find_row(const struct compare_report *report, const char *name, size_t subject) {
    for (size_t i = 0; i < report->row_count; i++)
        if (report->rows[i].subject == subject && strcmp(report->rows[i].name, name) == 0) return &report->rows[i];
    return NULL;
}

const char *file_fact(const struct result_file *file, const char *section, const char *key) {
    const json_t *from = section ? json_object_get(file->facts, section) : file->facts;
    const char *text = json_string_value(json_object_get(from, key));
    return text ? text : "not recorded";
}

/* Text in Markdown. */
void print_cell(FILE *out, const char *text) {
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
        side_letter(subject, p);
        if (totals->ratio_count == 0)
            fprintf(out, "%s%s/A: no benchmark in common\n", bullet, subject);
        else
            fprintf(out, "%s%s/A: geometric mean of the speeds above (%zu): %.4fx as fast\n", bullet, subject,
                    totals->ratio_count, totals->geometric_speed);
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
        "Times are means of the processes' medians. Speeds are the base's time over the subject's: 2x is twice as "
        "fast.\n"
        "Processes are independent samples (Student's t on the logs of their medians); all verdicts hold together at\n"
        "%.4g %% (Holm). told apart: the smallest change that the interval can show. floor: a verdict needs more than\n"
        "that; \"perhaps\": the interval excludes 1, but not by the floor. Nothing is paired across files.\n",
        COMPARE_CONFIDENCE * 100);
}

void print_below(FILE *out, const struct compare_report *report, const char *bullet) {
    fputc('\n', out);
    print_against(out, report, bullet);
    print_partial(out, report, bullet);
    fputc('\n', out);
    print_method(out);
}
