/* SPDX-License-Identifier: MIT */
/* A row code: 32 bits that hold a row's index, its first stored feature and its label. The training loop reads them in
 * shuffled order, so the smaller they are, the more of them the caches hold. */
#ifndef SGDMARK_DATA_ROW_CODE_H
#define SGDMARK_DATA_ROW_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From the lowest bit on: the label, the index, the start in steps. */
struct row_code_layout {
    unsigned index_bits;
    unsigned step_bits; /* starts are multiples of 2^step_bits */
};

/* Makes the layout for indices below `indices` and starts up to `last_start`, multiples of 2^step_bits. False: they
 * need more than 32 bits. */
static inline bool row_code_layout(struct row_code_layout *layout, uint64_t indices, size_t last_start,
                                   unsigned step_bits) {
    unsigned start_bits = 0;
    *layout = (struct row_code_layout){.step_bits = step_bits};
    while ((indices - 1) >> layout->index_bits)
        layout->index_bits++;
    while (last_start >> step_bits >> start_bits)
        start_bits++;
    return 1 + layout->index_bits + start_bits <= 32;
}

static inline uint32_t row_code_make(const struct row_code_layout *layout, uint32_t index, size_t start,
                                     bool positive) {
    return ((uint32_t)(start >> layout->step_bits) << layout->index_bits | index) << 1 | positive;
}

static inline bool row_code_positive(uint32_t code) {
    return code & 1;
}

static inline uint32_t row_code_index(const struct row_code_layout *layout, uint32_t code) {
    return code >> 1 & ((1U << layout->index_bits) - 1);
}

static inline size_t row_code_start(const struct row_code_layout *layout, uint32_t code) {
    return (size_t)((uint64_t)code >> 1 >> layout->index_bits) << layout->step_bits;
}

#endif
