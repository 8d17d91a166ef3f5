/* SPDX-License-Identifier: MIT */
#include "report/topo_report.h"

#include "base/json.h"
#include "report/wrapped.h"

#include <math.h>
#include <string.h>

enum { NARROW = 64, NOTE_TEXT = 2 * PU_LIST_TEXT + 768 }; /* below so many columns a placement takes two lines */

static void print_note(FILE *out, const struct topo_style *style, const char *text) {
    print_wrapped(out, text, 0, 2, style->columns);
}

/* "1 core", "2 cores". */
enum { COUNT_TEXT = 48 };
static const char *counted(char text[COUNT_TEXT], unsigned count, const char *one, const char *many) {
    snprintf(text, COUNT_TEXT, "%u %s", count, count == 1 ? one : many);
    return text;
}

static void print_title(FILE *out, const struct topo_view *view, const struct topo_style *style) {
    const struct topology_summary *summary = &view->summary;
    char packages[COUNT_TEXT];
    char nodes[COUNT_TEXT];
    char caches[COUNT_TEXT] = "";
    char cores[COUNT_TEXT];
    char pus[COUNT_TEXT];
    char text[NOTE_TEXT];
    if (summary->last_cache_level > 0)
        snprintf(caches, sizeof caches, "%u L%u cache%s, ", summary->last_caches, summary->last_cache_level,
                 summary->last_caches == 1 ? "" : "s");
    snprintf(text, sizeof text, "%s%s%s: %s, %s, %s%s, %s", summary->this_system ? "This machine" : "Another machine",
             summary->cpu_model[0] ? ", " : "", summary->cpu_model,
             counted(packages, summary->packages, "package", "packages"),
             counted(nodes, summary->nodes, "memory node", "memory nodes"), caches,
             counted(cores, summary->cores, "core", "cores"),
             counted(pus, summary->pus, "thread (PU)", "threads (PUs)"));
    print_note(out, style, text);
}

static void print_legend(FILE *out, const struct topo_view *view, const struct topo_style *style) {
    const struct topology_summary *summary = &view->summary;
    char text[NOTE_TEXT];
    char l1[SIZE_TEXT];
    char l2[SIZE_TEXT];
    if (summary->l1_bytes || summary->l2_bytes) {
        snprintf(text, sizeof text, "Caches of the first core: L1d %s, L2 %s.",
                 summary->l1_bytes ? binary_size(l1, summary->l1_bytes) : "not listed",
                 summary->l2_bytes ? binary_size(l2, summary->l2_bytes) : "not listed");
        print_note(out, style, text);
    }
    snprintf(text, sizeof text, "Each core is followed by its PUs, numbered as the operating system does%s.",
             summary->not_allowed[0] ? "; those in brackets are not allowed" : "");
    print_note(out, style, text);
    if (summary->kinds > 1) {
        snprintf(text, sizeof text, "Hybrid: kinds of core %s, the fastest first.", summary->kind_names);
        print_note(out, style, text);
    }
}

/* What narrows the choice on this machine. */
static void print_limits(FILE *out, const struct topo_view *view, const struct topo_style *style) {
    const struct topology_summary *summary = &view->summary;
    char text[NOTE_TEXT + sizeof view->cgroup.path];
    if (summary->not_allowed[0]) {
        snprintf(text, sizeof text, "Not allowed here (cgroup cpuset, taskset): PUs %s. Allowed: %s.",
                 summary->not_allowed, summary->allowed);
        print_note(out, style, text);
    }
    if (summary->allowed_pus == 1) {
        snprintf(text, sizeof text, "One PU is allowed (%s): all placements that are left use it.", summary->allowed);
        print_note(out, style, text);
    }
    if (summary->allowed_nodes < summary->nodes) {
        snprintf(text, sizeof text, "Memory of %u of %u nodes is allowed.", summary->allowed_nodes, summary->nodes);
        print_note(out, style, text);
    }
    if (summary->usable_nodes < summary->allowed_nodes) {
        snprintf(text, sizeof text, "%u of the %u allowed memory nodes have memory.", summary->usable_nodes,
                 summary->allowed_nodes);
        print_note(out, style, text);
    }
    if (summary->variables[0]) {
        snprintf(text, sizeof text, "Environment: %s (--topology plans for another machine).", summary->variables);
        print_note(out, style, text);
    }
    if (summary->this_system && !isnan(view->cgroup.quota)) {
        snprintf(text, sizeof text,
                 "CPU quota: %.3g CPUs' worth of time (cgroup %s, quota and period %s). The system stops workers that "
                 "use more for the rest of each period; result files record how often.",
                 view->cgroup.quota, view->cgroup.path, view->cgroup.quota_text);
        print_note(out, style, text);
    }
}

/* "on memory node 0", "on each of memory nodes 0-1", "" where no node is listed. */
static void describe_nodes(char text[PU_LIST_TEXT + 32], const char *nodes) {
    const bool several = strpbrk(nodes, ",-") != NULL;
    snprintf(text, PU_LIST_TEXT + 32, "%s%s", several ? " on each of memory nodes " : " on memory node ", nodes);
    if (!nodes[0]) text[0] = 0;
}

/* Appends "; PUs 0-1 have no memory of their own and read at the rate of another node". */
static void describe_remote(char text[NOTE_TEXT + PU_LIST_TEXT], const char *pus) {
    const size_t used = strlen(text);
    if (!pus[0]) return;
    const bool several = strpbrk(pus, ",-") != NULL;
    snprintf(text + used, NOTE_TEXT + PU_LIST_TEXT - used,
             "; PU%s %s ha%s no memory of %s own and read%s another node's", several ? "s" : "", pus,
             several ? "ve" : "s", several ? "their" : "its", several ? "" : "s");
}

