/* sgdmark topo: the machine, drawn, and the placements that it allows. */
#include "base/file.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "machine/cgroup.h"
#include "machine/placement.h"
#include "machine/plan.h"
#include "machine/topology.h"

#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { KEY_TOPOLOGY = 0x300, KEY_PLACE, KEY_ROOF, KEY_NODE_ROOF, KEY_ROWS, KEY_EXPORT, KEY_JSON };

/* Round numbers of today's servers, for want of measured ones: 21 and 37 GB/s were published for one core of Graviton 2
 * and 4, 170 GB/s for all cores of a Graviton 2 (Arm System Characterization Tool). */
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
    case KEY_TOPOLOGY:
        options->topology = value;
        options->expect = true;
        return 0;
    case KEY_PLACE:
        options->place = value;
        return 0;
    case KEY_ROOF:
        options->core_roof = parse_real("roof", value, 0, 1e6);
        options->expect = true;
        return 0;
    case KEY_NODE_ROOF:
        options->node_roof = parse_real("node-roof", value, 0, 1e6);
        options->expect = true;
        return 0;
    case KEY_ROWS:
        options->rows = parse_integer("rows", value, 1, UINT32_MAX);
        return 0;
    case KEY_EXPORT:
        options->export = parse_output_file("export", value);
        return 0;
    case KEY_JSON:
        options->json = parse_output("json", value);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {"topology", KEY_TOPOLOGY, "SYNTHETIC-OR-XML", 0,
     "plan for another machine: an hwloc description such as 'package:2 [numa] l3:2 core:4 pu:2', or an XML file that "
     "lstopo or --export wrote",
     0},
    {"place", KEY_PLACE, "NAME", 0, "only this placement: a name of the list, or one such as core:3, pu:0-7, numa:1",
     0},
    {"roof", KEY_ROOF, "GB/s", 0, "what one core reads, for expected times (20)", 0},
    {"node-roof", KEY_NODE_ROOF, "GB/s", 0, "what all cores read from one memory node (150)", 0},
    {"rows", KEY_ROWS, "N", 0, "rows of 784 bytes to plan for (60000)", 0},
    {"export", KEY_EXPORT, "FILE", 0, "write the topology as XML, without host, process, cgroup and serial names", 0},
    {"json", KEY_JSON, "FILE or -", 0, "write all of it as JSON; with - nothing else goes to stdout", 0},
    {0}};
static const struct argp argp = {
    list, parse, NULL, "Draw the machine and list the placements that it allows. Nothing is timed.", NULL, NULL, NULL};

/* Everything that is shown. */
struct view_of_machine {
    const struct topo_options *options;
    struct topology *topology;
    struct topology_summary summary;
    struct cgroup cgroup;
    struct placement *placements;
    size_t count;
    int columns; /* of the terminal */
    bool utf8;
};

/* ---- text of a given width ---- */

static int terminal_columns(void) {
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) return size.ws_col;
    const char *text = getenv("COLUMNS");
    long columns = text ? strtol(text, NULL, 10) : 0;
    return columns >= 20 && columns <= 10000 ? (int)columns : 80;
}

/* Prints the text from column `at` on, broken behind blanks and commas so that lines start at `indent` and end before
 * `columns`; ends the line. */
static void print_wrapped(const char *text, int at, int indent, int columns) {
    while (*text) {
        int room = columns - at;
        int length = (int)strlen(text);
        if (length > room) {
            int cut = room;
            while (cut > 0 && text[cut - 1] != ' ' && text[cut - 1] != ',')
                cut--;
            if (cut > 0) {
                length = cut;
            } else if (at == indent) {
                length = (int)strcspn(text, " ,") + 1;
                if (length > (int)strlen(text)) length--;
            } else {
                length = 0;
            }
        }
        int shown = length;
        while (shown > 0 && text[shown - 1] == ' ')
            shown--;
        printf("%.*s", shown, text);
        text += length;
        if (!*text) break;
        printf("\n%*s", indent, "");
        at = indent;
    }
    putchar('\n');
}

/* "32 MiB". */
static const char *binary_size(char text[24], uint64_t bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double size = (double)bytes;
    int unit = 0;
    while (size >= 1024 && unit < 6) {
        size /= 1024;
        unit++;
    }
    snprintf(text, 24, "%.3g %s", size >= 100 ? round(size) : size, units[unit]);
    return text;
}

/* "1 core", "2 cores". */
static const char *plural(char text[48], unsigned count, const char *one, const char *many) {
    snprintf(text, 48, "%u %s", count, count == 1 ? one : many);
    return text;
}

/* ---- the drawing ---- */

