/* SPDX-License-Identifier: MIT */
/* Reads what the experiments of a file say of its samples: which process made them, and whether verdicts may rest on
 * them. */
#include "record/load_private.h"

#include "base/json.h"
#include "base/text.h"
#include "measure/stats.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct rule comparison_rules[] = {
    {"verdict", 0, 16, TEXT, false},
    {"ratio", 1e-15, 1e15, REAL, true},
    {"low", 1e-15, 1e15, REAL, true},
    {"high", 1e-15, 1e15, REAL, true},
    {"confidence", 0, 1, REAL, false},
    {"coverage", 0, 1, REAL, true},
    {"p", 0, 1, REAL, true},
    {"comparisons", 0, 1e9, WHOLE, false},
    {"subject_samples", 0, 1e9, WHOLE, false},
    {"base_samples", 0, 1e9, WHOLE, false},
};

static const struct rule pair_rules[] = {
    {"subject", 0, 0, NAME, false}, {"base", 0, 0, NAME, false}, {"kind", 0, 16, TEXT, false}};

static const struct rule aa_rules[] = {
    {"first", 0, 0, NAME, false},   {"second", 0, 0, NAME, false}, {"state", 0, 16, TEXT, false},
    {"shown", 0, 0, OBJECT, false}, {"gate", 0, 0, OBJECT, false}, {"resolution", 0, 1e15, REAL, true},
};

static const struct rule experiment_rules[] = {
    {"name", 0, 0, NAME, false},           {"rounds", 1, 1e9, WHOLE, false},       {"schedule", 0, 0, OBJECT, false},
    {"clock", 0, 0, OBJECT, false},        {"samples", 1, 1e12, WHOLE, false},     {"disturbed", 0, 1e12, WHOLE, false},
    {"cases", 1, MAX_CASES, ARRAY, false}, {"pairs", 0, MAX_SERIES, ARRAY, false},
};

static const struct rule case_rules[] = {
    {"name", 0, 0, NAME, false},          {"kind", 0, 16, TEXT, false},         {"workers", 1, 1e6, WHOLE, false},
    {"work", 1e-300, 1e300, REAL, false}, {"disturbed", 0, 1e12, WHOLE, false}, {"summary", 0, 0, OBJECT, false},
    {"rates", 0, 0, OBJECT, false},       {"roof", 0, 0, OBJECT, true},         {"whole_roof", 0, 0, OBJECT, true},
};

static const struct rule schema_1_rules[] = {
    {"schedule", 0, 0, OBJECT, true}, {"aa", 0, 0, OBJECT, true}, {"comparisons", 0, MAX_SERIES, ARRAY, false}};
static const struct rule schema_2_rules[] = {{"experiments", 0, 100, ARRAY, false}};

/* Of an experiment: schema 2 has one A/A case in it or none, schema 3 a list. */
static const struct rule aa_rule = {"aa", 0, 0, OBJECT, true};
static const struct rule controls_rule = {"controls", 0, 100, ARRAY, false};
static const struct rule process_rule = {"process", 1, MAX_SAMPLES, ARRAY, false};
static const struct rule usable_rule = {"state", 0, 32, TEXT, false};

static int check_aa(const json_t *aa, const char *where, const struct reader *reader) {
    if (json_is_null(aa)) return 0;
    char shown[64], gate[64];
    snprintf(shown, sizeof shown, "%s.shown", where);
    snprintf(gate, sizeof gate, "%s.gate", where);
    if (check_members(reader, aa, where, aa_rules, COUNT(aa_rules)) != 0 ||
        check_members(reader, json_object_get(aa, "shown"), shown, comparison_rules, COUNT(comparison_rules)) != 0)
        return -1;
    return check_members(reader, json_object_get(aa, "gate"), gate, comparison_rules, COUNT(comparison_rules));
}

static int check_pairs(const json_t *pairs, const char *where, const struct reader *reader) {
    if (check_list(reader, pairs, where, comparison_rules, COUNT(comparison_rules)) != 0) return -1;
    return check_list(reader, pairs, where, pair_rules, COUNT(pair_rules));
}

