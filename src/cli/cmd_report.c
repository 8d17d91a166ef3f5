/* SPDX-License-Identifier: MIT */
/* sgdmark report FILE...: prints a run again from its result file, or makes a page of one or many. */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/pages.h"
#include "cli/report_fleet.h"
#include "cli/terminal.h"
#include "record/figure.h"
#include "record/load.h"
#include "report/chart.h"
#include "report/chart_script.h"
#include "report/page.h"
#include "report/screen.h"
#include "report/soak_report.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_NOTEBOOK = 0x200, KEY_PNG, KEY_DATA, MOST_RUNS = 64 };

struct report_options {
    const char *paths[MOST_RUNS];
    size_t count;
    struct report_outputs to;
    const char *data; /* NULL is data/mnist, if it is there */
    bool notebook;
};

static error_t take_path(void *context, const char *path) {
    struct report_options *options = context;
    const char *name = strrchr(path, '/');
    if (strcmp(name ? name + 1 : path, "schema.json") == 0) return 0; /* it lies beside them */
    if (options->count == MOST_RUNS) return bad_option("a page holds at most %d results", MOST_RUNS);
    options->paths[options->count++] = path;
    return 0;
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct report_options *options = state->input;
    switch (key) {
    case KEY_NOTEBOOK:
        options->notebook = true;
        return 0;
    case 'o':
        return take_output(&options->to.page, "output", value);
    case KEY_PNG:
        options->to.png = value;
        return *value ? 0 : bad_option("--png: the name of a folder is empty");
    case KEY_DATA:
        options->data = value;
        return *value ? 0 : bad_option("--data: the name of a folder is empty");
    case ARGP_KEY_ARG:
        return take_results(value, take_path, options);
    case ARGP_KEY_END:
        if (options->count == 0) return bad_option("a result file is needed (sgdmark report --help)");
        if (options->count > 1 && !options->to.page && !options->to.png)
            return bad_option(
                "only one result file can be printed at a time; '%s' is a second one; -o PAGE.html takes many",
                options->paths[1]);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {"notebook", KEY_NOTEBOOK, NULL, 0, "the notebook step by step, also if the run did not print it", 0},
    {"output", 'o', "PAGE", 0, "write one HTML page that stands alone; it carries the result files", 0},
    {"data", KEY_DATA, "DIR", 0,
     "of a page of one run: the folder of its rows, for pictures of learned weights and misread digits (data/mnist)",
     0},
    {"png", KEY_PNG, "FOLDER", 0, "write the charts as PNG files into this folder", 0},
    {0}};
static const struct argp argp = {
    list,
    parse,
    "FILE...",
    "Print the result of a run, a soak or a gathered fleet again, from its file alone; or make one page of a fleet or "
    "of many runs. Charts are drawn by gnuplot where it is installed; without it the page holds their tables.\v"
    "Examples:\n"
    "  sgdmark report results/node1-2026-11-27T101500Z.json\n"
    "  sgdmark run --quick --json a.json && sgdmark report a.json -o a.html\n"
    "  sgdmark report results/*.json -o machines.html   which compare reads, too\n"
    "  sgdmark compare machines.html\n"
    "  ssh node2 cat run.json | sgdmark report -          from standard input\n"
    "  sgdmark report --notebook a.json\n"
    "  sgdmark report then.json -o fleet.html             of `fleet gather --json`\n",
    NULL,
    NULL,
    NULL};

/* ---- In the terminal. */

static int print_one(const struct report_options *options, struct result_file *file, struct error *err) {
    const char *path = options->paths[0];
    if (file->schema < 2)
        return fail(err, "%s: has schema 1, which lacks part of the report; `compare` can read it", path);
    const json_t *soak = json_object_get(file->facts, "soak");
    if (!soak && file->experiment_count == 0)
        return fail(err, "%s: holds no experiments of `sgdmark run`, and no soak", path);
    if (json_make_printable(file->root) != 0) return fail_program(err, "%s: out of memory", path);
    if (soak && file->experiment_count == 0) return report_soak(stdout, soak, err);
    return report_whole(stdout, file->facts, terminal_columns(SCREEN_COLUMNS), options->notebook, err);
}

/* ---- As a page. */

struct report_runs {
    struct page_run runs[MOST_RUNS];
    struct result_file files[MOST_RUNS];
    char *carried[MOST_RUNS];
    struct rows_again *again; /* of the run that is alone on its page */
    size_t count;
};

static void runs_free(struct report_runs *all) {
    for (size_t i = 0; i < all->count; i++) {
        result_unload(&all->files[i]);
        free(all->carried[i]);
    }
    rows_again_free(all->again);
}

/* Adds a result that is loaded, as it stands in its file, and ready for the page; takes it over. */
static int add_run(struct report_runs *all, const struct result_file *loaded, struct error *err) {
    struct result_file *file = &all->files[all->count];
    struct page_run *run = &all->runs[all->count];
    *file = *loaded;
    char *carried = report_carried(file->root);
    all->carried[all->count++] = carried;
    if (!carried || json_make_printable(file->root) != 0) return fail_program(err, "%s: out of memory", file->path);
    *run = (struct page_run){.file = file, .carried = carried};
    const char *host = json_string_value(json_object_get(json_object_get(file->root, "context"), "host_name"));
    snprintf(run->name, sizeof run->name, "%zu %.40s", all->count, host ? host : "");
    return 0;
}

static int write_page(const struct report_options *options, const struct report_runs *all, struct error *err) {
    char *page = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&page, &size);
    if (!to) return fail_program(err, "out of memory for a page");
    int bad = page_write(to, all->runs, all->count, err);
    if (fclose(to) != 0 && !bad) bad = fail_program(err, "out of memory for a page");
    if (!bad) bad = report_write_page(options->to.page, page, size, err);
    free(page);
    return bad;
}

