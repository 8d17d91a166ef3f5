#include "record/compare.h"

#include "base/json.h"
#include "base/transcendental.h"
#include "record/difference.h"
#include "record/result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Changes of less are not told from those that another memory layout makes (Mytkowicz and others, "Producing wrong data
 * without doing anything obviously wrong!", 2009). */
static const double smallest_floor = 0.01;

static int refuse_incomplete(const struct result_file *file, struct error *err) {
    if (file->complete) return 0;
    return fail(err, "%s: is incomplete: its run was interrupted, so it is not compared; run it again", file->path);
}

/* Counts the pairs of base and subject series; with `rows`, also notes which they are. */
static size_t match(struct compare_report *report, struct ratio_row *rows) {
    const struct result_file *base = &report->files[0];
    size_t count = 0;
    for (size_t i = 0; i < base->count; i++) {
        for (size_t f = 1; f < report->file_count; f++) {
            if (!find_series(&report->files[f], base->series[i].name)) continue;
            if (rows) rows[count] = (struct ratio_row){.name = base->series[i].name, .subject = f};
            count++;
        }
    }
    return count;
}

/* What is left of the verdict of the samples alone. */
static enum verdict settle(const struct comparison *c, const struct against *against) {
    if (against->withheld) return VERDICT_WITHHELD;
    if (c->low > 1 + against->floor) return VERDICT_SLOWER;
    if (c->high < 1 / (1 + against->floor)) return VERDICT_FASTER;
    return VERDICT_NOT_RESOLVED; /* also without an interval */
}

static int fill_row(struct ratio_row *row, const struct compare_report *report, double confidence, struct error *err) {
    const struct series *base = find_series(&report->files[0], row->name);
    const struct series *subject = find_series(&report->files[row->subject], row->name);
    if (summarize(&row->base_times, base->seconds, base->n, err) != 0 ||
        summarize(&row->subject_times, subject->seconds, subject->n, err) != 0)
        return -1;
    if (compare_independent(&row->times, subject->seconds, subject->n, base->seconds, base->n, confidence,
                            (unsigned)report->row_count, err) != 0)
        return -1;
    row->times.verdict = settle(&row->times, &report->against[row->subject]);
    return 0;
}

static int fill_rows(struct compare_report *report, double confidence, struct error *err) {
    report->row_count = match(report, NULL);
    if (report->row_count == 0)
        return fail(err, "%s: has no benchmark in common with the other files", report->files[0].path);
    report->rows = calloc(report->row_count, sizeof *report->rows);
    if (!report->rows) return fail_program(err, "out of memory for %zu comparisons", report->row_count);
    match(report, report->rows);
    for (size_t i = 0; i < report->row_count; i++)
        if (fill_row(&report->rows[i], report, confidence, err) != 0) return -1;
    return 0;
}

/* Counts the benchmarks that the base or a subject lacks; with `partial`, also notes which they are. */
static size_t list_partial(const struct compare_report *report, struct partial *partial) {
    size_t count = 0;
    for (size_t f = 1; f < report->file_count; f++) {
        const size_t sides[2] = {0, f};
        for (size_t side = 0; side < 2; side++) {
            const struct result_file *in = &report->files[sides[side]];
            for (size_t i = 0; i < in->count; i++) {
                if (find_series(&report->files[sides[1 - side]], in->series[i].name)) continue;
                if (partial) partial[count] = (struct partial){in->series[i].name, sides[side], sides[1 - side]};
                count++;
            }
        }
    }
    return count;
}

static int fill_partial(struct compare_report *report, struct error *err) {
    report->partial_count = list_partial(report, NULL);
    report->partial = calloc(report->partial_count + 1, sizeof *report->partial);
    if (!report->partial) return fail_program(err, "out of memory for %zu benchmarks", report->partial_count);
    list_partial(report, report->partial);
    return 0;
}

/* How much of a change the run's A/A arm could resolve; 0 where there was none. */
static double aa_resolution(const struct result_file *file) {
    return json_number_value(json_object_get(json_object_get(file->own, "aa"), "resolution"));
}

