/* SPDX-License-Identifier: MIT */
#include "learn/metrics.h"

#include <math.h>
#include <stdlib.h>

struct confusion confusion_count(const uint8_t *truth, const uint8_t *predicted, size_t n) {
    uint64_t count[2][2] = {{0, 0}, {0, 0}};
    for (size_t i = 0; i < n; i++)
        count[truth[i]][predicted[i]]++;
    return (struct confusion){count[0][0], count[0][1], count[1][0], count[1][1]};
}

static double ratio(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : (double)NAN;
}

double accuracy_score(const struct confusion *c) {
    return ratio(c->tn + c->tp, c->tn + c->fp + c->fn + c->tp);
}

double precision_score(const struct confusion *c) {
    return ratio(c->tp, c->tp + c->fp);
}

double recall_score(const struct confusion *c) {
    return ratio(c->tp, c->tp + c->fn);
}

double f1_score(const struct confusion *c) {
    return ratio(2 * c->tp, 2 * c->tp + c->fp + c->fn);
}

struct scored {
    double score;
    uint8_t truth;
};

static int by_score(const void *left, const void *right) {
    double a = ((const struct scored *)left)->score, b = ((const struct scored *)right)->score;
    return (a > b) - (a < b);
}

double roc_auc_score(const uint8_t *truth, const double *score, size_t n) {
    struct scored *sorted = malloc(n * sizeof *sorted);
    if (!sorted) return (double)NAN;
    uint64_t positives = 0;
    for (size_t i = 0; i < n; i++) {
        sorted[i] = (struct scored){score[i], truth[i]};
        positives += truth[i];
    }
    qsort(sorted, n, sizeof *sorted, by_score);
    uint64_t negatives_below = 0, twice_won = 0; /* pairs won count 2, ties 1 */
    for (size_t i = 0; i < n;) {
        size_t end = i;
        uint64_t tied[2] = {0, 0};
        for (; end < n && sorted[end].score == sorted[i].score; end++)
            tied[sorted[end].truth]++;
        twice_won += tied[1] * (2 * negatives_below + tied[0]);
        negatives_below += tied[0];
        i = end;
    }
    free(sorted);
    return ratio(twice_won, 2 * positives * (n - positives));
}
