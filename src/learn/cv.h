/* Cross-validation: cross_val_score and cross_val_predict of one estimator in one go. */
#ifndef SGDMARK_LEARN_CV_H
#define SGDMARK_LEARN_CV_H

#include "learn/fit.h"
#include "learn/metrics.h"

enum estimator {
    ESTIMATOR_SGD,  /* stratified folds */
    ESTIMATOR_NEVER /* the notebook's Never5Classifier: False for every row; as a BaseEstimator it gets plain folds */
};

struct fold_result {
    double accuracy;
    double intercept;
    uint64_t updates;
    uint64_t fingerprint;
    uint64_t update_hash;
    double seconds; /* fit and predictions of this fold */
};

struct cv_result {
    unsigned folds;
    size_t n;
    struct fold_result *fold; /* [folds] */
    uint8_t *truth;           /* [n] in the order of the view */
    uint8_t *predicted;       /* [n] out-of-fold predictions */
    double *decision;         /* [n] out-of-fold decision values */
    struct confusion confusion;
    double roc_auc;
    double seconds; /* all fits and predictions */
};

/* Told after every epoch of every fold; `done` of `all` units of work. May be NULL. */
typedef void progress_fn(void *context, size_t done, size_t all);

int cross_validate(struct cv_result *result, const struct examples *examples, unsigned folds, enum estimator estimator,
                   const struct hyper *hyper, const struct backend *backend, progress_fn *progress, void *context,
                   struct error *err);
void cv_free(struct cv_result *result);

#endif
