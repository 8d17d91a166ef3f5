/* SPDX-License-Identifier: MIT */
#include "report/page_runs.h"

#include "record/comparison.h"
#include "record/difference.h"
#include "report/chart.h"
#include "report/compare_report.h"
#include "report/facts.h"
#include "report/html.h"
#include "report/page_figure.h"
#include "report/page_run.h"

#include <stdlib.h>
#include <string.h>

static void put_cell(FILE *to, const char *text) {
    fputs("<td>", to);
    html_text(to, text);
    fputs("</td>", to);
}

static void put_run(FILE *to, const struct page_run *run, size_t number) {
    const json_t *facts = run->file->facts, *topology = json_object_get(facts, "topology");
    const json_t *epochs = find_experiment(facts, "epochs");
    const json_t *best = find_case(epochs, fact_text(epochs, "best"));
    char text[FACT_TEXT];
    fprintf(to, "<tr><td><a href=\"#r%zu\">", number);
    html_text(to, run->name);
    fputs("</a></td><td class=\"k\">", to);
    page_badges(to, facts);
    fputs("</td><td class=\"k\">", to);
    html_text(to, fact_text(best, "job"));
    fprintf(to, "</td><td class=\"n\">%s</td><td class=\"t\">",
            format_fact(text, "%.1f", fact_number(json_object_get(best, "rates"), "ns_per_row")));
    html_text(to, fact_text(json_object_get(facts, "cpu"), "brand"));
    fprintf(to, "</td><td class=\"n\">%s</td>", format_fact(text, "%.0f", fact_number(topology, "cores")));
    put_cell(to, fact_text(facts, "start"));
    fputs("</tr>\n", to);
}

static bool is_correct(const struct page_run *run) {
    return fact_true(json_object_get(run->file->facts, "verdict"), "correct");
}

static void put_lead(FILE *to, const struct page_run *runs, size_t count) {
    const char *between = "";
    bool all = true;
    for (size_t i = 0; i < count; i++)
        all &= is_correct(&runs[i]);
    fputs(all ? "<p class=\"lead\">All of them computed what they should."
              : "<p class=\"lead\">Without a verdict that all was right: ",
          to);
    for (size_t i = 0; i < count; i++) {
        if (is_correct(&runs[i])) continue;
        html_format(to, "%s%s", between, runs[i].name);
        between = ", ";
    }
    fputs("</p>\n", to);
}

static void put_overview(FILE *to, const struct page_run *runs, size_t count) {
    static const char *const titles[] = {"run", "verdict", "fastest", ">ns/row", "CPU", ">cores", "started", NULL};
    fputs("<section id=\"overview\">\n", to);
    put_lead(to, runs, count);
    page_table(to, titles);
    for (size_t i = 0; i < count; i++)
        put_run(to, &runs[i], i + 1);
    page_table_end(to);
    fputs("</section>\n", to);
}

/* The runs that trained what the first of them trained. */
struct run_group {
    const struct page_run **runs;
    const struct result_file **files;
    const char **names;
    struct result_file *copies; /* side by side, as compare_results takes them; they own nothing */
    size_t count;
};

static int group_make(struct run_group *group, size_t most, struct error *err) {
    *group = (struct run_group){.runs = calloc(most, sizeof *group->runs),
                                .files = calloc(most, sizeof *group->files),
                                .names = calloc(most, sizeof *group->names),
                                .copies = calloc(most, sizeof *group->copies)};
    return group->runs && group->files && group->names && group->copies ? 0
                                                                        : fail_program(err, "out of memory for a page");
}

static void group_free(struct run_group *group) {
    free(group->runs);
    free(group->files);
    free(group->names);
    free(group->copies);
}

static bool trained_the_same(const struct result_file *a, const struct result_file *b) {
    struct error why;
    const bool known = fact_known(a->facts, "workload") && fact_known(b->facts, "workload");
    return a == b || (known && refuse_other_work(a, b, &why) == 0);
}