static int write_chart(const char *folder, const struct figure *figure, size_t number, struct error *err) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/run-%zu-%s.png", folder, number, figure->id) >= (int)sizeof path)
        return fail(err, "--png: the path of %s is too long", folder);
    return chart_write_png(figure, path, err);
}

static int write_charts(const char *folder, const struct report_runs *all, struct error *err) {
    if (report_png_folder(folder, err) != 0) return -1;
    for (size_t i = 0; i < all->count; i++) {
        struct figure_set set;
        if (figures_make(&set, all->runs[i].file, err) != 0) return -1;
        int bad = 0;
        for (size_t f = 0; f < set.count && !bad; f++)
            if (chart_possible(&set.figures[f])) bad = write_chart(folder, &set.figures[f], i + 1, err);
        figures_free(&set);
        if (bad) return -1;
    }
    return 0;
}

/* Loads the results and adds them. `first` is loaded already, or NULL; it is taken over. */
static int add_all(struct report_runs *all, const struct report_options *options, const struct result_file *first,
                   struct error *err) {
    for (size_t i = 0; i < options->count; i++) {
        struct result_file file;
        const bool loaded = i == 0 && first;
        if (!loaded && result_load(&file, options->paths[i], err) != 0) return -1;
        if (add_run(all, loaded ? first : &file, err) != 0) return -1;
    }
    return 0;
}

static int write_all(const struct report_options *options, const struct result_file *first, struct error *err) {
    static struct report_runs all;
    int bad = add_all(&all, options, first, err);
    if (!bad && options->to.page && all.count == 1) {
        bad = rows_again_make(&all.again, all.files[0].facts, options->data ? options->data : "data/mnist", err);
        all.runs[0].again = all.again;
        if (!bad && options->data && !all.again)
            fprintf(stderr, "sgdmark report: --data: %s does not hold the images of this run, so none are shown\n",
                    options->data);
    }
    if (!bad && options->to.page) bad = write_page(options, &all, err);
    if (!bad && options->to.png) bad = write_charts(options->to.png, &all, err);
    runs_free(&all);
    return bad;
}

/* The one file that is given: a run, a soak, or a fleet. */
static int report_one(const struct report_options *options, struct error *err) {
    struct fleet_file fleet;
    struct result_file file;
    if (fleet_or_result_load(&fleet, &file, options->paths[0], err) != 0) return -1;
    if (fleet.root) {
        const int bad = report_fleet(&fleet, &options->to, err);
        fleet_unload(&fleet);
        return bad;
    }
    if (options->to.page || options->to.png) return write_all(options, &file, err);
    const int bad = print_one(options, &file, err);
    result_unload(&file);
    return bad;
}

int command_report(int argc, char **argv, struct error *err) {
    struct report_options options = {0};
    int parsed = take_arguments(&argp, argc, argv, &options, err);
    if (parsed != 0) return parsed < 0 ? -1 : EXIT_DONE;
    const int bad = options.count == 1 ? report_one(&options, err) : write_all(&options, NULL, err);
    return bad ? -1 : EXIT_DONE;
}
