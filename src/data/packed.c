/* SPDX-License-Identifier: MIT */
#include "data/packed.h"

#include "base/pages.h"
#include "data/dataset.h"
#include "kernels.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 64 << 20, BLOCK_GROUPS = BLOCK_PIXELS / GROUP_PIXELS };

size_t packed_features(size_t d) {
    return (d + BLOCK_PIXELS - 1) / BLOCK_PIXELS * BLOCK_PIXELS;
}

/* The first feature of a row's first block. No block lies wholly behind the last feature. */
static size_t first_feature(const struct dataset *ds, size_t row, size_t blocks) {
    size_t cropped = ds->start[row], start = cropped - cropped % BLOCK_PIXELS;
    size_t last = packed_features(ds->d) - blocks * BLOCK_PIXELS;
    return start < last ? start : last;
}

/* The number of blocks that holds any cropped row. */
static size_t blocks_needed(const struct dataset *ds) {
    size_t most = 0;
    for (size_t i = 0; i < ds->n; i++) {
        size_t pixels = packed_features(ds->start[i] % BLOCK_PIXELS + ds->width);
        most = pixels > most ? pixels : most;
    }
    return most / BLOCK_PIXELS;
}

/* Packs x[64 * blocks] to `out`, which must have room for all groups. Returns the bytes of those kept. */
static size_t pack(uint8_t *out, const uint8_t *x, size_t blocks) {
    uint8_t *groups = out + 2 * blocks;
    for (size_t b = 0; b < blocks; b++) {
        unsigned mask = 0;
        for (unsigned g = 0; g < BLOCK_GROUPS; g++) {
            uint32_t group;
            memcpy(&group, x + b * BLOCK_PIXELS + (size_t)g * GROUP_PIXELS, sizeof group);
            memcpy(groups, &group, sizeof group);
            groups += group ? sizeof group : 0;
            mask |= (unsigned)(group != 0) << g;
        }
        out[2 * b] = (uint8_t)mask;
        out[2 * b + 1] = (uint8_t)(mask >> 8);
    }
    return (size_t)(groups - out);
}

/* Packs all rows into `room` bytes. Returns the bytes used, or 0 when the rows do not fit. */
static size_t pack_all(struct packed_rows *packed, const struct dataset *ds, uint8_t *row, uint8_t *out, size_t room) {
    size_t lines = 0, blocks = packed->blocks;
    for (size_t i = 0; i < ds->n; i++) {
        size_t start = first_feature(ds, i, blocks);
        memset(row, 0, blocks * BLOCK_PIXELS);
        memcpy(row + ds->start[i] - start, ds->pixels + i * ds->stride, ds->width);
        size_t bytes = pack(out, row, blocks);
        if (lines * PACKED_LINE + bytes > room) return 0;
        memcpy(packed->bytes + lines * PACKED_LINE, out, bytes);
        packed->rows[i] = (struct packed_row){(uint32_t)lines, (uint16_t)start};
        lines += (bytes + PACKED_LINE - 1) / PACKED_LINE;
    }
    return lines * PACKED_LINE;
}

void packed_make(struct packed_rows *packed, const struct dataset *ds) {
    *packed = (struct packed_rows){0};
    size_t table = ds->n * sizeof *packed->rows, room = ds->n * ds->stride / 4 * 3;
    if (table >= MOST_BYTES) return;
    if (room > MOST_BYTES - table) room = MOST_BYTES - table;
    room = room / PACKED_LINE * PACKED_LINE;
    if (room / PACKED_LINE < ds->n) return;
    packed->blocks = blocks_needed(ds);
    packed->bytes = pages_new(room);
    packed->rows = malloc(table);
    /* A row, and its packed form: at most all groups, the masks, and one group that is written but not kept. */
    uint8_t *row = malloc(packed->blocks * (2 * BLOCK_PIXELS + 2 + GROUP_PIXELS));
    if (packed->bytes && packed->rows && row)
        packed->size = pack_all(packed, ds, row, row + packed->blocks * BLOCK_PIXELS, room);
    free(row);
    if (packed->bytes) packed->bytes = pages_trim(packed->bytes, room, packed->size);
    if (packed->size == 0) {
        free(packed->rows);
        *packed = (struct packed_rows){0};
    }
}

void packed_free(struct packed_rows *packed) {
    pages_free_of(packed->pages, packed->bytes, packed->size);
    free(packed->rows);
    *packed = (struct packed_rows){0};
}
