/* sgdmark compare BASE SUBJECT...: what differs between runs, then by how much their times do. */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "record/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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
static double parse_percent(const char *option, const char *value) {
    char number[64];
    snprintf(number, sizeof number, "%s", value);
    size_t length = strlen(number);
    if (length > 1 && number[length - 1] == '%') number[length - 1] = 0;
    return parse_real(option, number, 0, 1000) / 100;
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct compare_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        *options = (struct compare_options){.threshold = NAN};
        return 0;
    case KEY_THRESHOLD:
        options->threshold = parse_percent("threshold", value);
        return 0;
    case KEY_FORMAT:
        options->format = (enum format)parse_choice("format", value, format_names);
        return 0;
    case ARGP_KEY_ARG:
        if (options->count == MAX_FILES) usage_error("%d files at most are compared at once", MAX_FILES);
        options->paths[options->count++] = value;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {"threshold", KEY_THRESHOLD, "P%", 0,
     "exit with status 1 when a benchmark is slower by more than P percent, its whole interval included", 0},
    {"format", KEY_FORMAT, "NAME", 0, "text (default), markdown, csv or json", 0},
    {0}};

static const struct argp argp = {list,
                                 parse,
                                 "BASE SUBJECT...",
                                 "Compare result files that `sgdmark run` wrote, the first as the base of the others: "
                                 "what differs in machine, build and system, then the ratio of the times with its "
                                 "interval. Files whose data, row order or hyper-parameters differ are refused.",
                                 NULL,
                                 NULL,
                                 NULL};

/* A time with three digits and its unit. */
static void format_time(char text[32], double seconds) {
    static const struct {
        double unit;
        const char *name;
    } units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (seconds < units[i].unit) continue;
        snprintf(text, 32, "%.4g %s", seconds / units[i].unit, units[i].name);
        return;
    }
    snprintf(text, 32, "%.4g ns", seconds * 1e9);
}

static void format_interval(char text[48], const struct comparison *c) {
    if (isnan(c->low))
        snprintf(text, 48, "too few samples");
    else
        snprintf(text, 48, "%.4f .. %.4f", c->low, c->high);
}

/* A, B, C ... as the files are called in tables; AA after Z. */
static const char *letter(size_t file) {
    static char text[3];
    if (file < 26)
        snprintf(text, sizeof text, "%c", (char)('A' + file));
    else
        snprintf(text, sizeof text, "%c%c", (char)('A' + file / 26 - 1), (char)('A' + file % 26));
    return text;
}

static const char *fact(const struct result_file *file, const char *section, const char *key) {
    const json_t *from = section ? json_object_get(file->own, section) : file->own;
    const char *text = json_string_value(json_object_get(from, key));
    return text ? text : "not recorded";
}

/* Text from a file, without what would control the terminal. */
static void print_plain(const char *text) {
    for (; *text; text++)
        putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}

static size_t widest_name(const struct compare_report *report) {
    size_t width = strlen("benchmark");
    for (size_t i = 0; i < report->row_count; i++)
        if (strlen(report->rows[i].name) > width) width = strlen(report->rows[i].name);
    return width;
}

static void print_files(const struct compare_report *report) {
    for (size_t f = 0; f < report->file_count; f++) {
        const struct result_file *file = &report->files[f];
        printf("%-2s %s  ", letter(f), file->path);
        print_plain(fact(file, NULL, "start"));
        fputs("  sgdmark ", stdout);
        print_plain(fact(file, "tool", "version"));
        fputs(" (", stdout);
        print_plain(fact(file, "tool", "commit"));
        puts(")");
    }
}

static void print_differences(const struct compare_report *report) {
    puts(report->difference_count > 0 ? "\nWhat differs, most telling first:"
                                      : "\nMachine, build and system: no difference recorded.");
    for (size_t i = 0; i < report->difference_count; i++) {
        const struct difference *difference = &report->differences[i];
        printf("  %s: %s\n", difference->key, difference->effect);
        for (size_t f = 0; f < report->file_count; f++)
            printf("    %-2s %s\n", letter(f), difference->values[f]);
    }
}

