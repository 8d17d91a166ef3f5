/* SPDX-License-Identifier: MIT */
#include "record/columns.h"

#include "transcendental.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *backend_of(const char *epoch) {
    return epoch ? epoch + strlen("epoch/") : NULL;
}

/* Sets rate and share of the epoch that the side's first run calls its best. */
static void fill_rate(struct column *column, const struct compare_report *report, size_t pool) {
    const struct result_file *files = pool_file(report, pool);
    const char *best = best_epoch(files);
    const size_t count = report->pools[pool].count;
    double sum = 0, roofs = 0;
    size_t processes = 0;
    column->backend = backend_of(best);
    column->mrows_per_second = column->roof_percent = (double)NAN;
    for (size_t i = 0; best && i < count; i++) {
        const struct series *series = find_series(&files[i], best);
        if (!series) return;
        for (size_t k = 0; k < series->processes.count; k++)
            sum += portable_log(series->processes.medians[k]);
        processes += series->processes.count;
        roofs += series->roof_percent / (double)count;
    }
    const double rows = json_number_value(json_object_get(json_object_get(files->facts, "workload"), "n"));
    if (!best || rows < 1) return;
    column->mrows_per_second = rows / portable_exp(sum / (double)processes) / 1e6;
    column->roof_percent = roofs;
}

int columns_make(struct columns *columns, const struct compare_report *report, struct error *err) {
    *columns = (struct columns){calloc(report->pool_count, sizeof *columns->list), report->pool_count};
    if (!columns->list) return fail_program(err, "out of memory for the comparison");
    for (size_t p = 0; p < columns->count; p++) {
        struct column *column = &columns->list[p];
        const json_t *machine = json_object_get(pool_file(report, p)->facts, "machine");
        const double cores = json_number_value(json_object_get(machine, "cores"));
        fill_rate(column, report, p);
        column->machine = json_string_value(json_object_get(machine, "cpu_model"));
        column->cores = cores >= 1 && cores <= 1e6 ? (unsigned)cores : 0;
        if (p == 0) continue;
        column->headline = headline_row(report, p);
        column->kind = answer_kind(report, p);
    }
    return 0;
}

void columns_free(struct columns *columns) {
    free(columns->list);
    *columns = (struct columns){0};
}
