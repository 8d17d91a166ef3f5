/* SPDX-License-Identifier: MIT */
/* What disturbs a measurement on this machine, in the terminal; from the JSON of record/findings.h. */
#ifndef SGDMARK_REPORT_DOCTOR_REPORT_H
#define SGDMARK_REPORT_DOCTOR_REPORT_H

#include <jansson.h>
#include <stdio.h>

/* Each finding with its effect and what mends it. `doctor` is doctor_json(). */
void print_doctor(FILE *to, const json_t *doctor);

/* The one or two worst of a run's findings in a line each, if they matter. NULL, or what is no list, prints nothing. */
void print_worst_findings(FILE *to, const json_t *findings);

#endif
