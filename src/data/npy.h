/* SPDX-License-Identifier: MIT */
/* NumPy .npy files and their content: arrays of up to three dimensions, written as version 1.0 in C order; read are
 * those of up to two. */
#ifndef SGDMARK_DATA_NPY_H
#define SGDMARK_DATA_NPY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { NPY_NAME = 32 };

enum array_type {
    ARRAY_BOOL, /* bytes, 0 or 1 */
    ARRAY_INT64,
    ARRAY_UINT64,
    ARRAY_FLOAT32,
    ARRAY_FLOAT64,
    ARRAY_TEXT, /* one text of ASCII characters, NUL-terminated; no dimensions */
    ARRAY_NAMES /* ASCII names of up to NPY_NAME bytes, filled up with NULs: NumPy's 'S'; written only */
};

struct array {
    enum array_type type;
    unsigned dimensions; /* 0: a single value */
    size_t shape[3];     /* [dimensions] */
    const void *values;  /* [shape[0]][shape[1]][shape[2]] */
};

/* How many values it has. */
size_t array_count(const struct array *array);

/* Bytes of its values; not of ARRAY_TEXT, whose form in a file is another. */
size_t array_bytes(const struct array *array);

/* What stands before the values: the header, of this length, in NPY_HEADER bytes. An array of characters follows a
 * header for ARRAY_TEXT as NumPy's 'U': 32 bits each. */
enum { NPY_HEADER = 128 };
void npy_header(char header[NPY_HEADER], const struct array *array);

/* Writes any array but ARRAY_TEXT as a file. Returns 0, or -1 with the reason. */
int npy_write(const char *path, const struct array *array, struct error *err);

/* Writes values[n] as float64 of shape (n,), or (1, n) when `row` is set. Returns 0, or -1 with the reason. */
int npy_write_float64(const char *path, const double *values, size_t n, int row, struct error *err);

/* Writes values[n] (0 or 1) as bool of shape (n,). */
int npy_write_bool(const char *path, const uint8_t *values, size_t n, struct error *err);

/* Reads the content of an .npy file: versions 1.0 to 3.0, C or Fortran order, either byte order, and the types above
 * alone; texts as NumPy's 'U' or 'S', of ASCII characters. The values are in C order and the order of this machine.
 * `name` stands at the front of messages. Returns 0, or -1 with one line; array_free releases the values. */
int npy_read(struct array *array, const char *name, const uint8_t *bytes, size_t length, struct error *err);
void array_free(struct array *array);

#endif
