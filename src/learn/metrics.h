/* SPDX-License-Identifier: MIT */
/* scikit-learn's metrics of binary predictions. */
#ifndef SGDMARK_LEARN_METRICS_H
#define SGDMARK_LEARN_METRICS_H

#include <stddef.h>
#include <stdint.h>

/* Rows are the truth, columns the prediction: [[tn, fp], [fn, tp]]. */
struct confusion {
    uint64_t tn, fp, fn, tp;
};

struct confusion confusion_count(const uint8_t *truth, const uint8_t *predicted, size_t n);

/* (tn + tp) / all. */
double accuracy_score(const struct confusion *c);
/* tp / (tp + fp), tp / (tp + fn), 2tp / (2tp + fp + fn): NAN where the denominator is 0. */
double precision_score(const struct confusion *c);
double recall_score(const struct confusion *c);
double f1_score(const struct confusion *c);

/* A row's score, and whether it is positive. */
struct scored {
    double score;
    uint8_t truth;
};

/* The n rows from the lowest score up. The caller frees them; NULL: out of memory. */
struct scored *sort_by_score(const uint8_t *truth, const double *score, size_t n);

/* Area under the ROC curve: the share of (positive, negative) pairs that `score` orders rightly, ties counted half.
 * NAN when a class is absent or memory runs out. */
double roc_auc_score(const uint8_t *truth, const double *score, size_t n);

#endif
