/* SPDX-License-Identifier: MIT */
/* sgdmark compare [--base FILE...] FILE...: which run is faster, what differs between them, by how much their times do.
 */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/pages.h"
#include "record/backends.h"
#include "record/comparison.h"
#include "record/history.h"
#include "record/threshold.h"
#include "report/compare_report.h"
#include "report/facts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { KEY_THRESHOLD = 0x100, KEY_FORMAT, KEY_MARKDOWN, KEY_BASE, KEY_HISTORY, KEY_EACH, KEY_ALL };

static const char *const format_names[] = {"text", "markdown", "csv", "json", NULL};
enum format { FORMAT_TEXT, FORMAT_MARKDOWN, FORMAT_CSV, FORMAT_JSON };

struct compare_options {
    const char *bases[MAX_FILES]; /* of --base */
    size_t base_count;
    const char *backend;          /* of --base ENGINE/BACKEND, or NULL */
    const char *paths[MAX_FILES]; /* of the arguments */
    size_t count;
    const char *history; /* a folder, or NULL */
    enum side_of side;
    bool details;
    double threshold; /* NaN: none */
    enum format format;
};

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

static error_t take_base(void *context, const char *path) {
    struct compare_options *options = context;
    return take_path(options->bases, &options->base_count, options, path);
}

static error_t take_bases(struct compare_options *options, const char *value) {
    if (!is_backend(value)) return take_results(value, take_base, options);
    if (options->backend) return bad_option("--base names two backends, '%s' and '%s'", options->backend, value);
    options->backend = value;
    return 0;
}

static error_t check_backend(const struct compare_options *options) {
    if (options->base_count > 0)
        return bad_option("--base %s is a backend, and --base %s a file: give one of them", options->backend,
                          options->bases[0]);
    if (options->history) return bad_option("--base %s and --history exclude each other", options->backend);
    if (!isnan(options->threshold)) return bad_option("--threshold compares runs, not the backends of one run");
    if (options->format == FORMAT_CSV) return bad_option("--format csv lists ratios of runs; use json");
    if (options->count == 1) return 0;
    return bad_option("--base %s compares the backends inside one result file: give one", options->backend);
}

static error_t take_subject(void *context, const char *path) {
    struct compare_options *options = context;
    return take_path(options->paths, &options->count, options, path);
}

static error_t check_count(const struct compare_options *options) {
    if (options->backend) return check_backend(options);
    if (options->history && options->base_count > 0)
        return bad_option("--base and --history exclude each other: the folder holds the base");
    if (options->history && options->count > 1)
        return bad_option("--history DIR takes one result file at most, the newest");
    if (options->history || options->count + (options->base_count > 0) >= 2) return 0;
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
    case KEY_MARKDOWN:
        options->format = FORMAT_MARKDOWN;
        return 0;
    case KEY_BASE:
        return take_bases(options, value);
    case KEY_HISTORY:
        options->history = value;
        return 0;
    case KEY_EACH:
        options->side = SIDE_FILE;
        return 0;
    case KEY_ALL:
        options->details = true;
        return 0;
    case ARGP_KEY_ARG:
        return take_results(value, take_subject, options);
    case ARGP_KEY_SUCCESS:
        return check_count(options);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {"base", KEY_BASE, "FILE", 0,
     "a run of the base; give it once for each run to pool. All FILEs are then pooled as one subject. Files of a pool "
     "are of one job, build and machine. With a backend, such as f32/avx2, in place of a file: the backends inside one "
     "FILE against that one",
     0},
    {"history", KEY_HISTORY, "DIR", 0,
     "the newest result of a folder, or FILE, against up to five runs before it of the same work on the same machine, "
     "pooled",
     0},
    {"threshold", KEY_THRESHOLD, "P%", 0,
     "answer as the last line whether any benchmark is slower by P percent: PASS (status 0) when all intervals end "
     "below that, FAIL (status 1) when one lies above it, otherwise INCONCLUSIVE (status 4) with the reason and what "
     "would help",
     0},
    {"all", KEY_ALL, NULL, 0, "every difference with its values, every benchmark of every file", 0},
    {"each", KEY_EACH, NULL, 0, "of three files or more: do not pool repeats, every file is a column", 0},
    {"format", KEY_FORMAT, "NAME", 0, "text, markdown, csv or json (text)", 0},
    {"markdown", KEY_MARKDOWN, NULL, 0, "the same as --format markdown: for a pull request", 0},
    {0}};

