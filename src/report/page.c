/* SPDX-License-Identifier: MIT */
#include "report/page.h"

#include "report/chart.h"
#include "report/facts.h"
#include "report/html.h"
#include "report/page_frame.h"
#include "report/page_run.h"
#include "report/page_runs.h"

/* Charts and environment of each run would make a page of many runs too large. */
enum { MOST_WHOLE = 4 };

static void begin(FILE *to, const struct page_run *runs, size_t count) {
    const json_t *facts = runs[0].file->facts;
    char title[1024];
    if (count == 1)
        snprintf(title, sizeof title, "sgdmark: %.400s, %.400s", fact_text(json_object_get(facts, "cpu"), "brand"),
                 fact_text(json_object_get(runs[0].file->root, "context"), "host_name"));
    else
        snprintf(title, sizeof title, "sgdmark: %zu runs", count);
    page_begin(to, title);
}

static void put_navigation(FILE *to, const struct page_run *run) {
    static const struct {
        const char *id, *words, *part;
    } sections[] = {{"machine", "machine", NULL},   {"epochs", "instruction sets", "experiments"},
                    {"folds", "cores", "notebook"}, {"notebook", "notebook", "notebook"},
                    {"receipts", "receipts", NULL}, {"environment", "environment", NULL}};
    fputs("<nav>", to);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (!sections[i].part || fact_known(run->file->facts, sections[i].part))
            fprintf(to, "<a href=\"#r1-%s\">%s</a>", sections[i].id, sections[i].words);
    fputs("</nav>\n", to);
}

static void put_carried(FILE *to, const struct page_run *runs, size_t count) {
    page_files_begin(to,
                     "They ride along in this page: <code>sgdmark compare</code> and <code>sgdmark report</code> read "
                     "it as it is.");
    for (size_t i = 0; i < count; i++) {
        char name[48];
        snprintf(name, sizeof name, "run-%zu.json.gz", i + 1);
        page_file(to, name, runs[i].carried, fact_text(runs[i].file->facts, "run_id"));
    }
    page_files_end(to);
}

static int put_each(FILE *to, const struct page_run *runs, size_t count, enum page_detail detail, struct error *err) {
    for (size_t i = 0; i < count; i++) {
        fprintf(to, "<section id=\"r%zu\"><details><summary><strong>Run ", i + 1);
        html_text(to, runs[i].name);
        fputs("</strong>: ", to);
        html_text(to, fact_text(json_object_get(runs[i].file->facts, "cpu"), "brand"));
        fputs("</summary>\n", to);
        if (page_sections(to, &runs[i], i + 1, detail, err) != 0) return -1;
        fputs("</details></section>\n", to);
    }
    return 0;
}

int page_write(FILE *to, const struct page_run *runs, size_t count, struct error *err) {
    const bool can_draw = charts_available();
    const enum page_detail detail = count > MOST_WHOLE ? PAGE_BRIEF : can_draw ? PAGE_DRAWN : PAGE_WHOLE;
    begin(to, runs, count);
    if (detail == PAGE_BRIEF)
        fprintf(
            to,
            "<p class=\"note\">Charts, samples and environment of each run are left out on pages of more than %d runs; "
            "the result files below hold them.</p>\n",
            MOST_WHOLE);
    else if (!can_draw)
        fputs("<p class=\"note\">gnuplot was not installed where this page was made, so its charts are missing; every "
              "table is here.</p>\n",
              to);
    if (count == 1) put_navigation(to, &runs[0]);
    int bad = count == 1 ? page_sections(to, &runs[0], 1, detail, err) : page_runs(to, runs, count, err);
    if (!bad && count > 1) {
        fputs("<h2>Each run</h2>\n", to);
        bad = put_each(to, runs, count, detail, err);
    }
    if (bad) return -1;
    put_carried(to, runs, count);
    page_end(to);
    return ferror(to) ? fail_program(err, "out of memory for a page") : 0;
}
