/* SPDX-License-Identifier: MIT */
/* Which rows of a data set a job sees, and in which order. */
#ifndef SGDMARK_DATA_ORDER_H
#define SGDMARK_DATA_ORDER_H

#include "base/error.h"
#include "data/dataset.h"

#include <stddef.h>
#include <stdint.h>

enum row_order {
    ORDER_FILE,    /* as in the files */
    ORDER_SORTED,  /* stably sorted by label inside each split: the "MNIST original" of scikit-learn's old notebooks */
    ORDER_NOTEBOOK /* that, then permuted by RandomState(seed).permutation(n) */
};

extern const char *const order_names[]; /* "file", "sorted", "notebook", NULL */

/* The rows of a job: row k of the job is row `index[k]` of the data set. */
struct view {
    size_t n;
    uint32_t *index;
};

/* Makes the view: the first `limit` rows (0: all) of the data set in the given order. The data set holds only the split
 * that is used. Returns 0, or -1 with the reason; view_free releases it. */
int view_make(struct view *view, const struct dataset *ds, enum row_order order, uint32_t seed, size_t limit,
              struct error *err);
void view_free(struct view *view);

/* FNV-1a 64-bit of index[] as little-endian uint32: it identifies a row order. */
uint64_t view_hash(const struct view *view);

#endif
