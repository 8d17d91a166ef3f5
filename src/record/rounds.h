/* Timing arms side by side: in every round each arm is timed once, in the order of a schedule. */
#ifndef SGDMARK_RECORD_ROUNDS_H
#define SGDMARK_RECORD_ROUNDS_H

#include "base/error.h"
#include "learn/cv.h"
#include "record/schedule.h"

#include <stddef.h>
#include <stdint.h>

/* One thing that is timed. */
struct arm {
    char name[64];
    void (*prepare)(void *context); /* before each sample, not timed; may be NULL */
    void (*run)(void *context);     /* the sample; allocates nothing and makes no system call */
    void *context;
};

/* Raw samples of all arms. */
struct rounds {
    size_t arms, rounds;
    struct schedule schedule;
    double *seconds;     /* [arms][rounds] wall time */
    double *cpu_seconds; /* [arms][rounds] CPU time of the calling thread */
    double timed, total; /* seconds inside samples, and of the whole */
};

/* One discarded round (caches, page faults, frequency), then `rounds` counted ones. Returns 0, or -1 with the reason;
 * rounds_free releases it. */
int rounds_run(struct rounds *result, const struct arm *arms, size_t count, size_t rounds, uint32_t seed,
               progress_fn *progress, void *context, struct error *err);
void rounds_free(struct rounds *result);

/* The samples of one arm, [rounds]. */
const double *rounds_of(const struct rounds *result, size_t arm);
const double *rounds_cpu_of(const struct rounds *result, size_t arm);

#endif
