/* SPDX-License-Identifier: MIT */
#include "record/compare.h"

#include "record/difference.h"
#include "transcendental.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int refuse_incomplete(const struct result_file *file, struct error *err) {
    if (file->complete) return 0;
    return fail(err, "%s: is incomplete: its run was interrupted, so it cannot be compared; run it again", file->path);
}

bool same_run(const struct result_file *a, const struct result_file *b) {
    return json_equal(json_object_get(a->facts, "run_id"), json_object_get(b->facts, "run_id"));
}

/* A run that is counted twice would make its processes look more alike than they are. A subject may be the base itself,
 * if neither is pooled: its times are then the same, and its verdict is withheld. */
static int refuse_repeated(const struct compare_report *report, struct error *err) {
    const bool pooled = report->pool_count < report->file_count;
    for (size_t f = 1; f < report->file_count; f++)
        for (size_t before = pooled ? 0 : 1; before < f; before++)
            if (same_run(&report->files[f], &report->files[before]))
                return fail(err, "%s and %s are the same run, which cannot count twice", report->files[before].path,
                            report->files[f].path);
    return 0;
}

static int refuse_other_pool(const struct compare_report *report, const struct result_file *a,
                             const struct result_file *b, struct error *err) {
    if (report->pooling == POOL_BUILD) return refuse_other_build(a, b, err);
    if (same_machine(a, b)) return 0;
    return fail(err, "%s and %s are not known to be of one machine: its CPU or topology differs or was not recorded",
                a->path, b->path);
}

/* Refuses what cannot be compared, or not pooled. */
static int check_files(const struct compare_report *report, struct error *err) {
    for (size_t f = 0; f < report->file_count; f++)
        if (refuse_incomplete(&report->files[f], err) != 0) return -1;
    for (size_t f = 1; f < report->file_count; f++)
        if (refuse_other_work(&report->files[0], &report->files[f], err) != 0) return -1;
    if (refuse_repeated(report, err) != 0) return -1;
    for (size_t p = 0; p < report->pool_count; p++)
        for (size_t i = 1; i < report->pools[p].count; i++)
            if (refuse_other_pool(report, pool_file(report, p), pool_file(report, p) + i, err) != 0) return -1;
    return 0;
}

static int make_pools(struct compare_report *report, const struct sides *sides, struct error *err) {
    report->pool_count = sides->count;
    report->pooling = sides->pooling;
    report->pools = calloc(report->pool_count, sizeof *report->pools);
    report->totals = calloc(report->pool_count, sizeof *report->totals);
    if (!report->pools || !report->totals) return fail_program(err, "out of memory for the comparison");
    for (size_t p = 0; p < report->pool_count; p++) {
        report->pools[p] = (struct pool){report->file_count, sides->counts[p]};
        report->file_count += sides->counts[p];
    }
    return 0;
}

/* The first file of the pool that lacks the benchmark, or NULL. */
static const struct result_file *lacking(const struct compare_report *report, size_t pool, const char *name) {
    for (size_t i = 0; i < report->pools[pool].count; i++)
        if (!find_series(pool_file(report, pool) + i, name)) return pool_file(report, pool) + i;
    return NULL;
}

/* Counts the (benchmark, subject) pairs that all files of base and subject share. Fills in rows[] unless it is NULL. */
static size_t list_rows(const struct compare_report *report, struct ratio_row *rows) {
    const struct result_file *base = &report->files[0];
    size_t count = 0;
    for (size_t i = 0; i < base->count; i++) {
        const char *name = base->series[i].name;
        for (size_t p = 1; p < report->pool_count; p++) {
            if (lacking(report, 0, name) || lacking(report, p, name)) continue;
            if (rows) rows[count] = (struct ratio_row){.name = name, .subject = p};
            count++;
        }
    }
    return count;
}

/* File i of base and subject together. */
static const struct result_file *file_of_both(const struct compare_report *report, size_t subject, size_t i) {
    const size_t bases = report->pools[0].count;
    return i < bases ? &report->files[i] : pool_file(report, subject) + (i - bases);
}

