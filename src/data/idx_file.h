/* SPDX-License-Identifier: MIT */
/* One IDX file, plain or gzip: a big-endian header (magic, then one uint32 for each dimension), then the content. */
#ifndef SGDMARK_DATA_IDX_FILE_H
#define SGDMARK_DATA_IDX_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#define IDX_WAY_OUT "fetch MNIST with sgdmark describe --fetch data/mnist, or use --data synthetic"

enum { IDX_DIMENSIONS = 3, IDX_INPUT = 1 << 16 };

struct idx_file {
    const char *path; /* the caller's */
    int fd;           /* -1: not open */
    bool gzipped;
    uint64_t size; /* bytes on disk */
    uint32_t magic;
    uint32_t dimension[IDX_DIMENSIONS];
    /* Of gzip data. */
    z_stream stream;
    uint8_t *input;   /* [IDX_INPUT] */
    unsigned members; /* that have ended; a file may hold several, one after the other */
    bool ended;       /* the last one has, and no other has begun */
};

/* Opens the file; its name says whether it is gzip data (.gz). Every function here returns 0, or -1 with one line that
 * names the file and the fault. idx_close releases a file that is open or that could not be opened. */
int idx_open(struct idx_file *file, const char *path, struct error *err);
void idx_close(struct idx_file *file);

/* Reads the header: the magic must be `magic` or `other`, whose low byte is the number of dimensions. */
int idx_read_header(struct idx_file *file, uint32_t magic, uint32_t other, struct error *err);

/* Is the file as long as its header and `content` bytes? Of gzip data: can it be? */
int idx_check_length(const struct idx_file *file, uint64_t content, struct error *err);

int idx_read(struct idx_file *file, void *out, size_t length, struct error *err);

/* Expects the end of the file: of gzip data the checksum, and nothing behind. */
int idx_read_end(struct idx_file *file, struct error *err);

#endif