static void label_item(const struct outline_item *item, char *text, size_t size) {
    char bytes[24];
    switch (item->type) {
    case OUTLINE_MACHINE:
        snprintf(text, size, "Machine");
        break;
    case OUTLINE_PACKAGE:
        snprintf(text, size, "package %u", item->index);
        break;
    case OUTLINE_DIE:
        snprintf(text, size, "die %u", item->index);
        break;
    case OUTLINE_NODE:
        snprintf(text, size, "memory node %u", item->index);
        break;
    case OUTLINE_CACHE:
        snprintf(text, size, "L%u cache %u", item->level, item->index);
        break;
    case OUTLINE_CORE:
        break;
    }
    size_t used = strlen(text);
    if (item->bytes) {
        snprintf(text + used, size - used, ", %s", binary_size(bytes, item->bytes));
        used = strlen(text);
    }
    if (!item->allowed) snprintf(text + used, size - used, " (not allowed)");
}

static void label_core(const struct outline_item *item, char *text, size_t size) {
    snprintf(text, size, "%s%score %u: %s", item->kind, item->kind[0] ? " " : "", item->index, item->threads);
}

/* Whether a line at `depth` follows below items[i] before its parent ends. */
static bool goes_on(const struct outline_item *items, size_t count, size_t i, unsigned depth) {
    for (i++; i < count && items[i].depth >= depth; i++)
        if (items[i].depth == depth) return true;
    return false;
}

/* The lines that lead to a part; `first` is its own first line, `last_of_part` its last item. Returns the width. */
static int print_branches(const struct view_of_machine *view, const struct outline_item *items, size_t count,
                          size_t last_of_part, bool first) {
    unsigned depth = items[last_of_part].depth;
    for (unsigned level = 1; level <= depth; level++) {
        bool more = goes_on(items, count, last_of_part, level);
        const char *line = "   ";
        if (level < depth || !first) {
            if (more) line = view->utf8 ? "│  " : "|  ";
        } else if (view->utf8) {
            line = more ? "├─ " : "└─ ";
        } else {
            line = more ? "|- " : "`- ";
        }
        fputs(line, stdout);
    }
    return (int)depth * 3;
}

/* The cores items[from..to], as many on a line as fit. */
static void draw_cores(const struct view_of_machine *view, const struct outline_item *items, size_t count, size_t from,
                       size_t to) {
    char cell[160];
    int width = 0;
    for (size_t i = from; i <= to; i++) {
        label_core(&items[i], cell, sizeof cell);
        if ((int)strlen(cell) > width) width = (int)strlen(cell);
    }
    int each = (view->columns - (int)items[from].depth * 3 + 2) / (width + 2);
    if (each < 1) each = 1;
    for (size_t i = from; i <= to; i += (size_t)each) {
        print_branches(view, items, count, to, i == from);
        for (size_t k = i; k <= to && k < i + (size_t)each; k++) {
            bool end = k == to || k + 1 == i + (size_t)each;
            label_core(&items[k], cell, sizeof cell);
            printf("%-*s", end ? 0 : width + 2, cell);
        }
        putchar('\n');
    }
}

static void draw_machine(const struct view_of_machine *view) {
    size_t count;
    struct outline_item *items = topology_outline(view->topology, &count);
    if (!items) usage_error("out of memory");
    for (size_t i = 1; i < count; i++) {
        if (items[i].type == OUTLINE_CORE) {
            size_t last = i;
            while (last + 1 < count && items[last + 1].type == OUTLINE_CORE && items[last + 1].depth == items[i].depth)
                last++;
            draw_cores(view, items, count, i, last);
            i = last;
        } else {
            char text[128] = "";
            label_item(&items[i], text, sizeof text);
            int indent = print_branches(view, items, count, i, true);
            print_wrapped(text, indent, indent, view->columns);
        }
    }
    free(items);
}

/* ---- what stands around it ---- */

static void print_title(const struct view_of_machine *view) {
    const struct topology_summary *summary = &view->summary;
    char packages[48];
    char nodes[48];
    char caches[48] = "";
    char cores[48];
    char pus[48];
    char text[640];
    if (summary->last_cache_level > 0)
        snprintf(caches, sizeof caches, "%u L%u cache%s, ", summary->last_caches, summary->last_cache_level,
                 summary->last_caches == 1 ? "" : "s");
    snprintf(text, sizeof text, "%s%s%s: %s, %s, %s%s, %s", summary->this_system ? "This machine" : "Another machine",
             summary->cpu_model[0] ? ", " : "", summary->cpu_model,
             plural(packages, summary->packages, "package", "packages"),
             plural(nodes, summary->nodes, "memory node", "memory nodes"), caches,
             plural(cores, summary->cores, "core", "cores"), plural(pus, summary->pus, "thread (PU)", "threads (PUs)"));
    print_wrapped(text, 0, 2, view->columns);
}

