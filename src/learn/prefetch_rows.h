/* SPDX-License-Identifier: MIT */
/* Prefetching rows, inlined into the loops of learn/. GCC deletes calls to a prefetch-only function as pure, so these
 * are always_inline. */
#ifndef SGDMARK_LEARN_PREFETCH_ROWS_H
#define SGDMARK_LEARN_PREFETCH_ROWS_H

#include "data/row_code.h"
#include "data/row_view.h"
#include "learn/prefetch.h"

#include <stddef.h>
#include <stdint.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

enum { CACHE_LINE = 64 };

static ALWAYS_INLINE void prefetch_l1(const uint8_t *row, size_t bytes) {
    for (size_t k = 0; k < bytes; k += CACHE_LINE)
        __builtin_prefetch(row + k);
}

static ALWAYS_INLINE void prefetch_l2(const uint8_t *row, size_t bytes) {
    for (size_t k = 0; k < bytes; k += CACHE_LINE)
        __builtin_prefetch(row + k, 0, 2);
}

/* The rows of one epoch, in the order in which it visits them. */
struct row_sequence {
    struct row_view view;
    struct row_code_layout layout;
    const uint32_t *code; /* [n] row codes */
    size_t n;
};

static ALWAYS_INLINE const uint8_t *sequence_row(const struct row_sequence *rows, size_t i) {
    return row_view_row(&rows->view, row_code_index(&rows->layout, rows->code[i]));
}

/* The row `distance` after i, or the last. */
static ALWAYS_INLINE const uint8_t *row_ahead(const struct row_sequence *rows, size_t i, size_t distance) {
    return sequence_row(rows, i + distance < rows->n ? i + distance : rows->n - 1);
}

/* At row `first`, where a block of rows begins: prefetches into L2 the first line of each row of a block further on, or
 * all lines of narrow rows. The block lies behind the larger of the two distances, so that their other lines are asked
 * for later. The first call also takes the rows before that block. */
static ALWAYS_INLINE void prefetch_block(const struct row_sequence *rows, const struct prefetch *distance,
                                         size_t first) {
    enum {
        NARROW_LINES = 3, /* rows of up to so many lines are narrow */
        LEAST_GAP = 4     /* rows, at least, between a row's first line and its other lines */
    };
    const size_t other_lines = distance->l2 > distance->l1 ? distance->l2 : distance->l1;
    const size_t reach = other_lines + (distance->block > LEAST_GAP ? distance->block : LEAST_GAP);
    const size_t begin = first > 0 ? first + reach : 0;
    const size_t behind = first + reach + distance->block, end = behind < rows->n ? behind : rows->n;
    const size_t narrow = (size_t)NARROW_LINES * CACHE_LINE;
    const size_t bytes = rows->view.prefetch <= narrow ? rows->view.prefetch : CACHE_LINE;
    for (size_t i = begin; i < end; i++)
        prefetch_l2(sequence_row(rows, i), bytes);
}

#endif
