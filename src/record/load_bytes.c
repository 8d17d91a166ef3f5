/* SPDX-License-Identifier: MIT */
/* Reads the text of a result: from a file, a pipe, or a page that carries it. */
#include "record/carried.h"
#include "record/load_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int too_large(const char *path, struct error *err) {
    return fail(err, "%s: a result file has at most %d bytes, and this one has more", path, RESULT_BYTES);
}

/* Reads a file or a pipe to its end into *bytes, which has this much room and grows as it must; the caller frees it. */
static int read_to_end(int fd, const char *path, size_t room, char **bytes, size_t *length, struct error *err) {
    for (;;) {
        if (*length == room) {
            if (room > RESULT_BYTES) return too_large(path, err);
            room = room > RESULT_BYTES / 2 ? (size_t)RESULT_BYTES + 1 : 2 * room;
            char *more = realloc(*bytes, room);
            if (!more) return fail_program(err, "%s: out of memory", path);
            *bytes = more;
        }
        ssize_t got = read(fd, *bytes + *length, room - *length);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(err, "%s: cannot be read: %s", path, strerror(errno));
        if (got == 0) return 0;
        *length += (size_t)got;
    }
}

/* Opens a file, or standard input for "-", and says how much room to begin with. Returns the descriptor, or -1 with the
 * reason. A device has no end, and is refused. */
static int open_result(const char *path, size_t *room, struct error *err) {
    const bool input = strcmp(path, "-") == 0;
    struct stat info;
    if ((input ? fstat(STDIN_FILENO, &info) : stat(path, &info)) != 0)
        return fail(err, "%s: cannot be read: %s", path, strerror(errno));
    if (!input && !S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode))
        return fail(err, "%s: is not a regular file or a pipe", path);
    if (S_ISREG(info.st_mode) && info.st_size > RESULT_BYTES) return too_large(path, err);
    *room = S_ISREG(info.st_mode) ? (size_t)info.st_size + 1 : 1 << 16;
    int fd = input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? fail(err, "%s: cannot be read: %s", path, strerror(errno)) : fd;
}

/* Reads all that there is; the caller frees *bytes. */
static int read_bytes(const char *path, char **bytes, size_t *length, struct error *err) {
    size_t room = 0;
    int fd = open_result(path, &room, err);
    if (fd < 0) return -1;
    *bytes = malloc(room);
    int bad = *bytes ? read_to_end(fd, path, room, bytes, length, err) : fail_program(err, "%s: out of memory", path);
    close(fd);
    return bad;
}

/* "page.html#2": the second result of a page. Returns its number and the length of the page's own path; 0: no such
 * end. A file with that name is meant as it is. */
static size_t number_behind(const char *path, size_t *length) {
    const char *mark = strrchr(path, '#');
    char *end;
    if (!mark || mark[1] < '1' || mark[1] > '9' || access(path, F_OK) == 0) return 0;
    const unsigned long number = strtoul(mark + 1, &end, 10);
    *length = (size_t)(mark - path);
    return *end ? 0 : number;
}

int read_result(const char *path, char **bytes, size_t *length, struct error *err) {
    size_t size = 0, number = number_behind(path, &size);
    char *page = number ? strndup(path, size) : NULL;
    if (number && !page) return fail_program(err, "%s: out of memory", path);
    int bad = read_bytes(page ? page : path, bytes, length, err);
    free(page);
    if (bad || !*bytes) return bad;
    if (!is_page(*bytes, *length))
        return number ? fail(err, "%s: cannot be read: only a page that `sgdmark report -o` wrote has a #%zu", path,
                             number)
                      : 0;
    char *carried = NULL;
    bad = carried_get(&carried, length, *bytes, *length, number, path, err);
    free(*bytes);
    *bytes = bad ? NULL : carried;
    return bad;
}

int results_in(const char *path, size_t *count, struct error *err) {
    char *bytes = NULL;
    size_t length = 0;
    const char *ending = strrchr(path, '.');
    *count = 1;
    if (!ending || (strcmp(ending, ".html") != 0 && strcmp(ending, ".htm") != 0)) return 0;
    int bad = read_bytes(path, &bytes, &length, err);
    if (!bad && bytes && is_page(bytes, length)) *count = carried_count(bytes, length);
    free(bytes);
    return bad;
}
