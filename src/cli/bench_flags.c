/* SPDX-License-Identifier: MIT */
#include "cli/bench_flags.h"

#include "cli/bench_variables.h"
#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum flag {
    FLAG_FILTER,
    FLAG_LIST_TESTS,
    FLAG_OUT,
    FLAG_OUT_FORMAT,
    FLAG_MIN_TIME,
    FLAG_MIN_WARMUP_TIME,
    FLAG_REPETITIONS,
    FLAG_RANDOM_INTERLEAVING,
    FLAG_REPORT_AGGREGATES_ONLY,
    FLAG_DISPLAY_AGGREGATES_ONLY,
    FLAG_FORMAT,
    FLAG_COLOR,
    FLAG_COUNTERS_TABULAR,
    FLAG_TIME_UNIT,
    FLAG_CONTEXT,
    FLAG_PERF_COUNTERS,
    FLAG_DRY_RUN,
    FLAG_V
};

enum { KEY_FLAG = 0x400 };

#define TRUTH "true or false", OPTION_ARG_OPTIONAL

static const struct argp_option list[] = {
    {"benchmark_filter", KEY_FLAG + FLAG_FILTER, "REGEX", 0,
     "only the benchmarks whose name matches; with a leading - all others. With a filter, rows/ goes up to 6.3 GB", 0},
    {"benchmark_list_tests", KEY_FLAG + FLAG_LIST_TESTS, TRUTH, "print the names and run nothing", 0},
    {"benchmark_out", KEY_FLAG + FLAG_OUT, "FILE", 0, "write the result, whole or not at all", 0},
    {"benchmark_out_format", KEY_FLAG + FLAG_OUT_FORMAT, "NAME", 0,
     "json, csv, console; `sgdmark compare` and compare.py read json (json)", 0},
    {"benchmark_min_time", KEY_FLAG + FLAG_MIN_TIME, "SECONDS or Nx", 0,
     "CPU time of each repetition, as 0.5 or 0.5s, or exactly N iterations, as 100x (0.1)", 0},
    {"benchmark_min_warmup_time", KEY_FLAG + FLAG_MIN_WARMUP_TIME, "SECONDS", 0, "warm-up before that (0)", 0},
    {"benchmark_repetitions", KEY_FLAG + FLAG_REPETITIONS, "N", 0, "repetitions of each benchmark (1)", 0},
    {"benchmark_enable_random_interleaving", KEY_FLAG + FLAG_RANDOM_INTERLEAVING, TRUTH,
     "run the repetitions of all benchmarks in random order", 0},
    {"benchmark_report_aggregates_only", KEY_FLAG + FLAG_REPORT_AGGREGATES_ONLY, TRUTH,
     "show mean, median and deviation only, and write no more to csv and console files. A json file holds each "
     "repetition too: a comparison needs them",
     0},
    {"benchmark_display_aggregates_only", KEY_FLAG + FLAG_DISPLAY_AGGREGATES_ONLY, TRUTH,
     "show mean, median and deviation only; the file holds each repetition too", 0},
    {"benchmark_format", KEY_FLAG + FLAG_FORMAT, "NAME", 0, "format of the screen: console, json, csv (console)", 0},
    {"benchmark_color", KEY_FLAG + FLAG_COLOR, "auto, true or false", 0, "colour on the screen (auto)", 0},
    {"benchmark_counters_tabular", KEY_FLAG + FLAG_COUNTERS_TABULAR, TRUTH, "print counters in columns", 0},
    {"benchmark_time_unit", KEY_FLAG + FLAG_TIME_UNIT, "ns, us, ms or s", 0, "time unit of benchmarks that set none",
     0},
    {"benchmark_context", KEY_FLAG + FLAG_CONTEXT, "KEY=VALUE,...", 0,
     "add entries to the context, under names that neither sgdmark nor Google Benchmark uses", 0},
    {"benchmark_perf_counters", KEY_FLAG + FLAG_PERF_COUNTERS, "NAME,...", 0,
     "has no effect with Debian's library; cycles and instructions are always counted", 0},
    {"benchmark_dry_run", KEY_FLAG + FLAG_DRY_RUN, TRUTH,
     "run each benchmark once, with one iteration and no warm-up: does it work?", 0},
    {"v", KEY_FLAG + FLAG_V, "LEVEL", 0, "level of Google Benchmark's own log, on stderr (0)", 0},
    {0}};

_Static_assert(sizeof list / sizeof list[0] == BENCH_FLAGS + 1, "one entry for each flag");

static const char *const truths[] = {"true", "false", NULL};
static const char *const formats[] = {"console", "json", "csv", NULL};
static const char *const colors[] = {"auto", "true", "false", NULL};
static const char *const units[] = {"ns", "us", "ms", "s", NULL};

