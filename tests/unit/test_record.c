/* SPDX-License-Identifier: MIT */
/* Result files: a written file reads back, and a file that no run can have written is refused in one line. */
#include "base/json.h"
#include "learn/hyper_table.h"
#include "played_experiment.h"
#include "record/load_private.h"
#include "record/result.h"
#include "record/seal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SAMPLES = 12 };

static const char sha256[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static char folder[] = "/tmp/sgdmark-test-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return rmdir(folder);
}

static void add_parity(struct result *result, const char *backend, bool passed) {
    struct parity_receipt receipt = {.engine = "f32",
                                     .backend = backend,
                                     .needed = "L2 weights",
                                     .reached = "L2 weights",
                                     .reference = "itself: the reference",
                                     .passed = passed,
                                     .detail = "60000 rows",
                                     .fingerprint = 0x0123456789abcdefULL,
                                     .update_hash = 7,
                                     .accuracy = 0.96,
                                     .max_deviation = 0,
                                     .tolerance = NAN};
    assert_int_equal(result_parity(result, &receipt, NULL), 0);
}

/* Adds a timing of about `seconds` per sample. The last sample is an outlier that a context switch disturbed. */
static int add_timing(struct result *result, const char *name, const char *backend, double seconds, struct error *err) {
    double real[SAMPLES];
    double cpu[SAMPLES];
    double rate[SAMPLES];
    double cycles[SAMPLES];
    const char *disturbed[SAMPLES] = {NULL};
    for (int i = 0; i < SAMPLES; i++) {
        real[i] = seconds * (1 + 0.001 * i);
        cpu[i] = real[i] * 0.99;
        rate[i] = 60000 / real[i];
        cycles[i] = NAN;
    }
    real[SAMPLES - 1] *= 2;
    disturbed[SAMPLES - 1] = "context switch";
    const struct sample_counter counters[] = {{"items_per_second", rate, NULL},
                                              {"cycles_per_pixel", cycles, "no PMU (ENOENT)"}};
    struct timing timing = {.name = name,
                            .engine = "f32",
                            .backend = backend,
                            .seconds = real,
                            .cpu_seconds = cpu,
                            .samples = SAMPLES,
                            .iterations = 3,
                            .threads = 1,
                            .disturbed = disturbed,
                            .counters = counters,
                            .counter_count = 2};
    return result_timing(result, &timing, err);
}

static struct result *new_result(void) {
    char *argv[] = {"sgdmark", "run", "--quick"};
    struct result *result = result_new(3, argv, NULL);
    assert_non_null(result);
    return result;
}

static void add_workload(struct result *result) {
    struct workload workload = {.data = "data/mnist",
                                .split = "train",
                                .order = "notebook",
                                .order_seed = 42,
                                .pixels_sha256 = sha256,
                                .labels_sha256 = sha256,
                                .n = 60000,
                                .d = 784,
                                .permutation_hash = 0xfedcba9876543210ULL};
    struct job_spec spec;
    job_spec_defaults(&spec);
    assert_int_equal(result_workload(result, &workload, hyper_json(&spec, 3), NULL), 0);
}

static void add_experiment(struct result *result) {
    struct experiment *folds = played_folds(1.0);
    struct analysis analysis;
    struct error err = {.text = ""};
    assert_int_equal(analyse(&analysis, folds, NULL), 0);
    if (result_experiment(result, &analysis, &err) != 0) fail_msg("%s", err.text);
    analysis_free(&analysis);
    experiment_free(folds);
}

/* A result with every section. */
static struct result *full_result(void) {
    struct result *result = new_result();
    add_workload(result);
    add_parity(result, "scalar", true);
    add_parity(result, "avx2", true);
    struct dispatch_receipt dispatch = {"auto",           "avx2", "the best that runs here", "dot_u8f32",
                                        "dot_u8f32_avx2", NULL,   "symbols are stripped"};
    assert_int_equal(result_dispatch(result, &dispatch, NULL), 0);
    assert_int_equal(result_context(result, "build_type", "release", NULL), 0);
    json_t *environment =
        json_pack("{s:{s:s}, s:{s:s}, s:{s:{s:s}, s:s, s:s, s:s}, s:{s:s}}", "cpu", "brand", "A processor", "topology",
                  "sha256", sha256, "build", "libraries", "libc", "2.36", "compiler", "12", "program_sha256", sha256,
                  "transcendental", "no-fma", "os", "kernel", "6.1.0");
    assert_int_equal(result_environment(result, environment, NULL), 0);
    assert_int_equal(add_timing(result, "epoch/f32/scalar", "scalar", 4e-3, NULL), 0);
    assert_int_equal(add_timing(result, "epoch/f32/avx2", "avx2", 1.5e-3, NULL), 0);
    assert_int_equal(result_not_timed(result, "epoch/f32/avx512", "the CPU lacks AVX-512", NULL), 0);
    static const double read_times[] = {1e-3, 1.1e-3, 1.2e-3};
    static const char *const undisturbed[3];
    const struct roof roof = {.name = "read/epoch-order",
                              .what = "reads the bytes of one epoch",
                              .unit = "bytes",
                              .work = 47.04e6,
                              .seconds = read_times,
                              .cpu_seconds = read_times,
                              .disturbed = undisturbed,
                              .samples = 3};
    assert_int_equal(result_roof(result, &roof, NULL), 0);
    add_experiment(result);
    return result;
}

