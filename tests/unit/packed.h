/* SPDX-License-Identifier: MIT */
/* Packed rows and their kernels in plain C, written from kernels.h alone: what the real ones are compared with, and
 * what takes their place where the processor has none. */
#ifndef SGDMARK_TESTS_PACKED_H
#define SGDMARK_TESTS_PACKED_H

#include "base/pages.h"
#include "data/dataset.h"
#include "kernels.h"

#include <stdlib.h>
#include <string.h>

static inline void plain_unpack(uint8_t *x, const uint8_t *row, size_t blocks) {
    const uint8_t *groups = row + 2 * blocks;
    memset(x, 0, 64 * blocks);
    for (size_t g = 0; g < 16 * blocks; g++) {
        if (!(row[g / 8] >> g % 8 & 1)) continue;
        memcpy(x + 4 * g, groups, 4);
        groups += 4;
    }
}

static inline int8_t *plain_plane(int8_t *w, size_t k) {
    return w + k / 64 * 128 + k % 64;
}

static inline int64_t plain_dot_packed(const int8_t *w, const uint8_t *row, size_t blocks, const uint8_t *near,
                                       size_t lines) {
    (void)near, (void)lines;
    uint8_t x[64];
    int64_t sum = 0;
    const uint8_t *groups = row + 2 * blocks;
    for (size_t b = 0; b < blocks; b++) {
        uint8_t alone[2 + 64];
        memcpy(alone, row + 2 * b, 2);
        size_t kept = 4 * (size_t)(__builtin_popcount(alone[0]) + __builtin_popcount(alone[1]));
        memcpy(alone + 2, groups, kept);
        groups += kept;
        plain_unpack(x, alone, 1);
        for (size_t k = 0; k < 64; k++)
            sum += (256 * w[128 * b + k] + w[128 * b + 64 + k]) * x[k];
    }
    return sum;
}

static inline void plain_dot_many_packed(double *dot, const int8_t *const *w, size_t models,
                                         const struct shared_row *row, size_t lines) {
    for (size_t m = 0; m < models; m++)
        dot[m] = (double)plain_dot_packed(w[m] + 2 * row->start, row->x, row->d / BLOCK_PIXELS, row->l1_row, lines);
}

static inline void plain_axpy_planes(int8_t *w, const uint8_t *x, int a, size_t blocks) {
    for (size_t k = 0; k < 64 * blocks; k++) {
        int8_t *high = plain_plane(w, k);
        int sum = 256 * high[0] + high[64] + a * x[k];
        high[64] = (int8_t)sum;
        high[0] = (int8_t)((sum - high[64]) / 256);
    }
}

/* The scalar backend, and kernels for packed rows that run everywhere. */
static inline struct backend plain_backend(void) {
    struct backend plain = *backend_scalar();
    plain.dot_packed = plain_dot_packed;
    plain.dot_many_packed = plain_dot_many_packed;
    plain.axpy_planes = plain_axpy_planes;
    plain.unpack_u8 = plain_unpack;
    return plain;
}

/* Packs every feature of every row, whether that makes them smaller or not; dataset_free releases it. */
static inline void pack_by_hand(struct dataset *ds) {
    size_t features = packed_features(ds->d), blocks = features / 64;
    size_t stride = (2 * blocks + features + PACKED_LINE - 1) / PACKED_LINE * PACKED_LINE;
    ds->packed = (struct packed_rows){.blocks = blocks,
                                      .bytes = pages_new(ds->n * stride),
                                      .size = ds->n * stride,
                                      .rows = calloc(ds->n, sizeof(struct packed_row))};
    uint8_t *x = calloc(features, 1);
    for (size_t i = 0; i < ds->n; i++) {
        uint8_t *row = ds->packed.bytes + i * stride, *groups = row + 2 * blocks;
        ds->packed.rows[i].line = (uint32_t)(i * stride / PACKED_LINE);
        dataset_row(ds, i, x);
        for (size_t g = 0; g < features / 4; g++) {
            if (!(x[4 * g] | x[4 * g + 1] | x[4 * g + 2] | x[4 * g + 3])) continue;
            row[g / 8] |= (uint8_t)(1 << g % 8);
            memcpy(groups, x + 4 * g, 4);
            groups += 4;
        }
    }
    free(x);
}

#endif
