/* SPDX-License-Identifier: MIT */
/* The outcome of a soak as JSON: the section "soak" of a result file. */
#ifndef SGDMARK_RECORD_SOAK_JSON_H
#define SGDMARK_RECORD_SOAK_JSON_H

#include "verify/soak.h"

#include <jansson.h>

/* All of it. NULL when memory runs out. */
json_t *soak_json(const struct soak_outcome *outcome);

#endif
