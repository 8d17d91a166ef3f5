/* SPDX-License-Identifier: MIT */
/* The rows that a fit or a prediction visits. */
#ifndef SGDMARK_LEARN_ROW_LIST_H
#define SGDMARK_LEARN_ROW_LIST_H

#include "data/dataset.h"
#include "data/row_view.h"
#include "kernels.h"
#include "learn/engine.h"

#include <stddef.h>
#include <stdint.h>

/* Rows of a data set, in order. */
struct row_list {
    const struct dataset *ds;
    const struct row_ref *at; /* [n]; start is ds->start[row], positive 1 where the label is the digit sought */
    size_t n;
};

/* Fills at[n] for rows row[0..n-1]. */
void row_refs_fill(struct row_ref *at, const struct dataset *ds, const uint32_t *row, size_t n, unsigned positive);

/* Do fits and predictions with this engine and backend read the rows that the data set has packed? */
bool reads_packed(const struct dataset *ds, enum engine engine, const struct backend *backend);

/* Bytes that they read of a row, on average. */
double row_bytes(const struct dataset *ds, enum engine engine, const struct backend *backend);

/* Reads the rows that decision_function reads, in the same order, and computes nothing: the read roof of predictions.
 * Returns the exclusive or of what read_u8 gives. */
uint64_t row_list_read(const struct row_list *row_list, enum engine engine, const struct backend *backend);

#endif
