/* SPDX-License-Identifier: MIT */
/* NumPy .npy files, version 1.0, C order. */
#ifndef SGDMARK_DATA_NPY_H
#define SGDMARK_DATA_NPY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Writes values[n] as float64 of shape (n,), or (1, n) when `row` is set. Returns 0, or -1 with the reason. */
int npy_write_float64(const char *path, const double *values, size_t n, int row, struct error *err);

/* Writes values[n] (0 or 1) as bool of shape (n,). */
int npy_write_bool(const char *path, const uint8_t *values, size_t n, struct error *err);

#endif
