/* SPDX-License-Identifier: MIT */
/* The outcome of one point of a sweep as one line of JSON. The line holds nothing of time, host or path: the same point
 * gives the same bytes everywhere. */
#ifndef SGDMARK_RECORD_POINT_JSON_H
#define SGDMARK_RECORD_POINT_JSON_H

#include "base/file.h"
#include "learn/sweep.h"

/* The line with its newline; the caller frees *text. Returns its length, or 0 when memory runs out. */
size_t point_line(char **text, const struct grid *grid, const struct point_result *result);

/* What a line is held against. */
struct point_rules {
    const struct grid *grid;
    unsigned folds; /* unless the grid varies them */
    size_t n;       /* rows of a point */
};

/* Reads a line without its newline. The line must be what point_line makes of its content, to the byte; so its mean,
 * scores and fingerprint are those of its folds and confusion matrix. The caller frees result->fold. Returns 0, or -1
 * with what is wrong, without the name of the file. */
int point_read(struct point_result *result, const struct point_rules *rules, struct span line, struct error *err);

#endif
