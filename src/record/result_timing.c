/* SPDX-License-Identifier: MIT */
/* Adds timings to a result: Google Benchmark's rows and the raw samples. */
#include "base/json.h"
#include "record/result_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double ns_per_second = 1e9;

/* Google Benchmark's keys of a row. Counters are members of the same object, so they must not use these names. */
static const char *const row_keys[] = {"name",
                                       "family_index",
                                       "per_family_instance_index",
                                       "run_name",
                                       "run_type",
                                       "repetitions",
                                       "repetition_index",
                                       "threads",
                                       "aggregate_name",
                                       "aggregate_unit",
                                       "error_occurred",
                                       "error_message",
                                       "iterations",
                                       "real_time",
                                       "cpu_time",
                                       "time_unit",
                                       "label"};

static bool good_counter_name(const char *name) {
    static const char tail[] = "_reason";
    size_t length = strlen(name);
    if (length == 0 || length > 64 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != length) return false;
    if (length >= sizeof tail - 1 && strcmp(name + length - (sizeof tail - 1), tail) == 0) return false;
    for (size_t i = 0; i < sizeof row_keys / sizeof *row_keys; i++)
        if (strcmp(name, row_keys[i]) == 0) return false;
    return true;
}

enum { MOST_JOB = 512 }; /* bytes of "engine/backend" */

json_t *parity_outcomes(const json_t *facts) {
    json_t *outcomes = json_object();
    size_t i;
    json_t *receipt;
    json_array_foreach(json_object_get(json_object_get(facts, "receipts"), "parity"), i, receipt) {
        char key[MOST_JOB];
        snprintf(key, sizeof key, "%s/%s", json_string_value(json_object_get(receipt, "engine")),
                 json_string_value(json_object_get(receipt, "backend")));
        bool failed_before = json_is_false(json_object_get(outcomes, key));
        bool passed = json_is_true(json_object_get(receipt, "passed")) && !failed_before;
        json_put(outcomes, key, json_boolean(passed));
    }
    return outcomes;
}

bool parity_passed(const json_t *outcomes, const char *engine, const char *backend) {
    char key[MOST_JOB];
    snprintf(key, sizeof key, "%s/%s", engine, backend);
    return json_is_true(json_object_get(outcomes, key));
}

static bool parity_holds(struct result *result, const char *engine, const char *backend) {
    if (!result->outcomes) result->outcomes = parity_outcomes(result->facts);
    return parity_passed(result->outcomes, engine, backend);
}

static int take_name(struct result *result, const char *name, struct error *err) {
    if (!result->names) result->names = json_object();
    return json_put(result->names, name, json_true()) == 0 ? 0 : fail_program(err, "the result: out of memory");
}

static int check_name(const struct result *result, const char *name, struct error *err) {
    size_t length = strlen(name);
    if (length == 0 || length > 200) return fail(err, "a benchmark's name has 1 to 200 bytes");
    for (const char *at = name; *at; at++)
        if (*at <= ' ' || *at > '~') return fail(err, "benchmark '%s': its name is not plain ASCII", name);
    if (json_object_get(result->names, name)) return fail(err, "benchmark '%s' is in the result already", name);
    return 0;
}

static int check_timing(struct result *result, const struct timing *t, struct error *err) {
    if (check_name(result, t->name, err) != 0) return -1;
    if (!parity_holds(result, t->engine, t->backend))
        return fail(
            err, "benchmark '%s': engine %s on backend %s has no passing parity receipt, so its times are not recorded",
            t->name, t->engine, t->backend);
    if (t->samples == 0 || t->iterations == 0 || t->threads == 0)
        return fail(err, "benchmark '%s' has no samples, iterations or threads", t->name);
    for (size_t i = 0; i < t->samples; i++)
        if (!isfinite(t->seconds[i]) || t->seconds[i] <= 0 || !isfinite(t->cpu_seconds[i]) || t->cpu_seconds[i] < 0)
            return fail(err, "benchmark '%s': sample %zu is not a valid time: %g s wall, %g s CPU", t->name, i,
                        t->seconds[i], t->cpu_seconds[i]);
    for (size_t i = 0; i < t->counter_count; i++)
        if (!good_counter_name(t->counters[i].name))
            return fail(err, "benchmark '%s': a counter cannot have the name '%s'", t->name, t->counters[i].name);
    return 0;
}

