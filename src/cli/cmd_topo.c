/* SPDX-License-Identifier: MIT */
/* sgdmark topo: the machine, drawn, and the placements that it allows. */
#include "base/file.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/results.h"
#include "report/topo_report.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { KEY_TOPOLOGY = 0x300, KEY_PLACE, KEY_ROOF, KEY_NODE_ROOF, KEY_ROWS, KEY_EXPORT, KEY_JSON };

/* GB/s, as round numbers: Arm's System Characterization Tool reads 21 GB/s with one core of Graviton 2, 37 with one of
 * Graviton 4, 170 with all cores of a Graviton 2. */
#define DEFAULT_CORE_ROOF 20.0
#define DEFAULT_NODE_ROOF 150.0

struct topo_options {
    const char *topology, *place, *export, *json;
    double core_roof, node_roof; /* GB/s */
    bool expect;                 /* expected times are asked for */
    uint64_t rows;
};

static error_t parse(int key, char *value, struct argp_state *state) {
    struct topo_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        *options = (struct topo_options){.core_roof = DEFAULT_CORE_ROOF, .node_roof = DEFAULT_NODE_ROOF, .rows = 60000};
        return 0;
    case KEY_TOPOLOGY:
        options->topology = value;
        options->expect = true;
        return 0;
    case KEY_PLACE:
        options->place = value;
        return 0;
    case KEY_ROOF:
        options->expect = true;
        return take_real(&options->core_roof, "roof", value, 0, 1e6);
    case KEY_NODE_ROOF:
        options->expect = true;
        return take_real(&options->node_roof, "node-roof", value, 0, 1e6);
    case KEY_ROWS:
        return take_integer(&options->rows, "rows", value, 1, UINT32_MAX);
    case KEY_EXPORT:
        return take_output_file(&options->export, "export", value);
    case KEY_JSON:
        return take_output(&options->json, "json", value);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {NULL, 0, NULL, 0, "Machine:", OPTIONS_OWN},
    {"topology", KEY_TOPOLOGY, "SYNTHETIC-OR-XML", 0,
     "plan for another machine: an hwloc description, or an XML file that lstopo or --export wrote; - reads either "
     "from standard input (this machine)",
     0},
    {"place", KEY_PLACE, "NAME", 0,
     "show only this placement: a name of the list, or an expression such as core:3, pu:0-30:2, numa:1; PUs have the "
     "operating system's numbers (all names)",
     0},
    {NULL, 0, NULL, 0, "Expected times, shown when --topology or a roof is given:", OPTIONS_OWN + 1},
    {"roof", KEY_ROOF, "GB/s", 0, "what one core reads from memory (20)", 0},
    {"node-roof", KEY_NODE_ROOF, "GB/s", 0, "what all cores together read from one memory node (150)", 0},
    {"rows", KEY_ROWS, "N", 0, "rows of 784 bytes (60000)", 0},
    {NULL, 0, NULL, 0, "Output:", OPTIONS_OWN + 2},
    {"export", KEY_EXPORT, "FILE", 0, "write the topology as XML, without host, process, cgroup and serial names", 0},
    {"json", KEY_JSON, "FILE", 0, "write all of it as JSON; with - nothing else goes to stdout", 0},
    {0}};
static const struct argp argp = {list,
                                 parse,
                                 NULL,
                                 "Draw the machine and list the placements that it allows. Nothing is timed.\v"
                                 "Examples:\n"
                                 "  sgdmark topo                            this machine and its placements\n"
                                 "  sgdmark topo --place all-cores          one worker on each core\n"
                                 "  sgdmark topo --topology 'core:16 pu:2' --place pu:0-30:2\n"
                                 "                                          every second PU up to 30\n"
                                 "  sgdmark topo --topology 'package:2 [numa] l3:2 core:4 pu:2' --roof 12\n"
                                 "                                          plan for another machine\n",
                                 NULL,
                                 NULL,
                                 NULL};

