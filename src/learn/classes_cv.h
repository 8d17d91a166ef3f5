/* SPDX-License-Identifier: MIT */
/* Cross-validation of a classifier of ten digits: cross_val_score and cross_val_predict in one go. */
#ifndef SGDMARK_LEARN_CLASSES_CV_H
#define SGDMARK_LEARN_CLASSES_CV_H

#include "base/progress.h"
#include "learn/class_scores.h"

#include <stdbool.h>

struct classes_fold {
    double accuracy;
    struct class_fit fit[CLASSES];
    uint64_t fingerprint; /* classes_fingerprint */
    double seconds;       /* fits and predictions of this fold */
};

struct classes_cv {
    unsigned folds;
    size_t n;
    struct classes_fold *fold;  /* [folds] */
    uint32_t seed[CLASSES];     /* of each digit's fits: random_state */
    uint8_t *truth;             /* [n] in the order of the view */
    int64_t *predicted;         /* [n] out-of-fold predictions */
    double *decision;           /* [n][CLASSES] out-of-fold decision values */
    struct class_scores scores; /* of all predictions together */
    double seconds;             /* all fits and predictions */
};

/* Can every fold be trained on all ten digits? A digit with a single row is missing where the fold that tests it is
 * trained. 0, or -1 with the reason. */
int classes_cv_check(const struct row_list *rows, unsigned folds, struct error *err);

/* Stratified folds over the ten digits, one after the other; the workers share the ten fits of a fold. Refuses what
 * classes_cv_check does. Returns 0, or -1 with the reason; classes_cv_free releases the result. */
int classes_cross_validate(struct classes_cv *result, const struct row_list *rows, unsigned folds,
                           const struct hyper *hyper, const struct classes_means *by, struct error *err);
void classes_cv_free(struct classes_cv *result);

/* As folds_warning (learn/cv.h): some digits have fewer rows than there are folds. */
enum { CLASSES_WARNING = 160 };
bool classes_warning(char text[CLASSES_WARNING], const struct row_list *rows, unsigned folds);

#endif
