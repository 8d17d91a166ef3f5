/* SPDX-License-Identifier: MIT */
/* The plan of an experiment (measure/plan.h) as JSON: what was planned, what the pilot expected, and why it stopped. */
#ifndef SGDMARK_RECORD_PLAN_JSON_H
#define SGDMARK_RECORD_PLAN_JSON_H

#include "measure/analysis.h"

#include <jansson.h>

/* NULL when memory runs out. The experiment has a plan. */
json_t *plan_json(const struct analysis *analysis);

/* Reads the facts of a plan; its outcome is derived. Returns NULL, or what is wrong with them, to follow the name of
 * the value. */
const char *plan_from_json(struct plan *plan, const json_t *value);

#endif
