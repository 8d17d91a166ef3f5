/* SPDX-License-Identifier: MIT */
/* The screening of one machine: every core alone and all together, twice, and a short soak. */
#ifndef SGDMARK_MEASURE_SCREEN_H
#define SGDMARK_MEASURE_SCREEN_H

#include "base/progress.h"
#include "machine/placement.h"
#include "verify/parity.h"
#include "verify/soak.h"

enum { SCREEN_ROUNDS = 2 };

/* Seconds of one core, the least of a few samples; 0: not known. */
struct screen_core {
    struct slot slot;
    double epoch[SCREEN_ROUNDS];   /* a row of an epoch */
    double compute[SCREEN_ROUNDS]; /* a feature of a dot product in L1 */
    double memory[SCREEN_ROUNDS];  /* a byte read from memory */
    double cycle[SCREEN_ROUNDS];   /* a cycle of the clock */
    char wrong[160];               /* a roof's wrong result on this core, or "" */
};

/* Seconds of cross-validation; 0: not known. */
struct screen_folds {
    double core, all; /* on one core; on all, each of which takes as many folds as that one */
    double read_all;  /* all cores only read the rows of those folds */
};

struct screen {
    struct screen_core *core; /* [cores] one for each core that may be used */
    size_t cores;
    struct screen_folds folds[SCREEN_ROUNDS];
    double away; /* share of the timed part in which the timing thread had no CPU */
    struct soak_outcome soak;
    size_t checks;   /* made here */
    char wrong[192]; /* a check of the folds that failed, or "" */
};

struct screen_request {
    const struct job *job;
    const struct hyper *hyper;
    unsigned folds;
    const struct verified_jobs *jobs;
    const struct topology *topology;
    double soak_seconds; /* each core meets every kernel and engine once all the same */
    const struct progress_sink *progress;
};

/* Times round 0, soaks, and times round 1. Returns 0, or -1 with the reason why it cannot be done; wrong results are no
 * error but stand in `wrong` and in `soak`. screen_free releases it. */
int screen_run(struct screen *screen, const struct screen_request *request, struct error *err);
void screen_free(struct screen *screen);

#endif