/* Counts the benchmarks that some file of base or subject lacks, each once. Fills in partial[] unless it is NULL. */
static size_t list_partial_of(const struct compare_report *report, size_t subject, struct partial *partial) {
    const size_t files = report->pools[0].count + report->pools[subject].count;
    size_t count = 0;
    for (size_t f = 0; f < files; f++) {
        const struct result_file *in = file_of_both(report, subject, f);
        for (size_t i = 0; i < in->count; i++) {
            const char *name = in->series[i].name;
            const struct result_file *without = lacking(report, 0, name);
            bool listed = false;
            if (!without) without = lacking(report, subject, name);
            for (size_t before = 0; before < f; before++)
                listed = listed || find_series(file_of_both(report, subject, before), name);
            if (!without || listed) continue;
            if (partial)
                partial[count] =
                    (struct partial){name, (size_t)(in - report->files), (size_t)(without - report->files)};
            count++;
        }
    }
    return count;
}

static int fill_partial(struct compare_report *report, struct error *err) {
    for (size_t p = 1; p < report->pool_count; p++)
        report->partial_count += list_partial_of(report, p, NULL);
    report->partial = calloc(report->partial_count + 1, sizeof *report->partial);
    if (!report->partial) return fail_program(err, "out of memory for %zu benchmarks", report->partial_count);
    size_t count = 0;
    for (size_t p = 1; p < report->pool_count; p++)
        count += list_partial_of(report, p, report->partial + count);
    return 0;
}

/* Numbers of all files of a side, one after the other. The caller frees x. */
struct numbers {
    double *x;
    size_t n;
};

static int make_room(struct numbers *all, size_t n, struct error *err) {
    *all = (struct numbers){calloc(n + 1, sizeof *all->x), 0};
    return all->x ? 0 : fail_program(err, "out of memory for %zu samples", n);
}

static void append(struct numbers *all, const double *values, size_t n) {
    memcpy(all->x + all->n, values, n * sizeof *values);
    all->n += n;
}

static int gather_samples(struct numbers *all, const struct compare_report *report, size_t pool, const char *name,
                          struct error *err) {
    const struct result_file *files = pool_file(report, pool);
    size_t n = 0;
    for (size_t i = 0; i < report->pools[pool].count; i++)
        n += find_series(&files[i], name)->n;
    if (make_room(all, n, err) != 0) return -1;
    for (size_t i = 0; i < report->pools[pool].count; i++) {
        const struct series *series = find_series(&files[i], name);
        append(all, series->seconds, series->n);
    }
    return 0;
}

/* What the processes of a file timed: a benchmark, or a roof if `series` is NULL. */
struct timed {
    const char *series, *roof;
};

/* NULL if the file lacks the roof. */
static const struct processes *processes_of(const struct result_file *file, struct timed what) {
    if (what.series) return &find_series(file, what.series)->processes;
    const struct roof_series *roof = find_roof(file, what.roof);
    return roof ? &roof->processes : NULL;
}

/* The medians of all processes of a side; none if one of its files lacks the roof. */
static int gather_medians(struct numbers *all, const struct compare_report *report, size_t pool, struct timed what,
                          struct error *err) {
    const struct result_file *files = pool_file(report, pool);
    size_t n = 0;
    bool whole = true;
    for (size_t i = 0; i < report->pools[pool].count; i++) {
        const struct processes *processes = processes_of(&files[i], what);
        whole = whole && processes;
        n += processes ? processes->count : 0;
    }
    if (make_room(all, n, err) != 0) return -1;
    for (size_t i = 0; whole && i < report->pools[pool].count; i++) {
        const struct processes *processes = processes_of(&files[i], what);
        append(all, processes->medians, processes->count);
    }
    return 0;
}

