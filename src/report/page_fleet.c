/* SPDX-License-Identifier: MIT */
#include "report/page_fleet.h"

#include "record/figure.h"
#include "report/chart.h"
#include "report/facts.h"
#include "report/fleet_report.h"
#include "report/html.h"
#include "report/page_figure.h"
#include "report/page_frame.h"

#include <string.h>

enum { LISTED = 500 }; /* nodes that a list names at most; the file inside the page has all */

static void put_cell(FILE *to, const char *class_name, const char *text) {
    fprintf(to, "<td%s>", class_name);
    html_text(to, text);
    fputs("</td>", to);
}

static void put_verdict(FILE *to, const json_t *facts) {
    const bool well = fact_true(facts, "well");
    fputs("<p class=\"lead\"><strong>", to);
    html_text(to, fact_text(facts, "verdict"));
    fprintf(to, "</strong> <span class=\"badge%s\">%s</span></p>\n", well ? "" : " bad", well ? "well" : "NOT well");
    if (fact_true(facts, "singletons"))
        fputs(
            "<p class=\"note\">Each process believes to be alone: start them as one job, with srun, or with mpirun of "
            "the MPI that <code>sgdmark fleet script mpi</code> names.</p>\n",
            to);
}

/* ---- Nodes that stand out. */

static void put_faults(FILE *to, const json_t *node) {
    size_t i;
    json_t *fault;
    html_format(to, "%.0f of %.0f checks failed", fact_number(node, "wrong"), fact_number(node, "checks"));
    json_array_foreach(json_object_get(node, "faults"), i, fault) {
        html_format(to, "; %s", fact_text(fault, "what"));
        if (fact_number(fault, "pu") >= 0)
            html_format(to, " on core %.0f (PU %.0f, package %.0f)", fact_number(fault, "core"),
                        fact_number(fault, "pu"), fact_number(fault, "package"));
    }
}

static void put_what(FILE *to, const json_t *node, const char *state) {
    const char *worst = json_string_value(json_object_get(node, "worst"));
    if (strcmp(state, "wrong") == 0)
        put_faults(to, node);
    else if (strcmp(state, "dead") == 0)
        html_format(to, "it began at %s and never finished", fact_text(node, "started"));
    else if (strcmp(state, "changed") == 0)
        html_format(to, "%.1f %% slower than in the history, beside its group", 100.0 * fact_number(node, "change"));
    else if (worst)
        html_format(to, "%s +%.1f %%", worst, 100.0 * fact_number(json_object_get(node, "excess"), worst));
    else
        fputs("slow in one of its two rounds only", to);
    if (fact_number(node, "away_permille") > 50)
        html_format(to, "; it had no CPU for %.1f %% of the time", fact_number(node, "away_permille") / 10.0);
}

static void put_outlier(FILE *to, const char *name, const json_t *node, const char *state) {
    char text[FACT_TEXT];
    const bool wrong = strcmp(state, "wrong") == 0;
    fputs("<tr>", to);
    put_cell(to, " class=\"k\"", name);
    put_cell(to, " class=\"n\"",
             fact_number(node, "rank") < 0 ? "-" : format_fact(text, "%.0f", fact_number(node, "rank")));
    put_cell(to, wrong ? " class=\"bad-cell\"" : "", state);
    fputs("<td class=\"t\">", to);
    put_what(to, node, state);
    fputs("</td>", to);
    put_cell(to, " class=\"t\"", fact_known(node, "where") ? fact_text(node, "where") : "");
    put_cell(to, "", fact_known(node, "differs") ? fact_text(node, "differs") : "");
    fputs("</tr>\n", to);
}

static void put_more(FILE *to, size_t count, const char *what) {
    if (count <= LISTED) return;
    fputs("<tr><td colspan=\"6\">", to);
    html_format(to, "and %zu more that are %s; the file below has all", count - LISTED, what);
    fputs("</td></tr>\n", to);
}

