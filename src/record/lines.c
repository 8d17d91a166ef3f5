/* SPDX-License-Identifier: MIT */
#include "record/lines.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int map_file(struct mapped_file *file, const char *path, struct error *err) {
    struct stat info;
    *file = (struct mapped_file){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail(err, "%s: cannot be opened: %s", path, strerror(errno));
    int bad = fstat(fd, &info);
    if (bad) bad = fail(err, "%s: cannot be read: %s", path, strerror(errno));
    if (!bad && !S_ISREG(info.st_mode)) bad = fail(err, "%s: is not a regular file", path);
    if (!bad && info.st_size > 0) {
        void *bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes == MAP_FAILED && errno == ENOMEM)
            bad = fail_program(err, "%s: out of memory", path);
        else if (bytes == MAP_FAILED)
            bad = fail(err, "%s: cannot be read: %s", path, strerror(errno));
        else
            *file = (struct mapped_file){bytes, (size_t)info.st_size};
    }
    close(fd);
    return bad;
}

void unmap_file(struct mapped_file *file) {
    if (file->bytes) munmap(file->bytes, file->length);
    *file = (struct mapped_file){0};
}

bool next_line(struct span *line, const struct mapped_file *file, size_t *at) {
    if (*at >= file->length) return false;
    const char *begin = file->bytes + *at;
    const char *end = memchr(begin, '\n', file->length - *at);
    if (!end) return false;
    *line = (struct span){begin, (size_t)(end - begin)};
    *at += line->length + 1;
    return true;
}

struct line_log {
    int fd;
    off_t length;
    double synced; /* seconds_now() */
    char *path;
};

/* The length of the file up to the end of its last whole line; -1: see errno. */
static off_t whole_length(int fd) {
    char block[4096];
    off_t end = lseek(fd, 0, SEEK_END);
    while (end > 0) {
        const off_t begin = end > (off_t)sizeof block ? end - (off_t)sizeof block : 0;
        const ssize_t got = pread(fd, block, (size_t)(end - begin), begin);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return -1;
        const char *newline = memrchr(block, '\n', (size_t)got);
        if (newline) return begin + (newline + 1 - block);
        end = begin;
    }
    return end;
}

static int open_log(struct line_log *log, struct error *err) {
    log->fd = open(log->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
    if (log->fd < 0) return fail(err, "%s: cannot be created: %s", log->path, strerror(errno));
    /* Other errors than this one: the file system has no locks. */
    if (flock(log->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return fail(err, "%s: another process writes it (each process needs a share of its own: --share K/N)",
                    log->path);
    log->length = whole_length(log->fd);
    if (log->length < 0 || ftruncate(log->fd, log->length) != 0)
        return fail(err, "%s: cannot be read: %s", log->path, strerror(errno));
    return 0;
}

struct line_log *line_log_open(const char *path, struct error *err) {
    struct line_log *log = calloc(1, sizeof *log);
    if (log) {
        log->fd = -1;
        log->path = strdup(path);
        log->synced = seconds_now();
    }
    int bad = log && log->path ? open_log(log, err) : fail_program(err, "%s: out of memory", path);
    if (!bad) return log;
    line_log_close(log);
    return NULL;
}

void line_log_close(struct line_log *log) {
    if (!log) return;
    if (log->fd >= 0) {
        fdatasync(log->fd);
        close(log->fd);
    }
    free(log->path);
    free(log);
}

int line_log_add(struct line_log *log, struct span text, struct error *err) {
    const char *at = text.bytes;
    for (size_t left = text.length; left > 0;) {
        const ssize_t put = write(log->fd, at, left);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) {
            const int why = errno;
            if (ftruncate(log->fd, log->length) != 0)
                return fail(err, "%s: cannot be cut: %s", log->path, strerror(errno));
            return fail(err, "%s: cannot be written: %s", log->path, strerror(why));
        }
        at += put;
        left -= (size_t)put;
    }
    log->length += (off_t)text.length;
    if (seconds_now() - log->synced < 1.0) return 0;
    log->synced = seconds_now();
    if (fdatasync(log->fd) == 0 || errno == EINVAL) return 0;
    return fail(err, "%s: cannot be written: %s", log->path, strerror(errno));
}
