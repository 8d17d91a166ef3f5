/* SPDX-License-Identifier: MIT */
/* Sections of a run's result beside the receipts: machine, clock, placements, digits, verdict. NULL: out of memory. */
#ifndef SGDMARK_RECORD_RUN_FACTS_H
#define SGDMARK_RECORD_RUN_FACTS_H

#include "machine/placement.h"
#include "machine/topology.h"
#include "verify/check_list.h"
#include "verify/digits.h"

#include <jansson.h>

/* "machine": the CPU, its packages, cores and PUs, and which of them this process may use. */
json_t *machine_json(const struct topology *topology);

/* "clock": the timer's resolution and cost. */
json_t *timer_json(void);

/* "placements": every placement that was asked for; a missing one has its reason. */
json_t *placements_json(const struct placement *list, size_t count);

/* "digits": the fits of the ten digits that `run` times, or why it times none. */
json_t *digits_json(const struct verified_digits *digits);

/* What a verdict says of whether the work was right. */
const char *correct_text(bool correct);

/* The verdict of a run: is its work correct, with every check that failed, and what are its times usable for? Takes
 * ownership of `times` (usable_json; NULL: nothing was timed). */
json_t *verdict_json(const struct check_list *checks, bool correct, json_t *times);

#endif