static void print_text_rows(const struct compare_report *report) {
    int width = (int)widest_name(report);
    printf("\n%-*s  %-2s %10s %10s  %7s  %-20s %s\n", width, "benchmark", "", "base", "subject", "ratio",
           "95 % interval", "the subject is");
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        char base[32];
        char subject[32];
        char interval[48];
        format_time(base, row->base_times.median);
        format_time(subject, row->subject_times.median);
        format_interval(interval, &row->times);
        printf("%-*s  %-2s %10s %10s  %7.4f  %-20s %s\n", width, row->name, letter(row->subject), base, subject,
               row->times.ratio, interval, verdict_words(row->times.verdict));
    }
}

/* What holds for a subject as a whole. */
static void print_against(const struct compare_report *report, const char *bullet) {
    for (size_t f = 1; f < report->file_count; f++) {
        const struct against *against = &report->against[f];
        const char *subject = letter(f);
        if (against->mean_of == 0)
            printf("%s%s/A: no benchmark in common\n", bullet, subject);
        else
            printf("%s%s/A: geometric mean of the ratios above (%zu): %.4f\n", bullet, subject, against->mean_of,
                   against->geometric_mean);
        for (size_t g = 0; g < against->gate_count; g++) {
            const struct gate *gate = &against->gates[g];
            const char *of = gate->experiment[0] ? gate->experiment : "others";
            if (gate->withheld[0])
                printf("%s%s/A, %s: verdicts are withheld: %s\n", bullet, subject, of, gate->withheld);
            else
                printf("%s%s/A, %s: a verdict needs an interval beyond %.1f %%: %s\n", bullet, subject, of,
                       gate->floor * 100, gate->floor_reason);
        }
    }
}

static void print_partial(const struct compare_report *report, const char *bullet) {
    for (size_t i = 0; i < report->partial_count; i++) {
        printf("%sin %s", bullet, letter(report->partial[i].in));
        printf(" only, not in %s: %s\n", letter(report->partial[i].not_in), report->partial[i].name);
    }
}

static void print_method(const struct compare_report *report) {
    printf(
        "Times are medians; a ratio is the subject's time over the base's (below 1: faster), the Hodges-Lehmann "
        "estimate.\nThe files are independent samples (Mann-Whitney), and the %zu interval%s hold%s together at 95 %% "
        "(Bonferroni).\nRounds are paired within one run only, never across files.\n",
        report->row_count, report->row_count == 1 ? "" : "s", report->row_count == 1 ? "s" : "");
}

static void print_text(const struct compare_report *report) {
    print_files(report);
    print_differences(report);
    print_text_rows(report);
    putchar('\n');
    print_against(report, "");
    print_partial(report, "");
    putchar('\n');
    print_method(report);
}

/* Text in a Markdown table's cell. */
static void print_cell(const char *text) {
    for (; *text; text++) {
        if (strchr("|`*_<>[]\\&", *text)) putchar('\\');
        putchar((unsigned char)*text < ' ' ? '?' : *text);
    }
}

static void print_markdown_differences(const struct compare_report *report) {
    if (report->difference_count == 0) {
        puts("Machine, build and system: no difference recorded.\n");
        return;
    }
    fputs("| differs |", stdout);
    for (size_t f = 0; f < report->file_count; f++)
        printf(" %s |", letter(f));
    fputs(" effect |\n| --- |", stdout);
    for (size_t f = 0; f < report->file_count; f++)
        fputs(" --- |", stdout);
    puts(" --- |");
    for (size_t i = 0; i < report->difference_count; i++) {
        fputs("| ", stdout);
        print_cell(report->differences[i].key);
        for (size_t f = 0; f < report->file_count; f++) {
            fputs(" | ", stdout);
            print_cell(report->differences[i].values[f]);
        }
        printf(" | %s |\n", report->differences[i].effect);
    }
    putchar('\n');
}

