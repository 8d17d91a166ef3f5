/* SPDX-License-Identifier: MIT */
/* The fleets of sgdmark report. */
#ifndef SGDMARK_CLI_REPORT_FLEET_H
#define SGDMARK_CLI_REPORT_FLEET_H

#include "record/fleet_load.h"

/* Where a report goes: a page and a folder for PNG files, each or NULL; where both are, the terminal. */
struct report_outputs {
    const char *page, *png;
};

/* Reports a fleet. Its texts become printable. Returns 0, or -1 with the reason. */
int report_fleet(const struct fleet_file *fleet, const struct report_outputs *outputs, struct error *err);

/* The JSON of a page's result as it rides along (record/carried.h), without its line ends. The caller frees it; NULL:
 * out of memory. */
char *report_carried(const json_t *root);

/* Writes page[size] to where `path` leads, standard output for "-", and says where charts are missing. */
int report_write_page(const char *path, const char *page, size_t size, struct error *err);

/* Makes the folder for PNG files. */
int report_png_folder(const char *folder, struct error *err);

#endif
