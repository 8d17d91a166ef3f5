/* SPDX-License-Identifier: MIT */
/* An experiment with made-up samples, for tests of the analysis and of its record. */
#ifndef SGDMARK_TESTS_PLAYED_EXPERIMENT_H
#define SGDMARK_TESTS_PLAYED_EXPERIMENT_H

#include "measure/experiment.h"

#include <stdio.h>
#include <stdlib.h>

enum { PLAYED_ROUNDS = 80, PLAYED_PIXELS = 784, PLAYED_ROWS = 1000 };

static struct verified_job played_scalar = {.engine = ENGINE_F32}, played_fast = {.engine = ENGINE_F32};

/* Adds a case whose samples are `seconds` plus up to 0.1 %, which depends on round and case. Returns its index. */
static int play(struct experiment *experiment, const char *name, const struct case_facts *facts, double seconds) {
    struct timed_case timed = {.run = NULL};
    snprintf(timed.name, sizeof timed.name, "%s", name);
    int which = experiment_add(experiment, &timed, facts);
    struct rounds *rounds = &experiment->rounds;
    for (size_t r = 0; r < PLAYED_ROUNDS; r++) {
        size_t at = (size_t)which * PLAYED_ROUNDS + r;
        rounds->seconds[at] = seconds * (1 + 1e-4 * (double)((r * 7 + (size_t)which * 5) % 11));
        rounds->cpu_seconds[at] = rounds->seconds[at];
        rounds->timed += rounds->seconds[at];
    }
    rounds->joules[which] = 100 * seconds * PLAYED_ROUNDS; /* 100 W */
    return which;
}

/* An empty experiment with room for `cases` cases. Its rounds are undisturbed, at 2 GHz. */
static struct experiment *played_experiment(const char *name, size_t cases) {
    struct experiment *experiment = experiment_new(name, cases, 2 * cases, NULL);
    struct rounds *rounds = &experiment->rounds;
    const size_t samples = cases * PLAYED_ROUNDS;
    played_scalar.backend = played_fast.backend = backend_scalar();
    experiment->pixels = PLAYED_PIXELS;
    rounds->rounds = PLAYED_ROUNDS;
    rounds->cases = cases;
    rounds->seconds = calloc(samples, sizeof *rounds->seconds);
    rounds->cpu_seconds = calloc(samples, sizeof *rounds->cpu_seconds);
    rounds->observed = calloc(samples, sizeof *rounds->observed);
    rounds->ghz = calloc(PLAYED_ROUNDS, sizeof *rounds->ghz);
    rounds->process = calloc(PLAYED_ROUNDS, sizeof *rounds->process);
    rounds->joules = calloc(cases, sizeof *rounds->joules);
    rounds->failed = calloc(cases, sizeof *rounds->failed);
    rounds->total = 1000;
    for (size_t r = 0; r < PLAYED_ROUNDS; r++)
        rounds->ghz[r] = 2.0;
    for (int c = 0; c < COUNTERS; c++)
        snprintf(rounds->counter_reason[c], sizeof rounds->counter_reason[c], "no PMU");
    schedule_make(&rounds->schedule, cases, 0, PLAYED_ROUNDS, 1, NULL);
    return experiment;
}

/* Four cases: folds on one core; a read roof twice as fast per row; the same folds on two workers; the A/A twin of the
 * first, which takes `twin` times as long. */
static __attribute__((unused)) struct experiment *played_folds(double twin) {
    struct experiment *experiment = played_experiment("folds", 4);
    struct case_facts facts = case_facts_of(CASE_FOLDS, "rows", PLAYED_ROWS);
    facts.job = &played_scalar;
    facts.folds = 3;
    facts.row_bytes = 576;
    int alone = play(experiment, "cv/f32/scalar/place:core", &facts, 1e-3);
    struct case_facts roof = case_facts_of(CASE_READ_ROOF, "rows", 2 * PLAYED_ROWS);
    roof.row_bytes = 576;
    roof.what = "reading the rows";
    int read = play(experiment, "roof/read/f32/scalar/place:core", &roof, 1e-3);
    experiment->facts[alone].roofs.read = read;
    /* Four times the folds by two workers; each fold takes 10 % longer than on one core. */
    facts.workers = 2;
    facts.folds = 12;
    facts.work = 4 * PLAYED_ROWS;
    facts.alone = alone;
    int both = play(experiment, "cv/f32/scalar/place:all-cores", &facts, 2.2e-3);
    experiment_pair(experiment, PAIR_CONTENTION, (size_t)both, (size_t)alone);
    facts = experiment->facts[alone];
    int again = play(experiment, "cv/f32/scalar/place:core/again", &facts, 1e-3 * twin);
    experiment_control(experiment, again, alone);
    for (int c = 0; c < again; c++)
        if (experiment->facts[c].kind == CASE_FOLDS) experiment->facts[c].control = again;
    return experiment;
}

#endif
