/* SPDX-License-Identifier: MIT */
/* The section "notebook" of a result file: the notebook's steps and their outcome. */
#ifndef SGDMARK_RECORD_NOTEBOOK_H
#define SGDMARK_RECORD_NOTEBOOK_H

#include "learn/job.h"
#include "verify/parity.h"

#include <jansson.h>

/* The notebook's numbers as computed by one verified job, and the fold accuracies of the never estimator. `published`
 * is true if the job is the notebook's own, so that its printed numbers apply. NULL when memory runs out. */
json_t *notebook_json(const struct job *job, const struct job_spec *spec, const struct verified_job *verified,
                      const struct cv_result *never, bool published);

#endif
