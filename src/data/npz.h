/* SPDX-License-Identifier: MIT */
/* NumPy .npz files, as numpy.savez writes them: a ZIP archive of .npy files that are not compressed. The same arrays
 * give the same bytes. */
#ifndef SGDMARK_DATA_NPZ_H
#define SGDMARK_DATA_NPZ_H

#include "base/error.h"

#include <stddef.h>

enum { NPZ_DIMENSIONS = 3 };

/* An array in C order. */
struct npz_array {
    const char *name;             /* its key in numpy.load's result */
    const char *type;             /* NumPy's: "f8", "i8", "u8" (in this machine's byte order), "b1", "S12" */
    size_t shape[NPZ_DIMENSIONS]; /* 0 after the last dimension */
    const void *values;
    size_t bytes;
};

/* Writes the arrays, whole or not at all. Refuses archives of 4 GiB or more. Returns 0, or -1 with the reason. */
int npz_write(const char *path, const struct npz_array *array, size_t count, struct error *err);

#endif
