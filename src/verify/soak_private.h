/* SPDX-License-Identifier: MIT */
/* What the files of the soak share: soak.c prepares and schedules, soak_work.c is what a worker does, soak_retest.c
 * repeats what was wrong. */
#ifndef SGDMARK_VERIFY_SOAK_PRIVATE_H
#define SGDMARK_VERIFY_SOAK_PRIVATE_H

#include "machine/workers.h"
#include "verify/soak.h"
#include "verify/soak_block.h"
#include "verify/soak_fits.h"

#include <stdatomic.h>

struct soak;

/* A unit, and how it runs. */
struct unit {
    struct soak_unit is;
    struct soak_block *block[SOAK_PATTERNS];     /* of a kernel */
    const unsigned char *answers[SOAK_PATTERNS]; /* the block's, or `own` */
    unsigned char *own[SOAK_PATTERNS];           /* of a backend without a promise of bits */
    const struct soak_answer *answer;            /* of fits: their engine's, or */
    struct soak_answer own_answer;
    uint64_t calls, multiplications; /* of one step: a block, or a fit */
    double seconds;                  /* of one step, as first measured */
    double share;                    /* of a core's time */
    unsigned steps;                  /* between two looks at the clock */
};

/* Wrong results that wait to be repeated. */
enum { PENDING_MOST = 128 };

/* One core's worker. In the state `alone` the calling thread goes from core to core as each of them in turn. */
struct soak_worker {
    struct soak *soak;
    size_t index;
    const struct slot *slot;
    unsigned char *results; /* pages, soak->results_most bytes */
    double *trace;          /* [n] */
    struct soak_count *ran; /* [units] in the outcome */
    struct soak_core *core;
    bool *noted; /* [units] the first wrong result of the unit is kept */
    struct soak_fault pending[PENDING_MOST];
    size_t pending_count;
    /* A tour takes it once through all units. */
    size_t next, left;
    double slice; /* seconds left of the unit under way */
    unsigned pattern;
};

/* What the workers are to do. */
struct orders {
    enum soak_state state;
    double seconds;    /* of a whole tour on each core */
    double until;      /* stop there, within the tour (bursts); infinite: at its end */
    double heat_until; /* before the tour, the widest kernel till then */
    bool repeats;      /* one worker repeats a unit, the others tour as its load */
    size_t target, unit;
    double repeat_until;
    uint64_t repeat_calls; /* at most */
    struct soak_count repeated;
    atomic_bool repeat_done;
};

struct soak {
    const struct soak_request *request;
    struct soak_outcome *outcome;
    struct soak_block blocks[KERNEL_COUNT][SOAK_PATTERNS]; /* memory is NULL where nothing uses them */
    double restored[KERNEL_COUNT][SOAK_PATTERNS]; /* when a block was last drawn again, seconds since the start; or 0 */
    struct soak_fits fits;
    struct unit *units; /* [outcome->unit_count] */
    size_t hottest;     /* the unit that heats */
    struct soak_worker *workers;
    size_t results_most;
    struct worker_pool *pool;
    struct orders orders;
    struct sensors sensors;
    int *package;       /* [core_count] physical number, for the sensors */
    int64_t *throttles; /* [core_count] before */
    double begin, end;  /* seconds_now() */
    double retest_left; /* seconds */
    bool complete;      /* the first tour of all cores is done: from now on the end counts */
    bool fits_changed;  /* their rows did, in memory */
    atomic_bool stopped;
};

/* Lists the units, computes their answers, and shares out the time. soak_units_free releases what it made. */
int soak_units_make(struct soak *soak, struct error *err);
void soak_units_free(struct soak *soak);

/* Has the time run out, or has somebody stopped the soak? */
bool soak_over(struct soak *soak);

/* Runs one step of a unit on the calling thread, which is the worker's, and counts it. Returns 0 or 1, the number of
 * wrong ones, or -1 when it could not run. A wrong result fills in *fault, unless that is NULL. */
int soak_step(struct soak_worker *worker, size_t unit, struct soak_fault *fault, struct error *err);

/* Begins a tour. */
void soak_tour_begin(struct soak_worker *worker, double seconds);

/* What orders say, on the worker's own thread. The second is a worker_task's. */
int soak_work(struct soak_worker *worker, struct error *err);
int soak_pool_work(void *context, size_t worker, struct error *err);
int soak_pool_set_up(void *context, size_t worker, struct error *err); /* nothing */

/* After a run: moves what is pending to the outcome, and repeats it. */
int soak_settle(struct soak *soak, struct error *err);

/* Binds the calling thread to the worker's core and does what the orders say there. */
int soak_work_alone(struct soak_worker *worker, struct error *err);

/* Lets all workers do what the orders say. */
int soak_work_together(struct soak *soak, struct error *err);

/* What a core's wrong results together say. */
enum soak_cause soak_verdict(const struct soak_outcome *outcome, size_t core);

#endif
