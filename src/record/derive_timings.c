/* SPDX-License-Identifier: MIT */
/* Derives again what follows from samples: summaries, analyses of experiments, Google Benchmark's rows. */
#include "base/json.h"
#include "record/derive_private.h"
#include "record/load_private.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char by_samples[] = "its samples give";

/* ---- Summaries. */

/* Summarizes the numbers of a list: all of them, or those beside a null in `disturbed`. *summary is NULL where there
 * are none. */
static int summary_of(json_t **summary, const json_t *seconds, const json_t *disturbed, const struct reader *reader) {
    const size_t count = json_array_size(seconds);
    double *x = malloc((count + 1) * sizeof *x);
    struct summary made;
    size_t n = 0;
    *summary = NULL;
    if (!x) return no_memory(reader);
    for (size_t i = 0; i < count; i++)
        if (!disturbed || json_is_null(json_array_get(disturbed, i)))
            x[n++] = json_number_value(json_array_get(seconds, i));
    int bad = n > 0 ? summarize(&made, x, n, NULL) : 0;
    free(x);
    if (!bad && n > 0) *summary = summary_json(&made);
    return bad || (n > 0 && !*summary) ? no_memory(reader) : 0;
}

static int check_summary(const struct contents *contents, const json_t *samples, const char *where, const char *key,
                         const json_t *disturbed) {
    json_t *summary;
    if (summary_of(&summary, json_object_get(samples, "seconds"), disturbed, contents->reader) != 0) return -1;
    return same_made(contents->reader, where, samples, key, summary ? summary : json_null(), by_samples);
}

static int check_rate(const struct contents *contents, const json_t *roof, const char *where, const char *key,
                      const char *of) {
    const json_t *time = json_object_get(json_object_get(roof, "summary"), of);
    const double work = json_number_value(json_object_get(roof, "work"));
    return same_made(contents->reader, where, roof, key, json_number(work / json_number_value(time)), by_samples);
}

int derive_summaries(const struct contents *contents) {
    const json_t *samples = json_object_get(contents->file->facts, "samples");
    const json_t *roofs = json_object_get(contents->file->facts, "roofs");
    char where[MOST_WHERE];
    size_t i;
    json_t *one;
    json_array_foreach(samples, i, one) {
        const json_t *disturbed = json_object_get(one, "disturbed");
        snprintf(where, sizeof where, "samples[%zu]", i);
        if (check_summary(contents, one, where, "summary", NULL) != 0) return -1;
        if (json_is_array(disturbed) && check_summary(contents, one, where, "undisturbed", disturbed) != 0) return -1;
    }
    json_array_foreach(roofs, i, one) {
        snprintf(where, sizeof where, "roofs[%zu]", i);
        if (check_summary(contents, one, where, "summary", NULL) != 0 ||
            check_rate(contents, one, where, "per_second", "median") != 0 ||
            check_rate(contents, one, where, "best_per_second", "min") != 0)
            return -1;
    }
    return 0;
}

/* ---- Experiments. */

struct result *record_of(const struct contents *contents) {
    struct result *record = calloc(1, sizeof *record);
    if (record) {
        record->root = json_pack("{s:[], s:{s:O, s:[], s:[], s:[]}}", "benchmarks", "sgdmark", "receipts",
                                 json_object_get(contents->file->facts, "receipts"), "roofs", "experiments", "samples");
        record->benchmarks = json_object_get(record->root, "benchmarks");
        record->facts = json_object_get(record->root, "sgdmark");
        record->samples = json_object_get(record->facts, "samples");
        if (record->samples) return record;
    }
    result_free(record);
    no_memory(contents->reader);
    return NULL;
}

/* Compares each derived member of a list with the recorded one of the same name; `at` maps names to indexes. */
static int same_list(const struct contents *contents, const char *key, const json_t *at, const json_t *derived) {
    const json_t *recorded = json_object_get(contents->file->facts, key);
    for (size_t i = 0; i < json_array_size(derived); i++) {
        const json_t *one = json_array_get(derived, i);
        const char *name = json_string_value(json_object_get(one, "name"));
        const size_t index = (size_t)json_integer_value(json_object_get(at, name));
        char where[MOST_WHERE];
        snprintf(where, sizeof where, "%s[%zu]", key, index);
        if (same_value(contents->reader, where, json_array_get(recorded, index), one, by_samples) != 0) return -1;
    }
    return 0;
}

/* Compares the derived rows with those of the same name, in their order. Numbers of families follow from the order of
 * all of them: each has one. */
