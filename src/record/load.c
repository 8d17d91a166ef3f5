/* SPDX-License-Identifier: MIT */
#include "record/load_private.h"

#include "base/json.h"
#include "learn/hyper_table.h"
#include "measure/stats.h"
#include "record/derive.h"
#include "record/fleet_load.h"
#include "record/result_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_NESTING = 64,
    MAX_ROWS = 1000000,
    MAX_RECEIPTS = 1000, /* of one kind: one for each engine and backend, and for each backend's kernels */
    /* A member of an object takes some 130 bytes, an object 400: at most 700 MB. */
    MAX_VALUES = 4000000,
    MAX_GROUPS = 500000,
};

/* 2^53: JSON readers that use doubles hold no larger count exactly. */
#define MAX_COUNT 9007199254740992.0

static const struct rule facts_rules[] = {
    {"run_id", 0, 36, TEXT, false},
    {"status", 0, 16, TEXT, false},
    {"start", 0, 32, TEXT, false},
    {"end", 0, 32, TEXT, false},
    {"duration_seconds", 0, 1e9, REAL, false},
    {"argv", 0, MAX_VALUES, ARRAY, false},
    {"tool", 0, 0, OBJECT, false},
    {"build", 0, 0, OBJECT, false},
    {"libraries", 0, 0, OBJECT, true},
    {"cpu", 0, 0, OBJECT, true},
    {"topology", 0, 0, OBJECT, true},
    {"environment", 0, 0, OBJECT, true},
    {"workload", 0, 0, OBJECT, true},
    {"receipts", 0, 0, OBJECT, false},
    {"roofs", 0, 10000, ARRAY, false},
    {"samples", 0, MAX_SERIES, ARRAY, false},
};

static const struct rule workload_rules[] = {
    {"data", 0, 4 * 4096, TEXT, false}, /* a path, each byte escaped */
    {"split", 0, 16, TEXT, false},
    {"order", 0, 16, TEXT, false},
    {"order_seed", 0, 4294967295.0, WHOLE, false},
    {"limit", 0, 4294967295.0, WHOLE, false},
    {"pixels_sha256", 64, 64, HEX, false},
    {"labels_sha256", 64, 64, HEX, false},
    {"n", 1, 4294967295.0, WHOLE, false},
    {"d", 1, 4294967295.0, WHOLE, false},
    {"permutation_hash", 16, 16, HEX, false},
    {"hyper", 0, 0, OBJECT, false},
};

static const struct rule dispatch_rules[] = {
    {"asked", 0, 4096, TEXT, false}, {"chosen", 0, 0, NAME, false}, {"why", 0, 4096, TEXT, false},
    {"kernel", 0, 0, NAME, false},   {"symbol", 0, 0, NAME, false}, {"code_sha256", 64, 64, HEX, true},
};

static const struct rule parity_rules[] = {
    {"engine", 0, 0, NAME, false},    {"backend", 0, 0, NAME, false},          {"needed", 0, 64, TEXT, false},
    {"reached", 0, 64, TEXT, false},  {"reference", 0, 4096, TEXT, false},     {"passed", 0, 0, BOOLEAN, false},
    {"detail", 0, 4096, TEXT, false}, {"fingerprint", 16, 16, HEX, true},      {"update_hash", 16, 16, HEX, true},
    {"accuracy", 0, 1, REAL, true},   {"max_deviation", 0, 1e308, REAL, true}, {"tolerance", 0, 1e308, REAL, true},
};

static const struct rule roof_rules[] = {
    {"name", 0, 0, NAME, false},
    {"what", 0, 4096, TEXT, false},
    {"unit", 0, 64, TEXT, false},
    {"work", 1e-300, 1e300, REAL, false},
    {"per_second", 1e-300, 1e300, REAL, false},
    {"best_per_second", 1e-300, 1e300, REAL, false},
    {"seconds", 1, MAX_SAMPLES, ARRAY, false},
};

