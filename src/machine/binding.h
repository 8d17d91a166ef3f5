/* Binding threads and memory to the slots of a placement. On a topology that is not this machine's everything here
 * fails: hwloc itself would return success there and bind nothing. */
#ifndef SGDMARK_MACHINE_BINDING_H
#define SGDMARK_MACHINE_BINDING_H

#include "base/error.h"
#include "machine/placement.h"

/* Binds the calling thread to the slot's PU and asks the system whether it is bound and runs there. Returns 0, or -1
 * with the reason. */
int bind_worker(const struct topology *topology, const struct slot *slot, struct error *err);

/* The affinity of the calling thread, to go back to after a placement. Returns 0, or -1 with the reason. */
struct affinity;
struct affinity *affinity_save(const struct topology *topology, struct error *err);
int affinity_restore(const struct topology *topology, struct affinity *saved, struct error *err); /* frees `saved` */

/* The OS index of the PU that the calling thread runs on now; -1 when the system does not tell. Cheap (no system call
 * on common machines). */
int where_am_i(void);

/* Makes the pages of [start, start+length) lie where the slot says: its memory node, or interleaved over all allowed
 * nodes. Pages not touched yet will come there; others are moved. On a machine with one node nothing is done. start is
 * rounded up and the end down to whole pages. Returns 0, or -1 with the reason. */
int place_memory(const struct topology *topology, void *start, size_t length, const struct slot *slot,
                 struct error *err);

/* Asks the system where the (touched) pages lie; long ranges are sampled. Returns 0, or -1 and says what lies wrong. */
int check_memory(const struct topology *topology, const void *start, size_t length, const struct slot *slot,
                 struct error *err);

/* The logical indexes of the memory nodes that the pages lie on, "0,2". Returns 0, or -1 with the reason. */
int memory_nodes(const struct topology *topology, const void *start, size_t length, char text[PU_LIST_TEXT],
                 struct error *err);

#endif
