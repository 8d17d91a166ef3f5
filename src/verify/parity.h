/* SPDX-License-Identifier: MIT */
/* Parity: is the work of an engine and backend right? Checked on the whole job before any of it is timed: the metrics,
 * the updates and the weights against a reference, and every out-of-fold decision value. */
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

/* As result files have it: "L2 weights", "L1 updates", "L0 metrics", "none". */
const char *parity_words(enum parity_level level);

/* As people read it: "same bits", "same decisions", "same metrics"; "other metrics" where no level is reached. */
const char *parity_meaning(enum parity_level level);

/* How far decision values may be from those of the reference, as a share of the largest of those. No such bound can be
 * proved for a whole fit of fast-math kernels, so it was measured (kernels/README.md): at most 2.1e-7 on MNIST and
 * synthetic rows; nine times that is allowed. Where updates differed (f32 against f64, 50 epochs), decisions were 0.1
 * apart. Engine int against engine f64, whose sums round: at most 1.0e-13 was seen; an integer dot product off by one
 * moves a decision of the notebook's job by 1.7e-8. */
#define FAST_MATH_TOLERANCE 0x1p-19
#define INTEGER_TOLERANCE   0x1p-30

/* The job as run by one engine and backend, and the outcome of its check against a reference. */
struct verified_job {
    enum engine engine;
    const struct backend *backend;
    struct prefetch prefetch; /* distances by the rule (prefetch_choice.h), or those that the caller gave */
    struct model model;       /* the fit on all rows */
    struct cv_result cv;
    uint64_t decision_hash;               /* FNV-1a 64 of the bytes of cv.decision: what timed folds are held to */
    const struct verified_job *reference; /* NULL: this job is the reference itself */
    enum parity_level needed, reached;
    double max_deviation; /* largest |difference| from the decisions it is compared with, over the largest of those */
    double tolerance;     /* the largest max_deviation that passes; 0: every bit; NaN: none applies */
    bool passed;          /* every check so far */
    bool timed;           /* to be timed if it passed; false: only verified, as a reference */
    char failure[192];    /* why it did not pass, or "" */
};

/* What f32/scalar promises, given the verified job of f64: L1 on the published job (verify/published.h), known by what
 * f64 makes of it; nothing elsewhere. Of 300 shuffles of MNIST, 19 have a fold with a row so close to the margin that
 * float32 weights take it for the other side. */
enum parity_level parity_promise_f32(const struct verified_job *f64);

/* What a job of hyper->engine on another backend promises to reach, against its reference.
 *   backends with PARITY_BITS: L2, whatever is trained; of engine int against f64, where it has a form
 *   backends with PARITY_TOLERANCE
 *     of engine f32: L0 against f32/scalar on the published job; nothing elsewhere, for the same reason as above
 *     of engine int: L0 against f64 for plain fits of the hinge loss (hyper_is_plain); nothing for others */
enum parity_level parity_promise(enum kernel_parity promise, const struct hyper *hyper, const struct verified_job *f64);

/* Runs the job; parity_judge then checks it. Returns 0, or -1 with the reason; verified_job_free releases it. */
int verified_job_run(struct verified_job *verified, const struct row_list *row_list, const struct hyper *hyper,
                     unsigned folds, const struct backend *backend, struct error *err);
void verified_job_free(struct verified_job *verified);

/* The strongest level at which two runs of a job agree. */
enum parity_level parity_between(const struct verified_job *a, const struct verified_job *b);

/* Checks the job against the reference: fills in reference, needed, reached and passed; max_deviation only records. */
void parity_judge(struct verified_job *verified, const struct verified_job *reference, enum parity_level needed);

/* After parity_judge: checks its out-of-fold decision values against those of `as` too, to the tolerance. */
void parity_judge_decisions(struct verified_job *verified, const struct verified_job *as, double tolerance);

/* Largest |decision - reference| over the largest |reference|, out of fold. 0: equal bit for bit; infinite where values
 * are not finite or the numbers of rows differ. */
double decision_deviation(const struct cv_result *cv, const struct cv_result *reference);

/* Marks the job as failed for this reason, unless it has failed before. */
void verified_job_reject(struct verified_job *verified, const char *reason);

/* The name of an engine and backend: "f32/avx512". Engine f64 is "f64/scalar". */
enum { JOB_NAME = 32 };
void verified_job_name(char text[JOB_NAME], const struct verified_job *verified);

/* A verified job per engine and backend, in this order: f64/scalar, f32/scalar, the other f32 backends, int/scalar, the
 * other int backends. */
struct verified_jobs {
    struct verified_job *list; /* [count] */
    size_t count;
    char no_integers[256]; /* why engine int cannot run this job, or "" */
};

/* What to run and check. */
struct job_request {
    struct job *job;
    const struct hyper *hyper; /* its engine is ignored */
    unsigned folds;
    const struct backend_list *chosen; /* all supported by this machine */
    const enum engine *only;           /* NULL: every engine */
    const struct progress_sink *progress;
};

/* Runs the job with each engine asked for on the chosen backends, and checks each. The references f64/scalar and
 * f32/scalar are always run, and int/scalar with engine int; `timed` is false for those of an engine not asked for, and
 * for int/scalar where nothing chose it. Packs the job's rows if engine int reads packed rows. Returns 0, or -1 with
 * the reason when a job cannot be run. A job with wrong results stays in the list with passed false. verified_jobs_free
 * releases the list. */
int verified_jobs_run(struct verified_jobs *jobs, const struct job_request *request, struct error *err);
void verified_jobs_free(struct verified_jobs *jobs);

/* The index of the job that `--isa auto` picks for the engine: the last one that passed, is to be timed and whose
 * backend promises bits. If there is none, the last such of any engine; else 0, the reference. */
size_t verified_jobs_best(const struct verified_jobs *jobs, enum engine engine);

/* Did all jobs pass? */
bool verified_jobs_all_passed(const struct verified_jobs *jobs);

#endif
