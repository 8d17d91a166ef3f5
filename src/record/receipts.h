/* SPDX-License-Identifier: MIT */
/* Adds receipts to a result: what was trained, by which code, and whether the check passed. Each function returns 0, or
 * -1 with the reason. */
#ifndef SGDMARK_RECORD_RECEIPTS_H
#define SGDMARK_RECORD_RECEIPTS_H

#include "learn/job.h"
#include "record/result.h"
#include "verify/parity.h"

/* Adds the rows and the hyper-parameters. Call dataset_hash(&job->ds) before. */
int record_workload(struct result *result, const struct job *job, const struct job_spec *spec, unsigned folds,
                    struct error *err);

/* Adds one receipt per kernel of the backend: symbol, hash of the machine code, and why the backend was chosen. `asked`
 * is the value of --isa. */
int record_dispatch(struct result *result, const char *asked, const struct backend *backend, struct error *err);

/* Adds the outcome of the job's parity check. */
int record_parity(struct result *result, const struct verified_job *verified, struct error *err);

#endif