/* Schema 1 has an A/A case for the epochs only. Files of `sgdmark bench` have none. */
static int check_schema_1(const struct result_file *file, const struct reader *reader) {
    if (check_members(reader, file->facts, "", schema_1_rules, COUNT(schema_1_rules)) != 0 ||
        check_pairs(json_object_get(file->facts, "comparisons"), "comparisons", reader) != 0)
        return -1;
    return check_aa(json_object_get(file->facts, "aa"), "aa", reader);
}

/* schedule.process has the process of each round, from 0 up; rounds of one process stand together. */
static int check_process(const json_t *experiment, const char *where, const struct reader *reader) {
    const json_t *schedule = json_object_get(experiment, "schedule");
    char place[64];
    snprintf(place, sizeof place, "%s.schedule", where);
    if (check_members(reader, schedule, place, &process_rule, 1) != 0) return -1;
    const json_t *process = json_object_get(schedule, "process");
    if (json_array_size(process) != (size_t)json_integer_value(json_object_get(experiment, "rounds")))
        return fault(reader, place, "process", "does not have one member per round");
    json_int_t last = -1;
    size_t i;
    json_t *one;
    json_array_foreach(process, i, one) {
        const json_int_t index = json_integer_value(one);
        if (!json_is_integer(one) || index < last || index < 0 || index >= MAX_SERIES)
            return fault(reader, place, "process", "does not name the processes in order");
        last = index;
    }
    return 0;
}

static const struct rule energy_rules[] = {{"joules", 0, 1e18, REAL, true}};
static const struct rule epoch_energy_rules[] = {{"joules_per_epoch", 0, 1e18, REAL, true}};
static const struct rule fold_energy_rules[] = {{"joules_per_fold", 0, 1e18, REAL, true}};

/* Files of version 0.1.0 lack it, and roofs have none. */
static int check_energy(const json_t *one, const char *where, const struct reader *reader) {
    const json_t *energy = json_object_get(one, "energy");
    const bool folds = strcmp(json_string_value(json_object_get(one, "kind")), "folds") == 0;
    char place[80];
    if (!energy) return 0;
    snprintf(place, sizeof place, "%s.energy", where);
    if (!json_is_object(energy)) return fault(reader, place, "", "is not an object");
    if (check_members(reader, energy, place, energy_rules, COUNT(energy_rules)) != 0) return -1;
    return check_members(reader, energy, place, folds ? fold_energy_rules : epoch_energy_rules, 1);
}

static int check_text_or_null(const json_t *object, const char *where, const char *key, const struct reader *reader) {
    const json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value) || json_is_string(value)) return 0;
    return fault(reader, where, key, "is neither a text nor null");
}

/* A file may lack any of this; its verdicts are then withheld. */
static int check_usable(const json_t *experiment, const char *where, const struct reader *reader) {
    const json_t *usable = json_object_get(experiment, "usable");
    const json_t *above = json_object_get(usable, "above");
    char place[64];
    snprintf(place, sizeof place, "%s.usable", where);
    if (usable && !json_is_null(usable) &&
        (check_members(reader, usable, place, &usable_rule, 1) != 0 ||
         check_text_or_null(usable, place, "reason", reader) != 0))
        return -1;
    if (above && !json_is_null(above) && !(json_is_number(above) && json_number_value(above) >= 0))
        return fault(reader, place, "above", "is neither null nor a number from 0 up");
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(experiment, "cases"), i, one) {
        snprintf(place, sizeof place, "%s.cases[%zu]", where, i);
        if (check_text_or_null(one, place, "control", reader) != 0 ||
            check_text_or_null(one, place, "unusable", reader) != 0 ||
            check_text_or_null(one, place, "prefetch", reader) != 0 || check_energy(one, place, reader) != 0)
            return -1;
    }
    return 0;
}

static int check_schema_3(const json_t *experiment, const char *where, const struct reader *reader) {
    if (check_members(reader, experiment, where, &controls_rule, 1) != 0 ||
        check_process(experiment, where, reader) != 0 || check_usable(experiment, where, reader) != 0)
        return -1;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(experiment, "controls"), i, one) {
        char place[64];
        snprintf(place, sizeof place, "%s.controls[%zu]", where, i);
        if (!json_is_object(one)) return fault(reader, place, "", "is not an object");
        if (check_aa(one, place, reader) != 0) return -1;
    }
    return 0;
}

