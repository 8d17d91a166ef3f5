/* SPDX-License-Identifier: MIT */
/* sgdmark fleet gather and sgdmark fleet script. */
#include "base/program.h"
#include "cli/commands.h"
#include "cli/fleet.h"
#include "cli/options.h"
#include "cli/results.h"
#include "record/fleet.h"
#include "report/fleet_report.h"
#include "report/fleet_script.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_NODES = 0x200, KEY_EXPECT, KEY_HISTORY, KEY_JSON, KEY_OUT, KEY_DATA };

/* ---- gather */

struct gather_options {
    const char *folder, *nodes, *history, *json;
    uint64_t expect;
};

static error_t parse_gather(int key, char *value, struct argp_state *state) {
    struct gather_options *options = state->input;
    switch (key) {
    case KEY_NODES:
        options->nodes = value;
        return 0;
    case KEY_EXPECT:
        return take_integer(&options->expect, "expect", value, 1, 100000000);
    case KEY_HISTORY:
        options->history = value;
        return 0;
    case KEY_JSON:
        return take_output(&options->json, "json", value);
    case ARGP_KEY_ARG:
        if (options->folder) return bad_option("'%.200s' is a second folder: gather takes one", value);
        options->folder = value;
        return 0;
    case ARGP_KEY_END:
        return options->folder && *options->folder ? 0
                                                   : bad_option("the folder that `fleet run --out` wrote is missing");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option gather_list[] = {
    {NULL, 0, NULL, 0, "What is expected:", OPTIONS_OWN},
    {"nodes", KEY_NODES, "LIST", 0, "the nodes that should be there, as Slurm lists them: n[1-3,7],m1", 0},
    {"expect", KEY_EXPECT, "N", 0, "how many nodes should be there (what the launcher said)", 0},
    {"history", KEY_HISTORY, "FILE", 0, "JSON of an earlier gathering: names nodes that became slower", 0},
    OPTIONS_OUTPUT,
    {"json", KEY_JSON, "FILE", 0, "write all of it as JSON; with - nothing else goes to stdout", 0},
    {0}};
static const struct argp gather_argp = {
    gather_list,
    parse_gather,
    "DIR",
    "Judge the nodes whose files are in a folder. Nodes are compared with those of the same CPU, cores, memory, "
    "microcode "
    "and build. A node is slow if a time lies beyond the group's median by more than 6 MAD and 3 %, in both of its "
    "rounds. Files that are cut, changed, of another version or run, or twice of one node are named and not counted. "
    "Exit "
    "status 1 where a node is slow, wrong, dead or missing.\v"
    "Examples:\n"
    "  sgdmark fleet gather DIR\n"
    "  sgdmark fleet gather DIR --nodes 'n[001-100]' --json now.json\n"
    "  sgdmark fleet gather DIR --history then.json   who became slower\n"
    "  sgdmark report then.json -o fleet.html         a page of it, with a chart\n",
    NULL,
    NULL,
    NULL};

static json_t *load_history(const char *path, struct error *err) {
    json_error_t why;
    json_t *history = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!history) fail(err, "--history: %.500s: cannot be read: line %d: %.300s", path, why.line, why.text);
    return history;
}

/* The JSON is made in any case: what is printed is what is recorded. */
static int put_out(const struct fleet *fleet, const char *path, struct error *err) {
    json_t *json = fleet_json(fleet);
    int bad = json ? 0 : fail_program(err, "out of memory for the JSON");
    if (!bad && path) bad = output_json(path, json, err);
    if (!bad && !to_stdout(path)) bad = print_fleet(stdout, json_object_get(json, "sgdmark"), err);
    json_decref(json);
    return bad;
}

static int judge(struct fleet *fleet, const struct gather_options *options, struct error *err) {
    struct error why;
    json_t *history = NULL;
    if (fleet_collect(fleet, options->folder, err) != 0) return -1;
    if (fleet_expect(fleet, options->nodes, options->expect, &why) != 0)
        return fail_as(err, why.kind, "--nodes: %.900s", why.text);
    if (options->history && !(history = load_history(options->history, err))) return -1;
    int bad = fleet_judge(fleet, history, &why);
    if (bad) fail_as(err, why.kind, "%s%.900s", history && why.kind == ERROR_INPUT ? "--history: " : "", why.text);
    json_decref(history);
    return bad;
}

int fleet_gather(int argc, char **argv, struct error *err) {
    struct gather_options options = {0};
    struct fleet fleet = {0};
    const int done = take_arguments(&gather_argp, argc, argv, &options, err);
    if (done) return done < 0 ? -1 : EXIT_DONE;
    int bad = judge(&fleet, &options, err);
    if (!bad) bad = put_out(&fleet, options.json, err);
    const bool well = !bad && fleet_is_well(&fleet);
    fleet_free(&fleet);
    if (bad) return -1;
    return well ? EXIT_DONE : EXIT_CHECK_FAILED;
}

/* ---- script */

struct script_options {
    int launcher; /* -1: not given */
    const char *data, *out, *nodes;
};

static error_t parse_script(int key, char *value, struct argp_state *state) {
    struct script_options *options = state->input;
    switch (key) {
    case KEY_DATA:
        options->data = value;
        return *value ? 0 : bad_option("--data: the name of a folder is empty");
    case KEY_OUT:
        options->out = value;
        return *value ? 0 : bad_option("--out: the name of a folder is empty");
    case KEY_NODES:
        options->nodes = value;
        return *value ? 0 : bad_option("--nodes: the name of a file is empty");
    case ARGP_KEY_ARG:
        return take_choice(&options->launcher, "script", value, fleet_launcher_names);
    case ARGP_KEY_END:
        return options->launcher >= 0 ? 0 : bad_option("the launcher is missing: slurm, mpi, parallel or pdsh");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option script_list[] = {
    {NULL, 0, NULL, 0, "What the script does:", OPTIONS_OWN},
    {"data", KEY_DATA, "DIR", 0, "the data set, as `fleet run` takes it (data/mnist)", 0},
    {"out", KEY_OUT, "DIR", 0, "the folder, seen by all nodes, in which each run gets one of its own (results/fleet)",
     0},
    {"nodes", KEY_NODES, "FILE", 0, "names of nodes, one in each line; Slurm knows them itself (nodes.txt)", 0},
    {0}};
static const struct argp script_argp = {script_list,
                                        parse_script,
                                        "slurm|mpi|parallel|pdsh",
                                        "Print a job script that screens all nodes and gathers what they found.\v"
                                        "Examples:\n"
                                        "  sgdmark fleet script slurm > job && sbatch -N 100 job\n"
                                        "  sgdmark fleet script parallel --nodes hosts > job && bash job\n",
                                        NULL,
                                        NULL,
                                        NULL};

/* The path from the root, also of what does not exist yet. */
static void make_absolute(char to[PATH_MAX], const char *path) {
    char here[PATH_MAX];
    if (realpath(path, to)) return;
    const bool relative = path[0] != '/' && getcwd(here, sizeof here);
    snprintf(to, PATH_MAX, "%.2000s%s%.2000s", relative ? here : "", relative ? "/" : "", path);
}

int fleet_print_script(int argc, char **argv, struct error *err) {
    struct script_options options = {-1, "data/mnist", "results/fleet", "nodes.txt"};
    char program[PATH_MAX], data[PATH_MAX], out[PATH_MAX], nodes[PATH_MAX];
    const int done = take_arguments(&script_argp, argc, argv, &options, err);
    if (done) return done < 0 ? -1 : EXIT_DONE;
    make_absolute(program, program_file());
    make_absolute(data, options.data);
    make_absolute(out, options.out);
    make_absolute(nodes, options.nodes);
    const bool synthetic = strncmp(options.data, "synthetic", 9) == 0;
    const struct fleet_script script = {program, synthetic ? options.data : data, out, nodes};
    print_fleet_script(stdout, (enum fleet_launcher)options.launcher, &script);
    return EXIT_DONE;
}
