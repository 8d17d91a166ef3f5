/* SPDX-License-Identifier: MIT */
/* How long each PU was busy, whoever used it: what other programs take shows as busy time that is not our own. */
#ifndef SGDMARK_MACHINE_PU_LOAD_H
#define SGDMARK_MACHINE_PU_LOAD_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Seconds since the system started in which a PU ran user, kernel or interrupt code, in steps of 10 ms mostly. */
struct pu_load {
    size_t count;     /* PUs by OS index */
    double *busy;     /* [count]; a PU that is off line has 0 */
    char reason[128]; /* why nothing is known, or "" */
};

/* Room for PUs 0 to count - 1. Returns 0, or -1 when memory runs out; pu_load_free releases it. */
int pu_load_new(struct pu_load *load, size_t count, struct error *err);
void pu_load_free(struct pu_load *load);

/* Reads /proc/stat now. Sets `reason` if it cannot. */
void pu_load_read(struct pu_load *load);

/* Used by pu_load_read: the lines "cpuN user nice system idle iowait irq softirq ..." of the text of /proc/stat, in
 * ticks of which `hz` make a second. */
void pu_load_parse(struct pu_load *load, const char *stat, double hz);

#endif
