/* SPDX-License-Identifier: MIT */
/* What the doctor found, as JSON. NULL: out of memory. */
#ifndef SGDMARK_RECORD_FINDINGS_H
#define SGDMARK_RECORD_FINDINGS_H

#include "machine/doctor.h"

#include <jansson.h>

/* The list of findings, the worst first: the section "findings" of a result file. */
json_t *findings_json(const struct doctor *doctor);

/* The same beside "container": what `sgdmark doctor` says. */
json_t *doctor_json(const struct doctor *doctor);

#endif