static error_t check_choice(const char *name, const char *value, const char *const choices[]) {
    int choice;
    return take_choice(&choice, name, value, choices);
}

/* "0.5", "0.5s" or "100x". */
static error_t take_min_time(struct bench_flags *flags, const char *name, const char *value) {
    enum { MOST_ITERATIONS = 1000000000 };
    char number[64];
    const size_t length = strlen(value);
    const char unit = length > 1 ? value[length - 1] : 0;
    if (length >= sizeof number) return bad_option("--%s: '%s' is neither SECONDS nor Nx", name, value);
    memcpy(number, value, length + 1);
    if (unit == 's' || unit == 'x') number[length - 1] = 0;
    if (unit == 'x') return take_integer(&flags->iterations, name, number, 1, MOST_ITERATIONS);
    flags->iterations = 0;
    return take_real(&flags->min_seconds, name, number, 0.0, 1e6);
}

/* Keys of the context that sgdmark or Google Benchmark, of any version, writes itself. */
static const char *const owned[] = {"schema_version",
                                    "version",
                                    "commit",
                                    "build_type",
                                    "data",
                                    "data_note",
                                    "pixels_sha256",
                                    "labels_sha256",
                                    "rows",
                                    "permutation_hash",
                                    "seed",
                                    "dispatch_asked",
                                    "dispatch_chosen",
                                    "not_run",
                                    "pu",
                                    "hardware_counters",
                                    "date",
                                    "host_name",
                                    "executable",
                                    "num_cpus",
                                    "mhz_per_cpu",
                                    "cpu_scaling_enabled",
                                    "aslr_enabled",
                                    "caches",
                                    "load_avg",
                                    "library_version",
                                    "library_build_type",
                                    "json_schema_version",
                                    NULL};

static error_t check_key(const struct bench_flags *flags, const char *name, const char *key) {
    for (size_t i = 0; owned[i]; i++)
        if (strcmp(key, owned[i]) == 0)
            return bad_option("--%s: the key '%s' is written by sgdmark or Google Benchmark: choose another", name,
                              key);
    for (size_t i = 0; i < flags->context_count; i++)
        if (strcmp(key, flags->context[i].key) == 0) return bad_option("--%s: the key '%s' is given twice", name, key);
    return 0;
}

/* Adds the first `length` bytes of `text`, which are to be KEY=VALUE. */
static error_t take_entry(struct bench_flags *flags, const char *name, const char *text, size_t length) {
    struct bench_entry *grown = realloc(flags->context, (flags->context_count + 1) * sizeof *grown);
    if (!grown) return ENOMEM;
    flags->context = grown;
    char *key = strndup(text, length);
    if (!key) return ENOMEM;
    char *equals = strchr(key, '=');
    if (equals) *equals = 0;
    const error_t bad = equals && *key ? check_key(flags, name, key)
                                       : bad_option("--%s: '%.*s' is not KEY=VALUE", name, (int)length, text);
    if (bad) {
        free(key);
        return bad;
    }
    grown[flags->context_count++] = (struct bench_entry){key, equals + 1};
    return 0;
}

static error_t take_context(struct bench_flags *flags, const char *name, const char *value) {
    error_t bad = 0;
    for (const char *at = value; !bad; at++) {
        const size_t length = strcspn(at, ",");
        bad = take_entry(flags, name, at, length);
        at += length;
        if (!*at) break;
    }
    return bad;
}

/* Google Benchmark itself ignores a bad value, or prints its own help. */
static error_t check_value(struct bench_flags *flags, enum flag flag, const char *value) {
    const char *name = list[flag].name, *path;
    uint64_t whole;
    double real;
    switch (flag) {
    case FLAG_MIN_TIME:
        return take_min_time(flags, name, value);
    case FLAG_MIN_WARMUP_TIME:
        return take_real(&real, name, value, -1e-300, 1e6);
    case FLAG_REPETITIONS:
        return take_integer(&flags->repetitions, name, value, 1, 100000);
    case FLAG_V:
        return take_integer(&whole, name, value, 0, 1000);
    case FLAG_LIST_TESTS:
    case FLAG_RANDOM_INTERLEAVING:
    case FLAG_REPORT_AGGREGATES_ONLY:
    case FLAG_DISPLAY_AGGREGATES_ONLY:
    case FLAG_COUNTERS_TABULAR:
    case FLAG_DRY_RUN:
        return check_choice(name, value, truths);
    case FLAG_FORMAT:
    case FLAG_OUT_FORMAT:
        return check_choice(name, value, formats);
    case FLAG_COLOR:
        return check_choice(name, value, colors);
    case FLAG_TIME_UNIT:
        return check_choice(name, value, units);
    case FLAG_OUT:
        return take_output_file(&path, name, value);
    case FLAG_CONTEXT:
        return take_context(flags, name, value);
    case FLAG_FILTER:
    case FLAG_PERF_COUNTERS:
        break;
    }
    return 0;
}

