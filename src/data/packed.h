/* SPDX-License-Identifier: MIT */
/* Packed rows: rows without zero groups. Engine int reads them where the backend has kernels for them. */
#ifndef SGDMARK_DATA_PACKED_H
#define SGDMARK_DATA_PACKED_H

#include "base/pages.h"

#include <stddef.h>
#include <stdint.h>

struct dataset;

/* Where a packed row lies, and which features it holds. */
struct packed_row {
    uint32_t line;  /* it begins at bytes + PACKED_LINE * line */
    uint16_t start; /* its first feature, a multiple of BLOCK_PIXELS */
};

enum { PACKED_LINE = 64, PACKED_STEP_BITS = 6 /* of BLOCK_PIXELS */ };

/* Every row of a data set in the form of kernels.h. All hold the same number of blocks, and begin on cache lines. */
struct packed_rows {
    size_t blocks; /* of each row; 0: nothing is packed */
    uint8_t *bytes;
    enum page_kind pages;    /* of the bytes */
    size_t size;             /* bytes of all rows */
    struct packed_row *rows; /* [n] */
};

/* Packs the rows of a loaded data set if they shrink to three quarters of their size or less, and to 64 MiB or less
 * with their table. Otherwise, or out of memory, packs nothing (blocks 0). packed_free releases it. */
void packed_make(struct packed_rows *packed, const struct dataset *ds);
void packed_free(struct packed_rows *packed);

/* d rounded up to whole blocks: the number of weights that packed rows can need. */
size_t packed_features(size_t d);

#endif