static bool was_unquiet(const struct result_file *file) {
    const char *state = json_string_value(json_object_get(json_object_get(file->own, "aa"), "state"));
    return state && strcmp(state, aa_words(AA_UNQUIET)) == 0;
}

/* A roof of a kernel's own arithmetic says how fast the kernel is, not the machine: a slower kernel lowers it. */
static bool is_of_machine(const json_t *roof) {
    return strncmp(json_string_value(json_object_get(roof, "name")), "mix/", strlen("mix/")) != 0;
}

/* The largest change of a roof that both files have, where both are of one machine, squared; otherwise 0. Squared,
 * since roofs are plain reads: where another program shared the core during one of the runs, folds were seen to lose
 * twice as much of their speed, in logarithms, as reads from L1 did. */
static double roof_shift(const struct result_file *a, const struct result_file *b) {
    double largest = 0;
    size_t i;
    size_t j;
    json_t *one;
    json_t *two;
    if (!same_machine(a, b)) return 0;
    json_array_foreach(json_object_get(a->own, "roofs"), i, one) {
        if (!is_of_machine(one)) continue;
        json_array_foreach(json_object_get(b->own, "roofs"), j, two) {
            if (!json_equal(json_object_get(one, "name"), json_object_get(two, "name"))) continue;
            double change = portable_log(json_number_value(json_object_get(two, "per_second")) /
                                         json_number_value(json_object_get(one, "per_second")));
            largest = fmax(largest, expm1(2 * fabs(change)));
        }
    }
    return largest;
}

/* The longest that a benchmark of the file took for its CPU time, squared: who waits for a processor also finds its
 * caches emptied by those who had it. */
static double waiting(const struct result_file *file) {
    double longest = 1;
    for (size_t i = 0; i < file->count; i++)
        longest = fmax(longest, file->series[i].waited);
    return longest * longest - 1;
}

static void raise_floor(struct against *against, double floor, const char *reason) {
    if (!(floor > against->floor)) return;
    against->floor = floor;
    against->floor_reason = reason;
}

static int fill_against(struct compare_report *report, struct error *err) {
    const struct result_file *base = &report->files[0];
    report->against = calloc(report->file_count, sizeof *report->against);
    if (!report->against) return fail_program(err, "out of memory for %zu files", report->file_count);
    for (size_t f = 1; f < report->file_count; f++) {
        struct against *against = &report->against[f];
        const struct result_file *subject = &report->files[f];
        *against = (struct against){.geometric_mean = NAN,
                                    .floor = smallest_floor,
                                    .floor_reason = "two runs of one program differ by where its code and data lie"};
        raise_floor(against, aa_resolution(base), "what the base's A/A arm could resolve");
        raise_floor(against, aa_resolution(subject), "what the subject's A/A arm could resolve");
        raise_floor(against, waiting(base), "the base's samples waited for a processor that others used");
        raise_floor(against, waiting(subject), "the subject's samples waited for a processor that others used");
        raise_floor(against, roof_shift(base, subject),
                    "a roof of the machine moved between the runs, and work may move as far twice");
        if (was_unquiet(base)) against->withheld = "the base's run was not quiet: its A/A arm says so";
        if (was_unquiet(subject)) against->withheld = "the subject's run was not quiet: its A/A arm says so";
    }
    return 0;
}

static int fill_means(struct compare_report *report, struct error *err) {
    double *ratios = calloc(report->row_count + 1, sizeof *ratios);
    if (!ratios) return fail_program(err, "out of memory for %zu ratios", report->row_count);
    for (size_t f = 1; f < report->file_count; f++) {
        size_t n = 0;
        for (size_t i = 0; i < report->row_count; i++)
            if (report->rows[i].subject == f) ratios[n++] = report->rows[i].times.ratio;
        report->against[f].mean_of = n;
        if (n > 0) report->against[f].geometric_mean = geometric_mean(ratios, n);
    }
    free(ratios);
    return 0;
}

