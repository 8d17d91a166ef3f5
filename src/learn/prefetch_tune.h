/* SPDX-License-Identifier: MIT */
/* Finds the fastest prefetch distances for these rows, this engine and this backend on this machine. */
#ifndef SGDMARK_LEARN_PREFETCH_TUNE_H
#define SGDMARK_LEARN_PREFETCH_TUNE_H

#include "learn/fit.h"

/* Sets hyper->prefetch, if it is not set, to the fastest of a few choices. The choices take turns to train on a few
 * thousand rows drawn from all the data; rows that fit the caches are read before. A choice must beat the default in
 * all rounds but one; of those that do, the one with the least median time wins. Takes under 50 ms; *seconds gets the
 * time, 0 where hyper->prefetch was set. Returns 0, or -1 with the reason. */
int prefetch_tune(struct hyper *hyper, const struct row_list *row_list, const struct backend *backend, double *seconds,
                  struct error *err);

#endif
