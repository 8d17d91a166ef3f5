/* SPDX-License-Identifier: MIT */
/* Reads the A/A gates of a result file, one per experiment. */
#include "record/load_private.h"

#include "measure/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct rule comparison_rules[] = {
    {"verdict", 0, 16, TEXT, false},
    {"ratio", 1e-15, 1e15, REAL, false},
    {"low", 1e-15, 1e15, REAL, true},
    {"high", 1e-15, 1e15, REAL, true},
    {"confidence", 0, 1, REAL, false},
    {"coverage", 0, 1, REAL, true},
    {"p", 0, 1, REAL, false},
    {"comparisons", 0, 1e9, WHOLE, false},
    {"subject_samples", 1, 1e9, WHOLE, false},
    {"base_samples", 1, 1e9, WHOLE, false},
};

static const struct rule pair_rules[] = {
    {"subject", 0, 0, NAME, false}, {"base", 0, 0, NAME, false}, {"kind", 0, 16, TEXT, false}};

static const struct rule aa_rules[] = {
    {"first", 0, 0, NAME, false},   {"second", 0, 0, NAME, false}, {"state", 0, 16, TEXT, false},
    {"shown", 0, 0, OBJECT, false}, {"gate", 0, 0, OBJECT, false}, {"resolution", 0, 1e15, REAL, true},
};

static const struct rule experiment_rules[] = {
    {"name", 0, 0, NAME, false},
    {"rounds", 1, 1e9, WHOLE, false},
    {"schedule", 0, 0, OBJECT, false},
    {"aa", 0, 0, OBJECT, true},
    {"clock", 0, 0, OBJECT, false},
    {"samples", 1, 1e12, WHOLE, false},
    {"disturbed", 0, 1e12, WHOLE, false},
    {"cases", 1, MAX_SERIES, ARRAY, false},
    {"pairs", 0, MAX_SERIES, ARRAY, false},
};

static const struct rule case_rules[] = {
    {"name", 0, 0, NAME, false},          {"kind", 0, 16, TEXT, false},         {"workers", 1, 1e6, WHOLE, false},
    {"work", 1e-300, 1e300, REAL, false}, {"disturbed", 0, 1e12, WHOLE, false}, {"summary", 0, 0, OBJECT, false},
    {"rates", 0, 0, OBJECT, false},       {"roof", 0, 0, OBJECT, true},         {"whole_roof", 0, 0, OBJECT, true},
};

static const struct rule schema_1_rules[] = {
    {"schedule", 0, 0, OBJECT, true}, {"aa", 0, 0, OBJECT, true}, {"comparisons", 0, MAX_SERIES, ARRAY, false}};
static const struct rule schema_2_rules[] = {{"experiments", 0, 100, ARRAY, false}};

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

/* `aa` is NULL or null if there is no A/A case; `missing` then says why. */
static struct aa_record make_aa_record(const char *experiment, const json_t *aa, const char *missing) {
    struct aa_record record = {.experiment = experiment, .state = AA_TOO_FEW, .resolution = NAN, .missing = missing};
    if (!json_is_object(aa)) return record;
    const char *state = json_string_value(json_object_get(aa, "state"));
    record.missing = NULL;
    /* Schema 1 said "unquiet". */
    if (strcmp(state, aa_words(AA_NOISY)) == 0 || strcmp(state, "unquiet") == 0) record.state = AA_NOISY;
    if (strcmp(state, aa_words(AA_QUIET)) == 0) record.state = AA_QUIET;
    const json_t *resolved = json_object_get(aa, "resolution");
    if (json_is_number(resolved)) record.resolution = json_number_value(resolved);
    return record;
}

/* Schema 1 has an A/A case for the epochs only. Files of `sgdmark bench` have none. */
static int read_schema_1(struct result_file *file, const struct reader *reader) {
    const json_t *aa = json_object_get(file->facts, "aa");
    if (check_members(reader, file->facts, "", schema_1_rules, COUNT(schema_1_rules)) != 0 ||
        check_pairs(json_object_get(file->facts, "comparisons"), "comparisons", reader) != 0 ||
        check_aa(aa, "aa", reader) != 0)
        return -1;
    if (!json_is_object(aa)) return 0;
    file->gates = calloc(2, sizeof *file->gates);
    if (!file->gates) return fail_program(reader->err, "%s: out of memory", reader->path);
    file->gates[file->gate_count++] = make_aa_record("epochs", aa, NULL);
    file->gates[file->gate_count++] = make_aa_record("folds", NULL, "schema 1 did not record one");
    return 0;
}

static int check_experiment(const json_t *experiment, size_t at, const struct reader *reader) {
    char where[48], cases[64], pairs[64], aa[64];
    snprintf(where, sizeof where, "experiments[%zu]", at);
    snprintf(cases, sizeof cases, "%s.cases", where);
    snprintf(pairs, sizeof pairs, "%s.pairs", where);
    snprintf(aa, sizeof aa, "%s.aa", where);
    if (check_members(reader, experiment, where, experiment_rules, COUNT(experiment_rules)) != 0 ||
        check_list(reader, json_object_get(experiment, "cases"), cases, case_rules, COUNT(case_rules)) != 0 ||
        check_pairs(json_object_get(experiment, "pairs"), pairs, reader) != 0)
        return -1;
    return check_aa(json_object_get(experiment, "aa"), aa, reader);
}

static int read_schema_2(struct result_file *file, const struct reader *reader) {
    if (check_members(reader, file->facts, "", schema_2_rules, COUNT(schema_2_rules)) != 0) return -1;
    const json_t *experiments = json_object_get(file->facts, "experiments");
    file->gates = calloc(json_array_size(experiments) + 1, sizeof *file->gates);
    if (!file->gates) return fail_program(reader->err, "%s: out of memory", reader->path);
    size_t i;
    json_t *experiment;
    json_array_foreach(experiments, i, experiment) {
        if (check_experiment(experiment, i, reader) != 0) return -1;
        file->gates[file->gate_count++] = make_aa_record(json_string_value(json_object_get(experiment, "name")),
                                                         json_object_get(experiment, "aa"), "none was recorded");
    }
    return 0;
}

int read_gates(struct result_file *file, const struct reader *reader) {
    return file->schema == 1 ? read_schema_1(file, reader) : read_schema_2(file, reader);
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

static bool has_case(const json_t *experiment, const char *name) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(experiment, "cases"), i, one) {
        if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0) return true;
    }
    return false;
}

int gate_of(const struct result_file *file, const char *name) {
    if (file->schema == 1 && file->gate_count > 0) {
        if (starts_with(name, "epoch/")) return 0;
        return starts_with(name, "cv/") ? 1 : NO_GATE;
    }
    size_t i;
    json_t *experiment;
    json_array_foreach(json_object_get(file->facts, "experiments"), i, experiment) {
        if (has_case(experiment, name)) return (int)i;
    }
    return NO_GATE;
}