static int check_schema_2(const json_t *experiment, const char *where, const struct reader *reader) {
    char aa[64];
    snprintf(aa, sizeof aa, "%s.aa", where);
    if (check_members(reader, experiment, where, &aa_rule, 1) != 0) return -1;
    return check_aa(json_object_get(experiment, "aa"), aa, reader);
}

static int check_experiment(const struct result_file *file, const json_t *experiment, size_t at,
                            const struct reader *reader) {
    char where[48], cases[64], pairs[64];
    snprintf(where, sizeof where, "experiments[%zu]", at);
    snprintf(cases, sizeof cases, "%s.cases", where);
    snprintf(pairs, sizeof pairs, "%s.pairs", where);
    if (check_members(reader, experiment, where, experiment_rules, COUNT(experiment_rules)) != 0 ||
        check_list(reader, json_object_get(experiment, "cases"), cases, case_rules, COUNT(case_rules)) != 0 ||
        check_pairs(json_object_get(experiment, "pairs"), pairs, reader) != 0)
        return -1;
    return (file->schema == 2 ? check_schema_2 : check_schema_3)(experiment, where, reader);
}

/* Finds the first case of each name: number of its experiment times MAX_CASES, and its own. */
static int index_cases(struct result_file *file, const struct reader *reader) {
    size_t i, c;
    json_t *experiment, *one;
    file->case_index = json_object();
    if (!file->case_index) return fail_program(reader->err, "%s: out of memory", file->path);
    json_array_foreach(json_object_get(file->facts, "experiments"), i, experiment) {
        json_array_foreach(json_object_get(experiment, "cases"), c, one) {
            const char *name = json_string_value(json_object_get(one, "name"));
            if (json_object_get(file->case_index, name)) continue;
            if (json_put(file->case_index, name, json_integer((json_int_t)i * MAX_CASES + (json_int_t)c)) != 0)
                return fail_program(reader->err, "%s: out of memory", file->path);
        }
    }
    return 0;
}

int check_experiments(struct result_file *file, const struct reader *reader) {
    if (file->schema == 1) return check_schema_1(file, reader);
    if (check_members(reader, file->facts, "", schema_2_rules, COUNT(schema_2_rules)) != 0) return -1;
    const json_t *experiments = json_object_get(file->facts, "experiments");
    file->experiment_count = json_array_size(experiments);
    size_t i;
    json_t *experiment;
    json_array_foreach(experiments, i, experiment) {
        if (check_experiment(file, experiment, i, reader) != 0) return -1;
    }
    return index_cases(file, reader);
}

/* The case that timed something, and its experiment. Both NULL: none did. */
struct timed_by {
    const json_t *experiment, *found;
};

static bool has_text(const json_t *object, const char *key, const char *text) {
    const char *value = json_string_value(json_object_get(object, key));
    return value && strcmp(value, text) == 0;
}

static struct timed_by find_timed(const struct result_file *file, const char *name) {
    const json_t *index = json_object_get(file->case_index, name);
    if (!index) return (struct timed_by){NULL, NULL};
    const size_t at = (size_t)json_integer_value(index);
    const json_t *experiment = json_array_get(json_object_get(file->facts, "experiments"), at / MAX_CASES);
    return (struct timed_by){experiment, json_array_get(json_object_get(experiment, "cases"), at % MAX_CASES)};
}

/* The process of sample `at`; `process` is schedule.process, or NULL for one process. */
static json_int_t process_of(const json_t *process, size_t at) {
    return process ? json_integer_value(json_array_get(process, at)) : 0;
}

/* Cuts samples[n] where the process changes. A process that timed nothing leaves a gap in the numbers. */
static int fill_processes(struct processes *processes, const double *samples, size_t n, const json_t *process,
                          const struct reader *reader) {
    double *sorted = malloc(n * sizeof *sorted);
    *processes = (struct processes){.medians = malloc(n * sizeof *processes->medians)};
    for (size_t begin = 0, end; sorted && processes->medians && begin < n; begin = end) {
        for (end = begin; end < n && process_of(process, end) == process_of(process, begin);)
            end++;
        memcpy(sorted, samples + begin, (end - begin) * sizeof *sorted);
        sort_doubles(sorted, end - begin);
        processes->medians[processes->count++] = quantile(sorted, end - begin, 0.5);
    }
    const bool good = sorted && processes->medians;
    free(sorted);
    return good ? 0 : fail_program(reader->err, "%s: out of memory", reader->path);
}

