/* SPDX-License-Identifier: MIT */
/* The rows of a data set where the workers of a placement are to read them: one copy for each memory node and policy
 * that its slots name. On a machine with one node they are the caller's own. */
#ifndef SGDMARK_MEASURE_NODE_ROWS_H
#define SGDMARK_MEASURE_NODE_ROWS_H

#include "data/dataset.h"
#include "machine/placement.h"

struct node_rows;

/* Makes the copies, and verifies that they lie where they should. Topology, placement and data set must outlive them.
 * NULL with the reason on failure; node_rows_free releases them. */
struct node_rows *node_rows_new(const struct topology *topology, const struct placement *placement,
                                const struct dataset *ds, struct error *err);
void node_rows_free(struct node_rows *rows);

/* What each worker reads, [placement->count]. They share all but the bytes of the rows. */
const struct dataset *const *node_rows_list(const struct node_rows *rows);

#endif