/* The members that iteration and aggregate rows share. */
static json_t *new_row(const struct result *result, const struct timing *t, const char *run_type, const char *suffix) {
    return json_pack("{s:o, s:I, s:i, s:s, s:s, s:I, s:I, s:s}", "name", json_sprintf("%s%s", t->name, suffix),
                     "family_index", (json_int_t)result->families, "per_family_instance_index", 0, "run_name", t->name,
                     "run_type", run_type, "repetitions", (json_int_t)t->samples, "threads", (json_int_t)t->threads,
                     "time_unit", "ns");
}

static int add_iteration_row(struct result *result, const struct timing *t, size_t i, struct error *err) {
    json_t *row = new_row(result, t, "iteration", "");
    if (append_or_fail(result->benchmarks, row, err) != 0) return -1;
    int bad = json_put(row, "repetition_index", json_integer((json_int_t)i)) |
              json_put(row, "iterations", json_integer((json_int_t)t->iterations)) |
              json_put(row, "real_time", json_real(t->seconds[i] * ns_per_second)) |
              json_put(row, "cpu_time", json_real(t->cpu_seconds[i] * ns_per_second));
    for (size_t c = 0; c < t->counter_count; c++)
        bad |= put_number(row, t->counters[c].name, t->counters[c].values[i], t->counters[c].missing);
    if (t->disturbed && t->disturbed[i]) bad |= json_put(row, "label", json_escaped(t->disturbed[i]));
    return bad ? fail_program(err, "the result: out of memory") : 0;
}

/* The statistics of a summary that become aggregate rows. */
static const struct {
    const char *name;
    size_t offset;
} aggregates[] = {{"min", offsetof(struct summary, min)},
                  {"median", offsetof(struct summary, median)},
                  {"mad", offsetof(struct summary, mad)}};

enum { AGGREGATES = sizeof aggregates / sizeof *aggregates };

static double statistic(const struct summary *summary, size_t which) {
    return *(const double *)((const char *)summary + aggregates[which].offset);
}

/* Puts a statistic of a counter's values; null if any value is missing. */
static int put_counter_statistic(json_t *row, const struct sample_counter *counter, size_t samples, size_t which) {
    struct summary summary;
    double value = summarize(&summary, counter->values, samples, NULL) == 0 ? statistic(&summary, which) : NAN;
    return put_number(row, counter->name, value, counter->missing);
}

static int add_aggregate_row(struct result *result, const struct timing *t, const struct summary *real,
                             const struct summary *cpu, size_t which, struct error *err) {
    const char *name = aggregates[which].name;
    char suffix[32];
    snprintf(suffix, sizeof suffix, "_%s", name);
    json_t *row = new_row(result, t, "aggregate", suffix);
    if (append_or_fail(result->benchmarks, row, err) != 0) return -1;
    int bad = json_put(row, "aggregate_name", json_string(name)) |
              json_put(row, "aggregate_unit", json_string("time")) |
              json_put(row, "iterations", json_integer((json_int_t)t->samples)) |
              json_put(row, "real_time", json_real(statistic(real, which) * ns_per_second)) |
              json_put(row, "cpu_time", json_real(statistic(cpu, which) * ns_per_second));
    for (size_t c = 0; c < t->counter_count; c++)
        bad |= put_counter_statistic(row, &t->counters[c], t->samples, which);
    return bad ? fail_program(err, "the result: out of memory") : 0;
}

json_t *summary_json(const struct summary *s) {
    return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:I, s:I}", "n", (json_int_t)s->n, "min", s->min, "median",
                     s->median, "mad", s->mad, "q1", s->q1, "q3", s->q3, "max", s->max, "outliers",
                     (json_int_t)s->outliers, "far_outliers", (json_int_t)s->far_outliers);
}

static json_t *numbers(const double *x, size_t n) {
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_add(array, json_number(x[i]));
    return array;
}

/* The summary of the undisturbed samples; null if there are none. */
static json_t *quiet_summary_json(const struct timing *t) {
    size_t n = 0;
    for (size_t i = 0; i < t->samples; i++)
        n += !t->disturbed[i];
    if (n == 0) return json_null();
    double *kept = malloc(n * sizeof *kept);
    if (!kept) return NULL;
    size_t next = 0;
    for (size_t i = 0; i < t->samples; i++)
        if (!t->disturbed[i]) kept[next++] = t->seconds[i];
    struct summary summary;
    json_t *value = summarize(&summary, kept, n, NULL) == 0 ? summary_json(&summary) : NULL;
    free(kept);
    return value;
}

/* The share of time off the CPU, and the samples that were timed again. */
static int put_away(json_t *sample, const double *away, size_t n, json_t *repeated) {
    int bad = json_put(sample, "repeated", repeated ? json_incref(repeated) : json_array());
    if (away) return bad | json_put(sample, "away", numbers(away, n));
    return bad | json_put(sample, "away", json_null()) | json_put(sample, "away_reason", json_string("not observed"));
}

