/* SPDX-License-Identifier: MIT */
/* A comparison as JSON. */
#include "base/json.h"
#include "record/comparison.h"
#include "record/result_private.h"
#include "record/threshold.h"

#include <math.h>

static size_t side_of_file(const struct compare_report *report, size_t file) {
    size_t pool = 0;
    while (file >= report->pools[pool].first + report->pools[pool].count)
        pool++;
    return pool;
}

static json_t *file_json(const struct compare_report *report, size_t f) {
    const struct result_file *file = &report->files[f];
    return json_pack("{s:o, s:O, s:O, s:O, s:s, s:I}", "path", json_escaped(file->path), "run_id",
                     json_object_get(file->facts, "run_id"), "start", json_object_get(file->facts, "start"), "tool",
                     json_object_get(file->facts, "tool"), "side", f < report->pools[0].count ? "base" : "subject",
                     "column", (json_int_t)side_of_file(report, f));
}

static json_t *difference_json(const struct difference *difference, size_t files) {
    json_t *values = json_array();
    for (size_t f = 0; f < files; f++)
        json_add(values, json_escaped_before(difference->values[f]));
    return json_pack("{s:o, s:s, s:o}", "key", json_escaped_before(difference->key), "effect", difference->effect,
                     "values", values);
}

/* Sets object[key] to the number, or to null with the reason. Returns 0 or -1. */
static int put_or_reason(json_t *object, const char *key, double value, const char *reason) {
    char reason_key[64];
    snprintf(reason_key, sizeof reason_key, "%s_reason", key);
    json_object_del(object, reason_key);
    if (json_put(object, key, json_number(value)) != 0) return -1;
    return isfinite(value) ? 0 : json_put(object, reason_key, json_string(reason));
}

static int put_interval(json_t *value, const struct ratio_row *row) {
    static const char few[] = "an interval needs three processes on each side";
    return put_or_reason(value, "low", row->times.low, few) | put_or_reason(value, "high", row->times.high, few) |
           put_or_reason(value, "coverage", row->times.coverage, few) | put_or_reason(value, "p", row->times.p, few) |
           put_or_reason(value, "resolution", resolution(&row->times), few) |
           put_or_reason(value, "speedup", row->speedup.value, few) |
           put_or_reason(value, "speedup_low", row->speedup.low, few) |
           put_or_reason(value, "speedup_high", row->speedup.high, few);
}

static json_t *row_json(const struct ratio_row *row, const struct compare_report *report, double threshold) {
    json_t *value = comparison_json(&row->times);
    json_t *more = json_pack(
        "{s:s, s:o, s:o, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:f, s:s, s:b}", "name", row->name, "base",
        json_escaped(pool_file(report, 0)->path), "subject", json_escaped(pool_file(report, row->subject)->path),
        "base_median", row->base_times.median, "base_min", row->base_times.min, "subject_median",
        row->subject_times.median, "subject_min", row->subject_times.min, "base_samples", (json_int_t)row->base_times.n,
        "subject_samples", (json_int_t)row->subject_times.n, "base_processes", (json_int_t)row->shift.n_base,
        "subject_processes", (json_int_t)row->shift.n_subject, "floor", row->floor, "floor_reason", row->floor_reason,
        "tuned_differently", row->tuned_differently);
    static const char no_roof[] = "its file records no share of a roof";
    int bad = json_object_update(value, more) | put_interval(value, row) |
              put_or_reason(value, "base_roof_percent", row->base_roof, no_roof) |
              put_or_reason(value, "subject_roof_percent", row->subject_roof, no_roof);
    if (row->withheld) bad |= json_put(value, "withheld", json_escaped_before(row->withheld));
    if (!isnan(threshold)) bad |= json_put(value, "beyond_threshold", json_boolean(beyond_threshold(row, threshold)));
    json_decref(more);
    if (!bad) return value;
    json_decref(value);
    return NULL;
}

static json_t *totals_json(const struct compare_report *report, size_t subject) {
    const struct subject_totals *totals = &report->totals[subject];
    const bool some = totals->ratio_count > 0;
    json_t *verdicts = json_object();
    for (int i = 0; i <= VERDICT_UNKNOWN; i++)
        json_put(verdicts, verdict_words((enum verdict)i), json_integer((json_int_t)totals->verdicts[i]));
    return json_pack("{s:o, s:I, s:o, s:o, s:I, s:s, s:o}", "subject", json_escaped(pool_file(report, subject)->path),
                     "files", (json_int_t)report->pools[subject].count, "geometric_mean",
                     some ? json_number(totals->geometric_mean) : json_null(), "geometric_mean_speedup",
                     some ? json_number(totals->geometric_speed) : json_null(), "ratios",
                     (json_int_t)totals->ratio_count, "answer", answer_words[answer_kind(report, subject)], "verdicts",
                     verdicts);
}

