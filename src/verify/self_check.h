/* SPDX-License-Identifier: MIT */
/* No unchecked kernel does work: a short check of the kernels that a command is about to use. */
#ifndef SGDMARK_VERIFY_SELF_CHECK_H
#define SGDMARK_VERIFY_SELF_CHECK_H

#include "base/error.h"
#include "learn/row_list.h"

#include <stdint.h>

/* What a passed check took. */
struct self_check {
    uint64_t calls; /* of kernels, each compared with its reference */
    double seconds;
};

/* Checks every kernel that fits and predictions of this engine and backend call on these rows, at their length and
 * form, cropped or packed: on a part of the inputs of kernels/README.md ("How it is checked") and on some hundred rows
 * of the job itself, with their own start. The reference is that of the kernel check (verify/kernel_spec.c), and for
 * the sum of engine f64 one of this file. Call it before such work, each time: nothing is remembered. It takes about 2
 * ms for rows of MNIST. The inputs are drawn anew each time; what fails names the seed. One thread at a time.
 *
 * Returns 0; or -1 with ERROR_CHECK and one line that names backend, kernel, what differs and the command that repeats
 * it: then the backend must do no work. -1 with ERROR_PROGRAM where the check could not run. */
int self_check(const struct backend *backend, enum engine engine, const struct row_list *rows, struct self_check *done,
               struct error *err);

/* The same for sigmoid_f32, before probabilities of engine f32; adds to *done. */
int self_check_sigmoid(const struct backend *backend, struct self_check *done, struct error *err);

#endif
