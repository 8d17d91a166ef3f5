/* SPDX-License-Identifier: MIT */
/* The compute roof of fits that share each read of a row (learn/group.h). */
#ifndef SGDMARK_MEASURE_GROUP_ROOF_H
#define SGDMARK_MEASURE_GROUP_ROOF_H

#include "measure/roof.h"

/* The dot products of one row with the weights of `models` fits, as a group makes them, on a row and weights that stay
 * in the caches. */
struct group_roof {
    const struct backend *backend; /* promises bits */
    enum compute_kind kind;
    size_t d, models; /* features of the row; fits, at most MODELS_MOST */
    size_t calls;     /* of a sample, each on one row */
    uint64_t sink;    /* the sum of the last sample's results as their bits */
    uint64_t right;   /* the same of one call */
    uint8_t *memory;  /* of all weights */
    const void *weights[MODELS_MOST];
    uint8_t *row;
};

/* Takes as many calls as take about 2 ms, at least 64. Returns 0, or -1 with the reason; group_roof_free releases
 * it. */
int group_roof_new(struct group_roof *roof, const struct backend *backend, enum compute_kind kind, size_t d,
                   size_t models, struct error *err);
void group_roof_run(void *group_roof);
/* Were all results of the last sample right: those of the scalar backend's dot product with each model by itself, on
 * packed rows those of the backend's own? Returns 0, or -1 with ERROR_CHECK. */
int group_roof_check(void *group_roof, struct error *err);
void group_roof_free(struct group_roof *roof);

#endif
