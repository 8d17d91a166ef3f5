/* SPDX-License-Identifier: MIT */
#include "data/npy.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FLOAT64 "<f8"
#else
#define FLOAT64 ">f8"
#endif

/* Magic, version and header length take 10 bytes. The format wants the whole header to be a multiple of 64. */
enum { HEADER = 128, PREFIX = 10 };

static int write_array(const char *path, const char *type, const char *shape, struct span values, struct error *err) {
    char header[HEADER];
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = HEADER - PREFIX;
    header[9] = 0;
    int length = snprintf(header + PREFIX, HEADER - PREFIX, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
                          type, shape);
    memset(header + PREFIX + length, ' ', HEADER - PREFIX - (size_t)length);
    header[HEADER - 1] = '\n';
    struct span pieces[] = {{header, sizeof header}, values};
    return write_file(path, pieces, 2, err);
}

int npy_write_float64(const char *path, const double *values, size_t n, int row, struct error *err) {
    char shape[32];
    snprintf(shape, sizeof shape, row ? "(1, %zu)" : "(%zu,)", n);
    return write_array(path, FLOAT64, shape, (struct span){values, n * sizeof *values}, err);
}

int npy_write_bool(const char *path, const uint8_t *values, size_t n, struct error *err) {
    char shape[32];
    snprintf(shape, sizeof shape, "(%zu,)", n);
    return write_array(path, "|b1", shape, (struct span){values, n}, err);
}
