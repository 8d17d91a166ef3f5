/* SPDX-License-Identifier: MIT */
#include "record/threshold.h"

#include <math.h>
#include <stdio.h>

/* The threshold is a decimal number, the smallest visible change a binary one: equal values may differ in the last
 * bits. */
static const double rounding = 1e-9;

static const struct gate *gate_of(const struct compare_report *report, const struct ratio_row *row) {
    return &report->totals[row->subject].gates[row->gate];
}

/* The smallest change that this row can show (0.01: 1 %); infinite if the row has no verdict. */
static double smallest_visible_change(const struct compare_report *report, const struct ratio_row *row) {
    const struct gate *gate = gate_of(report, row);
    if (gate->withheld[0] || isnan(row->times.low)) return (double)INFINITY;
    return fmax(gate->floor, resolution(&row->times));
}

/* True if the whole interval, widened by the floor, lies below the threshold. However coarse the row is, it then
 * answers. */
static bool clearly_holds(const struct compare_report *report, const struct ratio_row *row, double threshold) {
    const struct gate *gate = gate_of(report, row);
    return !gate->withheld[0] && row->times.high * (1 + gate->floor) <= 1 + threshold; /* false for NaN */
}

/* In percent, rounded up to one decimal. */
static double percent_rounded_up(double share) {
    return ceil((share - rounding) * 1000) / 10;
}

static void explain(char why[THRESHOLD_TEXT], const struct compare_report *report, const struct ratio_row *row) {
    const struct gate *gate = gate_of(report, row);
    const char *path = report->files[row->subject].path;
    const double apart = smallest_visible_change(report, row);
    if (gate->withheld[0])
        snprintf(why, THRESHOLD_TEXT, "%s: %s has no verdict: %s", path, row->name, gate->withheld);
    else if (isnan(row->times.low))
        snprintf(why, THRESHOLD_TEXT, "%s: %s has too few samples for an interval", path, row->name);
    else
        snprintf(why, THRESHOLD_TEXT, "%s: of %s only changes above %.1f %% can be told apart: %s", path, row->name,
                 percent_rounded_up(apart), apart > gate->floor ? "its interval is that wide" : gate->floor_reason);
}

enum threshold_answer answer_threshold(const struct compare_report *report, double threshold,
                                       char why[THRESHOLD_TEXT]) {
    const struct ratio_row *coarsest = NULL;
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        if (beyond_threshold(row, threshold)) return THRESHOLD_EXCEEDED;
        if (smallest_visible_change(report, row) <= threshold + rounding || clearly_holds(report, row, threshold))
            continue;
        if (!coarsest || smallest_visible_change(report, row) > smallest_visible_change(report, coarsest))
            coarsest = row;
    }
    if (coarsest) {
        explain(why, report, coarsest);
        return THRESHOLD_NOT_ANSWERED;
    }
    for (size_t f = 1; f < report->file_count; f++) {
        if (report->totals[f].ratio_count > 0) continue;
        snprintf(why, THRESHOLD_TEXT, "%s: has no benchmark in common with %s", report->files[f].path,
                 report->files[0].path);
        return THRESHOLD_NOT_ANSWERED;
    }
    return THRESHOLD_HELD;
}
