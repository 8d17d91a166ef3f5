/* SPDX-License-Identifier: MIT */
/* What people read of a fleet. */
#ifndef SGDMARK_REPORT_FLEET_REPORT_H
#define SGDMARK_REPORT_FLEET_REPORT_H

#include "record/fleet.h"

#include <stdio.h>

/* The verdict in the first line; then wrong, slow, dead and missing nodes, files that are not counted, the groups, and
 * the command that takes slow and wrong nodes out of service. Returns 0, or -1 when memory runs out. */
int print_fleet(FILE *to, const struct fleet *fleet, struct error *err);

#endif
