/* The notebook's steps as one section of a result file. */
#ifndef SGDMARK_RECORD_NOTEBOOK_H
#define SGDMARK_RECORD_NOTEBOOK_H

#include "learn/job.h"
#include "verify/parity.h"

#include <jansson.h>

/* What the notebook computes, by one verified job, and what the never estimator scores. `published`: the job is the one
 * whose numbers the notebook printed. NULL when memory runs out. */
json_t *notebook_json(const struct job *job, const struct job_spec *spec, const struct verified_job *verified,
                      const struct cv_result *never, bool published);

#endif
