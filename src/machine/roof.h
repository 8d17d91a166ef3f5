/* The read bandwidth of each cache level and of memory, timed as arms of their own beside the work. */
#ifndef SGDMARK_MACHINE_ROOF_H
#define SGDMARK_MACHINE_ROOF_H

#include "base/error.h"
#include "kernels.h"
#include "machine/topology.h"

#include <stddef.h>
#include <stdint.h>

/* Reads a buffer of its own again and again, front to back: the read bandwidth of a cache level or of memory. Unit of
 * work: passes * bytes bytes. */
struct level_roof {
    uint8_t *buffer;
    size_t bytes, mapped;
    size_t passes;
    read_u8_fn *read;
    uint64_t sink; /* keeps the reads from being left out */
};

/* Allocates and touches `bytes`, on 2 MiB pages where the kernel gives them; one run reads at least `least` bytes (a
 * whole number of passes). Returns 0, or -1 with the reason; level_roof_free releases it. */
int level_roof_new(struct level_roof *roof, size_t bytes, size_t least, read_u8_fn *read, struct error *err);
/* One sample: allocates nothing and makes no system call. */
void level_roof_run(void *level_roof);
void level_roof_free(struct level_roof *roof);

/* Where a level's buffer lies: half of L1, half of L2, half of one core's share of the last-level cache, and four times
 * the last-level cache (at most 1 GiB and a quarter of the memory that is free). */
enum roof_level { ROOF_L1, ROOF_L2, ROOF_LAST, ROOF_MEMORY, ROOF_LEVELS };
extern const char *const roof_level_names[ROOF_LEVELS]; /* "L1", "L2", "last-level", "memory" */

/* The buffer's size for a level, a multiple of 4096; 0 where the machine does not list the level, or where its size
 * does not lie clear of the next lower one's. */
size_t roof_level_bytes(const struct topology *topology, enum roof_level level);

#endif
