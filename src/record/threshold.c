#include "record/threshold.h"

#include <math.h>
#include <stdio.h>

/* What can be told apart is a difference of ratios; a threshold is a decimal number that was typed. */
static const double rounding = 1e-9;

static const struct gate *gate_of(const struct compare_report *report, const struct ratio_row *row) {
    return &report->against[row->subject].gates[row->gate];
}

/* The smallest change that this row can show; infinite where there is no verdict at all. */
static double told_apart(const struct compare_report *report, const struct ratio_row *row) {
    const struct gate *gate = gate_of(report, row);
    if (gate->withheld[0] || isnan(row->times.low)) return (double)INFINITY;
    return fmax(gate->floor, resolution(&row->times));
}

/* A row that is clearly faster, or clearly no slower than the threshold allows, answers however coarse it is. */
static bool clearly_holds(const struct compare_report *report, const struct ratio_row *row, double threshold) {
    const struct gate *gate = gate_of(report, row);
    return !gate->withheld[0] && row->times.high * (1 + gate->floor) <= 1 + threshold; /* false for NaN */
}

/* In percent with one digit, and never less than it is. */
static double rounded_up(double share) {
    return ceil((share - rounding) * 1000) / 10;
}

static void explain(char why[THRESHOLD_TEXT], const struct compare_report *report, const struct ratio_row *row) {
    const struct gate *gate = gate_of(report, row);
    const char *path = report->files[row->subject].path;
    const double apart = told_apart(report, row);
    if (gate->withheld[0])
        snprintf(why, THRESHOLD_TEXT, "%s: %s has no verdict: %s", path, row->name, gate->withheld);
    else if (isnan(row->times.low))
        snprintf(why, THRESHOLD_TEXT, "%s: %s has too few samples for an interval", path, row->name);
    else
        snprintf(why, THRESHOLD_TEXT, "%s: of %s only changes above %.1f %% can be told apart: %s", path, row->name,
                 rounded_up(apart), apart > gate->floor ? "its interval is that wide" : gate->floor_reason);
}

enum threshold_answer answer_threshold(const struct compare_report *report, double threshold,
                                       char why[THRESHOLD_TEXT]) {
    const struct ratio_row *coarsest = NULL;
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        if (beyond_threshold(row, threshold)) return THRESHOLD_EXCEEDED;
        if (told_apart(report, row) <= threshold + rounding || clearly_holds(report, row, threshold)) continue;
        if (!coarsest || told_apart(report, row) > told_apart(report, coarsest)) coarsest = row;
    }
    if (coarsest) {
        explain(why, report, coarsest);
        return THRESHOLD_NOT_ANSWERED;
    }
    for (size_t f = 1; f < report->file_count; f++) {
        if (report->against[f].mean_of > 0) continue;
        snprintf(why, THRESHOLD_TEXT, "%s: has no benchmark in common with %s", report->files[f].path,
                 report->files[0].path);
        return THRESHOLD_NOT_ANSWERED;
    }
    return THRESHOLD_HELD;
}
