/* SPDX-License-Identifier: MIT */
/* The fixed training loop: scikit-learn's SGDClassifier with all its parameters, and the rates of
 * PassiveAggressiveClassifier. The arithmetic is that of sklearn/linear_model/_sgd_fast.pyx (1.2), in its order. */
#ifndef SGDMARK_LEARN_TRAINER_H
#define SGDMARK_LEARN_TRAINER_H

#include "base/error.h"
#include "learn/hyper.h"
#include "learn/model.h"
#include "learn/row_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Can the engine do fits on up to n rows with these hyper-parameters? 0, or -1 with the reason. */
int engine_possible(const struct hyper *hyper, size_t n, struct error *err);

/* The working memory of a fit. Only trainer_new allocates; nothing else here makes a system call, so the caller may
 * time any part. */
struct trainer;

/* Room for fits of up to `most` rows with d features. `backend` serves engines f32 and int; int on a backend with
 * PARITY_BITS ends in the bits of f64. NULL with the reason on failure, also where engine_possible says no;
 * trainer_free releases it. */
struct trainer *trainer_new(size_t most, size_t d, const struct hyper *hyper, const struct backend *backend,
                            struct error *err);
void trainer_free(struct trainer *trainer);

/* The epoch permutation of n rows for the trainer's seed, drawn into its own memory. */
const uint32_t *trainer_permutation(struct trainer *trainer, size_t n);

/* Starts a fit: weights zero, the first epoch next. `permutation` is the epoch permutation of row_list->n rows; both
 * stay the caller's and must outlive the fit. */
void trainer_start(struct trainer *trainer, const struct row_list *row_list, const uint32_t *permutation);
/* After trainer_start: takes the weights and the intercept of a model in place of zeros, as scikit-learn's warm start
 * does: the rate starts anew, and engine f32 rounds coef. Returns 0, or -1 with the reason: engine int has no integer
 * form for it, or the model has another number of features. */
int trainer_resume(struct trainer *trainer, const struct model *model, struct error *err);
/* Is there a next epoch? Not after hyper->epochs of them, when the tolerance has stopped the fit, when it diverged, or
 * when its rows cannot be trained on: trainer_model tells. */
bool trainer_more(const struct trainer *trainer);
/* Runs the next epoch: every row once, in this epoch's order. */
void trainer_epoch(struct trainer *trainer);
/* The same, and decision[i] gets the decision value of the row visited at position i, [n]; with engine int the exact
 * sum of its integer weights and pixels; 0 for a row that is held out. */
void trainer_epoch_traced(struct trainer *trainer, double *decision);
/* In place of trainer_epoch: only reads the rows of the next epoch, in its order. No epoch can be faster. Returns the
 * exclusive or of what read_u8 gives. */
uint64_t trainer_read(struct trainer *trainer);
/* The row of the data set that was visited at `position` of the last epoch; not for packed rows. */
uint32_t trainer_visited(const struct trainer *trainer, size_t position);
/* From the next epoch on, the fit runs by this backend with these prefetch distances. So several backends can take
 * turns in the same memory, which makes them as fast as each other wherever only memory layout differs. The backend
 * must read the rows in the form of the one before (row_view.h). */
void trainer_use(struct trainer *trainer, const struct backend *backend, const struct prefetch *prefetch);

/* A fit between two epochs, without the order of its rows: weights, scale, intercept, counts. */
struct trainer_state;
struct trainer_state *trainer_state_new(const struct trainer *trainer, struct error *err); /* NULL with the reason */
void trainer_state_free(struct trainer_state *state);
void trainer_save(struct trainer_state *state, const struct trainer *trainer);
/* Goes back, or on, to a saved state. The order of the rows must be the one at that time: the trainer ran just the next
 * epoch since, or the same epoch of another fit on the same rows. */
void trainer_load(struct trainer *trainer, const struct trainer_state *state);

/* FNV-1a 64 of what the epochs so far have made: weights as stored, integer ones too, scale, intercept, averages, what
 * a penalty, a tolerance or a rate remembers, update hash.
 * Equal for equal bits only. */
uint64_t trainer_hash(const struct trainer *trainer);

/* The model after the epochs run so far, into arrays of model_new. Fails when a weight is not finite, with the epoch,
 * and when the rows cannot be trained on. */
int trainer_model(const struct trainer *trainer, struct model *model, struct error *err);

#endif
