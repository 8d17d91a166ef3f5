/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const struct span *pieces, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *at = pieces[i].bytes;
        size_t left = pieces[i].length;
        while (left > 0) {
            ssize_t done = write(fd, at, left);
            if (done < 0 && errno == EINTR) continue;
            if (done < 0) return -1;
            at += done;
            left -= (size_t)done;
        }
    }
    return 0;
}

static int write_device(const char *path, const struct span *pieces, size_t count, struct error *err) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return fail(err, "%s: cannot be opened for writing: %s", path, strerror(errno));
    int bad = write_all(fd, pieces, count);
    int why = errno;
    if (close(fd) != 0 && !bad) {
        bad = -1;
        why = errno;
    }
    return bad ? fail(err, "%s: cannot be written: %s", path, strerror(why)) : 0;
}

/* Is `path` something other than a regular file, such as a pipe or a folder? Then *mode is its mode. */
static bool is_special(const char *path, mode_t *mode) {
    struct stat info;
    if (stat(path, &info) != 0 || S_ISREG(info.st_mode)) return false;
    *mode = info.st_mode;
    return true;
}

/* Creates a temporary file beside `path`; the caller frees *name. Returns the file descriptor, or -1. */
static int open_beside(const char *path, char **name, struct error *err) {
    if (asprintf(name, "%s.XXXXXX.tmp", path) < 0) return fail_program(err, "%s: out of memory", path);
    int fd = mkostemps(*name, 4, O_CLOEXEC);
    if (fd >= 0) return fd;
    fail(err, "%s: cannot be created: %s", path, strerror(errno));
    free(*name);
    return -1;
}

int check_writable(const char *path, struct error *err) {
    mode_t mode;
    if (is_special(path, &mode)) {
        if (S_ISDIR(mode)) return fail(err, "%s: is a folder, not a file", path);
        if (access(path, W_OK) != 0) return fail(err, "%s: cannot be opened for writing: %s", path, strerror(errno));
        return 0;
    }
    char *temporary;
    int fd = open_beside(path, &temporary, err);
    if (fd < 0) return -1;
    close(fd);
    unlink(temporary);
    free(temporary);
    return 0;
}

int write_file(const char *path, const struct span *pieces, size_t count, struct error *err) {
    mode_t mode;
    if (is_special(path, &mode)) {
        if (S_ISDIR(mode)) return fail(err, "%s: is a folder, not a file", path);
        return write_device(path, pieces, count, err);
    }
    char *temporary;
    int fd = open_beside(path, &temporary, err);
    if (fd < 0) return -1;
    mode_t mask = umask(0);
    umask(mask);
    int bad = write_all(fd, pieces, count) != 0 || fchmod(fd, 0666 & ~mask) != 0 || fsync(fd) != 0;
    int why = errno;
    if (close(fd) != 0 && !bad) {
        bad = 1;
        why = errno;
    }
    if (!bad && rename(temporary, path) != 0) {
        bad = 1;
        why = errno;
    }
    if (bad) {
        unlink(temporary);
        fail(err, "%s: cannot be written: %s", path, strerror(why));
    }
    free(temporary);
    return bad ? -1 : 0;
}
