/* SPDX-License-Identifier: MIT */
/* Figures of the epochs: speeds, ratios, roofline, and samples over time. */
#include "measure/stats.h"
#include "record/figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const json_t *epochs_of(const json_t *facts) {
    return figure_find(json_object_get(facts, "experiments"), "name", "epochs");
}

static bool is_kind(const json_t *one, const char *kind) {
    return strcmp(figure_text(one, "kind"), kind) == 0;
}

/* An epoch that is not an A/A twin. */
static bool is_epoch(const json_t *one) {
    return is_kind(one, "epoch") && !json_is_string(json_object_get(one, "control_of"));
}

/* Rows of one engine have one colour. */
static unsigned series_of(const char *engine) {
    return strcmp(engine, "f64") == 0 ? 2 : strcmp(engine, "int") == 0 ? 1 : 0;
}

/* The time of one epoch as a row of speeds. */
static void set_speed(struct figure_row *row, const json_t *one) {
    const json_t *summary = json_object_get(one, "summary");
    const double rows = 1e-6 * figure_number(one, "work");
    row->value[0] = rows / figure_number(summary, "median");
    row->value[1] = rows / figure_number(summary, "q3");
    row->value[2] = rows / figure_number(summary, "q1");
    row->value[3] = figure_number(json_object_get(one, "rates"), "ns_per_row");
}

void figure_speeds(struct figure *figure, const json_t *facts) {
    size_t i;
    json_t *one;
    *figure = (struct figure){.kind = FIGURE_BARS,
                              .id = "speed",
                              .title = "Speed of each engine and backend: rows per second in training",
                              .row_title = "engine/backend",
                              .remark_title = "of its roof",
                              .columns = {"Mrows/s", "q1", "q3", "ns/row"},
                              .formats = {"%.2f", "%.2f", "%.2f", "%.1f"},
                              .x_axis = "million rows per second"};
    snprintf(figure->note, sizeof figure->note,
             "Bar: median of all samples; whisker: their quartiles, q1 to q3. Blue: engine f32; orange: "
             "int; green: f64.");
    const json_t *cases = json_object_get(epochs_of(facts), "cases");
    const size_t energy = figure_energy_column(figure, cases, "epoch");
    json_array_foreach(cases, i, one) {
        const json_t *roof = json_object_get(one, "roof");
        struct figure_row *row = is_epoch(one) ? figure_row(figure, figure_text(one, "job")) : NULL;
        if (!row) continue;
        row->series = series_of(figure_text(one, "engine"));
        set_speed(row, one);
        if (energy < FIGURE_VALUES) row->value[energy] = figure_joules(one, "epoch");
        if (json_is_string(json_object_get(one, "unusable")))
            snprintf(row->remark, sizeof row->remark, "NOT USABLE");
        else if (json_is_object(roof))
            snprintf(row->remark, sizeof row->remark, "%.0f %% %s", figure_number(roof, "percent"),
                     figure_text(roof, "binds"));
    }
}

void figure_runs(struct figure *figure, const struct result_file *const *files, const char *const *names,
                 size_t count) {
    *figure = (struct figure){.kind = FIGURE_BARS,
                              .id = "fastest",
                              .title = "The fastest epoch of each run: rows per second",
                              .row_title = "run",
                              .remark_title = "engine/backend, and its share of its own roof",
                              .columns = {"Mrows/s", "q1", "q3", "ns/row"},
                              .formats = {"%.2f", "%.2f", "%.2f", "%.1f"},
                              .x_axis = "million rows per second",
                              .band = (double)NAN};
    snprintf(
        figure->note, sizeof figure->note,
        "Bar: median of all samples of that run; whisker: their quartiles, q1 to q3. Blue: engine f32; orange: int; "
        "green: f64. Ratios with their intervals are below.");
    for (size_t i = 0; i < count; i++) {
        const json_t *experiment = epochs_of(files[i]->facts);
        const json_t *best = figure_find(json_object_get(experiment, "cases"), "name", figure_text(experiment, "best"));
        const json_t *roof = json_object_get(best, "roof");
        const bool usable = best && !json_is_string(json_object_get(best, "unusable"));
        struct figure_row *row = usable ? figure_row(figure, names[i]) : NULL;
        if (!row) continue;
        row->series = series_of(figure_text(best, "engine"));
        set_speed(row, best);
        snprintf(row->remark, sizeof row->remark, "%.30s", figure_text(best, "job"));
        if (json_is_object(roof))
            snprintf(row->remark, sizeof row->remark, "%.30s, %.0f %% %.10s", figure_text(best, "job"),
                     figure_number(roof, "percent"), figure_text(roof, "binds"));
    }
}

