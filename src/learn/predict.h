/* SPDX-License-Identifier: MIT */
/* Decision values of a trained model. */
#ifndef SGDMARK_LEARN_PREDICT_H
#define SGDMARK_LEARN_PREDICT_H

#include "learn/model.h"
#include "learn/row_list.h"

/* decision[k] = <w, x> + intercept for every row, summed in the engine's own order. True is decision > 0; engine int's
 * values are within rounding of f64's, and on the same side of 0. */
void decision_function(double *decision, const struct model *model, const struct row_list *row_list,
                       const struct backend *backend);

/* The same for several models, at most MODELS_MOST, trained with one engine: decision[m] gets those of models[m], with
 * the bits of decision_function. Each row is read once for all, where that changes no bit. */
void decision_functions(double *const *decision, const struct model *const *models, size_t count,
                        const struct row_list *row_list, const struct backend *backend);

#endif