static int same_rows(const struct contents *contents, const json_t *derived) {
    const json_t *benchmarks = json_object_get(contents->file->root, "benchmarks");
    size_t next = 0;
    for (size_t i = 0; i < json_array_size(derived); i++) {
        json_t *row = json_array_get(derived, i);
        const char *name = json_string_value(json_object_get(row, "run_name"));
        const char *after = json_string_value(json_object_get(json_array_get(derived, i + 1), "run_name"));
        const json_t *indexes = json_object_get(contents->rows, name);
        const bool last = !after || strcmp(name, after) != 0;
        if (next >= json_array_size(indexes)) return fault(contents->reader, "benchmarks", name, "lacks rows");
        if (last && next + 1 < json_array_size(indexes))
            return fault(contents->reader, "benchmarks", name, "has more rows than samples");
        const size_t index = (size_t)json_integer_value(json_array_get(indexes, next));
        const json_t *first = json_array_get(benchmarks, (size_t)json_integer_value(json_array_get(indexes, 0)));
        char where[MOST_WHERE];
        json_t *family = json_object_get(first, "family_index");
        if (family) json_put(row, "family_index", json_incref(family));
        snprintf(where, sizeof where, "benchmarks[%zu]", index);
        if (same_value(contents->reader, where, json_array_get(benchmarks, index), row, by_samples) != 0) return -1;
        next = last ? 0 : next + 1;
    }
    return 0;
}

/* What a derivation failed of: the program's fault, memory above all, is not the file's. Returns -1. */
static int not_derived(const struct reader *reader, const char *where, const char *what, const struct error *why) {
    char text[300];
    if (why->kind == ERROR_PROGRAM) return fail_program(reader->err, "%s: %.900s", reader->path, why->text);
    snprintf(text, sizeof text, "%s: %.250s", what, why->text);
    return fault(reader, where, "", text);
}

static int check_samples(const struct contents *contents, const struct experiment *experiment, const char *where) {
    struct result *record = record_of(contents);
    struct error why = {.text = ""};
    if (!record) return -1;
    int bad = result_samples(record, experiment, &why);
    if (bad) not_derived(contents->reader, where, "cannot be recorded", &why);
    if (!bad) bad = same_list(contents, "samples", contents->samples, record->samples);
    if (!bad) bad = same_list(contents, "roofs", contents->roofs, json_object_get(record->facts, "roofs"));
    if (!bad) bad = same_rows(contents, record->benchmarks);
    result_free(record);
    return bad;
}

/* As `run` combines the usable of its experiments that count. */
static void add_to_whole(struct whole *whole, const struct analysis *analysis) {
    const struct experiment *experiment = analysis->experiment;
    if (experiment_counts(experiment)) {
        whole->usable = usable_both(&whole->usable, &analysis->usable);
        whole->known = true;
    }
    whole->correct = whole->correct && analysis_possible(analysis);
    for (size_t c = 0; c < experiment->count; c++)
        whole->correct = whole->correct && !experiment->rounds.failed[c];
    for (size_t r = 0; r < experiment->rounds.rounds; r++) {
        char number[16];
        snprintf(number, sizeof number, "%u", experiment->rounds.process[r]);
        json_put(whole->timed, number, json_true());
    }
}

/* Files of version 0.1.0 lack what every case and every pair has today. A file that has it of one must have it of all.
 */
static void drop_newer_of_cases(const json_t *recorded, json_t *derived) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(recorded, "cases"), i, one) {
        if (json_object_get(one, "energy")) return;
    }
    json_array_foreach(json_object_get(derived, "cases"), i, one) {
        json_object_del(one, "energy");
    }
}

static void drop_newer_of_pairs(const json_t *recorded, json_t *derived) {
    const json_t *old = json_object_get(recorded, "pairs"), *pairs = json_object_get(derived, "pairs");
    static const char *const newer[] = {"speedup",        "speedup_low",        "speedup_high",
                                        "speedup_reason", "speedup_low_reason", "speedup_high_reason"};
    if (json_object_get(json_array_get(old, 0), "speedup")) return;
    for (size_t i = 0; i < json_array_size(pairs); i++)
        for (size_t k = 0; k < sizeof newer / sizeof *newer; k++)
            json_object_del(json_array_get(pairs, i), newer[k]);
}

/* No JSON came of an analysis: JSON has no number for what memory does not explain. Returns -1. */
static int not_made(const struct reader *reader, const char *where, int error) {
    return error == ENOMEM ? no_memory(reader) : fault(reader, where, "", "holds a number that is none");
}

