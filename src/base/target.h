/* SPDX-License-Identifier: MIT */
/* Where a path for output leads. A path is not always a name that may be replaced: it may be a link, a device, or a
 * file that is open already. */
#ifndef SGDMARK_BASE_TARGET_H
#define SGDMARK_BASE_TARGET_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

enum target_kind {
    TARGET_NEW,       /* nothing is there yet */
    TARGET_FILE,      /* a regular file */
    TARGET_DEVICE,    /* a device or a pipe */
    TARGET_DESCRIPTOR /* open in this process: /dev/stdout, /dev/fd/N, /proc/self/fd/N */
};

struct target {
    enum target_kind kind;
    int descriptor;      /* of TARGET_DESCRIPTOR */
    bool nameless;       /* reached by a link that leads to no name, such as /proc/<pid>/fd/N of another process */
    struct stat info;    /* of all but TARGET_NEW */
    char path[PATH_MAX]; /* with the last component's links followed */
};

/* Finds where the path leads. Returns 0, or -1 with the reason: a folder, a socket, a loop of links, a folder on the
 * way that cannot be searched. */
int target_find(struct target *target, const char *path, struct error *err);

/* Would two outputs be mixed up there? Not on a terminal or in /dev/null. */
bool target_same(const struct target *a, const struct target *b);

/* The last component of a path: "c" of "a/b/c", "" of "a/b/". */
const char *path_name(const char *path);

#endif
