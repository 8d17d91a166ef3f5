/* SPDX-License-Identifier: MIT */
/* sgdmark compare [--base FILE...] FILE...: what differs between runs, then by how much their times do. */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "record/compare.h"
#include "record/threshold.h"
#include "report/compare_report.h"
#include "report/facts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { KEY_THRESHOLD = 0x100, KEY_FORMAT, KEY_BASE };

static const char *const format_names[] = {"text", "markdown", "csv", "json", NULL};
enum format { FORMAT_TEXT, FORMAT_MARKDOWN, FORMAT_CSV, FORMAT_JSON };

struct compare_options {
    const char *bases[MAX_FILES]; /* of --base */
    size_t base_count;
    const char *paths[MAX_FILES]; /* of the arguments */
    size_t count;
    double threshold; /* NaN: none */
    enum format format;
};

/* "5%" or "5", as 0.05. */
static error_t take_percent(double *to, const char *option, const char *value) {
    char number[64];
    snprintf(number, sizeof number, "%s", value);
    size_t length = strlen(number);
    if (length > 1 && number[length - 1] == '%') number[length - 1] = 0;
    error_t bad = take_real(to, option, number, 0, 1000);
    *to /= 100;
    return bad;
}

static error_t take_path(const char **list, size_t *count, const struct compare_options *options, const char *path) {
    if (options->base_count + options->count == MAX_FILES)
        return bad_option("%d files at most are compared at once", MAX_FILES);
    if (strcmp(path, "-") == 0) {
        for (size_t i = 0; i < options->base_count + options->count; i++)
            if (strcmp(i < options->base_count ? options->bases[i] : options->paths[i - options->base_count], path) ==
                0)
                return bad_option("'-' is given twice, and standard input holds one result file");
    }
    list[(*count)++] = path;
    return 0;
}

