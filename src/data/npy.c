/* SPDX-License-Identifier: MIT */
#include "data/npy.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>

/* Magic, version and header length take 10 bytes. */
enum { PREFIX = 10 };

void npy_header(char header[NPY_HEADER], const char *type, const char *shape) {
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = NPY_HEADER - PREFIX;
    header[9] = 0;
    int length = snprintf(header + PREFIX, NPY_HEADER - PREFIX,
                          "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type, shape);
    memset(header + PREFIX + length, ' ', NPY_HEADER - PREFIX - (size_t)length);
    header[NPY_HEADER - 1] = '\n';
}

static int write_array(const char *path, const char *type, const char *shape, struct span values, struct error *err) {
    char header[NPY_HEADER];
    npy_header(header, type, shape);
    struct span pieces[] = {{header, sizeof header}, values};
    return write_file(path, pieces, 2, err);
}

int npy_write_float64(const char *path, const double *values, size_t n, int row, struct error *err) {
    char shape[32];
    snprintf(shape, sizeof shape, row ? "(1, %zu)" : "(%zu,)", n);
    return write_array(path, NPY_BYTE_ORDER "f8", shape, (struct span){values, n * sizeof *values}, err);
}

int npy_write_bool(const char *path, const uint8_t *values, size_t n, struct error *err) {
    char shape[32];
    snprintf(shape, sizeof shape, "(%zu,)", n);
    return write_array(path, "|b1", shape, (struct span){values, n}, err);
}
