/* SPDX-License-Identifier: MIT */
/* The search for silent data corruption: repeats one fit on each core in turn and compares every decision value. */
#ifndef SGDMARK_VERIFY_SOAK_H
#define SGDMARK_VERIFY_SOAK_H

#include "learn/fit.h"
#include "machine/placement.h"

#include <stdbool.h>

/* The first wrong decision of a core. */
struct soak_fault {
    unsigned epoch;    /* from 0 */
    size_t position;   /* in the order of that epoch, from 0 */
    uint32_t row;      /* in the data set */
    double got, right; /* decision values: of this core, of the reference */
    const struct backend *backend;
};

/* The outcome for one core. */
struct soak_core {
    unsigned pu_os;
    size_t fits;             /* that ran on it */
    size_t wrong;            /* fits with a wrong decision */
    struct soak_fault first; /* only if wrong > 0 */
};

struct soak;

/* Trains the reference: f32/scalar on the calling thread, and keeps all decision values (epochs x n float64). NULL and
 * the reason on failure; soak_free releases it. */
struct soak *soak_new(const struct row_list *row_list, const struct hyper *hyper, struct error *err);
void soak_free(struct soak *soak);

/* The fingerprint of the reference. */
uint64_t soak_fingerprint(const struct soak *soak);

/* Runs one fit with `backend` on the PU of `slot` and adds its outcome to `core`. Binds the calling thread to that PU
 * and leaves it bound. Returns 0, or -1 with the reason when the fit could not run. */
int soak_fit(struct soak *soak, const struct topology *topology, const struct slot *slot, const struct backend *backend,
             struct soak_core *core, struct error *err);

#endif