static void print_note(const struct view_of_machine *view, const char *text) {
    print_wrapped(text, 0, 2, view->columns);
}

static void print_legend(const struct view_of_machine *view) {
    const struct topology_summary *summary = &view->summary;
    char text[PU_LIST_TEXT + 128];
    char l1[24];
    char l2[24];
    if (summary->l1_bytes || summary->l2_bytes) {
        snprintf(text, sizeof text, "Caches of the first core: L1d %s, L2 %s.",
                 summary->l1_bytes ? binary_size(l1, summary->l1_bytes) : "not listed",
                 summary->l2_bytes ? binary_size(l2, summary->l2_bytes) : "not listed");
        print_note(view, text);
    }
    snprintf(text, sizeof text, "Behind each core stand its PUs as the system numbers them%s.",
             summary->not_allowed[0] ? ", in brackets those not allowed" : "");
    print_note(view, text);
    if (summary->kinds > 1) {
        snprintf(text, sizeof text, "Hybrid: kinds of core %s, the fastest first.", summary->kind_names);
        print_note(view, text);
    }
}

/* What narrows the choice on this machine. */
static void print_limits(const struct view_of_machine *view) {
    const struct topology_summary *summary = &view->summary;
    char text[2 * PU_LIST_TEXT + 256];
    if (summary->not_allowed[0]) {
        snprintf(text, sizeof text, "Not allowed here (cgroup cpuset, taskset): PUs %s. Allowed: %s.",
                 summary->not_allowed, summary->allowed);
        print_note(view, text);
    }
    if (summary->allowed_pus == 1) {
        snprintf(text, sizeof text, "One PU is allowed (%s): every placement that is left is that PU.",
                 summary->allowed);
        print_note(view, text);
    }
    if (summary->allowed_nodes < summary->nodes) {
        snprintf(text, sizeof text, "Memory of %u of %u nodes is allowed.", summary->allowed_nodes, summary->nodes);
        print_note(view, text);
    }
    if (summary->this_system && !isnan(view->cgroup.quota)) {
        snprintf(
            text, sizeof text,
            "CPU quota: %.3g CPUs' worth of time (cgroup %s, quota and period %s). Workers beyond that are stopped "
            "for part of each period; results record how often.",
            view->cgroup.quota, view->cgroup.path, view->cgroup.quota_text);
        print_note(view, text);
    }
}

/* ---- placements ---- */

static const struct plan_job *job_of(const struct topo_options *options) {
    static struct plan_job job = {.row_bytes = 784, .folds = 3, .epochs = 5};
    job.rows = options->rows;
    return &job;
}

static struct plan expect(const struct view_of_machine *view, const struct placement *placement) {
    struct roofs roofs = {view->options->core_roof * 1e9, view->options->node_roof * 1e9};
    return plan_placement(placement, view->summary.allowed_nodes, job_of(view->options), &roofs);
}

/* "PUs 0,2; rows 47 MB on memory node 0". */
static void describe_placement(const struct view_of_machine *view, const struct placement *placement, char *text,
                               size_t size) {
    if (!placement->available) {
        snprintf(text, size, "not here: %s", placement->reason);
        return;
    }
    char pus[PU_LIST_TEXT];
    char nodes[PU_LIST_TEXT];
    placement_pus(placement, pus);
    placement_nodes(placement, view->topology, nodes);
    bool several = strpbrk(nodes, ",-") != NULL;
    double megabytes = (double)expect(view, placement).node_bytes / 1e6;
    snprintf(text, size, "PU%s %s; rows: %.3g MB on %s%s%s%s", placement->count == 1 ? "" : "s", pus,
             megabytes >= 100 ? round(megabytes) : megabytes, several ? "each of memory nodes " : "memory node ", nodes,
             placement->same_as[0] ? "; the same as " : "", placement->same_as);
}

static void print_placement(const struct view_of_machine *view, const struct placement *placement) {
    char text[2 * PU_LIST_TEXT + 256];
    describe_placement(view, placement, text, sizeof text);
    bool narrow = view->columns < 64;
    int at = printf("%-16s", placement->name);
    at += placement->available ? printf(" %7zu", placement->count) : printf(" %7s", "-");
    if (view->options->expect) {
        struct plan plan = expect(view, placement);
        at += placement->available ? printf(" %8.4g %8.4g", plan.fold_seconds * 1e3, plan.folds_per_second)
                                   : printf(" %8s %8s", "-", "-");
    }
    if (narrow) {
        putchar('\n');
        at = 0;
    }
    at += printf("%s", narrow ? "    " : "  ");
    print_wrapped(text, at, at, view->columns);
}

