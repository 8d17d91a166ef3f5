/* SPDX-License-Identifier: MIT */
/* sgdmark report FILE: prints a run again from its result file. */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "record/load.h"
#include "report/run_report.h"
#include "report/screen.h"

enum { KEY_NOTEBOOK = 0x200 };

struct report_options {
    const char *path;
    bool notebook;
};

static error_t parse(int key, char *value, struct argp_state *state) {
    struct report_options *options = state->input;
    if (key == KEY_NOTEBOOK) {
        options->notebook = true;
        return 0;
    }
    if (key != ARGP_KEY_ARG) return ARGP_ERR_UNKNOWN;
    if (options->path) return bad_option("only one result file can be printed at a time; '%s' is a second one", value);
    options->path = value;
    return 0;
}

static const struct argp_option list[] = {
    {"notebook", KEY_NOTEBOOK, NULL, 0, "the notebook step by step, also if the run did not print it", 0}, {0}};
static const struct argp argp = {list,
                                 parse,
                                 "FILE",
                                 "Print the result of a run again, from its file alone.\v"
                                 "Examples:\n"
                                 "  sgdmark report results/node1-2026-11-27T101500Z.json\n"
                                 "  sgdmark run --quick --json a.json && sgdmark report a.json\n"
                                 "  ssh node2 cat run.json | sgdmark report -      from standard input\n"
                                 "  sgdmark report --notebook a.json\n",
                                 NULL,
                                 NULL,
                                 NULL};

/* The first screen of the run, then every table. */
static int print_all(const json_t *facts, bool walk, struct error *err) {
    if (report_screen(stdout, facts, terminal_columns(SCREEN_COLUMNS), err) != 0) return -1;
    putchar('\n');
    return report_run(stdout, facts, walk, err);
}

int command_report(int argc, char **argv, struct error *err) {
    struct report_options options = {0};
    struct result_file file;
    int parsed = take_arguments(&argp, argc, argv, &options, err);
    if (parsed != 0) return parsed < 0 ? -1 : EXIT_DONE;
    if (!options.path) return fail(err, "a result file is needed (%s --help)", argv[0]);
    if (result_load(&file, options.path, err) != 0) return -1;
    int bad = 0;
    if (file.schema < 2)
        bad = fail(err, "%s: has schema 1, which lacks part of the report; `compare` can read it", options.path);
    else if (file.experiment_count == 0)
        bad = fail(err, "%s: holds no experiments of `sgdmark run`", options.path);
    else if (json_make_printable(file.root) != 0)
        bad = fail_program(err, "%s: out of memory", options.path);
    else
        bad = print_all(file.facts, options.notebook, err);
    result_unload(&file);
    return bad ? -1 : EXIT_DONE;
}
