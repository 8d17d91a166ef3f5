/* SPDX-License-Identifier: MIT */
#include "learn/loss.h"

#include "learn/loss_functions.h"

#include <stddef.h>

#define LOSS_NAME(NAME, name) #name,
const char *const loss_names[] = {LOSS_LIST(LOSS_NAME) NULL};
#undef LOSS_NAME

double loss_optimal_t0(enum loss loss, double alpha, double epsilon) {
    const double typw = sqrt(1.0 / sqrt(alpha));
    const double derivative =
        loss_violated(loss, -typw, 1.0, epsilon) ? loss_derivative(loss, -typw, 1.0, epsilon) : 0.0;
    return 1.0 / (typw / fmax(1.0, derivative) * alpha);
}