static const struct argp argp = {
    list,
    parse,
    "BASE SUBJECT...\n--base FILE [--base FILE...] FILE...\n--base ENGINE/BACKEND FILE\n--history DIR [FILE]",
    "Compare result files that `sgdmark run` wrote. The first line answers in a sentence, the second says what differs "
    "in machine, build, system and tuning; then come speeds (2x is twice as fast as the base) with their intervals. "
    "The "
    "unit is the process, of which a run has several: with fewer than three on a side there is a speed and no verdict. "
    "Of three files or more, those of different work (data, row order, hyper-parameters) are groups that share no "
    "ratio, repeats of one build on one machine are pooled, and a file that cannot be used is left out (status 2). A "
    "page that `sgdmark report "
    "-o` wrote stands for the runs that it carries.\v"
    "Examples:\n"
    "  sgdmark compare before.json after.json\n"
    "  sgdmark compare results/*.json\n"
    "                    all runs that were recorded, by what makes them comparable\n"
    "  sgdmark compare --base old1.json --base old2.json new1.json new2.json\n"
    "                    two runs of either build: narrower intervals\n"
    "  sgdmark compare --base f32/avx2 run.json\n"
    "                    all backends of one run against f32/avx2\n"
    "  sgdmark compare --threshold 5% --markdown before.json after.json\n"
    "                    for a test of every change: is anything over 5 % slower?\n"
    "  sgdmark compare --threshold 5% --history results\n"
    "                    the newest run against the five before it\n"
    "  sgdmark compare --format csv a.json b.json c.json > ratios.csv\n"
    "  ssh node2 cat run.json | sgdmark compare run.json -\n"
    "                    '-' is standard input\n",
    NULL,
    NULL,
    NULL};

static int print_json(json_t *value, struct error *err) {
    int bad = value ? json_print(stdout, value, err) : fail_program(err, "out of memory for the JSON");
    json_decref(value);
    return bad;
}

/* Of CSV, standard output holds the rows alone. */
static void warn_of_differences(const struct comparison_of_files *all) {
    for (size_t g = 0; g < all->count; g++) {
        const struct compare_report *report = &all->list[g].report;
        for (size_t i = 0; i < report->difference_count; i++) {
            fputs("sgdmark compare: the files differ in ", stderr);
            print_plain(stderr, report->differences[i].key);
            fprintf(stderr, ": %s\n", report->differences[i].effect);
        }
    }
}

static int print_as(const struct compare_options *options, const struct comparison_of_files *all, struct error *err) {
    switch (options->format) {
    case FORMAT_TEXT:
        return print_comparison(stdout, all, options->details, err);
    case FORMAT_MARKDOWN:
        print_comparison_markdown(stdout, all);
        return 0;
    case FORMAT_CSV:
        warn_of_differences(all);
        print_comparison_csv(stdout, all);
        return 0;
    case FORMAT_JSON:
        break;
    }
    return print_json(comparison_of_files_json(all, options->threshold), err);
}

/* The answer of one group to the threshold: the last line of a text, or beside what other programs read. */
static enum threshold_answer print_threshold(const struct compare_report *report,
                                             const struct compare_options *options) {
    char why[THRESHOLD_TEXT];
    const enum threshold_answer answer = answer_threshold(report, options->threshold, why);
    if (options->format == FORMAT_MARKDOWN)
        print_answer_markdown(stdout, threshold_words(answer), why);
    else
        print_answer(options->format == FORMAT_TEXT ? stdout : stderr, threshold_words(answer), why);
    return answer;
}

/* The exit status: the threshold's where there is one. Of several groups the worst answer counts. A file that was left
 * out is bad input, and no pass. */
