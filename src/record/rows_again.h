/* SPDX-License-Identifier: MIT */
/* What a result file does not hold, but its rows do, where they are at hand: the job is trained and cross-validated
 * once more, by the reference, for the learned weights, the rows that it misreads, and the whole curve. */
#ifndef SGDMARK_RECORD_ROWS_AGAIN_H
#define SGDMARK_RECORD_ROWS_AGAIN_H

#include "base/error.h"
#include "record/figure.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { MOST_MISREAD = 6 };

/* A row on the wrong side, out of fold. */
struct misread {
    uint32_t row; /* in the files */
    unsigned label;
    double decision;
    uint8_t *pixels; /* [d] */
};

struct rows_again {
    size_t height, width;
    uint8_t *for_digit, *against; /* [d] roots of the weights above and below 0 as grey values: a few weights are much
                                     larger than most. The largest of both is 255 */
    struct misread taken[MOST_MISREAD], missed[MOST_MISREAD]; /* the furthest from the threshold: false positives, false
                                                                 negatives */
    size_t taken_count, missed_count;
    struct figure curve; /* precision against recall, at most 300 points */
};

/* Makes *again, which rows_again_free releases, of the rows in a folder; NULL where they are not those of the run, are
 * no images, or do not give the fingerprint of its receipt. Returns 0, or -1 with the reason: memory ran out. */
int rows_again_make(struct rows_again **again, const json_t *facts, const char *folder, struct error *err);
void rows_again_free(struct rows_again *again);

#endif