/* Writes the result, reads the file back as JSON and removes it. */
static json_t *written(struct result *result, bool complete) {
    char path[256];
    struct error err;
    assert_int_equal(result_path(result, folder, path, sizeof path, &err), 0);
    const json_t *file = result_finish(result, complete, &err);
    assert_non_null(file);
    assert_int_equal(json_write(path, file, &err), 0);
    json_t *root = json_load_file(path, 0, NULL);
    assert_non_null(root);
    assert_int_equal(unlink(path), 0);
    result_free(result);
    return root;
}

/* Parses the JSON value as the content of a file, with a hash that fits it, and releases it. */
/* The same without deriving anything again: each value is taken alone. */
static int parse_alone(struct result_file *file, json_t *root, struct error *err) {
    char *text = json_dumps(root, JSON_ENCODE_ANY);
    assert_non_null(text);
    json_decref(root);
    int bad = result_parse_alone(file, "r.json", text, strlen(text), err);
    free(text);
    return bad;
}

static int parse_json(struct result_file *file, json_t *root, struct error *err) {
    if (json_is_object(json_object_get(root, "sgdmark"))) assert_int_equal(seal_result(root), 0);
    char *text = json_dumps(root, JSON_ENCODE_ANY);
    assert_non_null(text);
    json_decref(root);
    int bad = result_parse(file, "r.json", text, strlen(text), err);
    free(text);
    return bad;
}

static void what_is_written_reads_back(void **state) {
    (void)state;
    struct result_file file;
    struct error err = {.text = ""};
    if (parse_json(&file, written(full_result(), true), &err) != 0) fail_msg("%s", err.text);
    assert_true(file.complete);
    assert_int_equal(file.count, 5);
    assert_string_equal(file.series[1].name, "epoch/f32/avx2");
    assert_string_equal(file.series[1].backend, "avx2");
    assert_int_equal(file.series[1].n, SAMPLES);
    assert_true(file.series[1].seconds[3] == 1.5e-3 * (1 + 0.001 * 3));
    assert_int_equal(file.series[1].processes.count, 1);
    assert_true(file.series[1].processes.medians[0] == 1.5e-3 * (1 + 0.001 * 5.5));
    assert_non_null(strstr(file.series[1].untrusted, "no A/A case covers it"));
    assert_string_equal(file.series[2].name, "cv/f32/scalar/place:core");
    assert_string_equal(file.series[2].read_roof, "read/f32/scalar/place:core");
    assert_non_null(find_roof(&file, file.series[2].read_roof));
    assert_int_equal(file.experiment_count, 1);
    result_unload(&file);
}

/* The full result as a file of schema 3: its folds were timed by four processes, and its twin covers them. */
static json_t *written_schema_3(void) {
    json_t *root = written(full_result(), true);
    json_t *facts = json_object_get(root, "sgdmark");
    json_t *folds = json_array_get(json_object_get(facts, "experiments"), 0);
    json_t *process = json_array();
    json_t *one;
    size_t i;
    for (size_t r = 0; r < PLAYED_ROUNDS; r++)
        json_array_append_new(process, json_integer((json_int_t)(4 * r / PLAYED_ROUNDS)));
    json_object_set_new(facts, "schema_version", json_integer(3));
    json_object_set_new(json_object_get(folds, "schedule"), "process", process);
    json_object_set_new(folds, "usable",
                        json_pack("{s:s, s:n, s:n, s:n}", "state", "usable", "above", "reason", "advice"));
    json_array_foreach(json_object_get(folds, "cases"), i, one) {
        json_object_set_new(one, "control", json_string("cv/f32/scalar/place:core/again"));
        json_object_set_new(one, "unusable", json_null());
    }
    json_object_set_new(json_array_get(json_object_get(json_object_get(facts, "receipts"), "parity"), 0), "prefetch",
                        json_string("8,16"));
    return root;
}