static const struct rule sample_rules[] = {
    {"name", 0, 0, NAME, false},
    {"engine", 0, 0, NAME, false},
    {"backend", 0, 0, NAME, false},
    {"threads", 1, 1e6, WHOLE, false},
    {"iterations", 1, MAX_COUNT, WHOLE, false},
    {"seconds", 1, MAX_SAMPLES, ARRAY, false},
    {"cpu_seconds", 1, MAX_SAMPLES, ARRAY, false},
    {"summary", 0, 0, OBJECT, false},
    {"disturbed", 1, MAX_SAMPLES, ARRAY, true},
};

/* Refuses what would take much time or memory to read, before it is read. */
static int refuse_structure(const char *path, const char *bytes, size_t length, struct error *err) {
    int depth = 0;
    size_t values = 1, groups = 0;
    bool in_text = false;
    for (size_t i = 0; i < length; i++) {
        if (in_text) {
            if (bytes[i] == '\\')
                i++;
            else if (bytes[i] == '"')
                in_text = false;
        } else if (bytes[i] == '"') {
            in_text = true;
        } else if (bytes[i] == '[' || bytes[i] == '{') {
            if (++depth > MAX_NESTING) return fail(err, "%s: nested deeper than %d levels", path, MAX_NESTING);
            groups++;
        } else if (bytes[i] == ']' || bytes[i] == '}') {
            depth--;
        } else if (bytes[i] == ',') {
            values++;
        }
    }
    if (values <= MAX_VALUES && groups <= MAX_GROUPS) return 0;
    return fail(err, "%s: holds more values than any result: %zu in %zu lists and objects; at most %d in %d are read",
                path, values, groups, MAX_VALUES, MAX_GROUPS);
}

static void blank_controls(char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f) *text = '?';
}

int decode_result(json_t **root, const char *path, const char *bytes, size_t length, struct error *err) {
    static const char bom[] = "\xef\xbb\xbf";
    if (length == 0) return fail(err, "%s: is empty", path);
    if (length >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
        return fail(err, "%s: is UTF-16 text, as PowerShell's > writes it; JSON is UTF-8: save it as that", path);
    if (length >= strlen(bom) && memcmp(bytes, bom, strlen(bom)) == 0) {
        bytes += strlen(bom);
        length -= strlen(bom);
    }
    if (refuse_structure(path, bytes, length, err) != 0) return -1;
    json_error_t why;
    *root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &why);
    if (*root) return 0;
    if (json_error_code(&why) == json_error_out_of_memory) return fail_program(err, "%s: out of memory", path);
    blank_controls(why.text);
    return fail(err, "%s: is not a whole JSON file: line %d: %s (was it cut off?)", path, why.line, why.text);
}

/* Accepts only our files, of a schema up to RESULT_SCHEMA. */
static int check_origin(struct result_file *file, struct error *err) {
    const json_t *version = json_object_get(file->facts, "schema_version");
    if (!json_is_object(file->root)) return fail(err, "%s: is not a result file: not a JSON object", file->path);
    if (!file->facts && json_is_array(json_object_get(file->root, "benchmarks")))
        return fail(err,
                    "%s: holds Google Benchmark's numbers without the facts that a comparison needs (no \"sgdmark\" "
                    "key): record it with `sgdmark run`, or use Google Benchmark's compare.py",
                    file->path);
    if (!json_is_object(file->facts))
        return fail(err, "%s: is not a result file: it has no \"sgdmark\" object", file->path);
    if (is_fleet(file->root))
        return fail(err, "%s: is of a whole fleet, not of a run; give it to `sgdmark report` alone", file->path);
    if (!json_is_integer(version) || json_integer_value(version) < 1)
        return fail(err, "%s: schema_version is not a whole number from 1 up", file->path);
    file->schema = (int)json_integer_value(version);
    if (json_integer_value(version) > RESULT_SCHEMA)
        return fail(err, "%s: has schema %lld, written by a newer sgdmark; this one reads schemas up to %d: update it",
                    file->path, (long long)json_integer_value(version), RESULT_SCHEMA);
    return 0;
}

