/* SPDX-License-Identifier: MIT */
#include "cli/report_outputs.h"

#include "base/file.h"
#include "base/json.h"
#include "record/carried.h"
#include "report/chart.h"

#include <errno.h>
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
