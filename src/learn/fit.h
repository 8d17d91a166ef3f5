/* SPDX-License-Identifier: MIT */
/* One fit in one call. The header also brings the parts that it is made of: trainer, model, prediction, shuffle. */
#ifndef SGDMARK_LEARN_FIT_H
#define SGDMARK_LEARN_FIT_H

#include "learn/model.h"
#include "learn/predict.h"
#include "learn/shuffle.h"
#include "learn/trainer.h"

/* Trains a model, the drawing of the epoch permutation included; model_free releases it. Returns 0, or -1 with the
 * reason. */
int fit(struct model *model, const struct row_list *row_list, const struct hyper *hyper, const struct backend *backend,
        struct error *err);

/* The same as a warm start: from the weights of another model of the same features (trainer_resume). */
int fit_from(struct model *model, const struct model *start, const struct row_list *row_list, const struct hyper *hyper,
             const struct backend *backend, struct error *err);

#endif
