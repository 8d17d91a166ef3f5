/* SPDX-License-Identifier: MIT */
/* --measure of `doctor`: what can be tried without root, timed. */
#ifndef SGDMARK_CLI_DOCTOR_MEASURE_H
#define SGDMARK_CLI_DOCTOR_MEASURE_H

#include "base/error.h"

#include <jansson.h>

/* Verifies the notebook's job on the rows of `data` by the best backend (or the last one that SGDMARK_ISA names), then
 * times all questions in about so many seconds. Sets *measured to measured_json. Returns 0, or -1 with the reason. */
int measure_alternatives(json_t **measured, const char *data, double seconds, struct error *err);

#endif
