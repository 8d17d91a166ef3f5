/* SPDX-License-Identifier: MIT */
/* The settings of --data synthetic[:n=N,d=D,seed=S]. */
#ifndef SGDMARK_DATA_SYNTHETIC_H
#define SGDMARK_DATA_SYNTHETIC_H

#include "base/error.h"

#include <stdint.h>

struct synthetic {
    uint64_t n;    /* rows of the training split, 10 to 2^32-1; the test split has max(10, n/6) more */
    uint64_t d;    /* features of a row, 16 to 65535 */
    uint64_t seed; /* 0 to 2^32-1 */
};

/* Reads the settings after "synthetic". Defaults: 60000, 784 and 1. Returns 0, or -1 with the reason: an unknown,
 * repeated, malformed or out-of-range setting. */
int synthetic_parse(struct synthetic *settings, const char *spec, struct error *err);

#endif
