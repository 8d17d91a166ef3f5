/* SPDX-License-Identifier: MIT */
/* Binds threads and memory to the slots of a placement. On a topology that is not this machine's, these functions fail;
 * hwloc itself would report success and bind nothing. */
#ifndef SGDMARK_MACHINE_BINDING_H
#define SGDMARK_MACHINE_BINDING_H

#include "base/error.h"
#include "machine/placement.h"

/* Binds the calling thread to the slot's PU, then verifies that it is bound to that PU and runs there. Where the system
 * refuses all binding (topology_no_binding) it does nothing: the placement says so. Returns 0, or -1 with the reason.
 */
int bind_worker(const struct topology *topology, const struct slot *slot, struct error *err);

/* The PU that bind_worker binds to, by OS index; -1: the system refuses all binding, so that threads run anywhere. */
int bound_pu(const struct topology *topology, const struct slot *slot);

/* Saves the affinity of the calling thread (NULL and the reason on failure), goes back to it, and does so for the last
 * time, which frees `saved` either way: 0, or -1 with the reason. */
struct affinity;
struct affinity *affinity_save(const struct topology *topology, struct error *err);
int affinity_return(const struct topology *topology, const struct affinity *saved, struct error *err);
int affinity_restore(const struct topology *topology, struct affinity *saved, struct error *err);

/* The OS index of the PU that the calling thread runs on now; -1: unknown. Cheap: no system call on x86-64 and on
 * aarch64 with a recent glibc. */
int current_pu(void);

/* Places the pages of [start, start+length) where the slot says: on its memory node, or interleaved over all usable
 * nodes. Where the system refuses all placing, local memory is left to whoever writes it first, bound to the slot.
 * Pages not touched yet will be allocated there; the others are moved. Only whole pages inside the range are placed.
 * Does nothing on a machine with one node. Returns 0, or -1 with the reason. */
int place_memory(const struct topology *topology, void *start, size_t length, const struct slot *slot,
                 struct error *err);

/* Verifies that the touched pages lie where the slot says, unless the system refuses to place memory or to tell where
 * it lies; samples long ranges. Returns 0, or -1 with the nodes that they lie on instead. */
int check_memory(const struct topology *topology, const void *start, size_t length, const struct slot *slot,
                 struct error *err);

/* Lists the memory nodes that the pages lie on by logical index, "0,2". Returns 0, or -1 with the reason. */
int memory_nodes(const struct topology *topology, const void *start, size_t length, char text[PU_LIST_TEXT],
                 struct error *err);

#endif
