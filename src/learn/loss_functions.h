/* SPDX-License-Identifier: MIT */
/* The losses of sklearn/linear_model/_sgd_fast.pyx (1.2), operation by operation: their results are scikit-learn's
 * bits, up to exp and log (kernels/transcendental.h). For the loops of learn/, which inline them. `epsilon` is the
 * parameter of the last three. */
#ifndef SGDMARK_LEARN_LOSS_FUNCTIONS_H
#define SGDMARK_LEARN_LOSS_FUNCTIONS_H

#include "learn/loss.h"
#include "transcendental.h"

#include <math.h>

/* hinge: max(0, 1 - p y). scikit-learn updates on the hinge itself, p y == 1, too. */
static inline bool hinge_violated(double p, double y, double epsilon) {
    (void)epsilon;
    return p * y <= 1.0;
}
static inline double hinge_derivative(double p, double y, double epsilon) {
    (void)p, (void)epsilon;
    return -y;
}
static inline double hinge_value(double p, double y, double epsilon) {
    (void)epsilon;
    return 1.0 - p * y;
}

/* log_loss: log(1 + exp(-p y)). Beyond 18 the logarithm is left out, as it changes little. */
static inline bool log_loss_violated(double p, double y, double epsilon) {
    (void)p, (void)y, (void)epsilon;
    return true;
}
static inline double log_loss_derivative(double p, double y, double epsilon) {
    const double z = p * y;
    (void)epsilon;
    if (z > 18.0) return portable_exp(-z) * -y;
    if (z < -18.0) return -y;
    return -y / (portable_exp(z) + 1.0);
}
static inline double log_loss_value(double p, double y, double epsilon) {
    const double z = p * y;
    (void)epsilon;
    if (z > 18.0) return portable_exp(-z);
    if (z < -18.0) return -z;
    return portable_log(1.0 + portable_exp(-z));
}

/* modified_huber: (1 - p y)^2 from a margin of -1 to 1, -4 p y below. */
static inline bool modified_huber_violated(double p, double y, double epsilon) {
    (void)epsilon;
    return !(p * y >= 1.0);
}
static inline double modified_huber_derivative(double p, double y, double epsilon) {
    const double z = p * y;
    (void)epsilon;
    return z >= -1.0 ? 2.0 * (1.0 - z) * -y : -4.0 * y;
}
static inline double modified_huber_value(double p, double y, double epsilon) {
    const double z = p * y;
    (void)epsilon;
    return z >= -1.0 ? (1.0 - z) * (1.0 - z) : -4.0 * z;
}

/* squared_hinge: max(0, 1 - p y)^2. */
static inline bool squared_hinge_violated(double p, double y, double epsilon) {
    (void)epsilon;
    return 1.0 - p * y > 0.0;
}
static inline double squared_hinge_derivative(double p, double y, double epsilon) {
    (void)epsilon;
    return -2.0 * y * (1.0 - p * y);
}
static inline double squared_hinge_value(double p, double y, double epsilon) {
    const double z = 1.0 - p * y;
    (void)epsilon;
    return z * z;
}

/* perceptron: max(0, -p y). */
static inline bool perceptron_violated(double p, double y, double epsilon) {
    (void)epsilon;
    return p * y <= 0.0;
}
static inline double perceptron_derivative(double p, double y, double epsilon) {
    (void)p, (void)epsilon;
    return -y;
}
static inline double perceptron_value(double p, double y, double epsilon) {
    (void)epsilon;
    return 0.0 - p * y;
}

/* squared_error: (p - y)^2 / 2. */
static inline bool squared_error_violated(double p, double y, double epsilon) {
    (void)p, (void)y, (void)epsilon;
    return true;
}
static inline double squared_error_derivative(double p, double y, double epsilon) {
    (void)epsilon;
    return p - y;
}
static inline double squared_error_value(double p, double y, double epsilon) {
    (void)epsilon;
    return 0.5 * (p - y) * (p - y);
}

/* huber: squared_error up to an error of epsilon, linear beyond. */
static inline bool huber_violated(double p, double y, double epsilon) {
    (void)p, (void)y, (void)epsilon;
    return true;
}
static inline double huber_derivative(double p, double y, double epsilon) {
    const double r = p - y;
    if (fabs(r) <= epsilon) return r;
    return r > 0.0 ? epsilon : -epsilon;
}
static inline double huber_value(double p, double y, double epsilon) {
    const double r = p - y;
    return fabs(r) <= epsilon ? 0.5 * r * r : epsilon * fabs(r) - 0.5 * epsilon * epsilon;
}

/* epsilon_insensitive: max(0, |y - p| - epsilon). */
static inline bool epsilon_insensitive_violated(double p, double y, double epsilon) {
    return y - p > epsilon || p - y > epsilon;
}
static inline double epsilon_insensitive_derivative(double p, double y, double epsilon) {
    return y - p > epsilon ? -1.0 : 1.0;
}
static inline double epsilon_insensitive_value(double p, double y, double epsilon) {
    const double beyond = fabs(y - p) - epsilon;
    return beyond > 0.0 ? beyond : 0.0;
}

/* squared_epsilon_insensitive: its square. */
static inline bool squared_epsilon_insensitive_violated(double p, double y, double epsilon) {
    return y - p > epsilon || y - p < -epsilon;
}
static inline double squared_epsilon_insensitive_derivative(double p, double y, double epsilon) {
    const double z = y - p;
    return z > epsilon ? -2.0 * (z - epsilon) : 2.0 * (-z - epsilon);
}
static inline double squared_epsilon_insensitive_value(double p, double y, double epsilon) {
    const double beyond = fabs(y - p) - epsilon;
    return beyond > 0.0 ? beyond * beyond : 0.0;
}

/* Can an update be due? Where not, the derivative of the loss is 0. */
static inline bool loss_violated(enum loss loss, double p, double y, double epsilon) {
    switch (loss) {
#define LOSS_CASE(NAME, name)                                                                                          \
    case LOSS_##NAME:                                                                                                  \
        return name##_violated(p, y, epsilon);
        LOSS_LIST(LOSS_CASE)
#undef LOSS_CASE
    default:
        return false;
    }
}

/* The derivative of the loss with respect to p, where loss_violated; scikit-learn cuts it at 1e12. */
static inline double loss_derivative(enum loss loss, double p, double y, double epsilon) {
    static const double most = 1e12;
    double derivative = 0.0;
    switch (loss) {
#define LOSS_CASE(NAME, name)                                                                                          \
    case LOSS_##NAME:                                                                                                  \
        derivative = name##_derivative(p, y, epsilon);                                                                 \
        break;
        LOSS_LIST(LOSS_CASE)
#undef LOSS_CASE
    default:
        break;
    }
    if (loss_is_hinge(loss)) return derivative;
    if (derivative < -most) return -most;
    return derivative > most ? most : derivative;
}

/* The loss itself. */
static inline double loss_value(enum loss loss, double p, double y, double epsilon) {
    switch (loss) {
#define LOSS_CASE(NAME, name)                                                                                          \
    case LOSS_##NAME:                                                                                                  \
        return name##_violated(p, y, epsilon) ? name##_value(p, y, epsilon) : 0.0;
        LOSS_LIST(LOSS_CASE)
#undef LOSS_CASE
    default:
        return 0.0;
    }
}

#endif
