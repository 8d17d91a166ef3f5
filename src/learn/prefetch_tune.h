/* Which lookahead is the fastest here, for these rows, this engine and this backend. */
#ifndef SGDMARK_LEARN_PREFETCH_TUNE_H
#define SGDMARK_LEARN_PREFETCH_TUNE_H

#include "learn/fit.h"

/* Sets hyper->prefetch, where it is not set, to the fastest of a few choices: each trains on the same few thousand rows
 * from all over the data, in turns, after the rows were read if caches can hold them; of those that beat the default in
 * all turns but one the one with the least median time wins, and else the default. Takes under 50 ms; *seconds says how
 * long (0 where nothing had to be chosen). Returns 0, or -1 with the reason.
 */
int prefetch_tune(struct hyper *hyper, const struct row_list *row_list, const struct backend *backend, double *seconds,
                  struct error *err);

#endif