/* Sets row->base_times and row->subject_times. */
static int fill_summaries(struct ratio_row *row, const struct compare_report *report, struct error *err) {
    struct numbers base = {NULL, 0}, subject = {NULL, 0};
    int bad = gather_samples(&base, report, 0, row->name, err) != 0 ||
              gather_samples(&subject, report, row->subject, row->name, err) != 0 ||
              summarize(&row->base_times, base.x, base.n, err) != 0 ||
              summarize(&row->subject_times, subject.x, subject.n, err) != 0;
    free(base.x);
    free(subject.x);
    return bad ? -1 : 0;
}

/* Compares the processes of both sides. What is missing has no shift. */
static int find_shift(struct shift *shift, const struct compare_report *report, size_t subject, struct timed what,
                      struct error *err) {
    struct numbers one = {NULL, 0}, two = {NULL, 0};
    *shift = (struct shift){.error = (double)NAN};
    int bad = gather_medians(&one, report, subject, what, err) != 0 || gather_medians(&two, report, 0, what, err) != 0;
    if (!bad && one.n > 0 && two.n > 0)
        bad = compare_processes(shift, (struct samples){one.x, one.n}, (struct samples){two.x, two.n}, err) != 0;
    free(one.x);
    free(two.x);
    return bad ? -1 : 0;
}

static void set_floor_at_least(struct ratio_row *row, double floor, const char *reason) {
    if (!(floor > row->floor)) return;
    row->floor = floor;
    row->floor_reason = reason;
}

/* The level of the intervals of roofs, each alone. A false alarm only raises a floor. */
static const double roof_level = 0.05;

/* The part of a roof's change that is certain, squared: a neighbour on the same core slows training more than plain
 * reads; folds lost twice as much as L1 reads, in logarithms (Sapphire Rapids, gcc 12; docs/measurements.md, "The roof
 * floor, squared"). Only roofs of the machine count. A compute roof runs the kernel's code, so a slower kernel would
 * raise the floor and hide itself. */
static int raise_floor_by_roof(struct ratio_row *row, const struct compare_report *report, const char *roof,
                               const char *reason, struct error *err) {
    struct shift shift;
    if (!roof || !same_machine(&report->files[0], pool_file(report, row->subject))) return 0;
    if (find_shift(&shift, report, row->subject, (struct timed){NULL, roof}, err) != 0) return -1;
    set_floor_at_least(row, portable_exp(2 * fabs(certain_shift(&shift, roof_level))) - 1, reason);
    return 0;
}

/* The log of a file's time: the mean of the logs of its processes' medians. */
static double log_time(const struct result_file *file, const char *name) {
    const struct processes *processes = &find_series(file, name)->processes;
    double sum = 0;
    for (size_t i = 0; i < processes->count; i++)
        sum += portable_log(processes->medians[i]);
    return sum / (double)processes->count;
}

/* Runs of one side differ by more than their processes show: each has its own hour, and its own place in memory. How
 * far a run lies from the mean of its side at most is no change between the sides. */
static void raise_floor_by_runs(struct ratio_row *row, const struct compare_report *report, size_t pool) {
    const struct pool *side = &report->pools[pool];
    double mean = 0, farthest = 0;
    for (size_t i = 0; i < side->count; i++)
        mean += log_time(pool_file(report, pool) + i, row->name) / (double)side->count;
    for (size_t i = 0; i < side->count; i++)
        farthest = fmax(farthest, fabs(log_time(pool_file(report, pool) + i, row->name) - mean));
    set_floor_at_least(row, portable_exp(farthest) - 1, "the runs of one side differ by as much among themselves");
}

static int set_floor(struct ratio_row *row, const struct compare_report *report, struct error *err) {
    const struct series *base = find_series(&report->files[0], row->name);
    row->floor = SMALLEST_FLOOR;
    row->floor_reason = "memory layout alone changes times from build to build";
    raise_floor_by_runs(row, report, 0);
    raise_floor_by_runs(row, report, row->subject);
    if (raise_floor_by_roof(row, report, base->read_roof,
                            "its read roof changed between the runs, and training changes by up to its square",
                            err) != 0)
        return -1;
    return raise_floor_by_roof(row, report, base->l1_roof,
                               "the L1 roof changed between the runs, and training changes by up to its square", err);
}

