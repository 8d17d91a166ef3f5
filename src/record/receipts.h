/* Sections of a result file that say what was trained, by which code, and whether it was right. Each function returns
 * 0, or -1 with the reason. */
#ifndef SGDMARK_RECORD_RECEIPTS_H
#define SGDMARK_RECORD_RECEIPTS_H

#include "learn/job.h"
#include "record/result.h"
#include "verify/parity.h"

/* The rows and the hyper-parameters. The data set must have been hashed. */
int record_workload(struct result *result, const struct job *job, const struct job_spec *spec, unsigned folds,
                    struct error *err);

/* The machine code of each kernel of the backend, and why it was taken: `asked` is what --isa said. */
int record_dispatch(struct result *result, const char *asked, const struct backend *backend, struct error *err);

/* The outcome of a job's check. */
int record_parity(struct result *result, const struct verified_job *verified, struct error *err);

#endif
