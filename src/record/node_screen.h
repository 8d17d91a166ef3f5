/* SPDX-License-Identifier: MIT */
/* What the screening of a node found, in the form of a node's file. */
#ifndef SGDMARK_RECORD_NODE_SCREEN_H
#define SGDMARK_RECORD_NODE_SCREEN_H

#include "measure/screen.h"
#include "record/node_file.h"
#include "verify/check_list.h"

/* The hash that nodes of one job share: rows, hyper-parameters, folds, version. The data set has been hashed. */
void node_job(char text[17], const struct job *job, const struct job_spec *spec, unsigned folds);

/* Group, environment and findings of this machine. Returns 0, or -1 when memory runs out. */
int node_describe(struct fleet_node *node, const struct topology *topology, struct error *err);

/* Adds the times and the outcome of the soak. Returns 0, or -1 when memory runs out. */
int node_take_screen(struct fleet_node *node, const struct screen *screen, struct error *err);

/* Adds the outcome of the checks of every engine and backend, and their fingerprints; names the backend that is timed.
 */
void node_take_checks(struct fleet_node *node, const struct check_list *checks, const struct verified_jobs *jobs);

#endif
