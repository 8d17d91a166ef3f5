/* SPDX-License-Identifier: MIT */
#include "cli/bench_flags.h"

#include "cli/options.h"

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
    FLAG_PERF_COUNTERS
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
    {"benchmark_min_time", KEY_FLAG + FLAG_MIN_TIME, "SECONDS", 0, "CPU time of each repetition (0.1)", 0},
    {"benchmark_min_warmup_time", KEY_FLAG + FLAG_MIN_WARMUP_TIME, "SECONDS", 0, "warm-up before that (0)", 0},
    {"benchmark_repetitions", KEY_FLAG + FLAG_REPETITIONS, "N", 0, "repetitions of each benchmark (1)", 0},
    {"benchmark_enable_random_interleaving", KEY_FLAG + FLAG_RANDOM_INTERLEAVING, TRUTH,
     "run the repetitions of all benchmarks in random order", 0},
    {"benchmark_report_aggregates_only", KEY_FLAG + FLAG_REPORT_AGGREGATES_ONLY, TRUTH,
     "show and write mean, median and deviation only", 0},
    {"benchmark_display_aggregates_only", KEY_FLAG + FLAG_DISPLAY_AGGREGATES_ONLY, TRUTH,
     "show mean, median and deviation only; the file holds each repetition too", 0},
    {"benchmark_format", KEY_FLAG + FLAG_FORMAT, "NAME", 0, "format of the screen: console, json, csv (console)", 0},
    {"benchmark_color", KEY_FLAG + FLAG_COLOR, "auto, true or false", 0, "colour on the screen (auto)", 0},
    {"benchmark_counters_tabular", KEY_FLAG + FLAG_COUNTERS_TABULAR, TRUTH, "print counters in columns", 0},
    {"benchmark_time_unit", KEY_FLAG + FLAG_TIME_UNIT, "ns, us, ms or s", 0, "time unit of benchmarks that set none",
     0},
    {"benchmark_context", KEY_FLAG + FLAG_CONTEXT, "KEY=VALUE,...", 0, "add entries to the context", 0},
    {"benchmark_perf_counters", KEY_FLAG + FLAG_PERF_COUNTERS, "NAME,...", 0,
     "has no effect with Debian's library; cycles and instructions are always counted", 0},
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

/* Google Benchmark itself ignores a bad value, or prints its own help. */
static error_t check_value(enum flag flag, const char *value) {
    const char *name = list[flag].name, *path;
    uint64_t whole;
    double real;
    switch (flag) {
    case FLAG_MIN_TIME:
        return take_real(&real, name, value, 0.0, 1e6);
    case FLAG_MIN_WARMUP_TIME:
        return take_real(&real, name, value, -1e-300, 1e6);
    case FLAG_REPETITIONS:
        return take_integer(&whole, name, value, 1, 1000000);
    case FLAG_LIST_TESTS:
    case FLAG_RANDOM_INTERLEAVING:
    case FLAG_REPORT_AGGREGATES_ONLY:
    case FLAG_DISPLAY_AGGREGATES_ONLY:
    case FLAG_COUNTERS_TABULAR:
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
    case FLAG_FILTER:
    case FLAG_CONTEXT:
    case FLAG_PERF_COUNTERS:
        break;
    }
    return 0;
}

/* Google Benchmark also reads environment variables. A flag that is given a value here ignores them, so that only the
 * command line decides what is chosen and written. */
static void set_defaults(struct bench_flags *flags) {
    *flags = (struct bench_flags){.value = {[FLAG_MIN_TIME] = "0.1",
                                            [FLAG_LIST_TESTS] = "false",
                                            [FLAG_FORMAT] = "console",
                                            [FLAG_OUT_FORMAT] = "json",
                                            [FLAG_COLOR] = "auto"}};
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct bench_flags *flags = state->input;
    if (key == ARGP_KEY_INIT) {
        set_defaults(flags);
        return 0;
    }
    if (key == ARGP_KEY_END) {
        flags->filter = flags->value[FLAG_FILTER];
        flags->list_tests = strcmp(flags->value[FLAG_LIST_TESTS], "true") == 0;
        flags->out = flags->value[FLAG_OUT];
        flags->out_format = flags->value[FLAG_OUT_FORMAT];
        return 0;
    }
    if (key < KEY_FLAG || key >= KEY_FLAG + BENCH_FLAGS) return ARGP_ERR_UNKNOWN;
    enum flag flag = (enum flag)(key - KEY_FLAG);
    if (!value) value = (char *)truths[0];
    flags->value[flag] = value;
    return check_value(flag, value);
}

const struct argp bench_flags_argp = {.options = list, .parser = parse};

int bench_flags_text(const struct bench_flags *flags, char *text[BENCH_FLAGS], size_t *count, struct error *err) {
    *count = 0;
    for (int flag = 0; flag < BENCH_FLAGS; flag++) {
        const char *value = flags->value[flag];
        if (!value || flag == FLAG_LIST_TESTS || flag == FLAG_OUT || flag == FLAG_OUT_FORMAT) continue;
        if (asprintf(&text[*count], "--%s=%s", list[flag].name, value) < 0) {
            bench_flags_free(text, *count);
            return fail_program(err, "out of memory for --%s", list[flag].name);
        }
        ++*count;
    }
    return 0;
}

void bench_flags_free(char *text[BENCH_FLAGS], size_t count) {
    for (size_t i = 0; i < count; i++)
        free(text[i]);
}
