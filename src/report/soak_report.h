/* SPDX-License-Identifier: MIT */
/* Prints the outcome of a soak. */
#ifndef SGDMARK_REPORT_SOAK_REPORT_H
#define SGDMARK_REPORT_SOAK_REPORT_H

#include "base/error.h"

#include <jansson.h>
#include <stdio.h>

/* Prints the section "soak" of a result (record/soak_json.h): what ran, a line for each core, a line for each wrong
 * result that was kept, and the verdict. Returns 0, or -1 with the reason. */
int report_soak(FILE *to, const json_t *soak, struct error *err);

#endif
