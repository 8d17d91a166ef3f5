/* SPDX-License-Identifier: MIT */
/* How far an experiment can be trusted: its A/A controls, what disturbed it, what the machine does not tell. */
#ifndef SGDMARK_REPORT_QUALITY_REPORT_H
#define SGDMARK_REPORT_QUALITY_REPORT_H

#include <jansson.h>
#include <stdio.h>

/* Prints it for an experiment of a result. */
void print_quality(FILE *to, const json_t *experiment);

/* The number of processes that timed the experiment. */
double count_processes(const json_t *experiment);

#endif
