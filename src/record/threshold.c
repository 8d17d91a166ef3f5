/* SPDX-License-Identifier: MIT */
#include "record/threshold.h"

#include <math.h>
#include <stdio.h>

/* The threshold is a decimal number, the smallest visible change a binary one: equal values may differ in the last
 * bits. */
static const double rounding = 1e-9;

const char *threshold_words(enum threshold_answer answer) {
    static const char *const words[] = {"PASS", "FAIL", "INCONCLUSIVE"};
    return words[answer];
}

/* True if no time within the interval is slower by the threshold. Where the machine or the file leaves more room than
 * memory layout does, the interval is widened by it. */
static bool holds(const struct ratio_row *row, double threshold) {
    const double room = row->floor > SMALLEST_FLOOR ? 1 + row->floor : 1;
    return !row->withheld && row->times.high * room < 1 + threshold; /* false for NaN */
}

/* In percent, rounded up to one decimal. */
static double percent_rounded_up(double share) {
    return ceil((share - rounding) * 1000) / 10;
}

static void explain(char why[THRESHOLD_TEXT], const struct compare_report *report, const struct ratio_row *row,
                    double threshold) {
    static const char more_runs[] = "more runs on each side help (--base FILE for each of the base)";
    const char *path = pool_file(report, row->subject)->path;
    const double apart = smallest_visible_change(row);
    if (isnan(row->times.low))
        snprintf(
            why, THRESHOLD_TEXT,
            "%s: %s was timed in %zu process%s against %zu, and an interval needs %d on each side; a new `sgdmark run` "
            "of both helps: one run has several processes",
            path, row->name, row->shift.n_subject, row->shift.n_subject == 1 ? "" : "es", row->shift.n_base,
            FEWEST_PROCESSES);
    else if (row->withheld)
        snprintf(why, THRESHOLD_TEXT, "%s: %s has no verdict: %.600s; a new `sgdmark run` on a quiet machine helps",
                 path, row->name, row->withheld);
    else if (apart <= threshold + rounding)
        snprintf(why, THRESHOLD_TEXT,
                 "%s: the interval of %s, %.4fx to %.4fx as fast with a floor of %.1f %%, lies on both sides "
                 "of %.4gx, which is %.4g %% slower; %s",
                 path, row->name, row->speedup.low, row->speedup.high, percent_rounded_up(row->floor),
                 1 / (1 + threshold), threshold * 100, more_runs);
    else if (apart > row->floor)
        snprintf(why, THRESHOLD_TEXT,
                 "%s: of %s only changes above %.1f %% can be told apart: its interval is that "
                 "wide; a quieter machine, more rounds (--rigorous) or %s",
                 path, row->name, percent_rounded_up(apart), more_runs);
    else
        snprintf(why, THRESHOLD_TEXT,
                 "%s: of %s only changes above %.1f %% can be told apart: %s; runs of both sides "
                 "on a quieter machine, one after the other, help",
                 path, row->name, percent_rounded_up(apart), row->floor_reason);
}

/* The row that is slowest beyond doubt, or NULL. */
static const struct ratio_row *find_failure(const struct compare_report *report, double threshold, size_t *count) {
    const struct ratio_row *worst = NULL;
    *count = 0;
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        if (!beyond_threshold(row, threshold)) continue;
        if (!worst || row->times.low > worst->times.low) worst = row;
        ++*count;
    }
    return worst;
}

/* The row that shows least among those that do not hold, or NULL. */
static const struct ratio_row *find_coarsest(const struct compare_report *report, double threshold) {
    const struct ratio_row *coarsest = NULL;
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        if (holds(row, threshold)) continue;
        if (!coarsest || smallest_visible_change(row) > smallest_visible_change(coarsest)) coarsest = row;
    }
    return coarsest;
}

/* A benchmark of the base that a subject lacks: nothing is known of it. */
static const struct partial *find_missing(const struct compare_report *report) {
    for (size_t i = 0; i < report->partial_count; i++)
        if (report->partial[i].in < report->pools[0].count) return &report->partial[i];
    return NULL;
}

enum threshold_answer answer_threshold(const struct compare_report *report, double threshold,
                                       char why[THRESHOLD_TEXT]) {
    size_t failures;
    const struct ratio_row *failure = find_failure(report, threshold, &failures);
    const struct ratio_row *coarsest = find_coarsest(report, threshold);
    const struct partial *missing = find_missing(report);
    if (failure) {
        snprintf(why, THRESHOLD_TEXT,
                 "%s: %s runs %.4fx as fast, at most %.4fx; %zu of %zu benchmarks are slower "
                 "by more than %.4g %%",
                 pool_file(report, failure->subject)->path, failure->name, failure->speedup.value,
                 failure->speedup.high, failures, report->row_count, threshold * 100);
        return THRESHOLD_FAIL;
    }
    if (coarsest) {
        explain(why, report, coarsest, threshold);
        return THRESHOLD_INCONCLUSIVE;
    }
    if (missing) {
        snprintf(why, THRESHOLD_TEXT, "%s: lacks %s, which %s has; runs with the same options on both sides help",
                 report->files[missing->not_in].path, missing->name, report->files[missing->in].path);
        return THRESHOLD_INCONCLUSIVE;
    }
    snprintf(why, THRESHOLD_TEXT, "none of %zu benchmarks is slower by %.4g %%: all intervals end below that",
             report->row_count, threshold * 100);
    return THRESHOLD_PASS;
}