/* The nodes of one state; those that became slower than in the history are "changed". */
static void put_state(FILE *to, const json_t *nodes, const char *state) {
    size_t count = 0;
    const char *name;
    json_t *node;
    json_object_foreach((json_t *)nodes, name, node) {
        const bool is_it =
            strcmp(state, "changed") == 0 ? fact_true(node, "changed") : strcmp(fact_text(node, "state"), state) == 0;
        if (is_it && ++count <= LISTED) put_outlier(to, name, node, state);
    }
    put_more(to, count, state);
}

static void put_missing(FILE *to, const json_t *facts) {
    size_t i;
    json_t *name;
    json_array_foreach(json_object_get(facts, "missing"), i, name) {
        if (i >= LISTED) break;
        fputs("<tr>", to);
        put_cell(to, " class=\"k\"", fact_text_of(name));
        fputs("<td></td><td>missing</td><td>it left no file</td><td></td><td></td></tr>\n", to);
    }
    put_more(to, (size_t)json_integer_value(json_object_get(facts, "missing_count")), "missing");
}

static void put_outliers(FILE *to, const json_t *facts) {
    static const char *const states[] = {"wrong", "slow", "dead", "unconfirmed", "changed"};
    static const char *const titles[] = {"node", ">rank", "state", "what", "where", "what differs", NULL};
    fputs("<section id=\"outliers\"><h2>Nodes that stand out</h2>\n", to);
    page_table(to, titles);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        put_state(to, json_object_get(facts, "nodes"), states[i]);
    put_missing(to, facts);
    page_table_end(to);
    fputs(
        "<p class=\"note\">A node is slow if a time lies beyond its group's median by more than 6 MAD and 3 %, in both "
        "of its rounds; unconfirmed: in one of them.</p>\n",
        to);
    if (fleet_drains(facts)) {
        fputs("<p>To take slow and wrong nodes out of service:</p>\n<pre>", to);
        print_drain(to, facts);
        fputs("</pre>\n", to);
    }
    fputs("</section>\n", to);
}

static bool any_outlier(const json_t *facts) {
    const char *name;
    json_t *node;
    json_object_foreach(json_object_get(facts, "nodes"), name, node) {
        if (strcmp(fact_text(node, "state"), "good") != 0 || fact_true(node, "changed")) return true;
    }
    return fact_number(facts, "missing_count") > 0;
}

static void put_bad_files(FILE *to, const json_t *facts) {
    static const char *const titles[] = {"file", "why it is not counted", NULL};
    const json_t *bad_files = json_object_get(facts, "bad_files");
    size_t i;
    json_t *bad;
    if (json_array_size(bad_files) == 0) return;
    fputs("<section id=\"not-counted\"><h2>Files that are not counted</h2>\n", to);
    page_table(to, titles);
    json_array_foreach(bad_files, i, bad) {
        if (i < LISTED) page_pair(to, fact_text(bad, "file"), fact_text(bad, "why"));
    }
    page_table_end(to);
    if (i > LISTED) fprintf(to, "<p class=\"note\">and %zu more; the file below has all.</p>\n", i - LISTED);
    fputs("</section>\n", to);
}

/* ---- Groups. */

static void put_metric(FILE *to, const json_t *metric, const struct fleet_unit *unit) {
    const double median = fact_number(metric, "median");
    char text[FACT_TEXT];
    if (!metric) return;
    fputs("<tr>", to);
    put_cell(to, "", unit->name);
    put_cell(to, " class=\"n\"", format_fact(text, "%.4g", median * unit->unit));
    put_cell(to, " class=\"n\"", format_fact(text, "%.2f %%", 100.0 * fact_number(metric, "mad") / median));
    put_cell(to, " class=\"n\"", format_fact(text, "%.1f %%", 100.0 * fact_number(metric, "floor")));
    fputs("</tr>\n", to);
}

