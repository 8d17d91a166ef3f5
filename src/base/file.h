/* SPDX-License-Identifier: MIT */
/* Output files, written whole or not at all. */
#ifndef SGDMARK_BASE_FILE_H
#define SGDMARK_BASE_FILE_H

#include "base/error.h"

#include <stddef.h>

/* One piece of a file's content. */
struct span {
    const void *bytes;
    size_t length;
};

/* Writes the pieces, in order, as the file `path`. They go to a temporary file beside it, then fsync, then rename, so
 * that `path` always holds either its old content or all of the new. A path that exists and is not a regular file (a
 * pipe, a device) is written directly. Returns 0, or -1 with the reason; no temporary file is left behind. */
int write_file(const char *path, const struct span *pieces, size_t count, struct error *err);

/* Checks that write_file can start to write `path`; call it before long work. Leaves nothing behind. Returns 0, or -1
 * with the reason. */
int check_writable(const char *path, struct error *err);

#endif
