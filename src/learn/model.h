/* SPDX-License-Identifier: MIT */
/* A trained linear classifier. */
#ifndef SGDMARK_LEARN_MODEL_H
#define SGDMARK_LEARN_MODEL_H

#include "base/error.h"
#include "learn/hyper.h"
#include "learn/integer.h"

#include <stddef.h>
#include <stdint.h>

struct model {
    size_t d;
    double *coef; /* [d] */
    double intercept;
    unsigned epochs;      /* n_iter_: run, at most the hyper-parameter */
    uint32_t *updates;    /* [epochs] weight updates in each epoch */
    uint64_t update_hash; /* of the sequence of (epoch, position) at which the weights changed */
    /* FNV-1a 64 of update_hash, then of updates[] as little-endian uint32. Above 60,000 rows update_hash takes the end
     * of an epoch for the start of the next; this hash does not. */
    uint64_t update_hash_by_epoch;
    uint64_t fingerprint; /* FNV-1a 64 of coef and intercept */
    uint64_t *epoch_hash; /* [epochs] trainer_hash after each epoch */
    double seconds;       /* the fit alone */
    /* Engine f32 predicts with the weights that it trained. */
    float *w;      /* [d] or NULL */
    double wscale; /* coef[k] == (double)w[k] * wscale */
    /* Engine int predicts with its integers: coef is W * unit, up to rounding. A decision value no further than `slack`
     * from 0 is recomputed with coef. */
    struct integer_weights integer; /* .low is NULL with other engines */
    double unit, slack;
};

/* Allocates a model's arrays for d features. Returns 0, or -1 with the reason; model_free releases it. */
int model_new(struct model *model, size_t d, const struct hyper *hyper, struct error *err);
void model_free(struct model *model);

#endif