int derive_experiment(const struct contents *contents, size_t at, struct whole *whole) {
    const json_t *recorded = json_array_get(json_object_get(contents->file->facts, "experiments"), at);
    struct experiment *experiment = replay_experiment(contents, at);
    struct analysis analysis;
    struct error why = {.text = ""};
    char where[MOST_WHERE];
    if (!experiment) return -1;
    snprintf(where, sizeof where, "experiments[%zu]", at);
    if (analyse(&analysis, experiment, &why) != 0) {
        experiment_free(experiment);
        return not_derived(contents->reader, where, "cannot be analysed", &why);
    }
    errno = 0;
    json_t *derived = experiment_json(&analysis);
    int bad = derived ? 0 : not_made(contents->reader, where, errno);
    if (!bad) {
        drop_newer_of_cases(recorded, derived);
        drop_newer_of_pairs(recorded, derived);
        bad = same_value(contents->reader, where, recorded, derived, by_samples);
    }
    json_decref(derived);
    if (!bad) bad = check_samples(contents, experiment, where);
    if (!bad) add_to_whole(whole, &analysis);
    analysis_free(&analysis);
    experiment_free(experiment);
    return bad;
}

/* ---- Rows. */

/* Google Benchmark's statistics of the repetitions, and ours. NAN: another one. */
static double statistic_of(const char *name, const double *x, size_t n) {
    struct summary summary;
    double mean = 0, squares = 0;
    if (summarize(&summary, x, n, NULL) != 0) return (double)NAN;
    if (strcmp(name, "median") == 0) return summary.median;
    if (strcmp(name, "min") == 0) return summary.min;
    if (strcmp(name, "max") == 0) return summary.max;
    if (strcmp(name, "mad") == 0) return summary.mad;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    const double deviation = n > 1 ? sqrt(squares / (double)(n - 1)) : 0;
    if (strcmp(name, "mean") == 0) return mean;
    if (strcmp(name, "stddev") == 0) return deviation;
    return strcmp(name, "cv") == 0 ? deviation / mean : (double)NAN;
}

/* Compares the time of an aggregate row with those of its sample. Google Benchmark adds up in another order, and a
 * deviation may be tiny beside the times: the tolerance is a share of the longest of them. */
static int check_aggregate(const struct contents *contents, const json_t *row, size_t at, const struct series *series) {
    const json_t *name = json_object_get(row, "aggregate_name");
    const char *statistic = json_is_string(name) ? json_string_value(name) : "";
    const double unit = strcmp(statistic, "cv") == 0 ? 1 : NS_PER_SECOND;
    const double derived = unit * statistic_of(statistic, series->seconds, series->n);
    const double longest = unit == 1 ? 1 : unit * statistic_of("max", series->seconds, series->n);
    const double given = json_number_value(json_object_get(row, "real_time"));
    char where[MOST_WHERE];
    if (isnan(derived) || fabs(given - derived) <= 1e-9 * longest) return 0;
    snprintf(where, sizeof where, "benchmarks[%zu]", at);
    return same_made(contents->reader, where, row, "real_time", json_number(derived), by_samples);
}

/* Compares the rows of one series: its repetitions and their statistics. result_parse has compared the wall times. */
static int check_series(const struct contents *contents, size_t which) {
    const struct series *series = &contents->file->series[which];
    const json_t *samples = json_array_get(json_object_get(contents->file->facts, "samples"), which);
    const json_t *cpu = json_object_get(samples, "cpu_seconds"), *rows = json_object_get(contents->rows, series->name);
    size_t repetition = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const size_t at = (size_t)json_integer_value(json_array_get(rows, i));
        const json_t *row = json_array_get(json_object_get(contents->file->root, "benchmarks"), at);
        if (json_is_true(json_object_get(row, "error_occurred")))
            return fault(contents->reader, "benchmarks", series->name, "is an error of what was timed");
        if (strcmp(json_string_value(json_object_get(row, "run_type")), "iteration") != 0) {
            if (check_aggregate(contents, row, at, series) != 0) return -1;
            continue;
        }
        char where[MOST_WHERE];
        snprintf(where, sizeof where, "benchmarks[%zu]", at);
        json_t *time = json_number(json_number_value(json_array_get(cpu, repetition++)) * NS_PER_SECOND);
        if (same_made(contents->reader, where, row, "cpu_time", time, by_samples) != 0) return -1;
    }
    return 0;
}

int derive_rows(const struct contents *contents) {
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(contents->file->root, "benchmarks"), i, row) {
        const char *name = json_string_value(json_object_get(row, "run_name"));
        if (json_is_true(json_object_get(row, "error_occurred")) || json_object_get(contents->samples, name)) continue;
        return fault(contents->reader, "benchmarks", name, "belongs to no sample");
    }
    for (i = 0; i < contents->file->count; i++)
        if (check_series(contents, i) != 0) return -1;
    return 0;
}
