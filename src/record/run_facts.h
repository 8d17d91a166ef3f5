/* SPDX-License-Identifier: MIT */
/* Sections of a run's result beside the receipts: machine, clock, placements. NULL: out of memory. */
#ifndef SGDMARK_RECORD_RUN_FACTS_H
#define SGDMARK_RECORD_RUN_FACTS_H

#include "learn/job.h"
#include "machine/placement.h"
#include "machine/topology.h"

#include <jansson.h>

/* "machine": the CPU, its packages, cores and PUs, and which of them this process may use. */
json_t *machine_json(const struct topology *topology);

/* "clock": the timer's resolution and cost. */
json_t *timer_json(void);

/* "placements": every placement that was asked for; a missing one has its reason. */
json_t *placements_json(const struct placement *list, size_t count);

/* True if the job is the notebook's: the real training rows and every hyper-parameter at its default. */
bool is_published_job(const struct job *job, const struct job_spec *spec, unsigned folds);

#endif
