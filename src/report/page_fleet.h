/* SPDX-License-Identifier: MIT */
/* A gathered fleet as one page of HTML that stands alone, like that of runs (report/page.h). */
#ifndef SGDMARK_REPORT_PAGE_FLEET_H
#define SGDMARK_REPORT_PAGE_FLEET_H

#include "base/error.h"

#include <jansson.h>
#include <stdio.h>

/* Writes the page: the verdict, the nodes that stand out, every node against its group, the groups. `facts` is the
 * member "sgdmark" of a file that record/fleet_load.h read, with printable strings (json_make_printable); `carried` is
 * carried_text of the file. Returns 0, or -1 with the reason: memory ran out. */
int page_fleet_write(FILE *to, const json_t *facts, const char *carried, struct error *err);

#endif
