/* Output files: whole or not at all. */
#ifndef SGDMARK_BASE_FILE_H
#define SGDMARK_BASE_FILE_H

#include "base/error.h"

#include <stddef.h>

/* One piece of a file's content. */
struct span {
    const void *bytes;
    size_t length;
};

/* Writes the pieces, in order, as the file `path`: into a temporary name beside it, then fsync, then rename, so that
 * at every moment `path` holds its old content or all of the new. A path that exists and is no regular file (a pipe, a
 * device) is written directly. Returns 0, or -1 with the reason (nothing is left behind). */
int write_file(const char *path, const struct span *pieces, size_t count, struct error *err);

/* Whether write_file could begin to write `path` now; to be asked before long work. Leaves nothing behind. Returns 0,
 * or -1 with the reason. */
int check_writable(const char *path, struct error *err);

#endif
