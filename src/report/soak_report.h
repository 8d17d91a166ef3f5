/* SPDX-License-Identifier: MIT */
/* Prints the outcome of a soak: repeated training on every core. */
#ifndef SGDMARK_REPORT_SOAK_REPORT_H
#define SGDMARK_REPORT_SOAK_REPORT_H

#include "learn/job.h"
#include "verify/soak.h"

#include <stdio.h>

/* Prints what is repeated, and the fingerprint of the reference. `published` is the fingerprint that the notebook's job
 * must have; `right` is false if this is that job and the reference has another one. */
void print_soak_head(FILE *to, double minutes, uint64_t fingerprint, bool right, uint64_t published);

/* Prints one line for a core: its fits, or the first wrong decision. */
void print_soak_core(FILE *to, const struct job *job, const struct soak_core *core);

#endif