void figure_ratios(struct figure *figure, const json_t *facts) {
    const json_t *experiment = epochs_of(facts), *cases = json_object_get(experiment, "cases");
    const json_t *best = figure_find(cases, "name", figure_text(experiment, "best"));
    const double above = figure_number(json_object_get(experiment, "usable"), "above");
    size_t i;
    json_t *pair;
    *figure = (struct figure){.kind = FIGURE_RATIOS,
                              .id = "ratios",
                              .title = "The best backend against each other one: times as fast",
                              .row_title = "against",
                              .remark_title = "verdict",
                              .columns = {"times as fast", "low", "high"},
                              .formats = {"%.4g", "%.4g", "%.4g"},
                              .x_axis = "times as fast (right of 1: the best is faster)",
                              .logarithmic = true,
                              .band = above};
    snprintf(figure->note, sizeof figure->note,
             "%.60s against the others, paired by round; all intervals hold together at 99 %%.%s",
             figure_text(best, "job"),
             isfinite(above) ? " Grey band: smaller differences were not told apart in this run." : "");
    json_array_foreach(json_object_get(experiment, "pairs"), i, pair) {
        if (strcmp(figure_text(pair, "family"), "best") != 0) continue;
        const json_t *base = figure_find(cases, "name", figure_text(pair, "base"));
        struct figure_row *row = figure_row(figure, figure_text(base, "job"));
        if (!row) continue;
        row->series = series_of(figure_text(base, "engine"));
        row->value[0] = figure_number(pair, "speed");
        row->value[1] = figure_number(pair, "speed_low");
        row->value[2] = figure_number(pair, "speed_high");
        snprintf(row->remark, sizeof row->remark, "%.60s", figure_text(pair, "verdict"));
    }
}

/* A roof of reading: its slope, 1e9 bytes/s. */
static void add_slope(struct figure *figure, const json_t *one) {
    static const char prefix[] = "roof/read/";
    const char *name = figure_text(one, "name");
    struct figure_row *row =
        figure_row(figure, strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name);
    if (!row) return;
    row->mark = FIGURE_ROOF;
    row->value[2] = figure_number(json_object_get(one, "rates"), "gb_per_second");
}

/* An epoch, or its kernel alone in the L1 cache, which moves as many bytes. A multiply-add is one pixel, empty border
 * included: 1e9 pixels/s are pixels per row / ns per row. */
static void add_point(struct figure *figure, const json_t *one, double pixels, double ns, enum figure_mark mark) {
    struct figure_row *row = isfinite(ns) ? figure_row(figure, figure_text(one, "job")) : NULL;
    if (!row) return;
    row->mark = mark;
    row->series = series_of(figure_text(one, "engine"));
    row->value[0] = pixels / figure_number(one, "row_bytes");
    row->value[1] = pixels / ns;
}

void figure_roofline(struct figure *figure, const json_t *facts) {
    const json_t *experiment = epochs_of(facts), *cases = json_object_get(experiment, "cases");
    const double pixels = figure_number(experiment, "pixels");
    size_t i;
    json_t *one;
    *figure = (struct figure){.kind = FIGURE_ROOFLINE,
                              .id = "roofline",
                              .title = "Roofline: how near the machine's limits each backend trains",
                              .row_title = "roof, epoch or kernel",
                              .remark_title = "what it is",
                              .columns = {"multiply-adds per byte", "1e9 multiply-adds/s", "GB/s"},
                              .formats = {"%.3f", "%.2f", "%.1f"},
                              .x_axis = "multiply-adds per byte read",
                              .y_axis = "1e9 multiply-adds per second",
                              .logarithmic = true};
    snprintf(
        figure->note, sizeof figure->note,
        "Lines: reading rows from each level of memory. Discs: epochs. Triangles: the dot product of a row alone, in "
        "the L1 cache. Blue: engine f32; orange: int; green: f64. A multiply-add is one of the row's pixels; those of "
        "the empty border are counted, and not "
        "read.");
    json_array_foreach(cases, i, one) {
        const bool read = is_kind(one, "read roof") && strcmp(figure_text(one, "name"), "roof/read/epoch-order") == 0;
        if (read || is_kind(one, "cache roof")) add_slope(figure, one);
    }
    json_array_foreach(cases, i, one) {
        if (!is_epoch(one)) continue;
        add_point(figure, one, pixels, figure_number(json_object_get(one, "rates"), "ns_per_row"), FIGURE_PLAIN);
        add_point(figure, one, pixels, figure_number(json_object_get(one, "roof"), "compute_ns_per_row"),
                  FIGURE_KERNEL);
    }
    for (i = 0; i < figure->count; i++)
        snprintf(figure->rows[i].remark, FIGURE_NAME, "%s",
                 figure->rows[i].mark == FIGURE_ROOF     ? "roof: reading"
                 : figure->rows[i].mark == FIGURE_KERNEL ? "kernel in the L1 cache"
                                                         : "epoch");
}

enum { MOST_POINTS = 300, WINDOWS = 60 };

