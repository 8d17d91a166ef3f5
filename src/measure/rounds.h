/* SPDX-License-Identifier: MIT */
/* Times cases side by side: every round times each case once, in the order of a schedule. */
#ifndef SGDMARK_MEASURE_ROUNDS_H
#define SGDMARK_MEASURE_ROUNDS_H

#include "base/error.h"
#include "base/progress.h"
#include "machine/counters.h"
#include "machine/disturbance.h"
#include "measure/schedule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CASE_NAME = 192 };

/* One thing that is timed. */
struct timed_case {
    char name[CASE_NAME];                           /* "epoch/f32/avx512": the same on every machine */
    void (*prepare)(void *context);                 /* before each sample, not timed; may be NULL */
    void (*run)(void *context);                     /* the sample; allocates nothing and makes no system call */
    int (*check)(void *context, struct error *err); /* after each sample, not timed; may be NULL; -1 ends the rounds */
    void *context;
    bool leads; /* comes in the first part of each round (schedule.h); such cases come first in an array of cases */
};

/* What was observed around a sample. All of it is read outside the timed region. */
struct observation {
    struct disturbance disturbance; /* of the calling thread */
    struct counter_values counted;  /* of the calling thread; counters of the group that was not active are NAN */
};

/* How to make the rounds. */
struct rounds_plan {
    size_t rounds;
    uint32_t seed; /* of the schedule */
    int pu;        /* the PU that the calling thread is bound to; -1: none */
};

/* Raw samples of all cases. */
struct rounds {
    size_t cases, rounds;
    struct schedule schedule;
    double *seconds;                    /* [cases][rounds] wall time */
    double *cpu_seconds;                /* [cases][rounds] CPU time of the calling thread */
    struct observation *observed;       /* [cases][rounds] */
    double *ghz;                        /* [rounds] the core's clock at the start of each round */
    double timed, total;                /* seconds inside samples; seconds of all rounds */
    char counter_reason[COUNTERS][256]; /* why a counter is missing; "": it is not */
};

/* Runs one discarded round, which takes page faults, cold caches and a low clock, then plan->rounds rounds.
 *
 * Each round starts the stack at another offset in its page. 4K aliasing makes a loop slower at some offsets, and a
 * process keeps its offset for life. Before, 2 of 20 pairs of runs of one program were called different, by factors of
 * 1.3 and 1.4 (Sapphire Rapids, gcc 12).
 *
 * Returns 0, or -1 with the reason. rounds_free releases it. */
int rounds_run(struct rounds *result, const struct timed_case *cases, size_t count, const struct rounds_plan *plan,
               const struct progress_sink *progress, struct error *err);
void rounds_free(struct rounds *result);

/* The samples of one case, [rounds]. */
const double *rounds_of(const struct rounds *result, size_t which);
const double *rounds_cpu_of(const struct rounds *result, size_t which);
const struct observation *rounds_observed(const struct rounds *result, size_t which);

/* How many samples of a case were disturbed. */
size_t rounds_disturbed(const struct rounds *result, size_t which);

#endif
