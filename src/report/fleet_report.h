/* SPDX-License-Identifier: MIT */
/* What people read of a fleet, made from the JSON of fleet_json (record/fleet.h): `facts` is its member "sgdmark", of
 * this process or of a file that record/fleet_load.h read. */
#ifndef SGDMARK_REPORT_FLEET_REPORT_H
#define SGDMARK_REPORT_FLEET_REPORT_H

#include "record/fleet.h"

#include <stdio.h>

/* The verdict in the first line; then wrong, slow, dead and missing nodes, files that are not counted, the groups, and
 * the command that takes slow and wrong nodes out of service. Returns 0, or -1 when memory runs out. */
int print_fleet(FILE *to, const json_t *facts, struct error *err);

/* Is there a node to take out of service? The command that does it, without a newline. */
bool fleet_drains(const json_t *facts);
void print_drain(FILE *to, const json_t *facts);

/* The metrics in units in which people read them: a time in the metric's own unit, times `unit`. */
struct fleet_unit {
    const char *name;
    double unit;
};
extern const struct fleet_unit fleet_units[NODE_METRICS];

#endif
