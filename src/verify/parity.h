/* SPDX-License-Identifier: MIT */
/* Parity: is the work of an engine and backend right? Checked on the whole job before any of it is timed. */
#ifndef SGDMARK_VERIFY_PARITY_H
#define SGDMARK_VERIFY_PARITY_H

#include "base/progress.h"
#include "learn/cv.h"
#include "learn/job.h"

#include <stdbool.h>

/* From weak to strong; each level includes the ones before. */
enum parity_level {
    PARITY_NONE = -1,
    PARITY_L0, /* metrics equal: fold accuracies and confusion matrix */
    PARITY_L1, /* the sequence of updates equal, in the fit and in every fold */
    PARITY_L2  /* weights and intercept equal bit for bit, in the fit and in every fold */
};

/* "L2 weights", "L1 updates", "L0 metrics", "none". */
const char *parity_words(enum parity_level level);

/* The job as run by one engine and backend, and the outcome of its check against a reference. */
struct verified_job {
    enum engine engine;
    const struct backend *backend;
    struct prefetch prefetch; /* the fastest prefetch distances, or those that the caller gave */
    struct prefetch again;    /* what a second tuning chose, for the job's A/A twin; .l1 == 0: it has none */
    bool timed;               /* its times are wanted */
    struct model model;       /* the fit on all rows */
    struct cv_result cv;
    const struct verified_job *reference; /* NULL: this job is the reference itself */
    enum parity_level needed, reached;
    bool passed; /* reached >= needed */
};

/* Runs the job; parity_judge then checks it. Returns 0, or -1 with the reason; verified_job_free releases it. */
int verified_job_run(struct verified_job *verified, const struct row_list *row_list, const struct hyper *hyper,
                     unsigned folds, const struct backend *backend, struct error *err);
void verified_job_free(struct verified_job *verified);

/* The strongest level at which two runs of a job agree. */
enum parity_level parity_between(const struct verified_job *a, const struct verified_job *b);

/* Checks the job against the reference: fills in reference, needed, reached and passed. */
void parity_judge(struct verified_job *verified, const struct verified_job *reference, enum parity_level needed);

/* The name of an engine and backend: "f32/avx512". Engine f64 is "f64/scalar". */
enum { JOB_NAME = 32 };
void verified_job_name(char text[JOB_NAME], const struct verified_job *verified);

/* A verified job per engine and backend, in this order: f64/scalar, f32/scalar, the other f32 backends, engine int. */
struct verified_jobs {
    struct verified_job *list; /* [count] */
    size_t count;
    char no_integers[256]; /* why engine int cannot run this job, or "" */
};

/* Runs the job with every engine on the chosen backends, all of which this machine supports, and checks each. Packs the
 * job's rows if engine int reads packed rows. Ignores hyper->engine. Returns 0, or -1 with the reason when a job cannot
 * be run. A job with wrong results stays in the list with passed false. verified_jobs_free releases the list. */
int verified_jobs_run(struct verified_jobs *jobs, struct job *job, const struct hyper *hyper, unsigned folds,
                      const struct backend_list *chosen, const struct progress_sink *progress, struct error *err);
void verified_jobs_free(struct verified_jobs *jobs);

/* The index of the job that `--isa auto` picks for the engine: the last one that passed and whose backend promises
 * bits. 0, the reference, if there is none. */
size_t verified_jobs_best(const struct verified_jobs *jobs, enum engine engine);

/* Did all jobs pass? */
bool verified_jobs_all_passed(const struct verified_jobs *jobs);

#endif
