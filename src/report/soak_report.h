/* What repeated training found of each core. */
#ifndef SGDMARK_REPORT_SOAK_REPORT_H
#define SGDMARK_REPORT_SOAK_REPORT_H

#include "learn/job.h"
#include "verify/soak.h"

#include <stdio.h>

/* What is repeated, and the fingerprint of the reference. Where the job is the notebook's, its model is
 * known: `right` says whether the reference has it. */
void print_soak_head(FILE *to, double minutes, uint64_t fingerprint, bool right, uint64_t published);

/* One line for a core. */
void print_soak_core(FILE *to, const struct job *job, const struct soak_core *core);

#endif
