/* Sections of a run's result that say what was run and where, beyond the receipts. NULL: out of memory. */
#ifndef SGDMARK_RECORD_RUN_FACTS_H
#define SGDMARK_RECORD_RUN_FACTS_H

#include "learn/job.h"
#include "machine/placement.h"
#include "machine/topology.h"

#include <jansson.h>

/* "machine": the processor, its parts, and what of them this process may use. */
json_t *machine_json(const struct topology *topology);

/* "clock": the timer's resolution and cost. */
json_t *timer_json(void);

/* "placements": those that were looked at, with the reasons of those that are missing. */
json_t *placements_json(const struct placement *list, size_t count);

/* Whether the job is the notebook's: the real training rows and every default. */
bool is_published_job(const struct job *job, const struct job_spec *spec, unsigned folds);

#endif