int compare_results(struct compare_report *report, const struct result_file *files, size_t file_count,
                    double confidence, struct error *err) {
    *report = (struct compare_report){.files = files, .file_count = file_count};
    for (size_t f = 0; f < file_count; f++)
        if (refuse_incomplete(&files[f], err) != 0) return -1;
    for (size_t f = 1; f < file_count; f++)
        if (refuse_other_work(&files[0], &files[f], err) != 0) return -1;
    if (fill_against(report, err) == 0 && fill_rows(report, confidence, err) == 0 && fill_partial(report, err) == 0 &&
        fill_means(report, err) == 0 && find_differences(report, err) == 0)
        return 0;
    compare_free(report);
    return -1;
}

void compare_free(struct compare_report *report) {
    free_differences(report);
    free(report->rows);
    free(report->partial);
    free(report->against);
    *report = (struct compare_report){0};
}

bool beyond_threshold(const struct ratio_row *row, double threshold) {
    return row->times.verdict == VERDICT_SLOWER && row->times.low > 1 + threshold;
}

static json_t *file_json(const struct result_file *file) {
    return json_pack("{s:s, s:O, s:O, s:O}", "path", file->path, "run_id", json_object_get(file->own, "run_id"),
                     "start", json_object_get(file->own, "start"), "tool", json_object_get(file->own, "tool"));
}

static json_t *difference_json(const struct difference *difference, size_t files) {
    json_t *values = json_array();
    for (size_t f = 0; f < files; f++)
        json_array_append_new(values, json_string(difference->values[f]));
    return json_pack("{s:s, s:s, s:o}", "key", difference->key, "effect", difference->effect, "values", values);
}

static json_t *row_json(const struct ratio_row *row, const struct result_file *files, double threshold) {
    json_t *value = comparison_json(&row->times);
    json_t *more =
        json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:f}", "name", row->name, "base", files[0].path, "subject",
                  files[row->subject].path, "base_median", row->base_times.median, "base_min", row->base_times.min,
                  "subject_median", row->subject_times.median, "subject_min", row->subject_times.min);
    int bad = json_object_update(value, more);
    if (!isnan(threshold))
        bad |= json_object_set_new(value, "beyond_threshold", json_boolean(beyond_threshold(row, threshold)));
    json_decref(more);
    if (!bad) return value;
    json_decref(value);
    return NULL;
}

static json_t *against_json(const struct result_file *subject, const struct against *against) {
    json_t *value = json_pack("{s:s, s:o, s:I, s:f, s:s}", "subject", subject->path, "geometric_mean",
                              json_number(against->geometric_mean), "ratios", (json_int_t)against->mean_of, "floor",
                              against->floor, "floor_reason", against->floor_reason);
    if (against->withheld) json_object_set_new(value, "withheld", json_string(against->withheld));
    return value;
}

static json_t *partial_json(const struct partial *partial, const struct result_file *files) {
    return json_pack("{s:s, s:s, s:s}", "name", partial->name, "in", files[partial->in].path, "not_in",
                     files[partial->not_in].path);
}

json_t *compare_json(const struct compare_report *report, double threshold) {
    json_t *files = json_array();
    json_t *differences = json_array();
    json_t *rows = json_array();
    json_t *partial = json_array();
    json_t *subjects = json_array();
    for (size_t f = 0; f < report->file_count; f++)
        json_array_append_new(files, file_json(&report->files[f]));
    for (size_t i = 0; i < report->difference_count; i++)
        json_array_append_new(differences, difference_json(&report->differences[i], report->file_count));
    for (size_t i = 0; i < report->row_count; i++)
        json_array_append_new(rows, row_json(&report->rows[i], report->files, threshold));
    for (size_t i = 0; i < report->partial_count; i++)
        json_array_append_new(partial, partial_json(&report->partial[i], report->files));
    for (size_t f = 1; f < report->file_count; f++)
        json_array_append_new(subjects, against_json(&report->files[f], &report->against[f]));
    json_t *value =
        json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "test",
                  "independent samples: Mann-Whitney, Hodges-Lehmann; nothing is paired across files", "files", files,
                  "differences", differences, "benchmarks", rows, "subjects", subjects, "not_in_all", partial);
    if (!isnan(threshold)) json_object_set_new(value, "threshold", json_real(threshold));
    return value;
}
