/* SPDX-License-Identifier: MIT */
/* Fits that share the order of their rows: each row is read and converted once for all of them. Reading binds, so
 * several models cost little more than one. */
#ifndef SGDMARK_LEARN_GROUP_H
#define SGDMARK_LEARN_GROUP_H

#include "base/error.h"
#include "learn/trainer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Up to MODELS_MOST fits on the same rows in the same order, with labels of their own. Each has the bits that it has
 * alone. */
struct group;

/* Can fits with these hyper-parameters share the order of their rows? Engine, loss, epochs, seed, compat and shuffling
 * have to be the same, and both fits plain (hyper_is_plain). */
bool hyper_share_order(const struct hyper *a, const struct hyper *b);

/* Room for `models` fits of up to `most` rows with d features, hyper[models], which share their order. NULL with the
 * reason on failure, as trainer_new; group_free releases it. */
struct group *group_new(size_t models, size_t most, size_t d, const struct hyper *hyper, const struct backend *backend,
                        struct error *err);
void group_free(struct group *group);

/* Starts the fits: row_lists[models] name the same rows in the same order, with the labels of each fit. `permutation`
 * as for trainer_start. A group of one is that fit alone, whatever its hyper-parameters. */
void group_start(struct group *group, const struct row_list *row_lists, const uint32_t *permutation);

/* Has some fit a next epoch? One that diverged stays in the group until the others end; its model tells. */
bool group_more(const struct group *group);

/* Runs the next epoch of all fits. */
void group_epoch(struct group *group);

/* Fit m: its model, hash and counts are read from it (trainer_model, trainer_hash). Only the group runs its epochs. */
struct trainer *group_fit(const struct group *group, size_t m);

#endif
