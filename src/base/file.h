/* SPDX-License-Identifier: MIT */
/* Output files. A file is replaced by a whole new one where that keeps what it is; otherwise it is written in place,
 * with all its bytes ready and room for them reserved. */
#ifndef SGDMARK_BASE_FILE_H
#define SGDMARK_BASE_FILE_H

#include "base/error.h"

#include <limits.h>
#include <stddef.h>

/* One piece of a file's content. */
struct span {
    const void *bytes;
    size_t length;
};

/* Writes the pieces, in order, to where `path` leads (base/target.h). A new file, and one that can be replaced, goes to
 * a temporary file beside it, then fsync, then rename: the name always stands for its old content or all of the new.
 * Links are followed and kept, as are permissions. Written in place is a file that has other hard links, another owner
 * or extended attributes, that the system does not let go (it is mounted, or its folder is not writable), or that has
 * no name. A device, a pipe and an open descriptor are written through. Returns 0, or -1 with the reason; no temporary
 * file is left behind. */
int write_file(const char *path, const struct span *pieces, size_t count, struct error *err);

/* write_file for what took work: if it cannot be written there, it goes to the current folder, or else to $TMPDIR or
 * /tmp, under the name that `path` has, or `spare` if it has none. Returns 0, or -1 with a reason that also says where
 * it is now. */
int write_output(const char *path, const char *spare, const struct span *pieces, size_t count, struct error *err);

/* The second half of write_output, for what could not be printed: adds to the reason in `err` where it is now. Returns
 * -1. */
int write_elsewhere(const char *name, const struct span *pieces, size_t count, struct error *err);

/* Writes a file "folder/name" that was not there. If the name is taken, even at the last moment, a number is added:
 * "name-2.json". where[] is the path that it got. Returns 0, or -1 with the reason. */
int write_new_file(const char *folder, const char *name, const struct span *pieces, size_t count, char where[PATH_MAX],
                   struct error *err);

/* Tries what write_file needs: call it before long work. Leaves nothing behind. Returns 0, or -1 with the reason. */
int check_writable(const char *path, struct error *err);

/* What the system refused and the last files do without, in one line; NULL: nothing. */
const char *file_note(void);

/* For signal handlers: removes the temporary file of the write that is going on, if there is one. */
void discard_unfinished_file(void);

/* Files that this process has written; a signal handler may ask. */
int files_written(void);

#endif