static int check_status(struct result_file *file, const struct reader *reader) {
    const char *status = json_string_value(json_object_get(file->facts, "status"));
    file->complete = strcmp(status, "complete") == 0;
    if (file->complete || strcmp(status, "incomplete") == 0) return 0;
    return fault(reader, "", "status", "is neither \"complete\" nor \"incomplete\"");
}

/* What a hyper-parameter must be. The range of some reals is open below, or on both sides. */
static struct rule hyper_rule(const struct hyper_parameter *one) {
    static const enum kind kinds[] = {
        [HYPER_KIND_WHOLE] = WHOLE,   [HYPER_KIND_REAL] = REAL,    [HYPER_KIND_FROM] = REAL,  [HYPER_KIND_OPEN] = REAL,
        [HYPER_KIND_OPTIONAL] = REAL, [HYPER_KIND_FLAG] = BOOLEAN, [HYPER_KIND_CHOICE] = TEXT};
    struct rule rule = {one->name, one->low, one->high, kinds[one->kind], false};
    if (one->kind == HYPER_KIND_CHOICE) rule.high = MAX_NAME;
    if (one->kind == HYPER_KIND_REAL || one->kind == HYPER_KIND_OPEN) rule.low = nextafter(one->low, (double)INFINITY);
    if (one->kind == HYPER_KIND_OPEN) rule.high = nextafter(one->high, one->low);
    return rule;
}

/* Checks the hyper-parameters that are there. A file that lacks one was made with its default. */
static int check_hyper(const json_t *hyper, const struct reader *reader) {
    if (!json_is_object(hyper)) return fault(reader, "workload", "hyper", "is not an object");
    for (size_t i = 0; i < hyper_count; i++) {
        const json_t *value = json_object_get(hyper, hyper_table[i].name);
        const struct rule rule = hyper_rule(&hyper_table[i]);
        const char *text = json_string_value(value);
        if (!value || (hyper_table[i].kind == HYPER_KIND_OPTIONAL && text && strcmp(text, "none") == 0)) continue;
        if (check_members(reader, hyper, "workload.hyper", &rule, 1) != 0) return -1;
    }
    struct job_spec spec = {0};
    struct error why;
    char text[600];
    if (hyper_from_json(&spec, hyper) != 0 || hyper_check(&spec.hyper, &why) == 0) return 0;
    snprintf(text, sizeof text, "cannot be trained: %.500s", why.text);
    return fault(reader, "workload", "hyper", text);
}

static int check_workload(const json_t *facts, const struct reader *reader) {
    const json_t *workload = json_object_get(facts, "workload");
    if (json_is_null(workload)) return 0;
    if (check_members(reader, workload, "workload", workload_rules, COUNT(workload_rules)) != 0) return -1;
    return check_hyper(json_object_get(workload, "hyper"), reader);
}

static int check_receipts(const json_t *facts, const struct reader *reader) {
    static const struct rule lists[] = {{"dispatch", 0, MAX_RECEIPTS, ARRAY, false},
                                        {"parity", 0, MAX_RECEIPTS, ARRAY, false}};
    const json_t *receipts = json_object_get(facts, "receipts");
    if (check_members(reader, receipts, "receipts", lists, COUNT(lists)) != 0 ||
        check_list(reader, json_object_get(receipts, "dispatch"), "receipts.dispatch", dispatch_rules,
                   COUNT(dispatch_rules)) != 0)
        return -1;
    return check_list(reader, json_object_get(receipts, "parity"), "receipts.parity", parity_rules,
                      COUNT(parity_rules));
}

