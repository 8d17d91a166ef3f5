/* SPDX-License-Identifier: MIT */
#include "learn/class_scores.h"

#include "learn/row_sum.h"

#include <math.h>
#include <string.h>

static double ratio(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : (double)NAN;
}

/* What counts for a score without a denominator. */
static double or_zero(double score) {
    return isnan(score) ? 0.0 : score;
}

static struct class_score score_of(const struct class_scores *scores, unsigned c, uint64_t *predicted) {
    const uint64_t right = scores->confusion[c][c];
    struct class_score score = {.support = 0};
    *predicted = 0;
    for (unsigned k = 0; k < CLASSES; k++) {
        score.support += scores->confusion[c][k];
        *predicted += scores->confusion[k][c];
    }
    score.precision = ratio(right, *predicted);
    score.recall = ratio(right, score.support);
    const double p = or_zero(score.precision), r = or_zero(score.recall);
    score.f1 = p + r > 0.0 ? 2.0 * p * r / (p + r) : 0.0;
    if (score.support + *predicted == 0) score.f1 = (double)NAN;
    return score;
}

/* The scores of the digits that occur. */
struct occurring {
    double precision[CLASSES], recall[CLASSES], f1[CLASSES], support[CLASSES];
    size_t count;
};

static double weighted_mean(const double *values, const double *weight, size_t count) {
    double product[CLASSES];
    for (size_t k = 0; k < count; k++)
        product[k] = values[k] * weight[k];
    return row_sum(product, count) / row_sum(weight, count);
}

/* numpy.average with each weight, and with weights of 1. */
static void average(struct class_scores *scores, const struct occurring *some, uint64_t n) {
    const double count = (double)some->count;
    scores->macro = (struct class_score){.precision = row_sum(some->precision, some->count) / count,
                                         .recall = row_sum(some->recall, some->count) / count,
                                         .f1 = row_sum(some->f1, some->count) / count,
                                         .support = n};
    scores->weighted = (struct class_score){.precision = weighted_mean(some->precision, some->support, some->count),
                                            .recall = weighted_mean(some->recall, some->support, some->count),
                                            .f1 = weighted_mean(some->f1, some->support, some->count),
                                            .support = n};
}

void class_scores(struct class_scores *scores, const uint8_t *truth, const int64_t *predicted, size_t n) {
    struct occurring some = {.count = 0};
    uint64_t right = 0;
    memset(scores, 0, sizeof *scores);
    for (size_t i = 0; i < n; i++)
        scores->confusion[truth[i]][predicted[i]]++;
    for (unsigned c = 0; c < CLASSES; c++) {
        uint64_t taken = 0;
        const struct class_score *score = &scores->of[c];
        scores->of[c] = score_of(scores, c, &taken);
        right += scores->confusion[c][c];
        if (score->support + taken == 0) continue;
        some.precision[some.count] = or_zero(score->precision);
        some.recall[some.count] = or_zero(score->recall);
        some.f1[some.count] = or_zero(score->f1);
        some.support[some.count++] = (double)score->support;
    }
    scores->accuracy = ratio(right, n);
    average(scores, &some, n);
}
