/* SPDX-License-Identifier: MIT */
/* The figure that compares machines: a forest plot of the ratios that `compare` gives. */
#include "record/columns.h"
#include "record/figure.h"

#include <math.h>
#include <string.h>

static bool is_epoch(const struct ratio_row *row) {
    return strncmp(row->name, "epoch/", strlen("epoch/")) == 0;
}

/* The epoch that stands for a side: that of the base's best backend, or else the base's fastest one that both have;
 * NULL: they have none in common. */
static const struct ratio_row *row_of(const struct compare_report *report, const struct columns *columns,
                                      size_t subject) {
    const struct ratio_row *fastest = columns->list[subject].headline;
    if (fastest && is_epoch(fastest)) return fastest;
    fastest = NULL;
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        if (row->subject != subject || !is_epoch(row)) continue;
        if (!fastest || row->base_time < fastest->base_time) fastest = row;
    }
    return fastest;
}

static void add_ratio(struct figure *figure, const struct compare_report *report, const struct ratio_row *ratio) {
    struct figure_row *row = figure_row(figure, pool_file(report, ratio->subject)->path);
    if (!row) return;
    row->value[0] = ratio->speedup.value;
    row->value[1] = ratio->speedup.low;
    row->value[2] = ratio->speedup.high;
    row->value[3] = 100.0 * ratio->floor;
    row->value[4] = ratio->subject_roof;
    snprintf(row->remark, sizeof row->remark, "%.36s: %.24s", ratio->name + strlen("epoch/"),
             verdict_words(ratio->times.verdict));
    const enum verdict verdict = ratio->times.verdict;
    if (verdict == VERDICT_WITHHELD || verdict == VERDICT_UNKNOWN) row->mark = FIGURE_DISTURBED;
    if (!(figure->band >= ratio->floor)) figure->band = ratio->floor;
}

void figure_machines(struct figure *figure, const struct compare_report *report, const struct columns *columns) {
    *figure = (struct figure){.kind = FIGURE_RATIOS,
                              .id = "machines",
                              .title = "Each run against the first: times as fast",
                              .row_title = "run",
                              .remark_title = "which epoch, and the verdict",
                              .columns = {"times as fast", "low", "high", "floor, %", "of its roof, %"},
                              .formats = {"%.4g", "%.4g", "%.4g", "%.1f", "%.0f"},
                              .x_axis = "times as fast (right of 1: faster)",
                              .logarithmic = true,
                              .band = (double)NAN};
    for (size_t p = 1; p < report->pool_count; p++) {
        const struct ratio_row *ratio = row_of(report, columns, p);
        if (ratio) add_ratio(figure, report, ratio);
    }
    snprintf(
        figure->note, sizeof figure->note,
        "The first run is %.60s. Its best backend, on one core; where a run lacks that, the fastest one that both "
        "have. All intervals hold together at %.0f %%; hollow: no verdict is possible, and without a line too few "
        "processes. Grey band: %.1f %%, the largest floor. A verdict needs an interval beyond its own line's floor.",
        report->files[0].path, 100.0 * COMPARE_CONFIDENCE, 100.0 * figure->band);
}
