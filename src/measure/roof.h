/* SPDX-License-Identifier: MIT */
/* Roofs: the fastest that the core and its memory can do a part of the work. Each is timed as a case of its own beside
 * the work. `_new` allocates and tunes; `_run` is one sample: it allocates nothing and makes no system call. */
#ifndef SGDMARK_MEASURE_ROOF_H
#define SGDMARK_MEASURE_ROOF_H

#include "base/error.h"
#include "data/row_view.h"
#include "kernels.h"
#include "learn/engine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct row_list;
struct topology;

/* ---- Read roof: reads the rows of an epoch, in its order, and does nothing else. */

/* Reads what the training loop reads of each row (struct row_view). Of a few prefetch distances, `_new` takes the
 * fastest: a slow roof would flatter the work that is compared with it. */
struct read_roof;

struct read_roof_spec {
    const struct row_list *row_list;
    enum row_form form;
    const uint32_t *permutation; /* [row_list->n] of the epochs' shuffle */
    unsigned epochs;             /* of a fit: sample r reads in the order of epoch r % epochs */
    read_u8_fn *read;
};
/* The row list and the permutation must outlive the roof. NULL and the reason on failure; read_roof_free releases it.
 */
struct read_roof *read_roof_new(const struct read_roof_spec *spec, struct error *err);

struct read_order_spec {
    const struct dataset *ds;
    enum row_form form;
    const uint32_t *row; /* [n] rows of the data set, n > 0; copied */
    size_t n;
    read_u8_fn *read;
};
/* The same for a given order, with short samples: an order of more than 65,536 rows is read part by part, one of fewer
 * than 2048 rows several times in a sample. */
struct read_roof *read_roof_of_order(const struct read_order_spec *spec, struct error *err);

/* Goes on to the order of the next epoch, or to the next part of a given order. Call it before each sample, untimed. */
void read_roof_next(struct read_roof *roof);
void read_roof_run(struct read_roof *roof);
/* Of a roof of epochs: did the last sample read every byte of every row? The exclusive or of all rows tells, as the
 * scalar backend reads them. Returns 0, or -1 with ERROR_CHECK. */
int read_roof_check(const struct read_roof *roof, struct error *err);
void read_roof_free(struct read_roof *roof);

/* Rows that a sample reads, and bytes that it reads of each. */
size_t read_roof_rows(const struct read_roof *roof);
double read_roof_row_bytes(const struct read_roof *roof);

/* ---- Compute roof: the dot products of a backend on a row and weights that stay in L1. */

enum compute_kind { COMPUTE_F32, COMPUTE_INTEGER, COMPUTE_PACKED /* on packed rows */ };

/* What the training loop of an engine computes on rows of a form, and the features of such a row that it multiplies. */
enum compute_kind compute_kind_of(enum engine engine, enum row_form form);
size_t compute_features(const struct dataset *ds, enum row_form form);

struct compute_roof {
    const struct backend *backend;
    enum compute_kind kind;
    size_t d;
    size_t calls;     /* of a sample, each on one row */
    bool prefetching; /* by the kernel that also prefetches a row, here the same one */
    uint64_t sink;    /* the sum of the last sample's results, floats as their bits */
    uint64_t right;   /* result of one call */
    float *weights;
    int16_t *integers;
    uint8_t *row;
};
/* Takes the faster of the kernel that prefetches and the one that does not, and as many calls as take about 2 ms, at
 * least 256. Returns 0, or -1 with the reason; compute_roof_free releases it. */
int compute_roof_new(struct compute_roof *roof, const struct backend *backend, enum compute_kind kind, size_t d,
                     struct error *err);
void compute_roof_run(void *compute_roof);
/* Were all results of the last sample right: those of the scalar backend, where the backend promises its bits and both
 * have the kernel, else those of the first call? Returns 0, or -1 with ERROR_CHECK. */
int compute_roof_check(void *compute_roof, struct error *err);
void compute_roof_free(struct compute_roof *roof);

/* ---- Level roof: reads a buffer that lies in one cache level or in memory, front to back, again and again. */

struct level_roof {
    uint8_t *buffer;
    size_t bytes;
    size_t passes; /* of a sample, which reads passes * bytes bytes */
    read_u8_fn *read;
    size_t prefetch_distance; /* in bytes; 0: no prefetch */
    uint64_t sink;            /* exclusive or of what the last sample read */
    uint64_t right;           /* the same as the scalar backend reads it */
};
/* Allocates and touches `bytes`, on 2 MiB pages where the kernel gives them. A sample reads at least `least` bytes.
 * Takes the faster of two prefetch distances. Returns 0, or -1 with the reason; level_roof_free releases it. */
int level_roof_new(struct level_roof *roof, size_t bytes, size_t least, read_u8_fn *read, struct error *err);
void level_roof_run(void *level_roof);
/* Did the last sample read every byte, as far as the exclusive or of them tells? 0, or -1 with ERROR_CHECK. */
int level_roof_check(const struct level_roof *roof, struct error *err);
void level_roof_free(struct level_roof *roof);

enum roof_level { ROOF_L1, ROOF_L2, ROOF_LAST, ROOF_MEMORY, ROOF_LEVELS };
extern const char *const roof_level_names[ROOF_LEVELS]; /* "L1", "L2", "last-level", "memory" */

/* Bytes of the buffer for a level, a multiple of 4096:
 *   L1, L2      half of the cache
 *   last-level  half of one core's share of it, at most eight times L2: the buffer should not evict everything else
 *   memory      four times the last-level cache, at most 1 GiB and a quarter of the free memory
 * 0 where the machine does not list the level, or where the buffer would fit the next lower level. */
size_t roof_level_bytes(const struct topology *topology, enum roof_level level);

#endif
