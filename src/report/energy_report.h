/* SPDX-License-Identifier: MIT */
/* What commands print and record of energy. */
#ifndef SGDMARK_REPORT_ENERGY_REPORT_H
#define SGDMARK_REPORT_ENERGY_REPORT_H

#include "machine/energy.h"

#include <jansson.h>
#include <stdio.h>

/* Joules for each `unit` ("epoch", "fold"); not finite: `reason` says why they are not known. */
struct energy_report {
    const char *unit, *reason;
    double joules;
};

/* Between two readings, for `count` units; it points into them. */
struct energy_report energy_report_of(const struct energy *before, const struct energy *after, const char *unit,
                                      double count);

/* One line; none where nothing is known. */
void print_energy(FILE *out, const struct energy_report *energy);

/* into.joules_per_<unit>, or null and the reason. */
void energy_json(json_t *into, const struct energy_report *energy);

#endif
