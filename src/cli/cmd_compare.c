/* SPDX-License-Identifier: MIT */
/* sgdmark compare BASE SUBJECT...: what differs between runs, then by how much their times do. */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "record/compare.h"
#include "record/threshold.h"
#include "report/compare_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double confidence = 0.95;

enum { KEY_THRESHOLD = 0x100, KEY_FORMAT };

static const char *const format_names[] = {"text", "markdown", "csv", "json", NULL};
enum format { FORMAT_TEXT, FORMAT_MARKDOWN, FORMAT_CSV, FORMAT_JSON };

struct compare_options {
    const char *paths[MAX_FILES];
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
    case ARGP_KEY_ARG:
        if (options->count == MAX_FILES) return bad_option("%d files at most are compared at once", MAX_FILES);
        options->paths[options->count++] = value;
        return 0;
    case ARGP_KEY_SUCCESS:
        return options->count < 2 ? bad_option("two or more result files are needed (sgdmark compare --help)") : 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {"threshold", KEY_THRESHOLD, "P%", 0,
     "exit with status 1 when a benchmark is slower by more than P percent, its whole interval included; with status 4 "
     "when none is seen to be, but a change of P percent cannot be told apart",
     0},
    {"format", KEY_FORMAT, "NAME", 0, "text, markdown, csv or json (text)", 0},
    {0}};

static const struct argp argp = {
    list,
    parse,
    "BASE SUBJECT...",
    "Compare result files that `sgdmark run` wrote. The first file is the base of the others. First comes what differs "
    "in machine, build and system, then the ratio of the times with its interval. Files whose data, row order or "
    "hyper-parameters differ are refused.\v"
    "Examples:\n"
    "  sgdmark compare before.json after.json\n"
    "  sgdmark compare --threshold 5% before.json after.json\n"
    "                    for a test of every change: is anything over 5 % slower?\n"
    "  sgdmark compare --format csv a.json b.json c.json > ratios.csv\n",
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
    for (size_t i = 0; i < report->difference_count; i++)
        fprintf(stderr, "sgdmark compare: the files differ in %s: %s\n", report->differences[i].key,
                report->differences[i].effect);
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

/* Says which benchmarks are slower than the threshold allows. */
static void name_slower(const struct compare_report *report, double threshold) {
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        if (!beyond_threshold(row, threshold)) continue;
        fprintf(stderr, "sgdmark compare: %s: %s is slower than %s by more than %g %%: %.4f times, at least %.4f\n",
                row->name, report->files[row->subject].path, report->files[0].path, threshold * 100, row->times.ratio,
                row->times.low);
    }
}

/* The exit status that the threshold gives, where there is one. */
static int apply_threshold(const struct compare_report *report, double threshold) {
    char why[THRESHOLD_TEXT];
    if (isnan(threshold)) return EXIT_DONE;
    switch (answer_threshold(report, threshold, why)) {
    case THRESHOLD_EXCEEDED:
        name_slower(report, threshold);
        return EXIT_CHECK_FAILED;
    case THRESHOLD_NOT_ANSWERED:
        fprintf(stderr, "sgdmark compare: --threshold %g %% cannot be answered: %s\n", threshold * 100, why);
        return EXIT_NO_ANSWER;
    case THRESHOLD_HELD:
        break;
    }
    return EXIT_DONE;
}

static int compare_files(const struct compare_options *options, const struct result_file *files, struct error *err) {
    struct compare_report report;
    if (compare_results(&report, files, options->count, confidence, err) != 0) return -1;
    int status = print_as(options->format, &report, options->threshold, err);
    if (status == 0) status = apply_threshold(&report, options->threshold);
    compare_free(&report);
    return status;
}

int command_compare(int argc, char **argv, struct error *err) {
    struct compare_options options;
    struct result_file files[MAX_FILES];
    int done = take_arguments(&argp, argc, argv, &options, err);
    if (done) return done < 0 ? -1 : EXIT_DONE;
    size_t loaded = 0;
    int status = 0;
    while (!status && loaded < options.count) {
        status = result_load(&files[loaded], options.paths[loaded], err);
        loaded += status == 0;
    }
    if (!status) status = compare_files(&options, files, err);
    for (size_t i = 0; i < loaded; i++)
        result_unload(&files[i]);
    return status;
}
