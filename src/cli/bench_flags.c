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
     "only the benchmarks whose name matches; a leading - takes the others. With a filter the sizes of rows/ go on to "
     "6.3 GB",
     0},
    {"benchmark_list_tests", KEY_FLAG + FLAG_LIST_TESTS, TRUTH, "print the names and run nothing", 0},
    {"benchmark_out", KEY_FLAG + FLAG_OUT, "FILE", 0, "write the result, whole or not at all", 0},
    {"benchmark_out_format", KEY_FLAG + FLAG_OUT_FORMAT, "NAME", 0,
     "json: for `sgdmark compare` and compare.py; csv, console (json)", 0},
    {"benchmark_min_time", KEY_FLAG + FLAG_MIN_TIME, "SECONDS", 0, "of CPU time for each repetition (0.1)", 0},
    {"benchmark_min_warmup_time", KEY_FLAG + FLAG_MIN_WARMUP_TIME, "SECONDS", 0, "run before that, not counted (0)", 0},
    {"benchmark_repetitions", KEY_FLAG + FLAG_REPETITIONS, "N", 0, "how often each is measured (1)", 0},
    {"benchmark_enable_random_interleaving", KEY_FLAG + FLAG_RANDOM_INTERLEAVING, TRUTH,
     "repetitions of all benchmarks in random order", 0},
    {"benchmark_report_aggregates_only", KEY_FLAG + FLAG_REPORT_AGGREGATES_ONLY, TRUTH,
     "leave out the single repetitions", 0},
    {"benchmark_display_aggregates_only", KEY_FLAG + FLAG_DISPLAY_AGGREGATES_ONLY, TRUTH,
     "the same, but not in the file", 0},
    {"benchmark_format", KEY_FLAG + FLAG_FORMAT, "NAME", 0, "of what is shown: console, json, csv (console)", 0},
    {"benchmark_color", KEY_FLAG + FLAG_COLOR, "auto, true or false", 0, "(auto)", 0},
    {"benchmark_counters_tabular", KEY_FLAG + FLAG_COUNTERS_TABULAR, TRUTH, "counters in columns", 0},
    {"benchmark_time_unit", KEY_FLAG + FLAG_TIME_UNIT, "ns, us, ms or s", 0,
     "of what is shown, where a benchmark has no unit of its own", 0},
    {"benchmark_context", KEY_FLAG + FLAG_CONTEXT, "KEY=VALUE,...", 0, "more entries for the context", 0},
    {"benchmark_perf_counters", KEY_FLAG + FLAG_PERF_COUNTERS, "NAME,...", 0,
     "Debian's library is built without them; cycles and instructions are counted anyway", 0},
    {0}};

_Static_assert(sizeof list / sizeof list[0] == BENCH_FLAGS + 1, "one entry for each flag");

static const char *const truths[] = {"true", "false", NULL};
static const char *const formats[] = {"console", "json", "csv", NULL};
static const char *const colors[] = {"auto", "true", "false", NULL};
static const char *const units[] = {"ns", "us", "ms", "s", NULL};

/* Checked here, since Google Benchmark tells of a bad value in its own way and goes on, or prints its help. */
static void check_value(enum flag flag, const char *value) {
    const char *name = list[flag].name;
    switch (flag) {
    case FLAG_MIN_TIME:
        parse_real(name, value, 0.0, 1e6);
        return;
    case FLAG_MIN_WARMUP_TIME:
        parse_real(name, value, -1e-300, 1e6);
        return;
    case FLAG_REPETITIONS:
        parse_integer(name, value, 1, 1000000);
        return;
    case FLAG_LIST_TESTS:
    case FLAG_RANDOM_INTERLEAVING:
    case FLAG_REPORT_AGGREGATES_ONLY:
    case FLAG_DISPLAY_AGGREGATES_ONLY:
    case FLAG_COUNTERS_TABULAR:
        parse_choice(name, value, truths);
        return;
    case FLAG_FORMAT:
    case FLAG_OUT_FORMAT:
        parse_choice(name, value, formats);
        return;
    case FLAG_COLOR:
        parse_choice(name, value, colors);
        return;
    case FLAG_TIME_UNIT:
        parse_choice(name, value, units);
        return;
    case FLAG_OUT:
        parse_output_file(name, value);
        return;
    case FLAG_FILTER:
    case FLAG_CONTEXT:
    case FLAG_PERF_COUNTERS:
        return;
    }
}

/* Every flag that can also come from Google Benchmark's environment variables and would change what is written or
 * chosen is given a value here, so that only the command line counts. */
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
    check_value(flag, value);
    flags->value[flag] = value;
    return 0;
}

const struct argp bench_flags_argp = {.options = list, .parser = parse};

size_t bench_flags_text(const struct bench_flags *flags, char *text[BENCH_FLAGS]) {
    size_t count = 0;
    for (int flag = 0; flag < BENCH_FLAGS; flag++) {
        const char *value = flags->value[flag];
        if (!value || flag == FLAG_LIST_TESTS || flag == FLAG_OUT || flag == FLAG_OUT_FORMAT) continue;
        if (asprintf(&text[count++], "--%s=%s", list[flag].name, value) < 0) usage_error("out of memory");
    }
    return count;
}

void bench_flags_free(char *text[BENCH_FLAGS], size_t count) {
    for (size_t i = 0; i < count; i++)
        free(text[i]);
}