static json_t *partial_json(const struct partial *partial, const struct result_file *files) {
    return json_pack("{s:s, s:o, s:o}", "name", partial->name, "in", json_escaped(files[partial->in].path), "not_in",
                     json_escaped(files[partial->not_in].path));
}

static int put_threshold(json_t *value, const struct compare_report *report, double threshold) {
    char why[THRESHOLD_TEXT];
    if (isnan(threshold)) return 0;
    const enum threshold_answer answer = answer_threshold(report, threshold, why);
    return json_put(value, "threshold", json_real(threshold)) |
           json_put(value, "threshold_answer", json_string(threshold_words(answer))) |
           json_put(value, "threshold_why", json_escaped(why));
}

json_t *compare_json(const struct compare_report *report, double threshold) {
    json_t *files = json_array();
    json_t *differences = json_array();
    json_t *rows = json_array();
    json_t *partial = json_array();
    json_t *subjects = json_array();
    for (size_t f = 0; f < report->file_count; f++)
        json_add(files, file_json(report, f));
    for (size_t i = 0; i < report->difference_count; i++)
        json_add(differences, difference_json(&report->differences[i], report->file_count));
    for (size_t i = 0; i < report->row_count; i++)
        json_add(rows, row_json(&report->rows[i], report, threshold));
    for (size_t i = 0; i < report->partial_count; i++)
        json_add(partial, partial_json(&report->partial[i], report->files));
    for (size_t p = 1; p < report->pool_count; p++)
        json_add(subjects, totals_json(report, p));
    json_t *value = json_pack("{s:s, s:f, s:o, s:o, s:o, s:o, s:o}", "test",
                              "processes: Student's t on the logs of their medians, Holm over the rows", "confidence",
                              COMPARE_CONFIDENCE, "files", files, "differences", differences, "benchmarks", rows,
                              "subjects", subjects, "not_in_all", partial);
    if (value && put_threshold(value, report, threshold) == 0) return value;
    json_decref(value);
    return NULL;
}

/* Adds what each side reaches by itself. */
static json_t *columns_json(const struct compare_report *report, const struct columns *columns) {
    static const char unknown[] = "its file does not record it";
    json_t *list = json_array();
    for (size_t p = 0; p < columns->count; p++) {
        const struct column *column = &columns->list[p];
        json_t *value =
            json_pack("{s:I, s:I, s:o, s:o}", "column", (json_int_t)p, "files", (json_int_t)report->pools[p].count,
                      "best", column->backend ? json_string(column->backend) : json_null(), "machine",
                      column->machine ? json_escaped_before(column->machine) : json_null());
        const bool bad = put_or_reason(value, "mrows_per_second", column->mrows_per_second, unknown) |
                         put_or_reason(value, "roof_percent", column->roof_percent, unknown);
        if (bad) json_decref(value);
        json_add(list, bad ? NULL : value);
    }
    return list;
}

static json_t *group_json(const struct group_comparison *group, const struct comparison_of_files *all, size_t at,
                          double threshold) {
    json_t *value = NULL;
    if (group->compared) {
        value = compare_json(&group->report, threshold);
        json_put(value, "columns", columns_json(&group->report, &group->columns));
    } else {
        json_t *files = json_array();
        for (size_t i = 0; i < all->groups.list[at].count; i++)
            json_add(files, json_escaped(all->inputs->files[all->groups.list[at].first + i].path));
        value = json_pack("{s:o}", "paths", files);
    }
    json_put(value, "answer", json_escaped_before(group->answer));
    if (group->differs) json_put(value, "differs", json_escaped_before(group->differs));
    return value;
}

json_t *comparison_of_files_json(const struct comparison_of_files *all, double threshold) {
    json_t *value, *left_out = json_array(), *groups = json_array();
    if (all->count == 1) {
        value = group_json(&all->list[0], all, 0, threshold);
        json_decref(groups);
    } else {
        for (size_t i = 0; i < all->count; i++)
            json_add(groups, group_json(&all->list[i], all, i, threshold));
        value = json_pack("{s:o}", "groups", groups);
    }
    for (size_t i = 0; i < all->inputs->left_out_count; i++)
        json_add(left_out, json_escaped_before(all->inputs->left_out[i].why));
    json_put(value, "answer", json_escaped_before(all->answer));
    json_put(value, "answer_kind", json_string(all->kind));
    json_put(value, "left_out", left_out);
    return value;
}
