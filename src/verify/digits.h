/* SPDX-License-Identifier: MIT */
/* The ten classifiers of one digit each, as each is trained alone: what fits that share their reads must reproduce. */
#ifndef SGDMARK_VERIFY_DIGITS_H
#define SGDMARK_VERIFY_DIGITS_H

#include "learn/group_choice.h"
#include "learn/job.h"
#include "verify/parity.h"

#include <stdint.h>

struct verified_digits {
    const struct verified_job *job; /* whose engine, backend and prefetch distances they have; NULL: none are timed */
    unsigned group;                 /* fits that share each read of a row, 2 or more */
    char reason[GROUP_REASON];      /* why so many, or why none are timed */
    char wrong[160];                /* what differs from the verified job, or "" */
    unsigned epochs;                /* of each fit */
    uint64_t *hash;                 /* [CLASSES][epochs] trainer_hash of each fit after each epoch */
    uint64_t fingerprint;           /* classes_fingerprint of all ten */
};

struct digits_request {
    const struct job *job;
    const struct hyper *hyper; /* its engine is ignored */
    const struct verified_jobs *jobs;
    unsigned digit; /* that the verified jobs train */
    unsigned asked; /* --group; 0: chosen by group_choose */
};

/* Trains each digit alone by the engine and backend of the best verified job, and chooses the group. The fit of the
 * job's own digit must leave the job's weights after each epoch; if it does not, `wrong` says so and none are timed.
 * Nor are they where the fits have orders of their own, where a digit is missing, for engine f64 and for scalar code.
 * Returns 0, or -1 when memory runs out; verified_digits_free releases it. */
int verified_digits_make(struct verified_digits *digits, const struct digits_request *request, struct error *err);
void verified_digits_free(struct verified_digits *digits);

/* None are timed, for this reason. */
void verified_digits_leave(struct verified_digits *digits, const char *reason);

#endif
