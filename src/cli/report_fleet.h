/* SPDX-License-Identifier: MIT */
/* The fleets of sgdmark report. */
#ifndef SGDMARK_CLI_REPORT_FLEET_H
#define SGDMARK_CLI_REPORT_FLEET_H

#include "cli/report_outputs.h"
#include "record/fleet_load.h"

/* Prints a gathered fleet, or makes its page and its chart. Its texts become printable. Returns 0, or -1 with the
 * reason. */
int report_fleet(const struct fleet_file *fleet, const struct report_outputs *outputs, struct error *err);

#endif