static int terminal_columns(void) {
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) return size.ws_col;
    const char *text = getenv("COLUMNS");
    long columns = text ? strtol(text, NULL, 10) : 0;
    return columns >= 20 && columns <= 10000 ? (int)columns : 80;
}

static struct topo_style style_of_stdout(void) {
    setlocale(LC_CTYPE, "");
    return (struct topo_style){.columns = terminal_columns(), .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0};
}

/* The placements that are asked for, as found by placement_list. */
static int find_placements(struct placement **placements, size_t *count, const struct topology *topology,
                           const char *place, struct error *err) {
    if (!place) {
        int bad = placement_list(placements, count, topology, err);
        if (!bad) return 0;
        *placements = NULL; /* placement_list has freed them */
        *count = 0;
        return -1;
    }
    *placements = calloc(1, sizeof **placements);
    if (!*placements) return fail_program(err, "out of memory for a placement");
    *count = 1;
    return placement_resolve(*placements, topology, place, err);
}

static int plan_placements(struct topo_view *view, const struct placement *placements, size_t count,
                           struct error *err) {
    view->placements = calloc(count + 1, sizeof *view->placements);
    if (!view->placements) return fail_program(err, "out of memory for %zu placements", count);
    view->count = count;
    for (size_t i = 0; i < count; i++) {
        struct planned_placement *planned = &view->placements[i];
        planned->placement = &placements[i];
        if (!placements[i].available) continue;
        planned->plan = plan_placement(&placements[i], view->summary.usable_nodes, &view->job, &view->roofs);
        placement_pus(&placements[i], planned->pus);
        placement_remote_pus(&placements[i], planned->remote);
        placement_nodes(&placements[i], view->topology, planned->nodes);
    }
    return 0;
}

static int write_export(const struct topology *topology, const char *path, struct error *err) {
    char *xml = topology_xml(topology, err);
    if (!xml) return -1;
    struct span whole = {xml, strlen(xml)};
    int bad = write_file(path, &whole, 1, err);
    free(xml);
    return bad;
}

static int show(const struct topo_view *view, const struct topo_options *options, struct error *err) {
    const struct topo_style style = style_of_stdout();
    if (!to_stdout(options->json)) print_topo(stdout, view, &style);
    if (options->export && write_export(view->topology, options->export, err) != 0) return -1;
    if (!options->json) return 0;
    json_t *json = topo_json(view);
    int bad = json ? output_json(options->json, json, err) : fail_program(err, "out of memory for the JSON");
    json_decref(json);
    return bad;
}

/* Looks at the topology, plans its placements and shows both. */
static int view_topology(const struct topology *topology, const struct topo_options *options, struct error *err) {
    struct placement *placements = NULL;
    size_t count = 0;
    struct topo_view view = {.topology = topology,
                             .job = {.rows = options->rows, .row_bytes = 784, .folds = 3, .epochs = 5},
                             .roofs = {options->core_roof * 1e9, options->node_roof * 1e9},
                             .expect = options->expect};
    topology_summarize(topology, &view.summary);
    cgroup_read(&view.cgroup);
    int bad = find_placements(&placements, &count, topology, options->place, err);
    if (!bad) bad = plan_placements(&view, placements, count, err);
    if (!bad) {
        view.outline = topology_outline(topology, &view.outline_count);
        bad = view.outline ? show(&view, options, err) : fail_program(err, "out of memory for the drawing");
    }
    free(view.outline);
    free(view.placements);
    placement_list_free(placements, count);
    return bad;
}

int command_topo(int argc, char **argv, struct error *err) {
    struct topo_options options;
    int done = take_arguments(&argp, argc, argv, &options, err);
    if (done) return done < 0 ? -1 : EXIT_DONE;
    struct topology *topology;
    if (topology_load(&topology, options.topology, err) != 0) return -1;
    int bad = view_topology(topology, &options, err);
    topology_free(topology);
    return bad ? -1 : EXIT_DONE;
}
