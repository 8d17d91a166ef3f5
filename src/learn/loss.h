/* SPDX-License-Identifier: MIT */
/* Loss functions. p is the decision value of a row, y its label, -1 or 1, and p * y the row's margin. */
#ifndef SGDMARK_LEARN_LOSS_H
#define SGDMARK_LEARN_LOSS_H

#include <stdbool.h>

/* A new loss is one line here and three functions in loss_functions.h, NAME_violated, NAME_derivative and NAME_value.
 * They are inlined into the training loop, once for every loss, so that the loop does not branch on the loss. */
#define LOSS_LIST(LOSS)                                                                                                \
    LOSS(HINGE, hinge)                                                                                                 \
    LOSS(LOG_LOSS, log_loss)                                                                                           \
    LOSS(MODIFIED_HUBER, modified_huber)                                                                               \
    LOSS(SQUARED_HINGE, squared_hinge)                                                                                 \
    LOSS(PERCEPTRON, perceptron)                                                                                       \
    LOSS(SQUARED_ERROR, squared_error)                                                                                 \
    LOSS(HUBER, huber)                                                                                                 \
    LOSS(EPSILON_INSENSITIVE, epsilon_insensitive)                                                                     \
    LOSS(SQUARED_EPSILON_INSENSITIVE, squared_epsilon_insensitive)

#define LOSS_ENUMERATOR(NAME, name) LOSS_##NAME,
enum loss { LOSS_LIST(LOSS_ENUMERATOR) LOSSES };
#undef LOSS_ENUMERATOR
extern const char *const loss_names[]; /* "hinge", ..., NULL */

/* scikit-learn's class Hinge: the derivative is -y where the margin is not above the threshold, else 0. Only losses
 * whose update is such a constant times y have an integer form (learn/integer.h). */
static inline bool loss_is_hinge(enum loss loss) {
    return loss == LOSS_HINGE || loss == LOSS_PERCEPTRON;
}

/* The threshold of such a loss. */
static inline double loss_threshold(enum loss loss) {
    return loss == LOSS_HINGE ? 1.0 : 0.0;
}

/* t0 of the 'optimal' rate, 1 / (eta0 alpha), where eta0 = typw / max(1, derivative at p = -typw, y = 1) and
 * typw = sqrt(1 / sqrt(alpha)). */
double loss_optimal_t0(enum loss loss, double alpha, double epsilon);

#endif
