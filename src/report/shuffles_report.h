/* SPDX-License-Identifier: MIT */
/* One sentence: the notebook's own results are one draw of many, and where they fall. */
#ifndef SGDMARK_REPORT_SHUFFLES_REPORT_H
#define SGDMARK_REPORT_SHUFFLES_REPORT_H

#include <jansson.h>
#include <stdio.h>

/* Prints the sentence from the object that shuffles_json makes, in lines of up to 100 columns after `indent` blanks. */
void print_shuffles(FILE *to, const json_t *shuffles, int indent);

#endif
