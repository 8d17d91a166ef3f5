/* SPDX-License-Identifier: MIT */
/* Loss functions. p is the decision value of a row, y its label, -1 or 1, and p * y the row's margin. */
#ifndef SGDMARK_LEARN_LOSS_H
#define SGDMARK_LEARN_LOSS_H

#include <stdbool.h>

/* A new loss is one line here and two functions below, NAME_violated and NAME_derivative. The two are inlined into the
 * training loop, once for every loss, so that the loop does not branch on the loss. */
#define LOSS_LIST(LOSS) LOSS(HINGE, hinge)

#define LOSS_ENUMERATOR(NAME, name) LOSS_##NAME,
enum loss { LOSS_LIST(LOSS_ENUMERATOR) LOSSES };
#undef LOSS_ENUMERATOR
extern const char *const loss_names[]; /* "hinge", NULL */

/* hinge: max(0, 1 - p y). scikit-learn updates on the hinge itself, p y == 1, too. */
static inline bool hinge_violated(double p, double y) {
    return p * y <= 1.0;
}
static inline double hinge_derivative(double p, double y) {
    (void)p;
    return -y;
}

/* Is an update due? Where not, the derivative of the loss is 0. */
static inline bool loss_violated(enum loss loss, double p, double y) {
    switch (loss) {
#define LOSS_CASE(NAME, name)                                                                                          \
    case LOSS_##NAME:                                                                                                  \
        return name##_violated(p, y);
        LOSS_LIST(LOSS_CASE)
#undef LOSS_CASE
    default:
        return false;
    }
}

/* The derivative of the loss with respect to p, where an update is due. */
static inline double loss_derivative(enum loss loss, double p, double y) {
    switch (loss) {
#define LOSS_CASE(NAME, name)                                                                                          \
    case LOSS_##NAME:                                                                                                  \
        return name##_derivative(p, y);
        LOSS_LIST(LOSS_CASE)
#undef LOSS_CASE
    default:
        return 0.0;
    }
}

/* Can engine int train it? Only losses whose update is a constant times y have an integer form (learn/integer.h). */
static inline bool loss_has_integer_form(enum loss loss) {
    return loss == LOSS_HINGE;
}

/* t0 of the 'optimal' rate, 1 / (eta0 alpha), where eta0 = typw / max(1, derivative at p = -typw, y = 1) and
 * typw = sqrt(1 / sqrt(alpha)). */
double loss_optimal_t0(enum loss loss, double alpha);

#endif
