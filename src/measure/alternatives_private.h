/* SPDX-License-Identifier: MIT */
/* Shared by alternatives.c, which makes the cases of each question, and alternative_case.c, which times one. */
#ifndef SGDMARK_MEASURE_ALTERNATIVES_PRIVATE_H
#define SGDMARK_MEASURE_ALTERNATIVES_PRIVATE_H

#include "machine/binding.h"
#include "machine/workers.h"
#include "measure/alternatives.h"
#include "measure/cache_state.h"
#include "measure/node_rows.h"

enum { MOST_CASES = 2 + MOST_ALTERNATIVES, MOST_THREADS = 8 /* of one core: POWER has so many */ };

struct tried;

/* One case. All that run on the calling thread share its trainer: where weights and row order lie is then no difference
 * between them. */
struct alternative_case {
    struct tried *tried;
    struct row_list rows;
    struct cache_state cache;
    const struct slot *slot; /* where the calling thread is bound; NULL: it is free */
    bool together;           /* on all threads of the pool */
    double prepared;         /* CPU seconds that the preparation of the sample took on the PU of the slot */
    struct error err;        /* of the preparation */
    bool failed;             /* the preparation did */
};

/* The context of the experiment. */
struct tried {
    const struct alternatives_setup *setup;
    struct alternatives *made;
    struct alternative_case cases[MOST_CASES];
    struct trainer *trainers[MOST_THREADS]; /* of the calling thread, and of the other workers of the pool */
    size_t threads;
    struct affinity *free; /* of the calling thread, as the user left it */
    struct worker_pool *pool;
    struct placement *placements; /* all of them; [placement_count] */
    size_t placement_count;
    struct dataset copies[PAGE_KINDS]; /* of the rows, by kind of pages */
    struct slot near;                  /* the slot of ASK_MEMORY with its own node */
    struct placement node[2];          /* that slot; the same PU with the far node */
    struct node_rows *node_rows[2];
};

/* Adds a case: `name` is that of the alternative. `slot` is NULL for a thread that is not bound. The second case is the
 * twin of the first. Returns its index. */
struct alternative_spec {
    const char *name, *what;
    const struct dataset *rows;
    const struct slot *slot;
    unsigned threads; /* 1: the calling thread alone; more: the pool */
};
int alternative_add(struct tried *tried, const struct alternative_spec *spec);

/* Makes the trainer of the calling thread; given a placement, starts its threads, each with a trainer of its own.
 * Returns 0, or -1 with the reason. */
int alternative_threads(struct tried *tried, const struct placement *placement, struct error *err);

#endif