static void print_assumptions(const struct view_of_machine *view) {
    char text[640];
    const struct topo_options *options = view->options;
    snprintf(
        text, sizeof text,
        "Expected, not timed: ms per fold (5 epochs of 3-fold cross-validation over %llu rows of 784 bytes) and "
        "folds/s of all workers, if one core reads %g GB/s (--roof), all cores together %g GB/s from a memory node "
        "(--node-roof), and half as fast from another node. Caches and arithmetic are left out.",
        (unsigned long long)options->rows, options->core_roof, options->node_roof);
    print_note(view, text);
    if (!view->summary.this_system)
        print_note(view, "This topology is not this machine's: nothing on it can be bound or timed.");
}

static void print_placements(const struct view_of_machine *view) {
    bool narrow = view->columns < 64;
    printf("%-16s workers%s%s\n", "placement", view->options->expect ? "  ms/fold  folds/s" : "",
           narrow ? "" : "  where");
    for (size_t i = 0; i < view->count; i++)
        print_placement(view, &view->placements[i]);
}

static void print_view(const struct view_of_machine *view) {
    print_title(view);
    draw_machine(view);
    print_legend(view);
    print_limits(view);
    putchar('\n');
    print_placements(view);
    if (!view->options->expect) return;
    putchar('\n');
    print_assumptions(view);
}

/* ---- files ---- */

static json_t *placements_json(const struct view_of_machine *view) {
    json_t *all = json_array();
    for (size_t i = 0; i < view->count; i++) {
        const struct placement *placement = &view->placements[i];
        json_t *one = placement_json(placement);
        if (placement->same_as[0]) json_object_set_new(one, "same_as", json_string(placement->same_as));
        if (placement->available && view->options->expect) {
            struct plan plan = expect(view, placement);
            json_object_set_new(one, "node_bytes", json_integer((json_int_t)plan.node_bytes));
            json_object_set_new(one, "expected_fold_seconds", json_number(plan.fold_seconds));
            json_object_set_new(one, "expected_folds_per_second", json_number(plan.folds_per_second));
        }
        json_array_append_new(all, one);
    }
    return all;
}

static json_t *view_json(const struct view_of_machine *view) {
    json_t *out = json_pack("{s:o*, s:o, s:b}", "topology", topology_json(view->topology), "placements",
                            placements_json(view), "timed", 0);
    if (view->summary.this_system) json_object_set_new(out, "cgroup", cgroup_json(&view->cgroup));
    if (!view->options->expect) return out;
    const struct plan_job *job = job_of(view->options);
    json_object_set_new(out, "assumed",
                        json_pack("{s:o, s:o, s:I, s:I, s:i, s:i}", "core_roof_gb_per_s",
                                  json_number(view->options->core_roof), "node_roof_gb_per_s",
                                  json_number(view->options->node_roof), "rows", (json_int_t)job->rows, "row_bytes",
                                  (json_int_t)job->row_bytes, "folds", job->folds, "epochs", job->epochs));
    return out;
}

static void write_files(const struct view_of_machine *view) {
    struct error err;
    if (view->options->export) {
        char *xml = topology_xml(view->topology, &err);
        struct span whole = {xml, xml ? strlen(xml) : 0};
        if (!xml || write_file(view->options->export, &whole, 1, &err) != 0) usage_error("%s", err.text);
        free(xml);
    }
    if (!view->options->json) return;
    json_t *json = view_json(view);
    if (!json) usage_error("out of memory");
    if (write_json(view->options->json, json, &err) != 0) usage_error("%s", err.text);
    json_decref(json);
}

static void find_placements(struct view_of_machine *view) {
    struct error err;
    int bad;
    if (view->options->place) {
        view->placements = calloc(1, sizeof *view->placements);
        if (!view->placements) usage_error("out of memory");
        view->count = 1;
        bad = placement_resolve(view->placements, view->topology, view->options->place, &err);
    } else {
        bad = placement_list(&view->placements, &view->count, view->topology, &err);
    }
    if (bad) usage_error("%s", err.text);
}

int command_topo(int argc, char **argv, struct error *err) {
    (void)err;
    struct topo_options options = {.core_roof = DEFAULT_CORE_ROOF, .node_roof = DEFAULT_NODE_ROOF, .rows = 60000};
    parse_arguments(&argp, argc, argv, &options);
    struct view_of_machine view = {.options = &options, .columns = terminal_columns()};
    struct error why;
    setlocale(LC_CTYPE, "");
    view.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (topology_load(&view.topology, options.topology, &why) != 0) usage_error("%s", why.text);
    topology_summarize(view.topology, &view.summary);
    cgroup_read(&view.cgroup);
    find_placements(&view);
    if (!to_stdout(options.json)) print_view(&view);
    write_files(&view);
    placement_list_free(view.placements, view.count);
    topology_free(view.topology);
    return EXIT_DONE;
}