/* "PUs 0,2; rows: 47 MB on memory node 0". */
static void describe_placement(char text[NOTE_TEXT + PU_LIST_TEXT], const struct planned_placement *planned) {
    const struct placement *placement = planned->placement;
    if (!placement->available) {
        snprintf(text, NOTE_TEXT, "not here: %s", placement->reason);
        return;
    }
    char pus[PU_LIST_TEXT + 8], nodes[PU_LIST_TEXT + 32];
    const double megabytes = (double)planned->plan.node_bytes / 1e6;
    describe_nodes(nodes, planned->nodes);
    snprintf(pus, sizeof pus, "PU%s %s", placement->count == 1 ? "" : "s", planned->pus);
    snprintf(text, NOTE_TEXT + PU_LIST_TEXT, "%s; rows: %.3g MB%s", placement->unbound ? "any PU" : pus,
             megabytes >= 100 ? round(megabytes) : megabytes, nodes);
    describe_remote(text, planned->remote);
    const size_t used = strlen(text);
    snprintf(text + used, NOTE_TEXT + PU_LIST_TEXT - used, "%s%s%s%s", placement->same_as[0] ? "; the same as " : "",
             placement->same_as, placement->note[0] ? "; " : "", placement->note);
}

static void print_placement(FILE *out, const struct topo_view *view, const struct topo_style *style,
                            const struct planned_placement *planned) {
    char text[NOTE_TEXT + PU_LIST_TEXT];
    const struct placement *placement = planned->placement;
    const bool narrow = style->columns < NARROW;
    describe_placement(text, planned);
    int at = fprintf(out, "%-16s", placement->name);
    at += placement->available ? fprintf(out, " %7zu", placement->count) : fprintf(out, " %7s", "-");
    if (view->expect && placement->available)
        at += fprintf(out, " %8.4g %8.4g", planned->plan.fold_seconds * 1e3, planned->plan.folds_per_second);
    else if (view->expect)
        at += fprintf(out, " %8s %8s", "-", "-");
    if (narrow) {
        fputc('\n', out);
        at = 0;
    }
    at += fprintf(out, "%s", narrow ? "    " : "  ");
    print_wrapped(out, text, at, at, style->columns);
}

/* By hand and not with report/table.h, since the last column is broken into lines that fit the terminal. */
static void print_placements(FILE *out, const struct topo_view *view, const struct topo_style *style) {
    fprintf(out, "%-16s workers%s%s\n", "placement", view->expect ? "  ms/fold  folds/s" : "",
            style->columns < NARROW ? "" : "  where");
    for (size_t i = 0; i < view->count; i++)
        print_placement(out, view, style, &view->placements[i]);
}

static void print_assumptions(FILE *out, const struct topo_view *view, const struct topo_style *style) {
    char text[NOTE_TEXT];
    snprintf(
        text, sizeof text,
        "Expected, not timed: ms per fold (%u epochs of %u-fold cross-validation over %llu rows of %llu bytes) and "
        "folds/s of all workers. Assumed: one core reads %g GB/s (--roof), all cores together read %g GB/s from a "
        "memory node (--node-roof), another node is half as fast. Caches and arithmetic are left out.",
        view->job.epochs, view->job.folds, (unsigned long long)view->job.rows, (unsigned long long)view->job.row_bytes,
        view->roofs.core / 1e9, view->roofs.node / 1e9);
    print_note(out, style, text);
    if (!view->summary.this_system)
        print_note(out, style, "This topology is not this machine's: nothing on it can be bound or timed.");
}

void print_topo(FILE *out, const struct topo_view *view, const struct topo_style *style) {
    print_title(out, view, style);
    print_outline(out, view, style);
    print_legend(out, view, style);
    print_limits(out, view, style);
    fputc('\n', out);
    print_placements(out, view, style);
    if (!view->expect) return;
    fputc('\n', out);
    print_assumptions(out, view, style);
}

static json_t *planned_json(const struct planned_placement *planned, bool expect) {
    const struct placement *placement = planned->placement;
    json_t *one = placement_json(placement);
    int bad = 0;
    if (placement->same_as[0]) bad |= json_put(one, "same_as", json_escaped(placement->same_as));
    if (placement->available && expect) {
        bad |= json_put(one, "node_bytes", json_integer((json_int_t)planned->plan.node_bytes));
        bad |= json_put(one, "expected_fold_seconds", json_number(planned->plan.fold_seconds));
        bad |= json_put(one, "expected_folds_per_second", json_number(planned->plan.folds_per_second));
    }
    if (!bad) return one;
    json_decref(one);
    return NULL;
}

static json_t *assumed_json(const struct topo_view *view) {
    return json_pack("{s:o, s:o, s:I, s:I, s:i, s:i}", "core_roof_gb_per_s", json_number(view->roofs.core / 1e9),
                     "node_roof_gb_per_s", json_number(view->roofs.node / 1e9), "rows", (json_int_t)view->job.rows,
                     "row_bytes", (json_int_t)view->job.row_bytes, "folds", (int)view->job.folds, "epochs",
                     (int)view->job.epochs);
}

json_t *topo_json(const struct topo_view *view) {
    json_t *placements = json_array();
    json_t *whole =
        json_pack("{s:o*, s:O, s:b}", "topology", topology_json(view->topology), "placements", placements, "timed", 0);
    int bad = !whole;
    for (size_t i = 0; i < view->count && !bad; i++)
        bad |= json_add(placements, planned_json(&view->placements[i], view->expect));
    if (!bad && view->summary.this_system) bad |= json_put(whole, "cgroup", cgroup_json(&view->cgroup));
    if (!bad && view->expect) bad |= json_put(whole, "assumed", assumed_json(view));
    json_decref(placements);
    if (!bad) return whole;
    json_decref(whole);
    return NULL;
}
