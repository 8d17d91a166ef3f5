/* What train, cv and run print of their job. */
#ifndef SGDMARK_REPORT_JOB_REPORT_H
#define SGDMARK_REPORT_JOB_REPORT_H

#include "learn/job.h"

#include <stdio.h>

/* The rows, and the classifier's parameters. */
void print_job(FILE *out, const struct job *job, const struct job_spec *spec);

/* The prefetch distances, and how long the choice among them took: 0 seconds where they were given. */
void print_prefetch(FILE *out, const struct prefetch *prefetch, double seconds);

#endif
