/* SPDX-License-Identifier: MIT */
#include "learn/curve.h"

#include <math.h>
#include <stdlib.h>

static int check_rows(const uint8_t *truth, const double *decision, size_t n, struct error *err) {
    size_t positives = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(decision[i])) return fail_as(err, ERROR_CHECK, "the decision value of row %zu is not finite", i);
        positives += truth[i];
    }
    return positives > 0 && positives < n ? 0 : fail(err, "a curve needs rows of both classes");
}

int curve_make(struct curve *curve, const uint8_t *truth, const double *decision, size_t n, struct error *err) {
    *curve = (struct curve){0};
    if (check_rows(truth, decision, n, err) != 0) return -1;
    struct scored *sorted = sort_by_score(truth, decision, n);
    curve->at = malloc(n * sizeof *curve->at);
    if (!sorted || !curve->at) {
        free(sorted);
        curve_free(curve);
        return fail_program(err, "out of memory for the curve of %zu rows", n);
    }
    /* From the highest decision down; each point takes the place of the last row that has its decision. */
    size_t first = n;
    uint64_t count[2] = {0, 0};
    for (size_t i = n; i-- > 0;) {
        count[sorted[i].truth]++;
        if (i > 0 && sorted[i - 1].score == sorted[i].score) continue;
        curve->at[--first] = (struct curve_point){sorted[i].score, count[1], count[0]};
    }
    free(sorted);
    curve->n = n - first;
    for (size_t i = 0; i < curve->n; i++)
        curve->at[i] = curve->at[first + i];
    curve->positives = count[1];
    curve->negatives = count[0];
    return 0;
}

void curve_free(struct curve *curve) {
    free(curve->at);
    *curve = (struct curve){0};
}

static struct curve_point point_of(const struct curve *curve, size_t i) {
    return i < curve->n ? curve->at[i] : (struct curve_point){(double)INFINITY, 0, 0};
}

double curve_precision(const struct curve *curve, size_t i) {
    const struct curve_point point = point_of(curve, i);
    return i < curve->n ? (double)point.tp / (double)(point.tp + point.fp) : 1.0;
}

double curve_recall(const struct curve *curve, size_t i) {
    return (double)point_of(curve, i).tp / (double)curve->positives;
}

double curve_false_positive_rate(const struct curve *curve, size_t i) {
    return (double)point_of(curve, i).fp / (double)curve->negatives;
}

struct confusion curve_confusion(const struct curve *curve, size_t i) {
    const struct curve_point point = point_of(curve, i);
    return (struct confusion){
        .tn = curve->negatives - point.fp, .fp = point.fp, .fn = curve->positives - point.tp, .tp = point.tp};
}

bool curve_is_corner(const struct curve *curve, size_t i) {
    if (i == 0 || i + 1 >= curve->n) return true;
    const struct curve_point *below = &curve->at[i - 1], *here = &curve->at[i], *above = &curve->at[i + 1];
    return below->tp - here->tp != here->tp - above->tp || below->fp - here->fp != here->fp - above->fp;
}

size_t curve_from(const struct curve *curve, double threshold) {
    size_t low = 0, high = curve->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (curve->at[middle].threshold < threshold)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Precision rises and falls along the curve, so every point is looked at. */
size_t curve_at_precision(const struct curve *curve, double precision) {
    size_t i = 0;
    while (i < curve->n && curve_precision(curve, i) < precision)
        i++;
    return i;
}

size_t curve_at_false_positive_rate(const struct curve *curve, double rate) {
    size_t i = 0;
    while (i < curve->n && curve_false_positive_rate(curve, i) > rate)
        i++;
    return i;
}

size_t curve_at_recall(const struct curve *curve, double recall) {
    size_t i = curve->n - 1;
    while (i > 0 && curve_recall(curve, i) < recall)
        i--;
    return i;
}

/* What point i adds to the average. */
static double term(const struct curve *curve, size_t i) {
    return (curve_recall(curve, i + 1) - curve_recall(curve, i)) * curve_precision(curve, i);
}

/* The sum of n terms from the first one on: pairwise down to blocks of 128, which eight partial sums take in turns. */
static double sum_of_terms(const struct curve *curve, size_t first, size_t n) {
    enum { BLOCK = 128, LANES = 8 };
    if (n > BLOCK) {
        const size_t half = n / 2 / LANES * LANES;
        return sum_of_terms(curve, first, half) + sum_of_terms(curve, first + half, n - half);
    }
    double sum = 0.0, lane[LANES];
    size_t i = 0;
    if (n >= LANES) {
        for (; i < LANES; i++)
            lane[i] = term(curve, first + i);
        for (; i < n / LANES * LANES; i++)
            lane[i % LANES] += term(curve, first + i);
        sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
    }
    for (; i < n; i++)
        sum += term(curve, first + i);
    return sum;
}

/* numpy.sum adds up pieces of 8192 terms, its buffer, one after the other. */
double average_precision_score(const struct curve *curve) {
    enum { PIECE = 8192 };
    double sum = 0.0;
    for (size_t first = 0; first < curve->n; first += PIECE)
        sum += sum_of_terms(curve, first, curve->n - first < PIECE ? curve->n - first : PIECE);
    return -sum;
}

static struct scores_at scores_of(const struct curve *curve, size_t i) {
    return (struct scores_at){i < curve->n, point_of(curve, i).threshold, curve_confusion(curve, i)};
}

struct trade_off trade_off_of(const struct curve *curve, double roc_auc, const struct wanted *wanted) {
    struct trade_off made = {
        .wanted = *wanted, .average_precision = average_precision_score(curve), .roc_auc = roc_auc};
    if (isfinite(wanted->threshold))
        made.at_threshold =
            (struct scores_at){true, wanted->threshold, curve_confusion(curve, curve_from(curve, wanted->threshold))};
    if (isfinite(wanted->precision)) made.at_precision = scores_of(curve, curve_at_precision(curve, wanted->precision));
    if (isfinite(wanted->recall)) made.at_recall = scores_of(curve, curve_at_recall(curve, wanted->recall));
    return made;
}
