/* SPDX-License-Identifier: MIT */
/* Job scripts that screen the nodes of a fleet and gather what they found. */
#ifndef SGDMARK_REPORT_FLEET_SCRIPT_H
#define SGDMARK_REPORT_FLEET_SCRIPT_H

#include <stdio.h>

enum fleet_launcher { LAUNCH_SLURM, LAUNCH_MPI, LAUNCH_PARALLEL, LAUNCH_PDSH };
extern const char *const fleet_launcher_names[]; /* "slurm", "mpi", "parallel", "pdsh", NULL */

/* What stands at the head of the script. Any text: it is quoted. */
struct fleet_script {
    const char *program, *data, *out; /* absolute paths; data may also be "synthetic..." */
    const char *nodes;                /* a file with a node's name in each line; not for slurm */
};

void print_fleet_script(FILE *to, enum fleet_launcher launcher, const struct fleet_script *script);

#endif
