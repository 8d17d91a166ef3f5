/* SPDX-License-Identifier: MIT */
/* Where sgdmark report puts what it makes. */
#ifndef SGDMARK_CLI_REPORT_OUTPUTS_H
#define SGDMARK_CLI_REPORT_OUTPUTS_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

/* A page and a folder for PNG files, each or NULL; the terminal where neither is given. */
struct report_outputs {
    const char *page, *png;
};

/* The JSON of a file as it rides along in a page (record/carried.h), without its line ends. The caller frees it; NULL:
 * out of memory. */
char *report_carried(const json_t *root);

/* Writes page[size] to where `path` leads, standard output for "-", and says where charts are missing. Returns 0, or -1
 * with the reason. */
int report_write_page(const char *path, const char *page, size_t size, struct error *err);

/* Makes the folder for PNG files. Returns 0, or -1 with the reason: there is no gnuplot, or it cannot be made. */
int report_png_folder(const char *folder, struct error *err);

#endif
