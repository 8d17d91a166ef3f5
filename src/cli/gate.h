/* SPDX-License-Identifier: MIT */
/* The self-checks of a command that works with one backend after the other: a backend that fails is refused, the others
 * do their work, and in the end the command fails. */
#ifndef SGDMARK_CLI_GATE_H
#define SGDMARK_CLI_GATE_H

#include "verify/self_check.h"

#include <stdbool.h>

struct gate {
    struct self_check check; /* of the backend admitted last */
    bool refused;            /* some backend */
    struct error first;      /* why, of the first one */
};

/* Runs the self-check. Returns 1 when the backend may work, 0 when it is refused, -1 with the reason when the check
 * could not run. */
int gate_admit(struct gate *gate, const struct backend *backend, enum engine engine, const struct row_list *rows,
               struct error *err);

/* The same for sigmoid_f32 of a backend just admitted, where probabilities are wanted; adds to `check`. */
int gate_admit_sigmoid(struct gate *gate, const struct backend *backend, struct error *err);

/* Returns 0 if no backend was refused, else -1 with the reason of the first. */
int gate_close(const struct gate *gate, struct error *err);

#endif