/* Moves the runs that belong together out of `open`, where a run that has its group already is NULL. */
static void group_fill(struct run_group *group, const struct page_run **open, size_t first, size_t count) {
    const struct page_run *leader = open[first];
    for (size_t i = first; i < count; i++) {
        if (!open[i] || !trained_the_same(leader->file, open[i]->file)) continue;
        group->runs[group->count] = open[i];
        group->files[group->count] = open[i]->file;
        group->names[group->count] = open[i]->name;
        group->copies[group->count] = *open[i]->file;
        group->copies[group->count++].path = open[i]->name;
        open[i] = NULL;
    }
}

/* A column for each run. */
static void put_by_run(FILE *to, const struct compare_report *report) {
    fputs("<div class=\"scroll\"><table class=\"wide\"><thead><tr><th>fact</th>", to);
    for (size_t i = 0; i < report->file_count; i++) {
        fputs("<th>", to);
        html_text(to, report->files[i].path);
        fputs("</th>", to);
    }
    fputs("<th>why it matters</th></tr></thead><tbody>\n", to);
    for (size_t d = 0; d < report->difference_count; d++) {
        const struct difference *one = &report->differences[d];
        fputs("<tr>", to);
        put_cell(to, one->key);
        for (size_t i = 0; i < report->file_count; i++)
            put_cell(to, one->values[i]);
        put_cell(to, one->effect ? one->effect : "");
        fputs("</tr>\n", to);
    }
    page_table_end(to);
}

/* The first run that has the same value. */
static size_t first_alike(const struct difference *one, size_t file) {
    size_t i = 0;
    while (strcmp(one->values[i], one->values[file]) != 0)
        i++;
    return i;
}

/* One value of a fact, and the runs that have it. */
static void put_value(FILE *to, const struct compare_report *report, const struct difference *one, size_t first) {
    const char *between = "";
    fputs("<tr>", to);
    put_cell(to, first == 0 ? one->key : "");
    put_cell(to, one->values[first]);
    fputs("<td>", to);
    for (size_t i = first; i < report->file_count; i++) {
        if (first_alike(one, i) != first) continue;
        html_format(to, "%s%s", between, report->files[i].path);
        between = ", ";
    }
    fputs("</td>", to);
    put_cell(to, first == 0 && one->effect ? one->effect : "");
    fputs("</tr>\n", to);
}

/* A line for each value: more columns than a few would not fit the page. */
static void put_by_value(FILE *to, const struct compare_report *report) {
    static const char *const titles[] = {"fact", "value", "runs", "why it matters", NULL};
    page_table(to, titles);
    for (size_t d = 0; d < report->difference_count; d++)
        for (size_t i = 0; i < report->file_count; i++)
            if (first_alike(&report->differences[d], i) == i) put_value(to, report, &report->differences[d], i);
    page_table_end(to);
}

static void put_differences(FILE *to, const struct compare_report *report) {
    enum { MOST_COLUMNS = 4 };
    fputs("<h3>What differs between them</h3>\n", to);
    if (report->difference_count == 0)
        fputs("<p class=\"note\">Nothing that is known to matter.</p>\n", to);
    else if (report->file_count <= MOST_COLUMNS)
        put_by_run(to, report);
    else
        put_by_value(to, report);
}

static int put_figure(FILE *to, struct figure *figure, size_t number, struct error *err) {
    int bad = figure->failed ? fail_program(err, "out of memory for a page") : 0;
    if (!bad && figure->count > 0) bad = page_figure(to, figure, number, charts_available(), err);
    figure_free(figure);
    return bad;
}