/* Sets *process to schedule.process of the experiment, or to NULL before schema 3 and outside of experiments. Returns
 * -1 if it does not have n members. */
static int find_process(const json_t **process, const struct result_file *file, const json_t *experiment, size_t n) {
    *process = NULL;
    if (file->schema < 3 || !experiment) return 0;
    *process = json_object_get(json_object_get(experiment, "schedule"), "process");
    return json_array_size(*process) == n ? 0 : -1;
}

/* Sets *text as printf does, made printable. */
static int explain(char **text, const struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int explain(char **text, const struct reader *reader, const char *format, ...) {
    char *raw;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&raw, format, arguments);
    va_end(arguments);
    *text = length >= 0 ? printable_text(raw) : NULL;
    if (length >= 0) free(raw);
    return *text ? 0 : fail_program(reader->err, "%s: out of memory", reader->path);
}

static const char *text_or(const json_t *object, const char *key, const char *otherwise) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : otherwise;
}

/* Sets series->untrusted unless the experiment calls its times usable. */
static int distrust_experiment(struct series *series, const json_t *experiment, const struct reader *reader) {
    const json_t *usable = json_object_get(experiment, "usable");
    const json_t *above = json_object_get(usable, "above");
    const char *name = text_or(experiment, "name", "");
    const char *state = text_or(usable, "state", NULL);
    if (!state)
        return explain(&series->untrusted, reader, "its file does not say whether the times of its %s are usable",
                       name);
    if (strcmp(state, "usable") == 0) return 0;
    if (strcmp(state, "usable above") == 0) {
        if (json_is_number(above)) return 0;
        return explain(&series->untrusted, reader, "its file does not say from what difference up its %s are usable",
                       name);
    }
    series->noisy = strcmp(state, "not usable") == 0;
    return explain(&series->untrusted, reader, "the times of its %s are called %s: %s", name, state,
                   text_or(usable, "reason", "no reason is given"));
}

/* Sets series->untrusted unless an A/A case covers the case and all that do are quiet. The twins cover themselves. */
static int distrust_controls(struct series *series, const struct timed_by *by, const struct reader *reader) {
    const char *wanted = text_or(by->found, "control", NULL);
    bool found = false;
    bool found_wanted = !wanted;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(by->experiment, "controls"), i, one) {
        const bool is_wanted = wanted && has_text(one, "first", wanted);
        if (!is_wanted && !has_text(one, "first", series->name) && !has_text(one, "second", series->name)) continue;
        found = true;
        found_wanted = found_wanted || is_wanted;
        if (has_text(one, "state", aa_words(AA_QUIET))) continue;
        series->noisy = true;
        return explain(&series->untrusted, reader, "its A/A case %s is not quiet: %s", text_or(one, "first", ""),
                       text_or(one, "state", ""));
    }
    if (found && found_wanted) return 0;
    return explain(&series->untrusted, reader, "no A/A case covers it");
}

/* Sets series->untrusted to why no verdict may rest on the series; leaves it NULL if one may. */
static int judge(const struct result_file *file, struct series *series, const struct timed_by *by,
                 const struct reader *reader) {
    if (!by->experiment)
        return explain(&series->untrusted, reader, "no A/A case covers it: it was not timed in rounds, as `run` does");
    if (file->schema < 3)
        return explain(&series->untrusted, reader, "its file, of schema %d, does not say whether its times are usable",
                       file->schema);
    const char *unusable = text_or(by->found, "unusable", NULL);
    if (distrust_experiment(series, by->experiment, reader) != 0) return -1;
    if (series->untrusted) return 0;
    series->noisy = unusable != NULL;
    if (unusable) return explain(&series->untrusted, reader, "its times are not usable: %s", unusable);
    return distrust_controls(series, by, reader);
}