/* Checks that every member of the array object[key] is a time from `low` to LONGEST seconds. */
static int check_times(const json_t *object, const char *where, const char *key, double low,
                       const struct reader *reader) {
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(object, key), i, value) {
        double seconds = json_number_value(value);
        if (json_is_number(value) && seconds >= low && seconds <= LONGEST) continue;
        char member[64];
        snprintf(member, sizeof member, "%s[%zu]", key, i);
        return fault(reader, where, member, "is not a time of more than 0 and up to 1e7 seconds");
    }
    if (i == 0) return fault(reader, where, key, "is empty");
    return 0;
}

static int check_roofs(const json_t *facts, const struct reader *reader) {
    const json_t *roofs = json_object_get(facts, "roofs");
    if (check_list(reader, roofs, "roofs", roof_rules, COUNT(roof_rules)) != 0) return -1;
    size_t i;
    json_t *roof;
    json_array_foreach(roofs, i, roof) {
        if (check_times(roof, "roofs", "seconds", SHORTEST, reader) != 0) return -1;
    }
    return 0;
}

static int check_parity(const struct series *series, const json_t *outcomes, const struct reader *reader) {
    if (parity_passed(outcomes, series->engine, series->backend)) return 0;
    return fault(reader, "samples", series->name, "is a timing without a passing parity receipt");
}

static int read_series(const struct result_file *file, struct series *series, const json_t *sample, size_t at,
                       const struct reader *reader) {
    char where[64];
    snprintf(where, sizeof where, "samples[%zu]", at);
    const json_t *seconds = json_object_get(sample, "seconds");
    size_t n = json_array_size(seconds);
    if (check_times(sample, where, "seconds", SHORTEST, reader) != 0 ||
        check_times(sample, where, "cpu_seconds", 0, reader) != 0)
        return -1;
    const json_t *disturbed = json_object_get(sample, "disturbed");
    if (json_array_size(json_object_get(sample, "cpu_seconds")) != n ||
        (json_is_array(disturbed) && json_array_size(disturbed) != n))
        return fault(reader, where, "seconds", "has another length than the arrays beside it");
    *series = (struct series){.name = json_string_value(json_object_get(sample, "name")),
                              .engine = json_string_value(json_object_get(sample, "engine")),
                              .backend = json_string_value(json_object_get(sample, "backend")),
                              .n = n,
                              .seconds = malloc(n * sizeof(double))};
    if (!series->seconds) return fail_program(reader->err, "%s: out of memory", reader->path);
    for (size_t i = 0; i < n; i++)
        series->seconds[i] = json_number_value(json_array_get(seconds, i));
    return read_witnesses(file, series, reader);
}

static int read_all_series(struct result_file *file, const json_t *outcomes, const struct reader *reader) {
    const json_t *samples = json_object_get(file->facts, "samples");
    if (check_list(reader, samples, "samples", sample_rules, COUNT(sample_rules)) != 0) return -1;
    size_t count = json_array_size(samples);
    file->series = calloc(count + 1, sizeof *file->series);
    file->series_index = json_object();
    if (!file->series || !file->series_index) return fail_program(reader->err, "%s: out of memory", file->path);
    while (file->count < count) {
        const size_t at = file->count++; /* result_unload releases what a failure leaves */
        struct series *series = &file->series[at];
        if (read_series(file, series, json_array_get(samples, at), at, reader) != 0 ||
            check_parity(series, outcomes, reader) != 0)
            return -1;
        if (find_series(file, series->name)) return fault(reader, "samples", series->name, "is there twice");
        if (json_put(file->series_index, series->name, json_integer((json_int_t)at)) != 0)
            return fail_program(reader->err, "%s: out of memory", file->path);
    }
    return 0;
}

static const struct rule row_rules[] = {
    {"name", 0, 0, NAME, false},
    {"run_name", 0, 0, NAME, false},
    {"run_type", 0, 16, TEXT, false},
    {"time_unit", 0, 2, TEXT, false},
    {"real_time", 0, LONGEST *NS_PER_SECOND, REAL, false},
    {"cpu_time", 0, LONGEST *NS_PER_SECOND, REAL, false},
    {"iterations", 0, MAX_COUNT, WHOLE, false},
};