/* The median clock of a window; NAN: not known. sorted[count] is scratch. */
static double clock_of(double *sorted, const json_t *ghz, size_t first, size_t count) {
    size_t known = 0;
    for (size_t i = first; i < first + count; i++)
        if (json_is_number(json_array_get(ghz, i))) sorted[known++] = json_number_value(json_array_get(ghz, i));
    if (known == 0) return (double)NAN;
    sort_doubles(sorted, known);
    return quantile(sorted, known, 0.5);
}

/* The times of the rounds, in seconds and in units of their median, and the clock of each. */
struct rounds_shown {
    const double *times;
    size_t count;
    double median;
    const json_t *ghz; /* numbers, or null */
};

/* The samples of one window of rounds as quantiles. */
static void add_window(struct figure *figure, const struct rounds_shown *shown, size_t first, size_t count) {
    static const double share[] = {0.05, 0.25, 0.5, 0.75, 0.95};
    char name[FIGURE_NAME];
    double *sorted = malloc(count * sizeof *sorted);
    snprintf(name, sizeof name, "%zu to %zu", first + 1, first + count);
    struct figure_row *row = sorted ? figure_row(figure, name) : NULL;
    figure->failed |= !sorted;
    if (row) {
        memcpy(sorted, shown->times + first, count * sizeof *sorted);
        sort_doubles(sorted, count);
        row->value[0] = (double)first + 0.5 * (double)(count + 1);
        for (size_t q = 0; q < sizeof share / sizeof *share; q++)
            row->value[q + 1] = quantile(sorted, count, share[q]) / shown->median;
        row->value[6] = clock_of(sorted, shown->ghz, first, count);
    }
    free(sorted);
}

static void add_bands(struct figure *figure, const struct rounds_shown *shown) {
    figure->kind = FIGURE_BANDS;
    figure->row_title = "rounds";
    figure->remark_title = NULL;
    static const char *const titles[] = {"middle", "5 %", "25 %", "median", "75 %", "95 %", "clock, GHz"};
    for (size_t i = 0; i < FIGURE_VALUES; i++) {
        figure->columns[i] = titles[i];
        figure->formats[i] = i ? "%.3f" : "%.0f";
    }
    for (size_t w = 0; w < WINDOWS; w++) {
        const size_t first = w * shown->count / WINDOWS, end = (w + 1) * shown->count / WINDOWS;
        add_window(figure, shown, first, end - first);
    }
}

static void add_samples(struct figure *figure, const json_t *sample, const struct rounds_shown *shown) {
    const json_t *disturbed = json_object_get(sample, "disturbed");
    for (size_t i = 0; i < json_array_size(json_object_get(sample, "seconds")); i++) {
        const char *by = json_string_value(json_array_get(disturbed, i));
        const json_t *clock = json_array_get(shown->ghz, i);
        char name[FIGURE_NAME];
        snprintf(name, sizeof name, "%zu", i + 1);
        struct figure_row *row = figure_row(figure, name);
        if (!row) return;
        row->mark = by ? FIGURE_DISTURBED : FIGURE_PLAIN;
        row->value[0] = (double)(i + 1);
        row->value[1] = shown->times[i] / shown->median;
        if (json_is_number(clock)) row->value[2] = json_number_value(clock);
        if (by) snprintf(row->remark, sizeof row->remark, "%.60s", by);
    }
}

void figure_samples(struct figure *figure, const json_t *facts) {
    const json_t *experiment = epochs_of(facts);
    const json_t *sample = figure_find(json_object_get(facts, "samples"), "name", figure_text(experiment, "best"));
    const json_t *seconds = json_object_get(sample, "seconds");
    const double median = figure_number(json_object_get(sample, "summary"), "median");
    const size_t count = json_array_size(seconds);
    double *times = calloc(count + 1, sizeof *times);
    *figure = (struct figure){.kind = FIGURE_SAMPLES,
                              .id = "samples",
                              .title = "Samples of the fastest epoch over time",
                              .row_title = "round",
                              .remark_title = "disturbed by",
                              .columns = {"round", "time / median", "clock, GHz"},
                              .formats = {"%.0f", "%.3f", "%.3f"},
                              .x_axis = "round",
                              .y_axis = "time / median",
                              .failed = !times};
    snprintf(figure->note, sizeof figure->note, "%.60s. 1 is the median time, %.3f ms.", figure_text(sample, "name"),
             1e3 * median);
    for (size_t i = 0; i < count && times; i++)
        times[i] = json_number_value(json_array_get(seconds, i));
    const struct rounds_shown shown = {times, count, median,
                                       json_object_get(json_object_get(experiment, "clock"), "ghz_per_round")};
    if (times && count > MOST_POINTS)
        add_bands(figure, &shown);
    else if (times)
        add_samples(figure, sample, &shown);
    free(times);
}