static void rounds_are_parted_by_process(void **state) {
    (void)state;
    struct result_file file;
    struct error err = {.text = ""};
    json_t *root = written_schema_3();
    json_t *seconds =
        json_object_get(json_array_get(json_object_get(json_object_get(root, "sgdmark"), "samples"), 2), "seconds");
    double second[PLAYED_ROUNDS / 4];
    for (size_t r = 0; r < PLAYED_ROUNDS / 4; r++)
        second[r] = json_number_value(json_array_get(seconds, PLAYED_ROUNDS / 4 + r));
    if (parse_alone(&file, root, &err) != 0) fail_msg("%s", err.text);
    struct summary summary;
    assert_int_equal(summarize(&summary, second, PLAYED_ROUNDS / 4, NULL), 0);
    const struct series *folds = find_series(&file, "cv/f32/scalar/place:core");
    assert_int_equal(file.schema, 3);
    assert_int_equal(folds->processes.count, 4);
    assert_true(folds->processes.medians[1] == summary.median);
    assert_null(folds->untrusted);
    assert_string_equal(folds->prefetch, "8,16");
    assert_string_equal(folds->read_roof, "read/f32/scalar/place:core");
    assert_null(folds->l1_roof);
    assert_int_equal(find_roof(&file, folds->read_roof)->processes.count, 4);
    /* What no experiment timed has one process, and no A/A case. */
    assert_int_equal(find_series(&file, "epoch/f32/avx2")->processes.count, 1);
    assert_non_null(strstr(find_series(&file, "epoch/f32/avx2")->untrusted, "no A/A case covers it"));
    assert_null(find_series(&file, "epoch/f32/avx2")->prefetch);
    result_unload(&file);
}

/* A sample more or less than the experiment has rounds. */
static void a_missing_round_is_refused(void **state) {
    (void)state;
    static const char *const arrays[] = {"seconds", "cpu_seconds", "disturbed"};
    struct result_file file;
    struct error err = {.text = ""};
    json_t *root = written_schema_3();
    json_t *sample = json_array_get(json_object_get(json_object_get(root, "sgdmark"), "samples"), 2);
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        json_array_remove(json_object_get(sample, arrays[i]), 0);
    assert_int_equal(parse_alone(&file, root, &err), -1);
    assert_non_null(strstr(err.text, "cv/f32/scalar/place:core does not have one sample per round"));
    root = written_schema_3();
    json_t *roof = json_array_get(json_object_get(json_object_get(root, "sgdmark"), "roofs"), 1);
    json_array_remove(json_object_get(roof, "seconds"), 0);
    assert_int_equal(parse_alone(&file, root, &err), -1);
    assert_non_null(strstr(err.text, "read/f32/scalar/place:core does not have one sample per round"));
}

static void put(json_t *root, const char *path, const char *value);

/* Whatever is not known to be quiet and usable gives no verdict. */
static void only_a_quiet_gate_is_trusted(void **state) {
    (void)state;
    static const struct {
        const char *path, *value, *because; /* NULL: trusted */
    } gates[] = {
        {"usable.state", "\"usable\"", NULL},
        {"usable.state", "\"not usable\"", "the times of its folds are called not usable: no reason is given"},
        {"usable.state", "\"Usable\"", "are called Usable"},
        {"usable.state", "\"usable above\"", "from what difference up"},
        {"usable", "{\"state\": \"usable above\", \"above\": 0.03}", NULL},
        {"usable", "null", "does not say whether"},
        {"usable", NULL, "does not say whether"},
        {"usable", "{\"state\": \"not usable\", \"reason\": \"\\u001b[2J\"}", "not usable: \\x1b[2J"},
        {"controls.0.state", "\"noisy\"", "cv/f32/scalar/place:core/again is not quiet: noisy"},
        {"controls.0.state", "\"too few rounds\"", "is not quiet: too few rounds"},
        {"controls.0.state", "\"too wide\"", "is not quiet: too wide"},
        {"controls.0.state", "\"\"", "is not quiet: "},
        {"controls", "[]", "no A/A case covers it"},
        {"cases.2.control", "null", "no A/A case covers it"},
        {"cases.2.control", NULL, "no A/A case covers it"},
        {"cases.2.control", "\"another\"", "no A/A case covers it"},
        {"cases.2.unusable", "\"a worker migrated\"", "its times are not usable: a worker migrated"},
        {"cases.2.unusable", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++) {
        struct result_file file;
        struct error err = {.text = ""};
        json_t *root = written_schema_3();
        char path[96];
        snprintf(path, sizeof path, "sgdmark.experiments.0.%s", gates[i].path);
        put(root, path, gates[i].value);
        if (parse_alone(&file, root, &err) != 0) fail_msg("%s", err.text);
        const char *untrusted = find_series(&file, "cv/f32/scalar/place:all-cores")->untrusted;
        if (!gates[i].because != !untrusted || (untrusted && !strstr(untrusted, gates[i].because)))
            fail_msg("%s = %s: '%s'", gates[i].path, gates[i].value, untrusted ? untrusted : "trusted");
        result_unload(&file);
    }
}

static void one_bad_value_of_schema_3_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *path, *value, *because;
    } faults[] = {
        {"schedule.process", NULL, "schedule.process is missing"},
        {"schedule.process", "[0, 0, 1]", "one member per round"},
        {"schedule.process.0", "1", "does not name the processes"},
        {"schedule.process.0", "-1", "does not name the processes"},
        {"schedule.process.1", "\"0\"", "does not name the processes"},
        {"schedule.process.79", "0", "does not name the processes"},
        {"rounds", "79", "one member per round"},
        {"controls", NULL, "controls is missing"},
        {"controls", "{}", "controls is not an array"},
        {"controls.0", "null", "controls[0] is not an object"},
        {"controls.0.state", "null", "controls[0].state"},
        {"usable", "\"yes\"", "usable is not an object"},
        {"usable.state", "7", "usable.state"},
        {"usable.above", "-1", "usable.above"},
        {"usable.above", "\"3 %\"", "usable.above"},
        {"usable.reason", "7", "usable.reason"},
        {"cases.0.control", "7", "cases[0].control"},
        {"cases.0.unusable", "true", "cases[0].unusable"},
        {"cases.0.prefetch", "[8, 16]", "cases[0].prefetch"},
        {"cases.0.energy", "7", "cases[0].energy is not an object"},
        {"cases.0.energy.joules", "-1", "cases[0].energy.joules"},
        {"cases.0.energy.joules", "null", "cases[0].energy.joules"},
        {"cases.0.energy.joules_per_fold", "\"1\"", "cases[0].energy.joules_per_fold"},
        {"cases.0.energy.joules_per_fold", NULL, "cases[0].energy.joules_per_fold is missing"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct result_file file;
        struct error err = {.text = ""};
        json_t *root = written_schema_3();
        char path[96];
        snprintf(path, sizeof path, "sgdmark.experiments.0.%s", faults[i].path);
        put(root, path, faults[i].value);
        if (parse_json(&file, root, &err) == 0) fail_msg("%s = %s was taken", faults[i].path, faults[i].value);
        if (strncmp(err.text, "r.json: ", 8) != 0 || !strstr(err.text, faults[i].because))
            fail_msg("%s: '%s' does not say '%s'", faults[i].path, err.text, faults[i].because);
    }
}

