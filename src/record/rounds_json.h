/* SPDX-License-Identifier: MIT */
/* Raw rounds as JSON: how a process of a run hands its rounds to the run. */
#ifndef SGDMARK_RECORD_ROUNDS_JSON_H
#define SGDMARK_RECORD_ROUNDS_JSON_H

#include "measure/experiment.h"

#include <jansson.h>

/* The rounds of an experiment that one process has run. NULL when memory runs out. */
json_t *rounds_json(const struct experiment *experiment);

/* Reads such rounds, made for the same cases in the same order; `experiment` says which. Returns 0, or -1 with the
 * reason; rounds_free releases them. */
int rounds_from_json(struct rounds *rounds, const json_t *value, const struct experiment *experiment,
                     struct error *err);

/* The witness of an experiment. NULL when memory runs out; returns 0, or -1 with the reason. */
json_t *witness_json(const struct witness *witness);
int witness_from_json(struct witness *witness, const json_t *value, struct error *err);

#endif