/* Sets row->withheld to the first file's reason why no verdict may rest on its times. */
static int withhold(struct ratio_row *row, const struct compare_report *report, struct error *err) {
    const size_t bases = report->pools[0].count;
    if (same_run(&report->files[0], pool_file(report, row->subject))) {
        row->withheld = strdup("both sides are the same run");
        return row->withheld ? 0 : fail_program(err, "out of memory for the comparison");
    }
    for (size_t i = 0; i < bases + report->pools[row->subject].count; i++) {
        const struct result_file *file = file_of_both(report, row->subject, i);
        const char *reason = find_series(file, row->name)->untrusted;
        if (!reason) continue;
        row->noisy = find_series(file, row->name)->noisy;
        if (asprintf(&row->withheld, "of the %s %s", i < bases ? "base" : "subject", reason) >= 0) return 0;
        row->withheld = NULL;
        return fail_program(err, "out of memory for the comparison");
    }
    return 0;
}

static bool tuned_differently(const struct ratio_row *row, const struct compare_report *report) {
    const char *first = NULL;
    for (size_t i = 0; i < report->pools[0].count + report->pools[row->subject].count; i++) {
        const char *one = find_series(file_of_both(report, row->subject, i), row->name)->prefetch;
        if (one && first && strcmp(one, first) != 0) return true;
        if (!first) first = one;
    }
    return false;
}

/* The mean over the files of a side. NaN if one of them does not say. */
static double roof_of(const struct compare_report *report, size_t pool, const char *name) {
    double sum = 0;
    for (size_t i = 0; i < report->pools[pool].count; i++)
        sum += find_series(pool_file(report, pool) + i, name)->roof_percent;
    return sum / (double)report->pools[pool].count;
}

static int fill_row(struct ratio_row *row, const struct compare_report *report, struct error *err) {
    row->base_roof = roof_of(report, 0, row->name);
    row->subject_roof = roof_of(report, row->subject, row->name);
    row->tuned_differently = tuned_differently(row, report);
    if (fill_summaries(row, report, err) != 0 ||
        find_shift(&row->shift, report, row->subject, (struct timed){row->name, NULL}, err) != 0 ||
        set_floor(row, report, err) != 0)
        return -1;
    return withhold(row, report, err);
}

/* Intervals and verdicts of all rows. The test of a row asks whether its ratio lies within its floor, so that Holm's
 * procedure bounds the chance of any false "faster" or "slower", and with it that of any "perhaps" about equal times. A
 * row whose verdict is withheld counts as one comparison, but makes no other one's interval narrower. */
static int decide(struct compare_report *report, struct error *err) {
    double *p = calloc(report->row_count + 1, sizeof *p);
    double *level = calloc(report->row_count + 1, sizeof *level);
    unsigned comparisons = 0;
    int bad = p && level ? 0 : fail_program(err, "out of memory for %zu comparisons", report->row_count);
    for (size_t i = 0; !bad && i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        p[i] = shift_p(&row->shift, row->floor);
        if (row->withheld && !isnan(p[i])) p[i] = 1;
        if (!isnan(p[i])) comparisons++;
    }
    if (!bad) bad = holm_levels(level, p, report->row_count, 1 - COMPARE_CONFIDENCE, err);
    for (size_t i = 0; !bad && i < report->row_count; i++) {
        struct ratio_row *row = &report->rows[i];
        row->times = comparison_of(&row->shift, level[i], row->floor);
        row->base_time = portable_exp(row->shift.log_base);
        row->subject_time = row->base_time * row->times.ratio;
        row->speedup = (struct speedup){1 / row->times.ratio, 1 / row->times.high, 1 / row->times.low};
        row->times.confidence = COMPARE_CONFIDENCE;
        row->times.comparisons = comparisons;
        if (row->withheld && row->times.verdict != VERDICT_UNKNOWN) row->times.verdict = VERDICT_WITHHELD;
    }
    free(p);
    free(level);
    return bad;
}