/* The file holds the numbers of the analysis, bit for bit. */
static void an_experiment_is_recorded_whole(void **state) {
    (void)state;
    struct experiment *folds = played_folds(1.05);
    struct analysis analysis;
    struct result *result = new_result();
    add_parity(result, "scalar", true);
    assert_int_equal(analyse(&analysis, folds, NULL), 0);
    assert_int_equal(result_experiment(result, &analysis, NULL), 0);
    json_t *root = written(result, true);
    json_t *one = json_array_get(json_object_get(json_object_get(root, "sgdmark"), "experiments"), 0);
    json_t *pair = json_array_get(json_object_get(one, "pairs"), 0);
    assert_true(json_real_value(json_object_get(pair, "contention")) == analysis.pairs[0].contention);
    assert_true(json_real_value(json_object_get(pair, "contention_low")) == analysis.pairs[0].contention_low);
    assert_true(json_real_value(json_object_get(pair, "speed")) == analysis.pairs[0].speed);
    assert_string_equal(json_string_value(json_object_get(pair, "verdict")), "withheld");
    assert_true(json_is_string(json_object_get(pair, "verdict_reason")));
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(json_object_get(one, "controls"), 0), "state")), "noisy");
    json_t *roof = json_object_get(json_array_get(json_object_get(one, "cases"), 0), "roof");
    assert_true(json_real_value(json_object_get(roof, "percent")) == analysis.cases[0].stored.percent);
    assert_string_equal(json_string_value(json_object_get(roof, "read")), "roof/read/f32/scalar/place:core");
    assert_true(json_is_null(json_object_get(roof, "compute")));
    assert_int_equal(json_array_size(json_object_get(json_object_get(one, "schedule"), "order")), PLAYED_ROUNDS);
    json_decref(root);
    analysis_free(&analysis);
    experiment_free(folds);
}

static void the_environment_is_sorted_into_sections(void **state) {
    (void)state;
    json_t *root = written(full_result(), true);
    json_t *facts = json_object_get(root, "sgdmark");
    json_t *brand = json_object_get(json_object_get(facts, "cpu"), "brand");
    json_t *libc = json_object_get(json_object_get(facts, "libraries"), "libc");
    json_t *build = json_object_get(facts, "build");
    json_t *rest = json_object_get(facts, "environment");
    assert_string_equal(json_string_value(brand), "A processor");
    assert_string_equal(json_string_value(libc), "2.36");
    assert_string_equal(json_string_value(json_object_get(build, "program_sha256")), sha256);
    assert_string_equal(json_string_value(json_object_get(build, "transcendental")), "no-fma");
    assert_string_not_equal(json_string_value(json_object_get(build, "compiler")), "12");
    assert_int_equal(json_object_size(rest), 1);
    assert_non_null(json_object_get(rest, "os"));
    json_decref(root);
}

