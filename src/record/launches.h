/* SPDX-License-Identifier: MIT */
/* Runs the program in further processes. Each process has one memory layout (physical pages, addresses of code and
 * heap) for its whole life, so its effect shows only between processes. */
#ifndef SGDMARK_RECORD_LAUNCHES_H
#define SGDMARK_RECORD_LAUNCHES_H

#include "base/error.h"
#include "record/load.h"

#include <jansson.h>

enum { LAUNCHES = 5 };

/* The results of LAUNCHES processes, each of the same job with --quick on one core. */
struct launches {
    struct result_file file[LAUNCHES];
};

/* Runs this program LAUNCHES times, one process after the other, with the arguments argv[1..argc-1] of this run, and
 * reads each result. Returns 0, or -1 with the reason. launches_free releases it. */
int launches_make(struct launches *launches, int argc, char *const *argv, struct error *err);
void launches_free(struct launches *launches);

/* One object per epoch case: {"name": "epoch/f32/avx512", "median_seconds": [LAUNCHES], "spread": 0.013}. spread =
 * (largest - smallest) / median of the medians. NULL when memory runs out. */
json_t *launches_json(const struct launches *launches);

#endif