/* A variable V would set the level of Google Benchmark's log, so the flag is always given. */
static void set_defaults(struct bench_flags *flags) {
    *flags = (struct bench_flags){
        .min_seconds = 0.1,
        .repetitions = 1,
        .value = {[FLAG_LIST_TESTS] = "false", [FLAG_OUT_FORMAT] = "json", [FLAG_DRY_RUN] = "false", [FLAG_V] = "0"}};
}

static bool is_true(const struct bench_flags *flags, enum flag flag) {
    return flags->value[flag] && strcmp(flags->value[flag], truths[0]) == 0;
}

/* Sets what follows from several flags. */
static void conclude(struct bench_flags *flags) {
    flags->filter = flags->value[FLAG_FILTER];
    flags->list_tests = is_true(flags, FLAG_LIST_TESTS);
    flags->out = flags->value[FLAG_OUT];
    flags->out_format = flags->value[FLAG_OUT_FORMAT];
    if (is_true(flags, FLAG_DRY_RUN)) {
        flags->iterations = flags->repetitions = 1;
        flags->value[FLAG_REPETITIONS] = flags->value[FLAG_MIN_WARMUP_TIME] = NULL;
    }
    const bool result = flags->out && strcmp(flags->out_format, "json") == 0;
    if (result && is_true(flags, FLAG_REPORT_AGGREGATES_ONLY)) {
        flags->value[FLAG_REPORT_AGGREGATES_ONLY] = NULL;
        flags->value[FLAG_DISPLAY_AGGREGATES_ONLY] = truths[0];
    }
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct bench_flags *flags = state->input;
    if (key == ARGP_KEY_INIT) {
        set_defaults(flags);
        return 0;
    }
    if (key == ARGP_KEY_END) {
        conclude(flags);
        return 0;
    }
    if (key < KEY_FLAG || key >= KEY_FLAG + BENCH_FLAGS) return ARGP_ERR_UNKNOWN;
    enum flag flag = (enum flag)(key - KEY_FLAG);
    if (!value) value = (char *)truths[0];
    flags->value[flag] = value;
    return check_value(flags, flag, value);
}

const struct argp bench_flags_argp = {.options = list, .parser = parse};

void bench_flags_free(struct bench_flags *flags) {
    for (size_t i = 0; i < flags->context_count; i++)
        free(flags->context[i].key);
    free(flags->context);
    flags->context = NULL;
    flags->context_count = 0;
}

/* Not handed over: what bench_run is told in another way, and what Google Benchmark before 1.9 does not know. */
static bool is_ours(enum flag flag) {
    return flag == FLAG_LIST_TESTS || flag == FLAG_OUT || flag == FLAG_OUT_FORMAT || flag == FLAG_CONTEXT ||
           flag == FLAG_MIN_TIME || flag == FLAG_DRY_RUN;
}

int bench_flags_text(const struct bench_flags *flags, char *text[BENCH_FLAGS], size_t *count, struct error *err) {
    *count = 0;
    for (int flag = 0; flag < BENCH_FLAGS; flag++) {
        const char *value = flags->value[flag];
        if (!value || is_ours((enum flag)flag)) continue;
        if (asprintf(&text[*count], "--%s=%s", list[flag].name, value) < 0) {
            bench_texts_free(text, *count);
            return fail_program(err, "out of memory for --%s", list[flag].name);
        }
        ++*count;
    }
    return 0;
}

void bench_texts_free(char *text[BENCH_FLAGS], size_t count) {
    for (size_t i = 0; i < count; i++)
        free(text[i]);
}

bool bench_flags_json(const struct bench_flags *flags) {
    return flags->value[FLAG_FORMAT] && strcmp(flags->value[FLAG_FORMAT], "json") == 0;
}

/* Does the variable NAME=VALUE have the name of the flag, in capital letters? */
static bool names(const char *variable, const char *flag) {
    for (; *flag; flag++, variable++)
        if (*variable != toupper((unsigned char)*flag)) return false;
    return *variable == '=';
}

void bench_flags_warn(void) {
    const char *variable;
    for (size_t at = 0; (variable = hidden_variable(at)) != NULL; at++)
        for (int flag = 0; flag < BENCH_FLAGS; flag++)
            if (names(variable, list[flag].name))
                fprintf(stderr, "sgdmark bench: %.*s is ignored: only options choose (--%s)\n",
                        (int)strcspn(variable, "="), variable, list[flag].name);
}