static void rows_are_google_benchmarks(void **state) {
    (void)state;
    json_t *root = written(full_result(), true);
    json_t *rows = json_object_get(root, "benchmarks");
    assert_int_equal(json_array_size(rows), 2 * (SAMPLES + 3) + 1 + 3 * (PLAYED_ROUNDS + 3));
    json_t *row = json_array_get(rows, 2);
    assert_string_equal(json_string_value(json_object_get(row, "run_type")), "iteration");
    assert_int_equal(json_integer_value(json_object_get(row, "repetition_index")), 2);
    assert_true(fabs(json_real_value(json_object_get(row, "real_time")) - 4e6 * 1.002) < 1e-6);
    assert_true(json_is_null(json_object_get(row, "cycles_per_pixel")));
    assert_string_equal(json_string_value(json_object_get(row, "cycles_per_pixel_reason")), "no PMU (ENOENT)");
    row = json_array_get(rows, SAMPLES + 1);
    assert_string_equal(json_string_value(json_object_get(row, "name")), "epoch/f32/scalar_median");
    assert_string_equal(json_string_value(json_object_get(row, "run_name")), "epoch/f32/scalar");
    assert_string_equal(json_string_value(json_object_get(row, "aggregate_name")), "median");
    row = json_array_get(rows, 2 * (SAMPLES + 3));
    assert_true(json_is_true(json_object_get(row, "error_occurred")));
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(root, "context"), key, value) {
        bool of_google_benchmark = strcmp(key, "num_cpus") == 0 || strcmp(key, "load_avg") == 0;
        if (!of_google_benchmark && !json_is_string(value)) fail_msg("context.%s is no string", key);
    }
    json_decref(root);
}

static void disturbed_samples_are_kept_and_told_apart(void **state) {
    (void)state;
    json_t *root = written(full_result(), true);
    json_t *sample = json_array_get(json_object_get(json_object_get(root, "sgdmark"), "samples"), 0);
    json_t *all = json_object_get(sample, "summary");
    json_t *quiet = json_object_get(sample, "undisturbed");
    assert_int_equal(json_integer_value(json_object_get(all, "n")), SAMPLES);
    assert_int_equal(json_integer_value(json_object_get(all, "far_outliers")), 1);
    assert_int_equal(json_integer_value(json_object_get(quiet, "n")), SAMPLES - 1);
    assert_true(json_real_value(json_object_get(quiet, "max")) < 4.1e-3);
    json_decref(root);
}

static void no_timing_without_parity(void **state) {
    (void)state;
    struct result *result = new_result();
    struct error err;
    assert_int_equal(add_timing(result, "epoch/f32/avx2", "avx2", 1, &err), -1);
    assert_non_null(strstr(err.text, "parity"));
    add_parity(result, "scalar", true); /* a receipt of another backend does not count */
    assert_int_equal(add_timing(result, "epoch/f32/avx2", "avx2", 1, &err), -1);
    add_parity(result, "avx2", false);
    assert_int_equal(add_timing(result, "epoch/f32/avx2", "avx2", 1, &err), -1);
    add_parity(result, "avx2", true); /* a later pass does not undo a failure */
    assert_int_equal(add_timing(result, "epoch/f32/avx2", "avx2", 1, &err), -1);
    assert_int_equal(result_not_timed(result, "epoch/f32/avx2", "row 17 differs", &err), 0);
    json_t *root = written(result, true);
    assert_int_equal(json_array_size(json_object_get(root, "benchmarks")), 1);
    json_decref(root);
}

static void bad_timings_are_refused(void **state) {
    (void)state;
    struct result *result = new_result();
    struct error err;
    add_parity(result, "scalar", true);
    static const double bad[] = {0, -1, NAN, INFINITY};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(add_timing(result, "epoch", "scalar", bad[i], &err), -1);
    assert_int_equal(add_timing(result, "", "scalar", 1, &err), -1);
    assert_int_equal(add_timing(result, "two words", "scalar", 1, &err), -1);
    assert_int_equal(add_timing(result, "epoch", "scalar", 1, &err), 0);
    assert_int_equal(add_timing(result, "epoch", "scalar", 1, &err), -1);
    assert_non_null(strstr(err.text, "already"));
    static const double one = 1;
    static const char *const names[] = {"name", "real_time", "label", "Upper", "", "cycles_reason", "two words"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct sample_counter counter = {names[i], &one, NULL};
        struct timing timing = {.name = "counted",
                                .engine = "f32",
                                .backend = "scalar",
                                .seconds = &one,
                                .cpu_seconds = &one,
                                .samples = 1,
                                .iterations = 1,
                                .threads = 1,
                                .counters = &counter,
                                .counter_count = 1};
        assert_int_equal(result_timing(result, &timing, &err), -1);
    }
    assert_int_equal(result_section(result, "workloads", json_object(), &err), -1);
    result_free(result);
}

static void an_interrupted_run_is_marked(void **state) {
    (void)state;
    struct result_file file;
    assert_int_equal(parse_json(&file, written(full_result(), false), NULL), 0);
    assert_false(file.complete);
    result_unload(&file);
}

