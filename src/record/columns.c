/* SPDX-License-Identifier: MIT */
#include "record/columns.h"

#include "transcendental.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *backend_of(const char *epoch) {
    return epoch ? epoch + strlen("epoch/") : NULL;
}

/* Millions of rows per second in an epoch, from the mean of the logs of a file's times. NaN: it has no such epoch. */
static double rate_of(const struct result_file *file, const char *epoch) {
    const struct series *series = epoch ? find_series(file, epoch) : NULL;
    const double rows = json_number_value(json_object_get(json_object_get(file->facts, "workload"), "n"));
    double sum = 0;
    if (!series || !(rows >= 1) || strncmp(epoch, "epoch/", strlen("epoch/")) != 0) return (double)NAN;
    for (size_t k = 0; k < series->processes.count; k++)
        sum += portable_log(series->processes.medians[k]);
    return rows / portable_exp(sum / (double)series->processes.count) / 1e6;
}

/* Sets rate and share of the epoch that the side's first run calls its best. */
static void fill_rate(struct column *column, const struct compare_report *report, size_t pool) {
    const struct result_file *files = pool_file(report, pool);
    const char *best = best_epoch(files);
    const size_t count = report->pools[pool].count;
    double sum = 0, roofs = 0;
    column->backend = backend_of(best);
    column->mrows_per_second = column->roof_percent = (double)NAN;
    for (size_t i = 0; best && i < count; i++) {
        const struct series *series = find_series(&files[i], best);
        if (!series) return;
        sum += portable_log(rate_of(&files[i], best)) / (double)count;
        roofs += series->roof_percent / (double)count;
    }
    if (!best) return;
    column->mrows_per_second = portable_exp(sum);
    column->roof_percent = roofs;
}

static const struct ratio_row *named_row(const struct compare_report *report, size_t subject, const char *name) {
    for (size_t i = 0; i < report->row_count; i++)
        if (report->rows[i].subject == subject && strcmp(report->rows[i].name, name) == 0) return &report->rows[i];
    return NULL;
}

int columns_make(struct columns *columns, const struct compare_report *report, struct error *err) {
    *columns = (struct columns){.list = calloc(report->pool_count, sizeof *columns->list),
                                .count = report->pool_count,
                                .rates = calloc(report->file_count, sizeof *columns->rates),
                                .headline = "-"};
    if (!columns->list || !columns->rates) {
        columns_free(columns);
        return fail_program(err, "out of memory for the comparison");
    }
    for (size_t p = 1; p < report->pool_count && columns->headline[0] == '-'; p++)
        if (headline_row(report, p)) columns->headline = headline_row(report, p)->name;
    for (size_t f = 0; f < report->file_count; f++)
        columns->rates[f] = rate_of(&report->files[f], columns->headline);
    for (size_t p = 0; p < columns->count; p++) {
        struct column *column = &columns->list[p];
        const json_t *machine = json_object_get(pool_file(report, p)->facts, "machine");
        const double cores = json_number_value(json_object_get(machine, "cores"));
        fill_rate(column, report, p);
        column->machine = json_string_value(json_object_get(machine, "cpu_model"));
        column->cores = cores >= 1 && cores <= 1e6 ? (unsigned)cores : 0;
        if (p == 0) continue;
        column->headline = named_row(report, p, columns->headline);
        column->kind = answer_kind(report, p);
    }
    return 0;
}

void columns_free(struct columns *columns) {
    free(columns->list);
    free(columns->rates);
    *columns = (struct columns){0};
}
