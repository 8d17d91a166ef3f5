/* SPDX-License-Identifier: MIT */
/* Energy on the page: its numbers stand in the tables of times, and this says what they are, or why there are none. */
#ifndef SGDMARK_REPORT_PAGE_ENERGY_H
#define SGDMARK_REPORT_PAGE_ENERGY_H

#include <jansson.h>
#include <stdio.h>

/* One line for each reason why joules per `unit` ("epoch", "fold") of cases are not known, with their names unless it
 * is the reason of all; and what the known ones count. `number` is that of the run. */
void page_energy(FILE *to, const json_t *experiment, const char *unit, size_t number);

#endif
