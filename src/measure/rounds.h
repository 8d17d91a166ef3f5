/* SPDX-License-Identifier: MIT */
/* Times cases side by side: every round times each case once, in the order of a schedule. */
#ifndef SGDMARK_MEASURE_ROUNDS_H
#define SGDMARK_MEASURE_ROUNDS_H

#include "base/error.h"
#include "base/progress.h"
#include "machine/counters.h"
#include "machine/disturbance.h"
#include "machine/energy.h"
#include "measure/schedule.h"
#include "measure/witness.h"
#include "verify/check_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CASE_NAME = 192 };

/* One thing that is timed. */
struct timed_case {
    char name[CASE_NAME];           /* "epoch/f32/avx512": the same on every machine */
    void (*prepare)(void *context); /* before each sample, not timed; may be NULL */
    void (*run)(void *context);     /* the sample; allocates nothing and makes no system call */
    /* After each sample, not timed: -1 if the work was wrong (ERROR_CHECK: the case is not timed any more) or could not
     * be done (any other kind: ends the rounds). */
    int (*check)(void *context, struct error *err);
    void (*resize)(void *context, double work); /* sets the work of a sample; NULL: it is what it is */
    void (*keep)(void *context);                /* the sample counts: the next one is of the next work; may be NULL */
    /* Adds what disturbed other threads in the sample, and their CPU time to the watcher; `mine` is of the calling
     * thread. NULL: there are no other threads. */
    void (*observe)(void *context, const struct disturbance *mine, struct disturbance *all, struct watcher *watcher);
    void *context;
    bool leads; /* comes in the first part of each round (schedule.h); such cases come first in an array of cases */
};

/* What was observed around a sample. All of it is read outside the timed region. */
struct observation {
    struct disturbance disturbance; /* of all threads of the sample */
    struct counter_values counted;  /* of the calling thread; counters of the group that was not active are NAN */
};

/* A sample that was timed again because something spoiled it (disturbance_spoils). */
struct spoiled_sample {
    size_t which, round;
    double seconds, cpu_seconds;
    struct disturbance disturbance;
};

/* How to make the rounds. */
struct rounds_plan {
    double seconds;         /* that the rounds may take, approximately; so many rounds are made as fit */
    size_t fewest, at_most; /* rounds */
    uint32_t seed;          /* of the schedule */
    unsigned process;       /* number of this process in the run, from 0 */
    int pu;                 /* the PU that the calling thread is bound to; -1: none */
    const struct topology *topology;
    const char *energy_folder; /* where the counters of energy are; NULL: ENERGY_FOLDER */
};

/* Raw samples of all cases, of one process or of several after one another. */
struct rounds {
    size_t cases, rounds;
    struct schedule schedule;
    unsigned *process;              /* [rounds] the process that timed each round, ascending */
    double *seconds;                /* [cases][rounds] wall time */
    double *cpu_seconds;            /* [cases][rounds] CPU time of the calling thread */
    struct observation *observed;   /* [cases][rounds] */
    double *ghz;                    /* [rounds] the core's clock at the start of each round */
    struct spoiled_sample *spoiled; /* [spoiled_count] in addition to the samples above */
    size_t spoiled_count;
    /* [cases] joules of the processor packages in all samples, without those that were timed again; NAN: not known.
     * The counters move once in a millisecond, so only the sum over the rounds says something. */
    double *joules;
    char energy_reason[ENERGY_REASON];  /* why joules are not known; "": they are */
    bool *failed;                       /* [cases] its work was wrong: its samples mean nothing */
    struct check_list checks;           /* of the work of every sample */
    struct witness witness;             /* of all rounds */
    double timed, total;                /* seconds inside samples; seconds of all rounds */
    char counter_reason[COUNTERS][256]; /* why a counter is missing; "": it is not */
};

/* Runs one discarded round, which takes page faults, cold caches and a low clock and shows how long a round takes, then
 * as many rounds as the plan allows.
 *
 * A spoiled sample is timed again, at most twice, as long as these repetitions take under a quarter of the plan's time.
 * The last one is the sample; the others go to `spoiled`.
 *
 * Each round starts the stack at another offset in its page. 4K aliasing makes a loop slower at some offsets, and a
 * process keeps its offset for life. Before, 2 of 20 pairs of runs of one program were called different, by factors of
 * 1.3 and 1.4 (Sapphire Rapids, gcc 12).
 *
 * Returns 0, or -1 with the reason. rounds_free releases it. */
int rounds_run(struct rounds *result, const struct timed_case *cases, size_t count, const struct rounds_plan *plan,
               const struct progress_sink *progress, struct error *err);
void rounds_free(struct rounds *result);

/* Room for `rounds` rounds, all zero; the schedule is left to the caller. Returns 0, or -1 with the reason. */
int rounds_allocate(struct rounds *result, size_t cases, size_t rounds, struct error *err);

/* Appends the rounds of another process. `to` may be all zero but for its number of cases. Returns 0, or -1 with the
 * reason. */
int rounds_append(struct rounds *to, const struct rounds *more, struct error *err);

/* The samples of one case, [rounds]. */
const double *rounds_of(const struct rounds *result, size_t which);
const double *rounds_cpu_of(const struct rounds *result, size_t which);
const struct observation *rounds_observed(const struct rounds *result, size_t which);

/* How many samples of a case were disturbed, and how many of those spoiled. */
size_t rounds_disturbed(const struct rounds *result, size_t which);
size_t rounds_spoiled(const struct rounds *result, size_t which);

/* The number of processes that timed the rounds; the rounds [*first, *end) of process number k of them. */
size_t rounds_processes(const struct rounds *result);
void rounds_of_process(const struct rounds *result, size_t k, size_t *first, size_t *end);

#endif