/* Checks that a row of "benchmarks", which other programs read, equals the raw sample that we read. seen[index] counts
 * the rows of a series. */
static int check_row(const struct result_file *file, const json_t *row, size_t *seen, const struct reader *reader) {
    const char *name = json_string_value(json_object_get(row, "name"));
    if (strcmp(json_string_value(json_object_get(row, "run_type")), "iteration") != 0) return 0;
    if (json_is_true(json_object_get(row, "error_occurred"))) return 0;
    const struct series *series = find_series(file, name);
    if (!series) return fault(reader, "benchmarks", name, "has no raw samples");
    const size_t which = (size_t)(series - file->series);
    double time = json_number_value(json_object_get(row, "real_time"));
    if (strcmp(json_string_value(json_object_get(row, "time_unit")), "ns") != 0)
        return fault(reader, "benchmarks", name, "is not in ns: its time_unit is another");
    if (seen[which] >= series->n || fabs(time - series->seconds[seen[which]] * NS_PER_SECOND) > 1e-9 * time)
        return fault(reader, "benchmarks", name, "differs from its raw samples");
    seen[which]++;
    return 0;
}

/* Google Benchmark's mean, median and deviation without the repetitions that they were made of. */
static int refuse_aggregates_only(const struct result_file *file, const struct reader *reader) {
    size_t i;
    json_t *row;
    if (file->count > 0) return 0;
    json_array_foreach(json_object_get(file->root, "benchmarks"), i, row) {
        if (strcmp(json_string_value(json_object_get(row, "run_type")), "aggregate") == 0)
            return fail(reader->err,
                        "%s: holds no samples, only aggregates of them (--benchmark_report_aggregates_only of an older "
                        "sgdmark): record it again",
                        file->path);
    }
    return 0;
}

static int check_rows(const struct result_file *file, size_t *seen, const struct reader *reader) {
    size_t i;
    json_t *row;
    if (refuse_aggregates_only(file, reader) != 0) return -1;
    json_array_foreach(json_object_get(file->root, "benchmarks"), i, row) {
        if (check_row(file, row, seen, reader) != 0) return -1;
    }
    for (i = 0; i < file->count; i++)
        if (seen[i] != file->series[i].n) return fault(reader, "benchmarks", file->series[i].name, "lacks rows");
    return 0;
}

static int check_benchmarks(const struct result_file *file, const struct reader *reader) {
    static const struct rule outer[] = {{"context", 0, 0, OBJECT, false}, {"benchmarks", 0, MAX_ROWS, ARRAY, false}};
    if (check_members(reader, file->root, "", outer, COUNT(outer)) != 0 ||
        check_list(reader, json_object_get(file->root, "benchmarks"), "benchmarks", row_rules, COUNT(row_rules)) != 0)
        return -1;
    size_t *seen = calloc(file->count + 1, sizeof *seen);
    if (!seen) return fail_program(reader->err, "%s: out of memory", file->path);
    int bad = check_rows(file, seen, reader);
    free(seen);
    return bad;
}

static int check_content(struct result_file *file, const struct reader *reader) {
    if (check_members(reader, file->facts, "", facts_rules, COUNT(facts_rules)) != 0 ||
        check_status(file, reader) != 0 || check_workload(file->facts, reader) != 0 ||
        check_receipts(file->facts, reader) != 0 || check_experiments(file, reader) != 0 ||
        check_findings(file->facts, reader) != 0 || check_pages(file->facts, reader) != 0 ||
        check_soak(file->facts, reader) != 0 || check_roofs(file->facts, reader) != 0 || read_roofs(file, reader) != 0)
        return -1;
    json_t *outcomes = parity_outcomes(file->facts);
    int bad = read_all_series(file, outcomes, reader);
    json_decref(outcomes);
    return bad ? bad : check_benchmarks(file, reader);
}