static void an_empty_run_says_what_it_lacks(void **state) {
    (void)state;
    struct result_file file;
    struct error err = {.text = ""};
    json_t *root = written(new_result(), true);
    json_t *facts = json_object_get(root, "sgdmark");
    assert_int_equal(json_array_size(json_object_get(facts, "experiments")), 0);
    assert_true(json_is_null(json_object_get(facts, "workload")));
    assert_true(json_is_string(json_object_get(facts, "workload_reason")));
    if (parse_json(&file, root, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(file.count, 0);
    result_unload(&file);
}

static void paths_hold_no_surprises(void **state) {
    (void)state;
    struct result *result = new_result();
    char path[256];
    struct error err;
    assert_int_equal(result_path(result, "results", path, sizeof path, NULL), 0);
    assert_int_equal(strncmp(path, "results/", 8), 0);
    assert_null(strpbrk(path + 8, "/: "));
    assert_string_equal(path + strlen(path) - 6, "Z.json");
    assert_int_equal(result_path(result, "results", path, 20, &err), -1);
    result_free(result);
}

static void refuse_text(const char *text, const char *because) {
    struct result_file file;
    struct error err = {.text = ""};
    assert_int_equal(result_parse(&file, "r.json", text, strlen(text), &err), -1);
    if (strncmp(err.text, "r.json: ", 8) != 0 || !strstr(err.text, because) || strchr(err.text, '\n'))
        fail_msg("refused as '%s', not because of '%s'", err.text, because);
}

static void what_is_no_result_file_is_refused(void **state) {
    (void)state;
    refuse_text("", "is empty");
    refuse_text("hello", "is not a whole JSON file");
    refuse_text("\x7f"
                "ELF\x01\x02",
                "is not a whole JSON file");
    refuse_text("[1, 2]", "not a JSON object");
    refuse_text("{}", "no \"sgdmark\" object");
    refuse_text("{\"context\": {}, \"benchmarks\": []}", "compare.py");
    refuse_text("{\"sgdmark\": 5}", "no \"sgdmark\" object");
    refuse_text("{\"sgdmark\": {\"schema_version\": 4}}", "newer sgdmark");
    refuse_text("{\"sgdmark\": {\"schema_version\": 0}}", "schema_version");
    refuse_text("{\"sgdmark\": {\"schema_version\": \"1\"}}", "schema_version");
    refuse_text("{\"sgdmark\": {\"schema_version\": 1}}", "run_id is missing");
    refuse_text("{\"a\": 1, \"a\": 2}", "duplicate");
    refuse_text("{\"a\": 1e999}", "is not a whole JSON file");
    refuse_text("{\"a\": 99999999999999999999}", "is not a whole JSON file");
    refuse_text("{\"a\": NaN}", "is not a whole JSON file");
    refuse_text("{\"a\": \"\\u0000\"}", "is not a whole JSON file");
}

static void deep_nesting_is_refused(void **state) {
    (void)state;
    enum { DEPTH = 1000000 };
    char *text = malloc(DEPTH + 1);
    assert_non_null(text);
    memset(text, '[', DEPTH);
    text[DEPTH] = 0;
    refuse_text(text, "nested deeper");
    free(text);
}

static void every_truncation_is_refused(void **state) {
    (void)state;
    json_t *root = written(full_result(), true);
    char *text = json_dumps(root, 0);
    size_t length = strlen(text);
    json_decref(root);
    for (size_t kept = 0; kept < length; kept += kept < 2000 ? 1 : 97) {
        struct result_file file;
        struct error err = {.text = ""};
        assert_int_equal(result_parse(&file, "r.json", text, kept, &err), -1);
        assert_int_equal(strncmp(err.text, "r.json: ", 8), 0);
    }
    free(text);
}

/* The container of a path such as "sgdmark.samples.0.seconds"; `last` gets its last key. */
static json_t *walk(json_t *at, const char *path, char last[64]) {
    for (;;) {
        size_t length = strcspn(path, ".");
        snprintf(last, 64, "%.*s", (int)length, path);
        if (!path[length]) return at;
        at = json_is_array(at) ? json_array_get(at, strtoul(last, NULL, 10)) : json_object_get(at, last);
        assert_non_null(at);
        path += length + 1;
    }
}

static void put(json_t *root, const char *path, const char *value) {
    char last[64];
    json_t *at = walk(root, path, last);
    if (!value) {
        assert_int_equal(json_object_del(at, last), 0);
        return;
    }
    json_t *parsed = json_loads(value, JSON_DECODE_ANY, NULL);
    assert_non_null(parsed);
    if (json_is_array(at))
        assert_int_equal(json_array_set_new(at, strtoul(last, NULL, 10), parsed), 0);
    else
        assert_int_equal(json_object_set_new(at, last, parsed), 0);
}

/* A finding of the doctor, of this weight and with this command. */
#define FINDING(weight, mend)                                                                                          \
    "{\"name\": \"smt\", \"weight\": " weight ", \"what\": \"x\", \"effect\": \"x\", \"root\": true, \"mend\": " mend  \
    "}"

#define PAGES(asked, resident, huge)                                                                                   \
    "{\"asked\": " asked ", \"resident_bytes\": " resident ", \"huge_bytes\": " huge "}"

static void one_bad_value_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *path, *value, *because;
    } faults[] = {
        {"benchmarks", NULL, "benchmarks is missing"},
        {"context", "[]", "context is not an object"},
        {"benchmarks.0", "7", "benchmarks[0] is not an object"},
        {"benchmarks.0.name", "7", "benchmarks[0].name"},
        {"benchmarks.0.name", "\"a b\"", "benchmarks[0].name"},
        {"benchmarks.0.name", "\"other\"", "has no raw samples"},
        {"benchmarks.0.real_time", "\"4\"", "real_time is not a number"},
        {"benchmarks.0.real_time", "-4", "real_time is not a number from 0"},
        {"benchmarks.0.real_time", "4", "differs from its raw samples"},
        {"benchmarks.0.time_unit", "\"ms\"", "is not in ns"},
        {"benchmarks.0.run_type", "\"aggregate\"", "differs from its raw samples"},
        {"benchmarks.0.iterations", "1e300", "iterations is not a whole number"},
        {"benchmarks.0.iterations", "9007199254740994", "iterations is not a whole number"},
        {"sgdmark.status", "\"done\"", "status is neither"},
        {"sgdmark.status", NULL, "status is missing"},
        {"sgdmark.run_id", "null", "run_id"},
        {"sgdmark.duration_seconds", "-1", "duration_seconds"},
        {"sgdmark.argv", "\"sgdmark\"", "argv is not an array"},
        {"sgdmark.environment", "null", "environment is null without a reason"},
        {"sgdmark.workload.n", "0", "workload.n is not a whole number"},
        {"sgdmark.workload.n", "60000.5", "workload.n is not a whole number"},
        {"sgdmark.workload.d", "-784", "workload.d"},
        {"sgdmark.workload.pixels_sha256", "\"abc\"", "workload.pixels_sha256 is not a hash"},
        {"sgdmark.workload.permutation_hash", "\"ABCDEF0123456789\"", "workload.permutation_hash"},
        {"sgdmark.workload.hyper.alpha", "0", "workload.hyper cannot be trained: --alpha must be above 0"},
        {"sgdmark.workload.hyper.alpha", "-1", "workload.hyper.alpha"},
        {"sgdmark.workload.hyper.tol", "-1", "workload.hyper.tol"},
        {"sgdmark.workload.hyper.tol", "\"all\"", "workload.hyper.tol"},
        {"sgdmark.workload.hyper.shuffle", "1", "workload.hyper.shuffle"},
        {"sgdmark.workload.hyper.validation_fraction", "1", "workload.hyper.validation_fraction"},
        {"sgdmark.workload.hyper.learning_rate", "\"constant\"", "workload.hyper cannot be trained: --eta0"},
        {"sgdmark.workload.hyper", NULL, "workload.hyper is missing"},
        {"sgdmark.receipts", "{}", "receipts.dispatch is missing"},
        {"sgdmark.receipts.parity.0", "[]", "receipts.parity[0] is not an object"},
        {"sgdmark.receipts.parity.0.passed", "1", "receipts.parity[0].passed is neither"},
        {"sgdmark.receipts.parity.0.passed", "false", "without a passing parity receipt"},
        {"sgdmark.receipts.parity.0.backend", "\"neon\"", "without a passing parity receipt"},
        {"sgdmark.receipts.parity.0.accuracy", "1.5", "accuracy"},
        {"sgdmark.receipts.dispatch.0.code_sha256", "\"\"", "code_sha256"},
        {"sgdmark.roofs.0.seconds.1", "0", "seconds[1] is not a time"},
        {"sgdmark.roofs.0.per_second", "null", "per_second"},
        {"sgdmark.experiments", NULL, "experiments is missing"},
        {"sgdmark.experiments.0.rounds", "0", "experiments[0].rounds is not a whole number"},
        {"sgdmark.experiments.0.cases.0.name", "7", "experiments[0].cases[0].name"},
        {"sgdmark.experiments.0.cases.0.work", "-1", "experiments[0].cases[0].work"},
        {"sgdmark.experiments.0.pairs.0.ratio", "0", "experiments[0].pairs[0].ratio"},
        {"sgdmark.experiments.0.pairs.0.subject", "\"\\u001b[2J\"", "experiments[0].pairs[0].subject"},
        {"sgdmark.experiments.0.controls.0.gate", "{}", "experiments[0].controls[0].gate.verdict is missing"},
        {"sgdmark.samples.0.name", "\"epoch/f32/avx2\"", "is there twice"},
        {"sgdmark.samples.0.seconds", "[]", "seconds is empty"},
        {"sgdmark.samples.0.seconds", "[1]", "another length"},
        {"sgdmark.samples.0.seconds.2", "null", "seconds[2] is not a time"},
        {"sgdmark.samples.0.seconds.2", "0", "seconds[2] is not a time"},
        {"sgdmark.samples.0.seconds.2", "-1e-3", "seconds[2] is not a time"},
        {"sgdmark.samples.0.seconds.2", "1e300", "seconds[2] is not a time"},
        {"sgdmark.samples.0.seconds.2", "5e-324", "seconds[2] is not a time"},
        {"sgdmark.samples.0.seconds.2", "0.5", "differs from its raw samples"},
        {"sgdmark.samples.0.cpu_seconds.2", "-1", "cpu_seconds[2]"},
        {"sgdmark.samples.0.iterations", "0", "iterations is not a whole number"},
        {"sgdmark.samples.0.disturbed", "[null]", "another length"},
        {"sgdmark.samples.0", "{}", "samples[0].name is missing"},
        {"sgdmark.samples", "{}", "samples is not an array"},
        {"sgdmark.pages", "[]", "pages is not an object"},
        {"sgdmark.pages", PAGES("7", "9", "9"), "pages.asked is not a text"},
        {"sgdmark.pages", PAGES("\"huge\"", "-1", "9"), "pages.resident_bytes is not a whole number"},
        {"sgdmark.pages", PAGES("\"huge\"", "9", "null"), "pages.huge_bytes is null without a reason"},
        {"sgdmark.pages", PAGES("\"huge\"", "9", "10"), "more than what is in memory"},
        {"sgdmark.findings", "{}", "findings is not a list"},
        {"sgdmark.findings", "[7]", "findings[0] is not an object"},
        {"sgdmark.findings", "[" FINDING("0", "\"x\"") "]", "findings[0].weight is not a whole number"},
        {"sgdmark.findings", "[" FINDING("101", "\"x\"") "]", "findings[0].weight is not a whole number"},
        {"sgdmark.findings", "[" FINDING("50", "null") "]", "findings[0].mend is null without a reason"},
        {"sgdmark.findings", "[" FINDING("50", "\"x\"") "," FINDING("60", "\"x\"") "]", "the worst first"},
    };
    json_t *good = written(full_result(), true);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        json_t *bad = json_deep_copy(good);
        put(bad, faults[i].path, faults[i].value);
        struct result_file file;
        struct error err = {.text = ""};
        if (parse_json(&file, bad, &err) == 0) fail_msg("%s = %s was taken", faults[i].path, faults[i].value);
        if (strncmp(err.text, "r.json: ", 8) != 0 || !strstr(err.text, faults[i].because))
            fail_msg("%s: '%s' does not say '%s'", faults[i].path, err.text, faults[i].because);
    }
    json_decref(good);
}

