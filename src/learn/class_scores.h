/* SPDX-License-Identifier: MIT */
/* scikit-learn's metrics of predictions of ten digits. */
#ifndef SGDMARK_LEARN_CLASS_SCORES_H
#define SGDMARK_LEARN_CLASS_SCORES_H

#include "learn/classes.h"

#include <stddef.h>
#include <stdint.h>

struct class_score {
    double precision, recall, f1; /* NaN where the denominator is 0 */
    uint64_t support;             /* rows that are this digit */
};

struct class_scores {
    uint64_t confusion[CLASSES][CLASSES]; /* rows are the truth, columns the prediction */
    double accuracy;                      /* NaN of no rows */
    struct class_score of[CLASSES];
    /* Means over the digits that occur in the truth or among the predictions; `weighted` by support. A score whose
     * denominator is 0 counts as 0. */
    struct class_score macro, weighted;
};

/* Arithmetic and order of sklearn.metrics 1.2: precision_recall_fscore_support, whose F1 is 2 p r / (p + r). */
void class_scores(struct class_scores *scores, const uint8_t *truth, const int64_t *predicted, size_t n);

#endif
