/* Rows without most of their zeros: what engine int reads where the backend has kernels for it. */
#ifndef SGDMARK_DATA_PACKED_H
#define SGDMARK_DATA_PACKED_H

#include <stddef.h>
#include <stdint.h>

struct dataset;

/* Where a packed row is and which features it holds. */
struct packed_row {
    uint32_t line;  /* it begins at bytes + PACKED_LINE * line */
    uint16_t start; /* its first feature, a multiple of BLOCK_PIXELS */
};

enum { PACKED_LINE = 64, PACKED_STEP_BITS = 6 /* of BLOCK_PIXELS */ };

/* Every row of a data set in the form of kernels.h. All hold the same number of blocks, and begin on cache lines. */
struct packed_rows {
    size_t blocks;           /* of each row; 0: nothing is packed */
    uint8_t *bytes;          /* on 2 MiB pages where the kernel gives them */
    size_t size;             /* bytes of all rows */
    struct packed_row *rows; /* [n] */
};

/* Packs the rows of a loaded data set, if that makes them at most three quarters as large, and no more than 64 MiB;
 * otherwise, and where there is no memory, packs nothing. packed_free releases it. */
void packed_make(struct packed_rows *packed, const struct dataset *ds);
void packed_free(struct packed_rows *packed);

/* Features rounded up to whole blocks: how many weights a packed row may meet. */
size_t packed_features(size_t d);

#endif