/* Files of earlier versions do not say what the rows lay on. */
static void pages_are_read(void **state) {
    (void)state;
    static const char *const pages[] = {NULL, PAGES("\"auto\"", "9", "9"), PAGES("\"4k\"", "9", "0")};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct result_file file;
        struct error err = {.text = ""};
        json_t *root = written(full_result(), true);
        if (pages[i]) put(root, "sgdmark.pages", pages[i]);
        if (parse_json(&file, root, &err) != 0) fail_msg("%s", err.text);
        result_unload(&file);
    }
}

/* Files of earlier versions have no findings; the others may have some, the worst first. */
static void findings_are_read(void **state) {
    (void)state;
    static const char *const lists[] = {
        NULL, "[]", "[" FINDING("100", "\"x\"") "]",
        "[" FINDING("50", "\"x\"") "," FINDING("50", "\"x\"") "," FINDING("1", "\"x\"") "]"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct result_file file;
        struct error err = {.text = ""};
        json_t *root = written(full_result(), true);
        if (lists[i]) put(root, "sgdmark.findings", lists[i]);
        if (parse_json(&file, root, &err) != 0) fail_msg("%s", err.text);
        result_unload(&file);
    }
}

static void unreadable_files_are_refused(void **state) {
    (void)state;
    struct result_file file;
    struct error err;
    assert_int_equal(result_load(&file, "/no/such/file.json", &err), -1);
    assert_non_null(strstr(err.text, "/no/such/file.json: cannot be read: No such file"));
    assert_int_equal(result_load(&file, "/dev/zero", &err), -1);
    assert_non_null(strstr(err.text, "is not a regular file"));
    assert_int_equal(result_load(&file, folder, &err), -1);
    char path[64];
    snprintf(path, sizeof path, "%s/big", folder);
    FILE *big = fopen(path, "w");
    assert_non_null(big);
    assert_int_equal(ftruncate(fileno(big), 65L << 20), 0);
    assert_int_equal(fclose(big), 0);
    assert_int_equal(result_load(&file, path, &err), -1);
    assert_non_null(strstr(err.text, "at most"));
    assert_int_equal(unlink(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(rounds_are_parted_by_process),
        cmocka_unit_test(a_missing_round_is_refused),
        cmocka_unit_test(only_a_quiet_gate_is_trusted),
        cmocka_unit_test(one_bad_value_of_schema_3_is_refused),
        cmocka_unit_test(an_experiment_is_recorded_whole),
        cmocka_unit_test(the_environment_is_sorted_into_sections),
        cmocka_unit_test(rows_are_google_benchmarks),
        cmocka_unit_test(disturbed_samples_are_kept_and_told_apart),
        cmocka_unit_test(no_timing_without_parity),
        cmocka_unit_test(bad_timings_are_refused),
        cmocka_unit_test(an_interrupted_run_is_marked),
        cmocka_unit_test(an_empty_run_says_what_it_lacks),
        cmocka_unit_test(paths_hold_no_surprises),
        cmocka_unit_test(what_is_no_result_file_is_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(one_bad_value_is_refused),
        cmocka_unit_test(pages_are_read),
        cmocka_unit_test(findings_are_read),
        cmocka_unit_test(unreadable_files_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
