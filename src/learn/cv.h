/* SPDX-License-Identifier: MIT */
/* Cross-validation: cross_val_score and cross_val_predict of one estimator in one go. */
#ifndef SGDMARK_LEARN_CV_H
#define SGDMARK_LEARN_CV_H

#include "base/progress.h"
#include "learn/fit.h"
#include "learn/group.h"
#include "learn/metrics.h"

#include <limits.h>
#include <stdbool.h>

enum estimator {
    ESTIMATOR_SGD,  /* stratified folds */
    ESTIMATOR_NEVER /* the notebook's Never5Classifier: False for every row; as a BaseEstimator it gets plain folds */
};

/* Of a fold that could not be trained, accuracy and intercept are NaN and the rest is 0. */
struct fold_result {
    double accuracy;
    double intercept;
    unsigned epochs; /* run: the hyper-parameter, or fewer where a tolerance stopped the fit */
    uint64_t updates;
    uint64_t fingerprint;
    uint64_t update_hash;
    uint64_t update_hash_by_epoch; /* learn/model.h */
    double seconds;                /* fit and predictions of this fold */
};

struct cv_result {
    unsigned folds;
    unsigned untrained; /* this many folds, 0 or 1, had one class to train on: the pooled metrics are NaN or 0 then */
    size_t n;
    struct fold_result *fold; /* [folds] */
    uint8_t *truth;           /* [n] in the order of the view */
    uint8_t *predicted;       /* [n] out-of-fold predictions */
    double *decision;         /* [n] out-of-fold decision values */
    struct confusion confusion;
    double roc_auc;
    double seconds; /* all fits and predictions */
};

#define NO_FOLD UINT_MAX

/* What the folds of a job share. Threads that run folds only read it. */
struct cv_plan {
    struct row_list row_list;
    struct hyper hyper;
    unsigned folds;
    uint16_t *fold_of;  /* [n] the fold that tests row k */
    size_t *tested;     /* [folds] sizes of the test parts */
    unsigned *epochs;   /* [folds] for which fold_worker_read reads: the hyper-parameter, unless the caller knows that
                           the fits take fewer */
    unsigned one_class; /* the fold whose training part holds one class only; NO_FOLD: none */
    /* Epoch permutations: one for each size that a training part has (three at most). */
    uint32_t *permutation[3];
    size_t permuted[3];
};

/* A class with a single row is missing where the fold that tests it is trained. scikit-learn 0.19 fails then, and so
 * does this for its compat; from 0.22 on it gives that fold no score. */
int cv_plan_make(struct cv_plan *plan, const struct row_list *row_list, unsigned folds, enum estimator estimator,
                 const struct hyper *hyper, struct error *err);
void cv_plan_free(struct cv_plan *plan);

/* The rows of each class, negative and positive: count[2]. */
void count_classes(size_t count[2], const struct row_list *row_list);

/* Whether a class has fewer rows than there are folds, some of which then test none of it; `text` says so, as
 * scikit-learn warns. Not where both have: then there are no folds. */
enum { FOLDS_WARNING = 160 };
bool folds_warning(char text[FOLDS_WARNING], const struct row_list *row_list, unsigned folds);

/* Can every fold be trained, as a comparison of their results needs? Returns 0, or -1 with the reason. */
int cv_every_fold_trains(const struct row_list *row_list, struct error *err);

/* The working memory of one thread that runs folds. Of the plan's one fit, or of several that share the order of their
 * rows (learn/group.h), hyper[models]; the plan has those of the first. */
struct fold_worker;
struct fold_worker *fold_worker_new(const struct cv_plan *plan, const struct backend *backend, struct error *err);
struct fold_worker *fold_worker_new_group(const struct cv_plan *plan, const struct hyper *hyper, size_t models,
                                          const struct backend *backend, struct error *err);
void fold_worker_free(struct fold_worker *worker);
/* Trains on every row outside fold f and predicts those in it. Allocates nothing and makes no system call. */
int fold_worker_run(struct fold_worker *worker, unsigned f, struct fold_result *fold, struct error *err);
/* The same of a group. fold_worker_result tells of each model: 0, or -1 with the reason, where its fit failed. */
void fold_worker_run_group(struct fold_worker *worker, unsigned f);
int fold_worker_result(const struct fold_worker *worker, size_t m, struct fold_result *fold, struct error *err);
/* Reads the rows that fold_worker_run reads, in the same order, and computes nothing: the read roof of this fold.
 * Returns the exclusive or of what read_u8 gives. */
uint64_t fold_worker_read(struct fold_worker *worker, unsigned f);
/* Copies the decision values of model m in the fold run last to their rows in decision[n]. */
void fold_worker_decisions(const struct fold_worker *worker, size_t m, double *decision);

/* Allocates the result of a plan and fills in `truth`. cv_free releases it. */
int cv_result_new(struct cv_result *result, const struct cv_plan *plan, struct error *err);
/* Completes a result whose `decision` and `fold` are filled in: predictions and pooled metrics. */
void cv_result_score(struct cv_result *result);
void cv_free(struct cv_result *result);

/* Fits of a group, and the backend that runs them. */
struct cv_fits {
    const struct hyper *hyper; /* [models] */
    size_t models;             /* at most MODELS_MOST */
    const struct backend *backend;
};

/* All folds one after the other, on the calling thread; `progress` is told after each and may be NULL. Returns 0, or -1
 * with the reason; cv_free releases the result. */
int cross_validate(struct cv_result *result, const struct row_list *row_list, unsigned folds, const struct hyper *hyper,
                   const struct backend *backend, const struct progress_sink *progress, struct error *err);

/* The same for each of models fits that share the order of their rows, hyper[models], in one pass over the rows:
 * results[m] has the bits of cross_validate with hyper[m]. Where a fit failed, why[m].text says so and results[m] is
 * empty; elsewhere that text is "". Returns 0, or -1 with a reason that holds for all; then there is nothing to free.
 */
int cross_validate_group(struct cv_result *results, struct error *why, const struct row_list *row_list, unsigned folds,
                         const struct cv_fits *fits, struct error *err);

/* The same for the never estimator, which has no parameters. */
int cross_validate_never(struct cv_result *result, const struct row_list *row_list, unsigned folds, struct error *err);

#endif
