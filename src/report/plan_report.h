/* SPDX-License-Identifier: MIT */
/* Prints what --resolve or --time planned for an experiment, and where it stopped. */
#ifndef SGDMARK_REPORT_PLAN_REPORT_H
#define SGDMARK_REPORT_PLAN_REPORT_H

#include <jansson.h>
#include <stdio.h>

/* Prints nothing of an experiment without a plan. */
void print_plan(FILE *to, const json_t *experiment);

#endif
