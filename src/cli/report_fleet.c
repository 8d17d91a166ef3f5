/* SPDX-License-Identifier: MIT */
#include "cli/report_fleet.h"

#include "base/file.h"
#include "base/json.h"
#include "record/carried.h"
#include "record/figure.h"
#include "report/chart.h"
#include "report/chart_script.h"
#include "report/fleet_report.h"
#include "report/page_fleet.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Drops the line ends of JSON and the blanks behind them; none stands inside a string. Returns the new length. */
static size_t close_lines(char *text) {
    size_t length = 0;
    for (const char *at = text; *at;) {
        if (*at == '\n')
            at += 1 + strspn(at + 1, " ");
        else
            text[length++] = *at++;
    }
    text[length] = 0;
    return length;
}

char *report_carried(const json_t *root) {
    char *text = json_text(root);
    char *carried = text ? carried_text(text, close_lines(text)) : NULL;
    free(text);
    return carried;
}

int report_write_page(const char *path, const char *page, size_t size, struct error *err) {
    const struct span whole = {page, size};
    if (strcmp(path, "-") != 0) {
        if (write_file(path, &whole, 1, err) != 0) return -1;
    } else if (fwrite(page, 1, size, stdout) != size) {
        return fail(err, "standard output: cannot be written");
    }
    if (!charts_available())
        fputs("sgdmark report: gnuplot is not installed, so the page has tables only (tools/install-deps --report)\n",
              stderr);
    return 0;
}

int report_png_folder(const char *folder, struct error *err) {
    if (!charts_available()) return fail(err, "--png: gnuplot draws the charts, and is not installed here");
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return fail(err, "--png: the folder '%s' cannot be made: %s", folder, strerror(errno));
    return 0;
}

/* ---- A fleet. */

static int write_page(const struct fleet_file *fleet, const char *carried, const char *path, struct error *err) {
    char *page = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&page, &size);
    if (!to) return fail_program(err, "out of memory for a page");
    int bad = page_fleet_write(to, fleet->facts, carried, err);
    if (fclose(to) != 0 && !bad) bad = fail_program(err, "out of memory for a page");
    if (!bad) bad = report_write_page(path, page, size, err);
    free(page);
    return bad;
}

static int write_chart(const struct fleet_file *fleet, const char *folder, struct error *err) {
    char path[PATH_MAX];
    struct figure figure;
    if (report_png_folder(folder, err) != 0) return -1;
    if (snprintf(path, sizeof path, "%s/fleet-nodes.png", folder) >= (int)sizeof path)
        return fail(err, "--png: the path of %s is too long", folder);
    figure_fleet(&figure, fleet->facts);
    int bad = figure.failed ? fail_program(err, "out of memory for a chart") : 0;
    if (!bad && chart_possible(&figure)) bad = chart_write_png(&figure, path, err);
    figure_free(&figure);
    return bad;
}

int report_fleet(const struct fleet_file *fleet, const struct report_outputs *outputs, struct error *err) {
    char *carried = outputs->page ? report_carried(fleet->root) : NULL; /* as it stands in the file */
    int bad = outputs->page && !carried ? fail_program(err, "out of memory for a page") : 0;
    if (!bad && json_make_printable(fleet->root) != 0) bad = fail_program(err, "out of memory for a fleet");
    if (!bad && !outputs->page && !outputs->png) bad = print_fleet(stdout, fleet->facts, err);
    if (!bad && outputs->page) bad = write_page(fleet, carried, outputs->page, err);
    if (!bad && outputs->png) bad = write_chart(fleet, outputs->png, err);
    free(carried);
    return bad;
}
