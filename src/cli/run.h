/* The parts of `sgdmark run`. Each prints its own section. */
#ifndef SGDMARK_CLI_RUN_H
#define SGDMARK_CLI_RUN_H

#include "cli/job.h"
#include "record/parity.h"
#include "record/result.h"
#include "record/rounds.h"
#include "record/stats.h"

/* Everything that a run knows. */
struct run {
    struct job_options options;
    unsigned folds;
    struct job job;
    /* One trial per engine and backend: f64 first, then f32/scalar, then the other f32 backends that run here. */
    struct trial *trials;
    struct judgement *judged;
    size_t trial_count;
    bool published; /* the job is the one that the notebook published: real images and all defaults */
};

/* "f32/avx512" */
enum { ARM_TEXT = 32 };
void trial_name(char text[ARM_TEXT], const struct trial *trial);

/* The notebook's steps in its own order, from the results of `trial`. */
void print_notebook(const struct run *run, const struct trial *trial, const struct cv_result *never);

/* One row per trial; returns whether every check held. */
bool print_parity(const struct run *run);

/* What is timed of each trial that passed: its epochs, and its whole cross-validation where that is short. */
struct timing_plan {
    double budget;  /* seconds that the rounds may take, about */
    size_t at_most; /* rounds */
};

/* The timings: an arm per trial, and the best one a second time. */
struct times {
    struct arm *arms;
    size_t count;
    size_t *trial;         /* [count] whose arm it is */
    uint32_t *permutation; /* of the epochs' shuffle, [n] */
    size_t best;           /* the arm of the trial that auto takes; count - 1 is the same again (A/A) */
    struct rounds rounds;
    struct aa_gate aa;
};
int times_measure(struct times *times, const struct run *run, const struct timing_plan *plan, uint32_t seed,
                  struct error *err);
void times_free(struct times *times);
void print_times(const struct run *run, const struct times *times);

/* Fills in and writes the result file: to `path` ("-": standard output), or, when that is NULL, as
 * results/<host>-<UTC time>.json. Says where on stdout. Returns 0, or -1 with the reason. */
int write_run(struct result *result, struct run *run, const struct times *times, const char *path, struct error *err);

#endif
