/* SPDX-License-Identifier: MIT */
#include "record/compare.h"

#include "base/json.h"
#include "base/transcendental.h"
#include "record/difference.h"
#include "record/result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A change below 1 % may come from memory layout alone, which differs between runs but not between the samples of a run
 * (Mytkowicz and others, "Producing wrong data without doing anything obviously wrong!", 2009). */
static const double smallest_floor = 0.01;

static int refuse_incomplete(const struct result_file *file, struct error *err) {
    if (file->complete) return 0;
    return fail(err, "%s: is incomplete: its run was interrupted, so it cannot be compared; run it again", file->path);
}

/* Counts the (benchmark, subject) pairs that the base shares. Fills in rows[] unless it is NULL. */
static size_t list_rows(struct compare_report *report, struct ratio_row *rows) {
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

/* The verdict after the gate: withheld, or decided by whether the whole interval lies beyond the floor. */
static enum verdict gated_verdict(const struct comparison *c, const struct gate *gate) {
    if (gate->withheld[0]) return VERDICT_WITHHELD;
    if (c->low > 1 + gate->floor) return VERDICT_SLOWER;
    if (c->high < 1 / (1 + gate->floor)) return VERDICT_FASTER;
    return VERDICT_NOT_RESOLVED; /* also when low and high are NaN */
}

/* Counts the benchmarks that the base or a subject lacks. Fills in partial[] unless it is NULL. */
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

/* Compute roofs do not count: they run the kernel's code, so a slower kernel would raise the floor and hide itself. */
static bool is_machine_roof(const json_t *roof) {
    const char *name = json_string_value(json_object_get(roof, "name"));
    /* Schema 1 called compute roofs "mix". */
    return strncmp(name, "compute/", strlen("compute/")) != 0 && strncmp(name, "mix/", strlen("mix/")) != 0;
}

/* The largest squared change of a roof that both files have; 0 for files of different machines. Squared because a
 * neighbour on the same core slows training more than plain reads: folds lost twice as much as L1 reads, in logarithms
 * (Sapphire Rapids, gcc 12; docs/measurements.md, "The roof floor, squared"). */
static double floor_of_roof_change(const struct result_file *a, const struct result_file *b) {
    double largest = 0;
    size_t i;
    size_t j;
    json_t *one;
    json_t *two;
    if (!same_machine(a, b)) return 0;
    json_array_foreach(json_object_get(a->facts, "roofs"), i, one) {
        if (!is_machine_roof(one)) continue;
        json_array_foreach(json_object_get(b->facts, "roofs"), j, two) {
            if (!json_equal(json_object_get(one, "name"), json_object_get(two, "name"))) continue;
            double change = portable_log(json_number_value(json_object_get(two, "per_second")) /
                                         json_number_value(json_object_get(one, "per_second")));
            largest = fmax(largest, expm1(2 * fabs(change)));
        }
    }
    return largest;
}

/* The largest (wall time / CPU time)^2 - 1 of the experiment's benchmarks. Squared because a thread that waits for its
 * core also finds the caches evicted by whoever ran there. */
static double floor_of_waiting(const struct result_file *file, int gate) {
    double longest = 1;
    for (size_t i = 0; i < file->count; i++)
        if (file->series[i].gate == gate) longest = fmax(longest, file->series[i].wall_per_cpu);
    return longest * longest - 1;
}

static void set_floor_at_least(struct gate *gate, double floor, const char *reason) {
    if (!(floor > gate->floor)) return;
    gate->floor = floor;
    gate->floor_reason = reason;
}

/* Withholds verdicts if this file has no A/A case for the experiment, or a noisy one. `side` is "base" or "subject". */
static void withhold_if_noisy(struct gate *gate, const struct result_file *file, int which, const char *side) {
    if (which == NO_GATE) return;
    const struct aa_record *record = &file->gates[which];
    gate->experiment = record->experiment;
    if (record->missing)
        snprintf(gate->withheld, sizeof gate->withheld, "the %s has no A/A case for its %s: %s", side,
                 record->experiment, record->missing);
    else if (record->state == AA_NOISY)
        snprintf(gate->withheld, sizeof gate->withheld, "the %s's %s were noisy, as their A/A case shows", side,
                 record->experiment);
}

static double floor_of_aa(const struct result_file *file, int which) {
    return which == NO_GATE ? 0 : file->gates[which].resolution;
}

static struct gate make_gate(const struct compare_report *report, size_t f, int base_gate, int subject_gate) {
    const struct result_file *base = &report->files[0];
    const struct result_file *subject = &report->files[f];
    struct gate gate = {.experiment = "",
                        .base = base_gate,
                        .subject = subject_gate,
                        .floor = smallest_floor,
                        .floor_reason = "memory layout alone changes times from run to run"};
    set_floor_at_least(&gate, floor_of_aa(base, base_gate), "what the base's A/A could resolve");
    set_floor_at_least(&gate, floor_of_aa(subject, subject_gate), "what the subject's A/A could resolve");
    set_floor_at_least(&gate, floor_of_waiting(base, base_gate),
                       "the base's samples waited for a processor that others used");
    set_floor_at_least(&gate, floor_of_waiting(subject, subject_gate),
                       "the subject's samples waited for a processor that others used");
    set_floor_at_least(&gate, floor_of_roof_change(base, subject),
                       "a roof changed between the runs, and training changes by up to its square");
    withhold_if_noisy(&gate, subject, subject_gate, "subject");
    withhold_if_noisy(&gate, base, base_gate, "base");
    return gate;
}

/* Sets row->gate: the index of the gate for this pair of experiments, which is added if it is new. */
static int choose_gate(struct compare_report *report, struct ratio_row *row, struct error *err) {
    struct subject_totals *totals = &report->totals[row->subject];
    int base = find_series(&report->files[0], row->name)->gate;
    int subject = find_series(&report->files[row->subject], row->name)->gate;
    for (row->gate = 0; row->gate < totals->gate_count; row->gate++)
        if (totals->gates[row->gate].base == base && totals->gates[row->gate].subject == subject) return 0;
    struct gate *grown = realloc(totals->gates, (totals->gate_count + 1) * sizeof *grown);
    if (!grown) return fail_program(err, "out of memory for %zu gates", totals->gate_count + 1);
    totals->gates = grown;
    grown[totals->gate_count++] = make_gate(report, row->subject, base, subject);
    return 0;
}

static int fill_row(struct ratio_row *row, struct compare_report *report, double confidence, struct error *err) {
    const struct series *base = find_series(&report->files[0], row->name);
    const struct series *subject = find_series(&report->files[row->subject], row->name);
    if (summarize(&row->base_times, base->seconds, base->n, err) != 0 ||
        summarize(&row->subject_times, subject->seconds, subject->n, err) != 0)
        return -1;
    if (choose_gate(report, row, err) != 0) return -1;
    if (compare_independent(&row->times, (struct samples){subject->seconds, subject->n},
                            (struct samples){base->seconds, base->n}, confidence, (unsigned)report->row_count,
                            err) != 0)
        return -1;
    row->times.verdict = gated_verdict(&row->times, &report->totals[row->subject].gates[row->gate]);
    return 0;
}

static int fill_rows(struct compare_report *report, double confidence, struct error *err) {
    report->row_count = list_rows(report, NULL);
    if (report->row_count == 0)
        return fail(err, "%s: has no benchmark in common with the other files", report->files[0].path);
    report->rows = calloc(report->row_count, sizeof *report->rows);
    if (!report->rows) return fail_program(err, "out of memory for %zu comparisons", report->row_count);
    list_rows(report, report->rows);
    for (size_t i = 0; i < report->row_count; i++)
        if (fill_row(&report->rows[i], report, confidence, err) != 0) return -1;
    return 0;
}

static int fill_means(struct compare_report *report, struct error *err) {
    double *ratios = calloc(report->row_count + 1, sizeof *ratios);
    if (!ratios) return fail_program(err, "out of memory for %zu ratios", report->row_count);
    for (size_t f = 1; f < report->file_count; f++) {
        size_t n = 0;
        for (size_t i = 0; i < report->row_count; i++)
            if (report->rows[i].subject == f) ratios[n++] = report->rows[i].times.ratio;
        report->totals[f].ratio_count = n;
        if (n > 0) report->totals[f].geometric_mean = geometric_mean(ratios, n);
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
    report->totals = calloc(file_count, sizeof *report->totals);
    if (!report->totals) return fail_program(err, "out of memory for %zu files", file_count);
    if (fill_rows(report, confidence, err) == 0 && fill_partial(report, err) == 0 && fill_means(report, err) == 0 &&
        find_differences(report, err) == 0)
        return 0;
    compare_free(report);
    return -1;
}

void compare_free(struct compare_report *report) {
    free_differences(report);
    free(report->rows);
    free(report->partial);
    for (size_t f = 0; report->totals && f < report->file_count; f++)
        free(report->totals[f].gates);
    free(report->totals);
    *report = (struct compare_report){0};
}

bool beyond_threshold(const struct ratio_row *row, double threshold) {
    return row->times.verdict == VERDICT_SLOWER && row->times.low > 1 + threshold;
}

static json_t *file_json(const struct result_file *file) {
    return json_pack("{s:s, s:O, s:O, s:O}", "path", file->path, "run_id", json_object_get(file->facts, "run_id"),
                     "start", json_object_get(file->facts, "start"), "tool", json_object_get(file->facts, "tool"));
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

static json_t *gate_json(const struct gate *gate) {
    json_t *value = json_pack("{s:s, s:f, s:s}", "experiment", gate->experiment, "floor", gate->floor, "floor_reason",
                              gate->floor_reason);
    if (gate->withheld[0]) json_object_set_new(value, "withheld", json_string(gate->withheld));
    return value;
}

static json_t *totals_json(const struct result_file *subject, const struct subject_totals *totals) {
    json_t *gates = json_array();
    for (size_t g = 0; g < totals->gate_count; g++)
        json_array_append_new(gates, gate_json(&totals->gates[g]));
    return json_pack("{s:s, s:o, s:I, s:o}", "subject", subject->path, "geometric_mean",
                     json_number(totals->geometric_mean), "ratios", (json_int_t)totals->ratio_count, "gates", gates);
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
        json_array_append_new(subjects, totals_json(&report->files[f], &report->totals[f]));
    json_t *value =
        json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "test",
                  "independent samples: Mann-Whitney, Hodges-Lehmann; nothing is paired across files", "files", files,
                  "differences", differences, "benchmarks", rows, "subjects", subjects, "not_in_all", partial);
    if (!isnan(threshold)) json_object_set_new(value, "threshold", json_real(threshold));
    return value;
}
