/* Several launches of the program: what one process cannot see, such as where its pages and its code came to lie. */
#ifndef SGDMARK_RECORD_LAUNCHES_H
#define SGDMARK_RECORD_LAUNCHES_H

#include "base/error.h"
#include "record/load.h"

#include <jansson.h>

enum { LAUNCHES = 5 };

/* The result files of LAUNCHES processes that did the same job with --quick on one core. */
struct launches {
    struct result_file file[LAUNCHES];
};

/* Starts this program again and again with the arguments of this run (argv[0] is left out) and reads what each reports.
 * Returns 0, or -1 with the reason; launches_free releases it. */
int launches_make(struct launches *launches, int argc, char *const *argv, struct error *err);
void launches_free(struct launches *launches);

/* [{"name": "epoch/f32/avx512", "median_seconds": [...], "spread": 0.013}]; spread is (largest - smallest) / median of
 * the medians. NULL when memory runs out. */
json_t *launches_json(const struct launches *launches);

#endif
