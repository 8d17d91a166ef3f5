/* SPDX-License-Identifier: MIT */
/* Precision, recall and false positive rate over the threshold of the decision value, after scikit-learn's
 * precision_recall_curve and roc_curve: a row is predicted positive where its decision value is at least the
 * threshold. */
#ifndef SGDMARK_LEARN_CURVE_H
#define SGDMARK_LEARN_CURVE_H

#include "base/error.h"
#include "learn/metrics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One decision value that occurs, and the rows that have it or more. */
struct curve_point {
    double threshold;
    uint64_t tp, fp;
};

/* Every decision value once, from the lowest up. In the functions below point n stands for a threshold above all of
 * them: no row is predicted positive. */
struct curve {
    struct curve_point *at; /* [n] */
    size_t n;
    uint64_t positives, negatives;
};

/* Makes the curve of n rows. Returns 0, or -1 with the reason: a decision value that is not finite, one class only, or
 * no memory. curve_free releases it. */
int curve_make(struct curve *curve, const uint8_t *truth, const double *decision, size_t n, struct error *err);
void curve_free(struct curve *curve);

/* Of point i, 0..n. At n they are 1, 0 and 0, as scikit-learn has them. */
double curve_precision(const struct curve *curve, size_t i);
double curve_recall(const struct curve *curve, size_t i); /* the true positive rate */
double curve_false_positive_rate(const struct curve *curve, size_t i);
struct confusion curve_confusion(const struct curve *curve, size_t i);

/* Does roc_curve keep point i? By default it leaves out those where both rates go on as from the point before. */
bool curve_is_corner(const struct curve *curve, size_t i);

/* The lowest point of at least this threshold, of at least this precision, of at most this false positive rate; n where
 * there is none. */
size_t curve_from(const struct curve *curve, double threshold);
size_t curve_at_precision(const struct curve *curve, double precision);
size_t curve_at_false_positive_rate(const struct curve *curve, double rate);
/* The highest point of at least this recall, 0 to 1. */
size_t curve_at_recall(const struct curve *curve, double recall);

/* average_precision_score: the mean of the precisions, each weighted by the recall that it adds. Summed in NumPy's
 * order, so that the last bit is scikit-learn's, too. */
double average_precision_score(const struct curve *curve);

/* What is asked of the trade-off; NAN: nothing. */
struct wanted {
    double precision, recall; /* above 0, at most 1 */
    double threshold;
};

/* A threshold, and what it predicts. */
struct scores_at {
    bool reached; /* is there such a threshold? */
    double threshold;
    struct confusion confusion;
};

/* Precision against recall. */
struct trade_off {
    struct wanted wanted;
    double average_precision, roc_auc;
    struct scores_at at_threshold; /* the threshold asked for */
    struct scores_at at_precision; /* the lowest threshold with the precision asked for: the most recall with it */
    struct scores_at at_recall;    /* the highest threshold with the recall asked for */
};

/* Reads the trade-off off a curve; roc_auc is that of the same rows. */
struct trade_off trade_off_of(const struct curve *curve, double roc_auc, const struct wanted *wanted);

#endif
