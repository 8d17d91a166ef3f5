/* SPDX-License-Identifier: MIT */
/* What `sgdmark doctor --measure` tried, as JSON. NULL: out of memory. */
#ifndef SGDMARK_RECORD_TRIED_JSON_H
#define SGDMARK_RECORD_TRIED_JSON_H

#include "measure/tried.h"

#include <jansson.h>

/* One question: its cases and the pages of their rows, the plain way against itself, each alternative against it, and
 * what could not be tried. `outcome` is NULL where nothing was timed. */
json_t *tried_json(const struct alternatives *made, const struct tried_outcome *outcome);

/* "faster", "slower", or "not told apart" for every other verdict. */
const char *tried_words(enum verdict verdict);

/* "measured": what was timed, how often its weights were checked, and the questions, which are taken over. */
json_t *measured_json(const struct alternatives_setup *setup, json_t *questions, double seconds);

#endif