static const char roof_prefix[] = "roof/";

/* The name in "roofs" of a roof's case; NULL for what is no such name. */
static const char *roof_name(const char *of_case) {
    const size_t length = strlen(roof_prefix);
    return of_case && strncmp(of_case, roof_prefix, length) == 0 ? of_case + length : NULL;
}

/* The roof of L1 in this experiment: "read/L1" among the epochs, "read/L1/beside-folds" among the folds. */
static const char *l1_roof_of(const json_t *experiment) {
    static const char l1[] = "read/L1";
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(experiment, "cases"), i, one) {
        const char *name = roof_name(json_string_value(json_object_get(one, "name")));
        if (name && strncmp(name, l1, strlen(l1)) == 0 && (!name[strlen(l1)] || name[strlen(l1)] == '/')) return name;
    }
    return NULL;
}

/* The tuned prefetch distances of an engine and backend, from their receipt. */
static const char *prefetch_of(const struct result_file *file, const struct series *series) {
    size_t i;
    json_t *receipt;
    json_array_foreach(json_object_get(json_object_get(file->facts, "receipts"), "parity"), i, receipt) {
        const char *prefetch = json_string_value(json_object_get(receipt, "prefetch"));
        if (prefetch && has_text(receipt, "engine", series->engine) && has_text(receipt, "backend", series->backend))
            return prefetch;
    }
    return NULL;
}

int read_witnesses(const struct result_file *file, struct series *series, const struct reader *reader) {
    const struct timed_by by = find_timed(file, series->name);
    const json_t *process;
    if (find_process(&process, file, by.experiment, series->n) != 0)
        return fault(reader, "samples", series->name, "does not have one sample per round of its experiment");
    series->prefetch = text_or(by.found, "prefetch", NULL);
    if (!series->prefetch) series->prefetch = prefetch_of(file, series);
    series->roof_percent = json_number_at(json_object_get(by.found, "roof"), "percent");
    series->read_roof = roof_name(text_or(json_object_get(by.found, "roof"), "read", NULL));
    series->l1_roof = l1_roof_of(by.experiment);
    if (fill_processes(&series->processes, series->seconds, series->n, process, reader) != 0) return -1;
    return judge(file, series, &by, reader);
}

static int read_roof(const struct result_file *file, struct roof_series *roof, const json_t *from,
                     const struct reader *reader) {
    char name[sizeof roof_prefix + MAX_NAME];
    const json_t *seconds = json_object_get(from, "seconds");
    const double work = json_number_value(json_object_get(from, "work"));
    const size_t n = json_array_size(seconds);
    roof->name = json_string_value(json_object_get(from, "name"));
    snprintf(name, sizeof name, "%s%s", roof_prefix, roof->name);
    const struct timed_by by = find_timed(file, name);
    const json_t *process;
    if (find_process(&process, file, by.experiment, n) != 0)
        return fault(reader, "roofs", roof->name, "does not have one sample per round of its experiment");
    double *samples = malloc(n * sizeof *samples);
    if (!samples) return fail_program(reader->err, "%s: out of memory", reader->path);
    for (size_t i = 0; i < n; i++)
        samples[i] = json_number_value(json_array_get(seconds, i)) / work;
    int bad = fill_processes(&roof->processes, samples, n, process, reader);
    free(samples);
    return bad;
}

int read_roofs(struct result_file *file, const struct reader *reader) {
    const json_t *roofs = json_object_get(file->facts, "roofs");
    const size_t count = json_array_size(roofs);
    file->roofs = calloc(count + 1, sizeof *file->roofs);
    file->roof_index = json_object();
    if (!file->roofs || !file->roof_index) return fail_program(reader->err, "%s: out of memory", reader->path);
    while (file->roof_count < count) {
        const size_t at = file->roof_count++;
        if (read_roof(file, &file->roofs[at], json_array_get(roofs, at), reader) != 0) return -1;
        if (find_roof(file, file->roofs[at].name)) continue; /* the first of a name counts */
        if (json_put(file->roof_index, file->roofs[at].name, json_integer((json_int_t)at)) != 0)
            return fail_program(reader->err, "%s: out of memory", file->path);
    }
    return 0;
}
