/* Looking for silent data corruption: the same fit again and again on each core in turn, every decision compared. */
#ifndef SGDMARK_VERIFY_SOAK_H
#define SGDMARK_VERIFY_SOAK_H

#include "learn/fit.h"
#include "machine/placement.h"

#include <stdbool.h>

/* The first decision of a core that was not the reference's. */
struct soak_fault {
    unsigned epoch;    /* from 0 */
    size_t position;   /* in that epoch's order, from 0 */
    uint32_t row;      /* of the data set */
    double got, right; /* decision values */
    const struct backend *backend;
};

/* What is known of one core. */
struct soak_core {
    unsigned pu_os;
    size_t fits;  /* that ran on it */
    size_t wrong; /* of those, the ones that differed from the reference */
    struct soak_fault first;
};

struct soak;

/* The reference: engine f32 by the scalar backend on the calling thread, all decisions kept (epochs * n float64
 * values). NULL and the reason on failure; soak_free releases it. */
struct soak *soak_new(const struct row_list *row_list, const struct hyper *hyper, struct error *err);
void soak_free(struct soak *soak);

/* The fingerprint of the reference's model. */
uint64_t soak_fingerprint(const struct soak *soak);

/* One fit on the PU of `slot` (the calling thread is bound to it and stays there), by `backend`; `core` is brought up
 * to date. Returns 0, or -1 with the reason when the fit could not be made. */
int soak_fit(struct soak *soak, const struct topology *topology, const struct slot *slot, const struct backend *backend,
             struct soak_core *core, struct error *err);

#endif
