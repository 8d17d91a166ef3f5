/* SPDX-License-Identifier: MIT */
/* Probabilities from decision values: scikit-learn's predict_proba. */
#ifndef SGDMARK_LEARN_PROBA_H
#define SGDMARK_LEARN_PROBA_H

#include "learn/engine.h"

#include <stddef.h>

/* How a loss gives probabilities, if it does. */
enum proba {
    PROBA_NONE,
    PROBA_SIGMOID, /* log_loss: 1 / (1 + exp(-decision)) */
    PROBA_CLIP     /* modified_huber: (decision, clipped to -1..1, + 1) / 2 */
};
enum proba proba_of_loss(const char *loss_name);

/* With what the sigmoid is computed: engine f32 by the backend's kernel, in float32; the others in float64 by SLEEF's
 * exponential, whose bits are those of every machine. */
struct proba_by {
    enum proba proba;
    enum engine engine;
    const struct backend *backend;
};

/* proba[n][2] of decision[n]: that of False, which is 1 less that of True. */
void proba_binary(double *proba, const double *decision, size_t n, const struct proba_by *by);

/* proba[n][classes] of decision[n][classes]: each row is divided by its sum, which is added up as NumPy adds up a row
 * of at most 15 numbers. Where the clipped values of a row are all 0, its classes get the same probability. */
void proba_classes(double *proba, const double *decision, size_t n, size_t classes, const struct proba_by *by);

#endif