static void print_markdown(const struct compare_report *report) {
    for (size_t f = 0; f < report->file_count; f++) {
        printf("- %s: ", letter(f));
        print_cell(report->files[f].path);
        fputs(", ", stdout);
        print_cell(fact(&report->files[f], NULL, "start"));
        putchar('\n');
    }
    putchar('\n');
    print_markdown_differences(report);
    puts("| benchmark | subject | base time | subject time | ratio | 95 % interval | verdict |\n"
         "| --- | --- | ---: | ---: | ---: | --- | --- |");
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        char base[32];
        char subject[32];
        char interval[48];
        format_time(base, row->base_times.median);
        format_time(subject, row->subject_times.median);
        format_interval(interval, &row->times);
        fputs("| ", stdout);
        print_cell(row->name);
        printf(" | %s | %s | %s | %.4f | %s | %s |\n", letter(row->subject), base, subject, row->times.ratio, interval,
               verdict_words(row->times.verdict));
    }
    putchar('\n');
    print_against(report, "- ");
    print_partial(report, "- ");
    putchar('\n');
    print_method(report);
}

/* A quoted CSV field. */
static void print_field(const char *text) {
    putchar('"');
    for (; *text; text++) {
        if (*text == '"') putchar('"');
        putchar((unsigned char)*text < ' ' ? '?' : *text);
    }
    putchar('"');
}

/* A number, or an empty field where there is none. */
static void print_number_field(double x) {
    char text[REAL_TEXT] = "";
    if (isfinite(x)) format_real(text, x);
    printf(",%s", text);
}

/* The ratios as a table for other programs; what differs goes to stderr. */
static void print_csv(const struct compare_report *report) {
    for (size_t i = 0; i < report->difference_count; i++)
        fprintf(stderr, "sgdmark compare: the files differ in %s: %s\n", report->differences[i].key,
                report->differences[i].effect);
    puts("benchmark,base,subject,base_median_s,subject_median_s,ratio,low,high,p,verdict");
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        print_field(row->name);
        putchar(',');
        print_field(report->files[0].path);
        putchar(',');
        print_field(report->files[row->subject].path);
        const double numbers[] = {row->base_times.median, row->subject_times.median, row->times.ratio,
                                  row->times.low,         row->times.high,           row->times.p};
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
            print_number_field(numbers[k]);
        printf(",%s\n", verdict_words(row->times.verdict));
    }
}

static void print_report(const struct compare_report *report, const struct compare_options *options) {
    switch (options->format) {
    case FORMAT_TEXT:
        print_text(report);
        return;
    case FORMAT_MARKDOWN:
        print_markdown(report);
        return;
    case FORMAT_CSV:
        print_csv(report);
        return;
    case FORMAT_JSON:
        break;
    }
    struct error err = {"out of memory", ERROR_PROGRAM};
    json_t *value = compare_json(report, options->threshold);
    if (!value || write_json("-", value, &err) != 0) usage_error("%s", err.text);
    json_decref(value);
}

/* Says which benchmarks are slower than the threshold allows; returns the exit status. */
static int judge(const struct compare_report *report, double threshold) {
    int status = EXIT_DONE;
    if (isnan(threshold)) return status;
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        if (!beyond_threshold(row, threshold)) continue;
        fprintf(stderr, "sgdmark compare: %s: %s is slower than %s by more than %g %%: %.4f times, at least %.4f\n",
                row->name, report->files[row->subject].path, report->files[0].path, threshold * 100, row->times.ratio,
                row->times.low);
        status = EXIT_CHECK_FAILED;
    }
    return status;
}

int command_compare(int argc, char **argv, struct error *err) {
    (void)err;
    struct compare_options options;
    struct result_file files[MAX_FILES];
    struct compare_report report;
    struct error why;
    parse_arguments(&argp, argc, argv, &options);
    if (options.count < 2) usage_error("two or more result files are needed (%s --help)", argv[0]);
    for (size_t i = 0; i < options.count; i++)
        if (result_load(&files[i], options.paths[i], &why) != 0) usage_error("%s", why.text);
    if (compare_results(&report, files, options.count, confidence, &why) != 0) usage_error("%s", why.text);
    print_report(&report, &options);
    int status = judge(&report, options.threshold);
    compare_free(&report);
    for (size_t i = 0; i < options.count; i++)
        result_unload(&files[i]);
    return status;
}