static void put_group(FILE *to, const json_t *group, size_t number) {
    static const char *const titles[] = {"median of the nodes", ">time", ">MAD", ">slow beyond", NULL};
    fprintf(to, "<figure id=\"group-%zu\"><figcaption><h3>", number);
    html_format(to, "%.0f nodes: %s", fact_number(group, "nodes"), fact_text(group, "cpu"));
    fputs("</h3></figcaption>\n<p class=\"note\">", to);
    html_format(to, "%.0f cores, %.0f GiB, microcode %s, %s, build %s. %.0f slow, %.0f wrong.",
                fact_number(group, "cores"), fact_number(group, "memory_gib"), fact_text(group, "microcode"),
                fact_text(group, "backend"), fact_text(group, "build"), fact_number(group, "slow"),
                fact_number(group, "wrong"));
    if (!fact_true(group, "judged")) html_format(to, " Too few nodes to tell a slow one: %d are needed.", FLEET_FEWEST);
    fputs("</p>\n", to);
    page_table(to, titles);
    for (size_t m = 0; m < NODE_METRICS; m++)
        put_metric(to, json_object_get(json_object_get(group, "metrics"), node_metric_names[m]), &fleet_units[m]);
    page_table_end(to);
    fputs("</figure>\n", to);
}

static void put_groups(FILE *to, const json_t *facts) {
    enum { MOST_GROUPS = 100 };
    const json_t *groups = json_object_get(facts, "groups");
    size_t i;
    json_t *group;
    if (json_array_size(groups) == 0) return;
    fputs("<section id=\"groups\"><h2>Groups of comparable nodes</h2>\n<div class=\"charts\">\n", to);
    json_array_foreach(groups, i, group) {
        if (i < MOST_GROUPS) put_group(to, group, i + 1);
    }
    fputs("</div>\n", to);
    if (i > MOST_GROUPS) fprintf(to, "<p class=\"note\">and %zu more; the file below has all.</p>\n", i - MOST_GROUPS);
    fputs("</section>\n", to);
}

/* ---- The page. */

static int put_nodes(FILE *to, const json_t *facts, struct error *err) {
    struct figure figure;
    figure_fleet(&figure, facts);
    int bad = figure.failed ? fail_program(err, "out of memory for a page") : 0;
    if (!bad && figure.count > 0) {
        if (!charts_available())
            fputs(
                "<p class=\"note\">gnuplot was not installed where this page was made, so its chart is missing; every "
                "table is here.</p>\n",
                to);
        fputs("<section id=\"all-nodes\"><h2>All nodes</h2>\n", to);
        bad = page_figure(to, &figure, 1, charts_available(), err);
        fputs("</section>\n", to);
    }
    figure_free(&figure);
    return bad;
}

static int put_text(FILE *to, const json_t *facts, struct error *err) {
    struct html_capture capture;
    fputs("<section id=\"text\"><h2>As text</h2>\n<details><summary>What <code>sgdmark fleet gather</code> printed"
          "</summary>\n",
          to);
    html_begin(&capture);
    int bad = capture.stream ? print_fleet(capture.stream, facts, err) : 0;
    bad |= html_end(&capture, to, err);
    fputs("</details></section>\n", to);
    return bad;
}

int page_fleet_write(FILE *to, const json_t *facts, const char *carried, struct error *err) {
    char title[64];
    snprintf(title, sizeof title, "sgdmark: a fleet of %.0f nodes", fact_number(facts, "counted"));
    page_begin(to, title);
    put_verdict(to, facts);
    if (any_outlier(facts)) put_outliers(to, facts);
    if (put_nodes(to, facts, err) != 0) return -1;
    put_groups(to, facts);
    put_bad_files(to, facts);
    if (put_text(to, facts, err) != 0) return -1;
    page_files_begin(to, "It rides along in this page: <code>sgdmark report</code> reads it as it is, and saved and "
                         "unpacked it is a history for <code>sgdmark fleet gather</code>.");
    page_file(to, "fleet.json.gz", carried, fact_text(facts, "verdict"));
    page_files_end(to);
    page_end(to);
    return ferror(to) ? fail_program(err, "out of memory for a page") : 0;
}
