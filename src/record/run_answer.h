/* SPDX-License-Identifier: MIT */
/* The answer of a run: which f32 backend is the fastest on one core, by how much, and what all cores make of it. It is
 * read off the facts of a result, so that a run and its file give the same one. */
#ifndef SGDMARK_RECORD_RUN_ANSWER_H
#define SGDMARK_RECORD_RUN_ANSWER_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* An epoch on one core. */
struct answer_epoch {
    const json_t *facts; /* the case */
    const char *job;     /* "f32/avx512" */
    double mrows;        /* millions of rows a second, from the median */
    double seconds;      /* per epoch, the median */
    double share;        /* of the fastest one's mrows, 0 to 1 */
    double roof;         /* percent of the roof that binds; NAN: it has none */
};

/* How the metrics of a run stand to those that the textbook published (verify/published.h). */
enum answer_metrics { METRICS_OTHER_JOB, METRICS_EQUAL, METRICS_DIFFER };

struct answer {
    size_t passed, jobs; /* receipts of engines and backends: that passed, all */
    enum answer_metrics metrics;
    bool usable;                          /* the run's times are, and there is an f32 epoch: the next members hold */
    const struct answer_epoch *best;      /* the fastest epoch of engine f32 that can be used */
    const json_t *over_f64, *over_scalar; /* pairs of it with these bases; NULL: none with a verdict */
    const json_t *over_compiler;          /* with the fastest backend that the compiler vectorised; NULL: none */
    const char *compiler;                 /* that backend, "autovec-v4" */
    bool compiler_is_best;                /* the best one is itself of the compiler */
    const json_t *cores, *cores_pair;     /* folds of the best job on all cores, and against one; NULL: none */
    const json_t *digits, *digits_pair;   /* ten digits that win by sharing each read; NULL: not timed, or no gain */
    struct answer_epoch *epochs;          /* [epoch_count] the fastest first, without A/A twins */
    size_t epoch_count;
    const json_t **rivals; /* [rival_count] pairs of the main table with a verdict, the closest first */
    size_t rival_count;
    const char *subject;   /* the job that the rivals are compared with; NULL: none */
    const char *folds_job; /* the job whose placements are shown; NULL: none */
    double told_apart[2];  /* from which difference epochs and folds give verdicts (0.03: 3 %); NAN: none do */
    bool quiet;            /* every A/A twin is */
    bool counted;          /* hardware counters worked */
};

/* Everything points into `facts` (the member "sgdmark" of a result). Returns 0, or -1 when memory runs out;
 * answer_free releases it. */
int answer_make(struct answer *answer, const json_t *facts, struct error *err);
void answer_free(struct answer *answer);

#endif