/* How fast each is, and how fast against the first; the latter only where they could be compared. */
static int put_charts(FILE *to, const struct run_group *group, const struct group_comparison *comparison, size_t number,
                      struct error *err) {
    struct figure figure;
    fputs("<div class=\"charts\">\n", to);
    figure_runs(&figure, group->files, group->names, group->count);
    int bad = put_figure(to, &figure, number, err);
    if (!bad && comparison->compared) {
        figure_machines(&figure, &comparison->report, &comparison->columns);
        bad = put_figure(to, &figure, number, err);
    }
    fputs("</div>\n", to);
    return bad;
}

static int put_table(FILE *to, const struct group_comparison *comparison, struct error *err) {
    struct html_capture capture;
    put_differences(to, &comparison->report);
    fputs("<details><summary>What <code>sgdmark compare</code> says: speeds, intervals, verdicts</summary>\n", to);
    html_begin(&capture);
    int bad = capture.stream ? print_one_group(capture.stream, comparison, false, err) : 0;
    bad |= html_end(&capture, to, err);
    fputs("</details>\n", to);
    return bad;
}

/* What `compare` says of them. A comparison that is refused says why, and nothing is compared. */
static int put_comparison(FILE *to, const struct run_group *group, size_t number, struct error *err) {
    struct group_comparison comparison = {.compared = false};
    struct error why;
    if (group->count < 2) return 0;
    comparison.compared = compare_results(&comparison.report, group->copies, group->count, 0, &why) == 0;
    int bad = comparison.compared ? columns_make(&comparison.columns, &comparison.report, err) : 0;
    if (!bad) bad = put_charts(to, group, &comparison, number, err);
    if (!bad && comparison.compared) bad = put_table(to, &comparison, err);
    if (!comparison.compared && why.kind == ERROR_PROGRAM) *err = why;
    if (!comparison.compared) {
        fputs("<p class=\"note\">", to);
        html_format(to, "Their ratios are not given: %s", why.text);
        fputs("</p>\n", to);
        return bad || why.kind == ERROR_PROGRAM ? -1 : 0;
    }
    columns_free(&comparison.columns);
    compare_free(&comparison.report);
    return bad;
}

/* Benchmarks by runs, where any has usable times. */
static void put_heat_map(FILE *to, const struct matrix *matrix) {
    fputs("<p class=\"note\">Runs that trained the same. ", to);
    if (matrix->rows == 0) {
        fputs("None of them has usable times, so none are shown.</p>\n", to);
        return;
    }
    fputs("In each line, the stronger the colour, the faster; left out: times that are not usable. A placement's rows "
          "are "
          "those of all its workers.</p>\n",
          to);
    page_matrix(to, matrix, "benchmark", "%.2f");
}

static int put_group(FILE *to, const struct run_group *group, size_t number, struct error *err) {
    const json_t *work = json_object_get(group->files[0]->facts, "workload");
    struct matrix matrix;
    if (matrix_runs(&matrix, group->files, group->names, group->count, err) != 0) return -1;
    fprintf(to, "<section id=\"g%zu\"><h2>", number);
    html_format(to, "%.0f rows of %s: million rows per second", fact_number(work, "n"), fact_text(work, "data"));
    fputs("</h2>\n", to);
    put_heat_map(to, &matrix);
    matrix_free(&matrix);
    const int bad = put_comparison(to, group, number, err);
    fputs("</section>\n", to);
    return bad;
}

int page_runs(FILE *to, const struct page_run *runs, size_t count, struct error *err) {
    const struct page_run **open = calloc(count, sizeof *open);
    int bad = open ? 0 : fail_program(err, "out of memory for a page");
    for (size_t i = 0; i < count && open; i++)
        open[i] = &runs[i];
    put_overview(to, runs, count);
    for (size_t i = 0, number = 1; i < count && !bad; i++) {
        struct run_group group;
        if (!open[i]) continue;
        bad = group_make(&group, count, err);
        if (!bad) group_fill(&group, open, i, count);
        if (!bad) bad = put_group(to, &group, number++, err);
        group_free(&group);
    }
    free(open);
    return bad;
}
