/* SPDX-License-Identifier: MIT */
/* NumPy .npz files: zip archives of .npy arrays, as numpy.savez and numpy.savez_compressed write them. */
#ifndef SGDMARK_DATA_NPZ_H
#define SGDMARK_DATA_NPZ_H

#include "data/npy.h"
#include "data/zip.h"

struct named_array {
    char name[ZIP_NAME]; /* without ".npy" */
    struct array array;
};

struct npz {
    const char *path; /* for messages */
    struct named_array member[ZIP_MEMBERS];
    size_t count;
};

/* Writes the arrays, whole or not at all; numpy.load reads the file. Returns 0, or -1 with the reason. */
int npz_write(const char *path, const struct named_array *members, size_t count, struct error *err);

/* Reads a file, or one that is in memory and that `path` names. Everything about it is checked. Returns 0, or -1 with
 * one line that begins with the path; npz_free releases the arrays. `path` outlives them. */
int npz_load(struct npz *npz, const char *path, struct error *err);
int npz_parse(struct npz *npz, const char *path, const uint8_t *bytes, size_t length, struct error *err);
void npz_free(struct npz *npz);

/* The array of this name, or NULL. */
const struct array *npz_find(const struct npz *npz, const char *name);

#endif