static int check_file(struct result_file *file, bool alone, const struct reader *reader) {
    file->facts = json_object_get(file->root, "sgdmark");
    if (check_origin(file, reader->err) != 0 || (!alone && check_seal(file, reader) != 0) ||
        check_content(file, reader) != 0)
        return -1;
    return alone ? 0 : derive_again(file, reader);
}

int result_of_json(struct result_file *file, const char *path, json_t *root, bool alone, struct error *err) {
    const struct reader reader = {path, err};
    *file = (struct result_file){.path = path, .root = root};
    if (check_file(file, alone, &reader) == 0) return 0;
    result_unload(file);
    return -1;
}

static int parse(struct result_file *file, const char *path, const char *bytes, size_t length, bool alone,
                 struct error *err) {
    json_t *root;
    *file = (struct result_file){.path = path};
    if (decode_result(&root, path, bytes, length, err) != 0 || result_of_json(file, path, root, alone, err) != 0)
        return -1;
    file->bytes = length;
    return 0;
}

int result_parse(struct result_file *file, const char *path, const char *bytes, size_t length, struct error *err) {
    return parse(file, path, bytes, length, false, err);
}

int result_parse_alone(struct result_file *file, const char *path, const char *bytes, size_t length,
                       struct error *err) {
    return parse(file, path, bytes, length, true, err);
}

int result_load(struct result_file *file, const char *path, struct error *err) {
    char *bytes = NULL;
    size_t length = 0;
    int bad = read_result(path, &bytes, &length, err);
    if (!bad && bytes) bad = result_parse(file, path, bytes, length, err);
    free(bytes);
    return bad;
}

int result_start(char start[RESULT_START], const char *path, struct error *err) {
    struct result_file file = {.path = path};
    char *bytes = NULL;
    size_t length = 0;
    int bad = read_result(path, &bytes, &length, err);
    if (!bad) bad = decode_result(&file.root, path, bytes, length, err);
    file.facts = json_object_get(file.root, "sgdmark");
    if (!bad) bad = check_origin(&file, err);
    const char *text = json_string_value(json_object_get(file.facts, "start"));
    if (!bad) snprintf(start, RESULT_START, "%s", text ? text : "");
    json_decref(file.root);
    free(bytes);
    return bad;
}

void result_unload(struct result_file *file) {
    for (size_t i = 0; i < file->count; i++) {
        free(file->series[i].seconds);
        free(file->series[i].processes.medians);
        free(file->series[i].untrusted);
    }
    for (size_t i = 0; i < file->roof_count; i++)
        free(file->roofs[i].processes.medians);
    free(file->series);
    free(file->roofs);
    json_decref(file->series_index);
    json_decref(file->roof_index);
    json_decref(file->case_index);
    json_decref(file->root);
    *file = (struct result_file){0};
}

/* Removes the lists of numbers from each object of a list. */
static void drop_numbers(json_t *list) {
    static const char *const keys[] = {"seconds", "cpu_seconds", "disturbed", "away", "repeated"};
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) {
        for (size_t k = 0; k < COUNT(keys); k++)
            json_object_del(one, keys[k]);
    }
}

void result_lighten(struct result_file *file) {
    json_object_del(file->root, "benchmarks");
    drop_numbers(json_object_get(file->facts, "samples"));
    drop_numbers(json_object_get(file->facts, "roofs"));
}

const struct series *find_series(const struct result_file *file, const char *name) {
    const json_t *index = json_object_get(file->series_index, name);
    return index ? &file->series[json_integer_value(index)] : NULL;
}

const struct roof_series *find_roof(const struct result_file *file, const char *name) {
    const json_t *index = json_object_get(file->roof_index, name);
    return index ? &file->roofs[json_integer_value(index)] : NULL;
}
