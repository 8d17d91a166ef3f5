/* SPDX-License-Identifier: MIT */
/* What `doctor --measure` tried, in the terminal; from the JSON of record/tried_json.h. */
#ifndef SGDMARK_REPORT_TRIED_REPORT_H
#define SGDMARK_REPORT_TRIED_REPORT_H

#include <jansson.h>
#include <stdio.h>

/* How many times as fast each alternative is, or why it was not tried. `measured` is measured_json(). */
void print_measured(FILE *to, const json_t *measured);

#endif