static int put_disturbances(json_t *sample, const struct timing *t) {
    if (!t->disturbed)
        return json_put(sample, "disturbed", json_null()) |
               json_put(sample, "disturbed_reason", json_string("not observed"));
    json_t *marks = json_array();
    for (size_t i = 0; i < t->samples; i++)
        json_add(marks, json_escaped(t->disturbed[i]));
    json_t *quiet = quiet_summary_json(t);
    int bad = json_put(sample, "disturbed", marks);
    if (json_is_null(quiet)) bad |= json_put(sample, "undisturbed_reason", json_string("every sample was disturbed"));
    return bad | json_put(sample, "undisturbed", quiet);
}

static int add_samples(struct result *result, const struct timing *t, const struct summary *real, struct error *err) {
    json_t *sample =
        json_pack("{s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:o}", "name", t->name, "engine", json_escaped(t->engine),
                  "backend", json_escaped(t->backend), "threads", (json_int_t)t->threads, "iterations",
                  (json_int_t)t->iterations, "seconds", numbers(t->seconds, t->samples), "cpu_seconds",
                  numbers(t->cpu_seconds, t->samples), "summary", summary_json(real));
    if (append_or_fail(result->samples, sample, err) != 0) return -1;
    if (put_away(sample, t->away, t->samples, t->repeated) != 0) return fail_program(err, "the result: out of memory");
    return put_disturbances(sample, t) ? fail_program(err, "the result: out of memory") : 0;
}

int result_timing(struct result *result, const struct timing *t, struct error *err) {
    struct summary real;
    struct summary cpu;
    if (check_timing(result, t, err) != 0) return -1;
    if (summarize(&real, t->seconds, t->samples, err) != 0 || summarize(&cpu, t->cpu_seconds, t->samples, err) != 0)
        return -1;
    if (take_name(result, t->name, err) != 0) return -1;
    for (size_t i = 0; i < t->samples; i++)
        if (add_iteration_row(result, t, i, err) != 0) return -1;
    for (size_t which = 0; which < AGGREGATES; which++)
        if (add_aggregate_row(result, t, &real, &cpu, which, err) != 0) return -1;
    if (add_samples(result, t, &real, err) != 0) return -1;
    result->families++;
    return 0;
}

int result_not_timed(struct result *result, const char *name, const char *reason, struct error *err) {
    if (check_name(result, name, err) != 0 || take_name(result, name, err) != 0) return -1;
    /* compare.py needs the time keys of an error row; Google Benchmark writes them as 0. */
    json_t *row = json_pack("{s:s, s:I, s:i, s:s, s:s, s:i, s:i, s:i, s:b, s:o, s:i, s:f, s:f, s:s}", "name", name,
                            "family_index", (json_int_t)result->families++, "per_family_instance_index", 0, "run_name",
                            name, "run_type", "iteration", "repetitions", 1, "repetition_index", 0, "threads", 1,
                            "error_occurred", 1, "error_message", json_escaped(reason), "iterations", 0, "real_time",
                            0.0, "cpu_time", 0.0, "time_unit", "ns");
    return append_or_fail(result->benchmarks, row, err);
}

int result_roof(struct result *result, const struct roof *roof, struct error *err) {
    struct summary summary;
    if (summarize(&summary, roof->seconds, roof->samples, err) != 0) return -1;
    if (!(summary.min > 0) || !(roof->work > 0)) return fail(err, "roof '%s' has no positive time or work", roof->name);
    json_t *marks = json_array();
    for (size_t i = 0; i < roof->samples; i++)
        json_add(marks, json_escaped(roof->disturbed[i]));
    json_t *value =
        json_pack("{s:o, s:o, s:o, s:f, s:f, s:f, s:o, s:o, s:o, s:o}", "name", json_escaped(roof->name), "what",
                  json_escaped(roof->what), "unit", json_escaped(roof->unit), "work", roof->work, "per_second",
                  roof->work / summary.median, "best_per_second", roof->work / summary.min, "seconds",
                  numbers(roof->seconds, roof->samples), "cpu_seconds", numbers(roof->cpu_seconds, roof->samples),
                  "disturbed", marks, "summary", summary_json(&summary));
    if (append_or_fail(json_object_get(result->facts, "roofs"), value, err) != 0) return -1;
    return put_away(value, roof->away, roof->samples, roof->repeated) == 0
               ? 0
               : fail_program(err, "the result: out of memory");
}
