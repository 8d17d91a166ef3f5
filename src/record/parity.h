/* Is a backend's work right? Decided on the whole job before anything of it is timed. */
#ifndef SGDMARK_RECORD_PARITY_H
#define SGDMARK_RECORD_PARITY_H

#include "learn/cv.h"

#include <stdbool.h>

/* From weak to strong; each includes those before. */
enum parity_level {
    PARITY_NONE = -1,
    PARITY_L0, /* metrics equal: fold accuracies and confusion matrix */
    PARITY_L1, /* the sequence of updates equal, in the fit and in every fold */
    PARITY_L2  /* weights and intercept equal bit for bit, in the fit and in every fold */
};

/* The job done by one engine and backend. */
struct trial {
    enum engine engine;
    const struct backend *backend;
    struct lookahead ahead; /* the fastest one, or the one asked for */
    struct model model;     /* the fit on all rows */
    struct cv_result cv;
};

/* How a trial compares with the one it must agree with. */
struct judgement {
    const struct trial *against; /* NULL: this one is the reference */
    enum parity_level needed, reached;
    bool passed;
};

/* Does the job. Returns 0, or -1 with the reason; trial_free releases it. */
int trial_run(struct trial *trial, const struct examples *examples, const struct hyper *hyper, unsigned folds,
              const struct backend *backend, progress_fn *progress, void *context, struct error *err);
void trial_free(struct trial *trial);

/* The strongest level on which two trials of one job agree. */
enum parity_level parity_between(const struct trial *a, const struct trial *b);

/* Judges a trial against another: reached >= needed. */
struct judgement parity_judge(const struct trial *trial, const struct trial *against, enum parity_level needed);

/* "L2 weights", "L1 updates", "L0 metrics", "none". */
const char *parity_words(enum parity_level level);

#endif
