/* Is a backend's work right? Decided on the whole job before anything of it is timed. */
#ifndef SGDMARK_VERIFY_PARITY_H
#define SGDMARK_VERIFY_PARITY_H

#include "base/progress.h"
#include "learn/cv.h"
#include "learn/job.h"

#include <stdbool.h>

/* From weak to strong; each includes those before. */
enum parity_level {
    PARITY_NONE = -1,
    PARITY_L0, /* metrics equal: fold accuracies and confusion matrix */
    PARITY_L1, /* the sequence of updates equal, in the fit and in every fold */
    PARITY_L2  /* weights and intercept equal bit for bit, in the fit and in every fold */
};

/* "L2 weights", "L1 updates", "L0 metrics", "none". */
const char *parity_words(enum parity_level level);

/* The job run by one engine on one backend, and how it compares with the one that it must agree with. */
struct verified_job {
    enum engine engine;
    const struct backend *backend;
    struct prefetch prefetch; /* the fastest choice, or the one asked for */
    struct model model;       /* the fit on all rows */
    struct cv_result cv;
    const struct verified_job *reference; /* NULL: this one is the reference */
    enum parity_level needed, reached;
    bool passed; /* reached >= needed */
};

/* Runs the job. Returns 0, or -1 with the reason; verified_job_free releases it. parity_judge says whether it is
 * right. */
int verified_job_run(struct verified_job *verified, const struct row_list *row_list, const struct hyper *hyper,
                     unsigned folds, const struct backend *backend, struct error *err);
void verified_job_free(struct verified_job *verified);

/* The strongest level on which two runs of one job agree. */
enum parity_level parity_between(const struct verified_job *a, const struct verified_job *b);

/* Fills in reference, needed, reached and passed. */
void parity_judge(struct verified_job *verified, const struct verified_job *reference, enum parity_level needed);

/* "f32/avx512". Engine f64 has no backend but "scalar". */
enum { JOB_NAME = 32 };
void verified_job_name(char text[JOB_NAME], const struct verified_job *verified);

/* One verified job per engine and backend: f64 first, then f32/scalar, then the other f32 backends, then those of
 * engine int. */
struct verified_jobs {
    struct verified_job *list; /* [count] */
    size_t count;
    char no_integers[256]; /* why there is none of engine int, or "" */
};

/* Runs the job by every engine on these backends, which all run here, and judges each. Packs the job's rows where
 * engine int reads them packed. `hyper.engine` is not looked at. Returns 0, or -1 with the reason when a job cannot be
 * run; one that is wrong is an entry that has not passed. verified_jobs_free releases the list. */
int verified_jobs_run(struct verified_jobs *jobs, struct job *job, const struct hyper *hyper, unsigned folds,
                      const struct backend_list *chosen, const struct progress_sink *progress, struct error *err);
void verified_jobs_free(struct verified_jobs *jobs);

/* The index of the one that `auto` takes for the engine: of those that passed and promise bits the last. 0, the
 * reference, if there is none. */
size_t verified_jobs_best(const struct verified_jobs *jobs, enum engine engine);

/* Whether every one passed. */
bool verified_jobs_all_passed(const struct verified_jobs *jobs);

#endif
