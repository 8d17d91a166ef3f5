/* Roofs: what the core and its memory can do at best, timed as arms of their own beside the work. Each has a _new that
 * allocates, a run function of the form that arms have (it allocates nothing and makes no system call), and the work
 * that one run does, so that work / seconds is the roof. */
#ifndef SGDMARK_MEASURE_ROOF_H
#define SGDMARK_MEASURE_ROOF_H

#include "base/error.h"
#include "kernels.h"
#include "machine/topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads rows in a given order, bringing later rows into the cache: what no loop over the same rows can beat. Unit of
 * work: n * width bytes. Nothing in it is owned. */
struct row_roof {
    const uint8_t *pixels; /* row r begins at pixels + r * stride */
    size_t width, stride;
    const uint32_t *row; /* [n] */
    size_t n;
    read_u8_fn *read;
    size_t ahead;  /* how many rows later the row lies that is brought into the cache; 0: none is */
    bool into_l2;  /* into L2 instead of L1: more of them can be on their way */
    uint64_t sink; /* keeps the reads from being left out */
};
void row_roof_run(void *row_roof);

/* Sets `ahead` and `into_l2` to the fastest of a few choices, each run `tries` times in turns. */
void row_roof_tune(struct row_roof *roof, unsigned tries);

/* Reads a buffer of its own again and again, front to back: the read bandwidth of a cache level or of memory. Unit of
 * work: passes * bytes bytes. */
struct level_roof {
    uint8_t *buffer;
    size_t bytes;
    size_t passes;
    read_u8_fn *read;
    size_t ahead; /* how many bytes later a line lies that is brought into the cache; 0: none is */
    uint64_t sink;
};

/* Allocates and touches `bytes`, on 2 MiB pages where the kernel gives them; one run reads at least `least` bytes (a
 * whole number of passes). Returns 0, or -1 with the reason; level_roof_free releases it. */
int level_roof_new(struct level_roof *roof, size_t bytes, size_t least, read_u8_fn *read, struct error *err);
void level_roof_run(void *level_roof);
void level_roof_free(struct level_roof *roof);

/* Sets `ahead` to the faster of two choices, each run `tries` times in turns. */
void level_roof_tune(struct level_roof *roof, unsigned tries);

/* Where a level's buffer lies: half of L1, half of L2, half of one core's share of the last-level cache (at most eight
 * times L2: no more is needed, and what else lies there is to stay), and four times the last-level cache (at most 1 GiB
 * and a quarter of the memory that is free). */
enum roof_level { ROOF_L1, ROOF_L2, ROOF_LAST, ROOF_MEMORY, ROOF_LEVELS };
extern const char *const roof_level_names[ROOF_LEVELS]; /* "L1", "L2", "last-level", "memory" */

/* The buffer's size for a level, a multiple of 4096; 0 where the machine does not list the level, or where its size
 * does not lie clear of the next lower one's. */
size_t roof_level_bytes(const struct topology *topology, enum roof_level level);

/* The mix of loads, conversions and multiplications of a backend's dot products, on a row and weights that lie in L1.
 * Unit of work: calls * d pixels. */
enum mix { MIX_F32, MIX_INTEGER, MIX_PACKED /* on d / BLOCK_PIXELS blocks with a part of their groups */ };
struct mix_roof {
    const struct backend *backend;
    enum mix mix;
    bool ahead; /* by the kernel that asks for a row to come, which here is the same row */
    float *weights;
    int16_t *integers;
    uint8_t *row;
    size_t d, calls;
    uint64_t sink; /* the results added up, those in float as their bits */
};
int mix_roof_new(struct mix_roof *roof, const struct backend *backend, enum mix mix, size_t d, size_t calls,
                 struct error *err);
/* Takes of the two kernels, the one that asks for a row to come and the one that does not, the faster. */
void mix_roof_tune(struct mix_roof *roof, unsigned tries);
void mix_roof_run(void *mix_roof);
void mix_roof_free(struct mix_roof *roof);

#endif
