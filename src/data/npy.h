/* SPDX-License-Identifier: MIT */
/* NumPy .npy files, version 1.0, C order. */
#ifndef SGDMARK_DATA_NPY_H
#define SGDMARK_DATA_NPY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NPY_BYTE_ORDER "<"
#else
#define NPY_BYTE_ORDER ">"
#endif

/* Fills in what precedes the values in a file; `type` is NumPy's ("<f8"), `shape` a tuple ("(3,)"). The format wants
 * its length to be a multiple of 64. */
enum { NPY_HEADER = 128 };
void npy_header(char header[NPY_HEADER], const char *type, const char *shape);

/* Writes values[n] as float64 of shape (n,), or (1, n) when `row` is set. Returns 0, or -1 with the reason. */
int npy_write_float64(const char *path, const double *values, size_t n, int row, struct error *err);

/* Writes values[n] (0 or 1) as bool of shape (n,). */
int npy_write_bool(const char *path, const uint8_t *values, size_t n, struct error *err);

#endif
