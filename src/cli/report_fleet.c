/* SPDX-License-Identifier: MIT */
#include "cli/report_fleet.h"

#include "base/json.h"
#include "record/figure.h"
#include "report/chart.h"
#include "report/chart_script.h"
#include "report/fleet_report.h"
#include "report/page_fleet.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

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
