/* SPDX-License-Identifier: MIT */
/* The former name of prefetch_choose. */
#ifndef SGDMARK_LEARN_PREFETCH_TUNE_H
#define SGDMARK_LEARN_PREFETCH_TUNE_H

#include "learn/fit.h"
#include "learn/prefetch_choice.h"

/* Sets hyper->prefetch if it is not set; *seconds gets 0. Returns 0. */
static inline int prefetch_tune(struct hyper *hyper, const struct row_list *row_list, const struct backend *backend,
                                double *seconds, struct error *err) {
    (void)err;
    *seconds = 0.0;
    prefetch_choose(hyper, row_list, backend, NULL);
    return 0;
}

#endif
