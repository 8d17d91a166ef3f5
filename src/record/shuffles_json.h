/* SPDX-License-Identifier: MIT */
/* For result files: where the notebook's own results fall among many shuffles. */
#ifndef SGDMARK_RECORD_SHUFFLES_JSON_H
#define SGDMARK_RECORD_SHUFFLES_JSON_H

#include "measure/shuffles.h"

#include <jansson.h>

/* "seeds", "seconds", "rows" ([negatives, positives]), "fp" and "fn" (one for each order seed from 0 on), and "places":
 * for each metric "value", "percentile", "p5", "median", "p95", all of which follow from "rows", "fp", "fn" and the
 * result. NULL when memory runs out. */
json_t *shuffles_json(const struct shuffles *shuffles, const struct shuffle_place place[SHUFFLE_METRICS]);

#endif