static int exit_status(const struct comparison_of_files *all, const struct compare_options *options) {
    bool failed = false, inconclusive = false;
    for (size_t g = 0; g < all->count && !isnan(options->threshold); g++) {
        if (!all->list[g].compared) continue;
        const enum threshold_answer answer = print_threshold(&all->list[g].report, options);
        failed = failed || answer == THRESHOLD_FAIL;
        inconclusive = inconclusive || answer == THRESHOLD_INCONCLUSIVE;
    }
    if (failed) return EXIT_CHECK_FAILED;
    if (all->inputs->left_out_count > 0) return EXIT_BAD_INPUT;
    return inconclusive ? EXIT_NO_ANSWER : EXIT_DONE;
}

static void warn_of_left_out(const struct inputs *inputs) {
    for (size_t i = 0; i < inputs->left_out_count; i++) {
        fputs("sgdmark compare: left out: ", stderr);
        print_plain(stderr, inputs->left_out[i].why);
        fputc('\n', stderr);
    }
}

static int compare_inputs(const struct compare_options *options, struct inputs *inputs, struct error *err) {
    struct comparison_of_files all;
    const struct comparing how = {options->base_count, options->side, options->history != NULL};
    if (comparison_make(&all, inputs, &how, err) != 0) return -1;
    int status = print_as(options, &all, err);
    fflush(stdout);
    warn_of_left_out(inputs);
    if (status == 0) status = exit_status(&all, options);
    comparison_free(&all);
    return status;
}

/* Two files, and those of a pool, must all be good. Of many, the others are compared. */
static int load_all(const struct compare_options *options, struct inputs *inputs, struct error *err) {
    const bool strict = options->base_count > 0 || options->count == 2;
    int bad = 0;
    for (size_t i = 0; !bad && i < options->base_count; i++)
        bad = inputs_add(inputs, options->bases[i], err);
    for (size_t i = 0; !bad && i < options->count; i++)
        bad = (strict ? inputs_add : inputs_try)(inputs, options->paths[i], err);
    return bad;
}

/* The first run of a folder has nothing to be compared with. */
static int print_no_history(const struct compare_options *options, const struct inputs *inputs) {
    fputs("There is no answer: before ", stdout);
    print_plain(stdout, inputs->files[0].path);
    fputs(", no complete run of the same work on the same machine is in ", stdout);
    print_plain(stdout, options->history);
    fputs(".\n", stdout);
    return EXIT_NO_ANSWER;
}

static int compare_history(const struct compare_options *options, struct inputs *inputs, struct error *err) {
    size_t passed_over;
    if (history_load(inputs, options->history, options->count > 0 ? options->paths[0] : NULL, &passed_over, err) != 0)
        return -1;
    if (passed_over > 0)
        fprintf(stderr, "sgdmark compare: passed over %zu result%s of other work or another machine\n", passed_over,
                passed_over == 1 ? "" : "s");
    if (inputs->count > 1) return compare_inputs(options, inputs, err);
    warn_of_left_out(inputs);
    return print_no_history(options, inputs);
}

static int compare_backends(const struct compare_options *options, struct error *err) {
    struct result_file file;
    struct backend_ratios ratios;
    if (result_load(&file, options->paths[0], err) != 0) return -1;
    int bad = backend_ratios_make(&ratios, &file, options->backend, err);
    if (!bad) {
        if (options->format == FORMAT_JSON)
            bad = print_json(backend_ratios_json(&ratios, &file), err);
        else if (options->format == FORMAT_MARKDOWN)
            print_backend_ratios_markdown(stdout, &ratios);
        else
            bad = print_backend_ratios(stdout, &ratios, err);
        backend_ratios_free(&ratios);
    }
    result_unload(&file);
    return bad;
}

int command_compare(int argc, char **argv, struct error *err) {
    struct compare_options options;
    struct inputs inputs = {0};
    int done = take_arguments(&argp, argc, argv, &options, err);
    if (done) return done < 0 ? -1 : EXIT_DONE;
    if (options.backend) return compare_backends(&options, err);
    int status = 0;
    if (options.history)
        status = compare_history(&options, &inputs, err);
    else if (load_all(&options, &inputs, err) != 0)
        status = -1;
    else
        status = compare_inputs(&options, &inputs, err);
    inputs_free(&inputs);
    return status;
}