static int fill_rows(struct compare_report *report, struct error *err) {
    report->row_count = list_rows(report, NULL);
    if (report->row_count > MAX_RATIOS)
        return fail(err, "%zu ratios are too many to compare at once; at most %d: give fewer files", report->row_count,
                    MAX_RATIOS);
    if (report->files[0].count == 0) return fail(err, "%s: holds no times to compare", report->files[0].path);
    if (report->row_count == 0)
        return fail(err, "%s: has no benchmark in common with the other files", report->files[0].path);
    report->rows = calloc(report->row_count, sizeof *report->rows);
    if (!report->rows) return fail_program(err, "out of memory for %zu comparisons", report->row_count);
    list_rows(report, report->rows);
    for (size_t i = 0; i < report->row_count; i++)
        if (fill_row(&report->rows[i], report, err) != 0) return -1;
    return decide(report, err);
}

static int fill_means(struct compare_report *report, struct error *err) {
    double *ratios = calloc(report->row_count + 1, sizeof *ratios);
    if (!ratios) return fail_program(err, "out of memory for %zu ratios", report->row_count);
    for (size_t p = 1; p < report->pool_count; p++) {
        struct subject_totals *totals = &report->totals[p];
        size_t n = 0;
        for (size_t i = 0; i < report->row_count; i++) {
            if (report->rows[i].subject != p) continue;
            totals->verdicts[report->rows[i].times.verdict]++;
            ratios[n++] = report->rows[i].times.ratio;
        }
        totals->ratio_count = n;
        if (n == 0) continue;
        totals->geometric_mean = geometric_mean(ratios, n);
        totals->geometric_speed = 1 / totals->geometric_mean;
    }
    free(ratios);
    return 0;
}

int compare_sides(struct compare_report *report, const struct result_file *files, const struct sides *sides,
                  struct error *err) {
    *report = (struct compare_report){.files = files};
    int bad = make_pools(report, sides, err);
    if (!bad) bad = check_files(report, err);
    if (!bad) bad = fill_rows(report, err);
    if (!bad) bad = fill_means(report, err);
    if (!bad) bad = fill_partial(report, err);
    if (!bad) bad = find_differences(report, err);
    if (bad) compare_free(report);
    return bad;
}

int compare_results(struct compare_report *report, const struct result_file *files, size_t file_count,
                    size_t base_count, struct error *err) {
    size_t counts[MAX_FILES];
    const size_t pools[] = {base_count, file_count - base_count};
    for (size_t f = 0; f < file_count; f++)
        counts[f] = 1;
    const struct sides sides =
        base_count > 0 ? (struct sides){pools, 2, POOL_BUILD} : (struct sides){counts, file_count, POOL_BUILD};
    return compare_sides(report, files, &sides, err);
}

void compare_free(struct compare_report *report) {
    free_differences(report);
    for (size_t i = 0; report->rows && i < report->row_count; i++)
        free(report->rows[i].withheld);
    free(report->rows);
    free(report->partial);
    free(report->pools);
    free(report->totals);
    *report = (struct compare_report){0};
}

const char *best_epoch(const struct result_file *file) {
    size_t i;
    json_t *experiment;
    json_array_foreach(json_object_get(file->facts, "experiments"), i, experiment) {
        const char *best = json_string_value(json_object_get(experiment, "best"));
        const struct series *series = best ? find_series(file, best) : NULL;
        if (series && strncmp(series->name, "epoch/", strlen("epoch/")) == 0) return series->name;
    }
    return NULL;
}

const struct ratio_row *headline_row(const struct compare_report *report, size_t subject) {
    const char *best = best_epoch(&report->files[0]);
    const struct ratio_row *first = NULL;
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        if (row->subject != subject) continue;
        if (best && strcmp(row->name, best) == 0) return row;
        if (!first) first = row;
    }
    return first;
}

double smallest_visible_change(const struct ratio_row *row) {
    if (row->withheld || isnan(row->times.low)) return (double)INFINITY;
    return fmax(row->floor, resolution(&row->times));
}

bool beyond_threshold(const struct ratio_row *row, double threshold) {
    return row->times.verdict == VERDICT_SLOWER && row->times.low > 1 + threshold;
}
