/* SPDX-License-Identifier: MIT */
/* What the texts of a comparison share: letters of sides, times, verdicts, and what stands below the rows. */
#ifndef SGDMARK_REPORT_COMPARE_FORMAT_H
#define SGDMARK_REPORT_COMPARE_FORMAT_H

#include "record/comparison.h"

#include <stdio.h>

enum { LETTERS = 8, TIME_TEXT = 32, INTERVAL_TEXT = 48, PERCENT_TEXT = 32, VERDICT_TEXT = 48, CELL_TEXT = 48 };

/* A, B, C ... as the sides are called in tables; AA after Z. */
const char *side_letter(char text[LETTERS], size_t pool);

/* The letter of a file's side, with a number where the side has several: A1, A2, B. */
const char *file_letter(char text[LETTERS], const struct compare_report *report, size_t file);

/* A time with four digits and its unit. */
const char *format_time(char text[TIME_TEXT], double seconds);

/* The interval of a speed-up, "1.08 .. 1.12"; "too few processes". */
const char *format_speeds(char text[INTERVAL_TEXT], const struct speedup *speedup);

/* A share in percent, "1.0 %"; a number that is in percent already, "66 %". "-" where it is not known. */
const char *format_share(char text[PERCENT_TEXT], double share);
const char *format_roof(char text[PERCENT_TEXT], double percent);

/* "slower, tuned differently" */
const char *format_verdict(char text[VERDICT_TEXT], const struct ratio_row *row);

/* A speed-up with its verdict in short, "1.10x faster", "1.00x ~"; "-" for NULL. cell_legend explains the signs. */
const char *format_cell(char text[CELL_TEXT], const struct ratio_row *row);
extern const char cell_legend[];

/* The row of a benchmark and a subject, or NULL. */
const struct ratio_row *find_row(const struct compare_report *report, const char *name, size_t subject);

/* A text of the file's facts; "not recorded". `section` NULL: of the facts themselves. */
const char *file_fact(const struct result_file *file, const char *section, const char *key);

/* Text in Markdown. */
void print_cell(FILE *out, const char *text);

/* Notes about subjects, benchmarks that some file lacks, and the method. Lines begin with `bullet`; "- " is Markdown.
 */
void print_below(FILE *out, const struct compare_report *report, const char *bullet);

#endif