static error_t check_count(const struct compare_options *options) {
    if (options->count + (options->base_count > 0) >= 2) return 0;
    return bad_option(options->base_count > 0
                          ? "a result file to compare with the base is needed (sgdmark compare --help)"
                          : "two or more result files are needed (sgdmark compare --help)");
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct compare_options *options = state->input;
    int choice = 0;
    error_t bad = 0;
    switch (key) {
    case ARGP_KEY_INIT:
        *options = (struct compare_options){.threshold = NAN};
        return 0;
    case KEY_THRESHOLD:
        return take_percent(&options->threshold, "threshold", value);
    case KEY_FORMAT:
        bad = take_choice(&choice, "format", value, format_names);
        options->format = (enum format)choice;
        return bad;
    case KEY_BASE:
        return take_path(options->bases, &options->base_count, options, value);
    case ARGP_KEY_ARG:
        return take_path(options->paths, &options->count, options, value);
    case ARGP_KEY_SUCCESS:
        return check_count(options);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {{"base", KEY_BASE, "FILE", 0,
                                           "a run of the base; give it once for each run to pool. All FILEs are then "
                                           "pooled as one subject. Files of a pool are "
                                           "of one job, build and machine",
                                           0},
                                          {"threshold", KEY_THRESHOLD, "P%", 0,
                                           "answer as the last line whether any benchmark is slower by P percent: PASS "
                                           "(status 0) when all intervals end below "
                                           "that, FAIL (status 1) when one lies above it, otherwise INCONCLUSIVE "
                                           "(status 4) with the reason and what would help",
                                           0},
                                          {"format", KEY_FORMAT, "NAME", 0, "text, markdown, csv or json (text)", 0},
                                          {0}};

static const struct argp argp = {
    list,
    parse,
    "BASE SUBJECT...\n--base FILE [--base FILE...] FILE...",
    "Compare result files that `sgdmark run` wrote. The first file is the base of the others. First comes what differs "
    "in machine, build, system and tuning, then the ratio of the times with its interval. The unit is the process, of "
    "which a run has several: with fewer than three on a side there is a ratio and no verdict. Files whose data, row "
    "order or hyper-parameters differ are refused, and a run that would count twice.\v"
    "Examples:\n"
    "  sgdmark compare before.json after.json\n"
    "  sgdmark compare --base old1.json --base old2.json new1.json new2.json\n"
    "                    two runs of either build: narrower intervals\n"
    "  sgdmark compare --threshold 5% before.json after.json\n"
    "                    for a test of every change: is anything over 5 % slower?\n"
    "  sgdmark compare --format csv a.json b.json c.json > ratios.csv\n"
    "  ssh node2 cat run.json | sgdmark compare run.json -\n"
    "                    '-' is standard input\n",
    NULL,
    NULL,
    NULL};

static int print_json(const struct compare_report *report, double threshold, struct error *err) {
    json_t *value = compare_json(report, threshold);
    int bad = value ? json_print(stdout, value, err) : fail_program(err, "out of memory for the JSON");
    json_decref(value);
    return bad;
}

/* Of CSV, standard output holds the rows alone. */
static void warn_of_differences(const struct compare_report *report) {
    for (size_t i = 0; i < report->difference_count; i++) {
        fputs("sgdmark compare: the files differ in ", stderr);
        print_plain(stderr, report->differences[i].key);
        fprintf(stderr, ": %s\n", report->differences[i].effect);
    }
}

static int print_as(enum format format, const struct compare_report *report, double threshold, struct error *err) {
    switch (format) {
    case FORMAT_TEXT:
        return print_comparison(stdout, report, err);
    case FORMAT_MARKDOWN:
        print_comparison_markdown(stdout, report);
        return 0;
    case FORMAT_CSV:
        warn_of_differences(report);
        print_comparison_csv(stdout, report);
        return 0;
    case FORMAT_JSON:
        break;
    }
    return print_json(report, threshold, err);
}

/* The exit status that the threshold gives, where there is one. The answer is the last line of a text, and stands
 * beside what other programs read. */
static int apply_threshold(const struct compare_report *report, const struct compare_options *options) {
    static const int status[] = {
        [THRESHOLD_PASS] = EXIT_DONE, [THRESHOLD_FAIL] = EXIT_CHECK_FAILED, [THRESHOLD_INCONCLUSIVE] = EXIT_NO_ANSWER};
    char why[THRESHOLD_TEXT];
    if (isnan(options->threshold)) return EXIT_DONE;
    const enum threshold_answer answer = answer_threshold(report, options->threshold, why);
    if (options->format == FORMAT_MARKDOWN)
        print_answer_markdown(stdout, threshold_words(answer), why);
    else
        print_answer(options->format == FORMAT_TEXT ? stdout : stderr, threshold_words(answer), why);
    return status[answer];
}

static int compare_files(const struct compare_options *options, const struct result_file *files, struct error *err) {
    struct compare_report report;
    const size_t count = options->base_count + options->count;
    if (compare_results(&report, files, count, options->base_count, err) != 0) return -1;
    int status = print_as(options->format, &report, options->threshold, err);
    if (status == 0) status = apply_threshold(&report, options);
    compare_free(&report);
    return status;
}

/* All that is compared at once, so that it fits the memory of a small machine. */
static int check_bytes(size_t bytes, struct error *err) {
    enum { MOST_MIB = 256 };
    if (bytes >> 20 < MOST_MIB) return 0;
    return fail(err, "the files have more than %d MiB together, too much to compare at once: give fewer", MOST_MIB);
}

int command_compare(int argc, char **argv, struct error *err) {
    struct compare_options options;
    struct result_file files[MAX_FILES];
    int done = take_arguments(&argp, argc, argv, &options, err);
    if (done) return done < 0 ? -1 : EXIT_DONE;
    const size_t count = options.base_count + options.count;
    size_t loaded = 0, bytes = 0;
    int status = 0;
    while (!status && loaded < count) {
        const bool base = loaded < options.base_count;
        const char *path = base ? options.bases[loaded] : options.paths[loaded - options.base_count];
        status = result_load(&files[loaded], path, err);
        if (status) break;
        bytes += files[loaded].bytes;
        result_lighten(&files[loaded++]);
        status = check_bytes(bytes, err);
    }
    if (!status) status = compare_files(&options, files, err);
    for (size_t i = 0; i < loaded; i++)
        result_unload(&files[i]);
    return status;
}
