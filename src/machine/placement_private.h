/* SPDX-License-Identifier: MIT */
/* The parts that build placements; private to src/machine. */
#ifndef SGDMARK_MACHINE_PLACEMENT_PRIVATE_H
#define SGDMARK_MACHINE_PLACEMENT_PRIVATE_H

#include "base/near.h"
#include "machine/placement.h"
#include "machine/topology_private.h"

/* Appends a worker on the PU, with its rows on the PU's own node or the nearest. Returns 0, or -1 when memory runs out.
 */
int add_slot(struct placement *placement, const struct topology *topology, hwloc_obj_t pu);

/* Appends one worker for each core that has an allowed PU inside the set. */
int add_cores(struct placement *placement, const struct topology *topology, hwloc_const_cpuset_t set);

/* Appends one worker for each allowed PU inside the set. */
int add_pus(struct placement *placement, const struct topology *topology, hwloc_const_cpuset_t set);

/* Resolves TYPE:LIST[.TYPE:LIST...], the text in placement->name. Returns 0, or -1 with the reason. */
int resolve_expression(struct placement *placement, const struct topology *topology, struct error *err);

/* Tries the names of placements as what was meant. */
void placement_try_names(struct near *meant);

#endif
