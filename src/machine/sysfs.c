/* SPDX-License-Identifier: MIT */
#include "machine/sysfs.h"

#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int sysfs_read(char *text, size_t size, const char *path) {
    text[0] = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return -1;
    size_t used = 0;
    ssize_t got = 0;
    while (used < size - 1 && (got = read(fd, text + used, size - 1 - used)) > 0)
        used += (size_t)got;
    int why = errno;
    close(fd);
    while (used > 0 && text[used - 1] == '\n')
        used--;
    text[used] = 0;
    errno = why;
    return got < 0 ? -1 : 0;
}

int sysfs_read_in(char *text, size_t size, const char *folder, const char *name) {
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (length >= 0 && (size_t)length < sizeof path) return sysfs_read(text, size, path);
    text[0] = 0;
    errno = ENAMETOOLONG;
    return -1;
}

void json_missing(json_t *into, const char *key, const char *why) {
    char name[128];
    snprintf(name, sizeof name, "%s_reason", key);
    json_put(into, key, json_null());
    json_put(into, name, json_escaped(why));
}

static void missing_file(json_t *into, const char *key, const char *path) {
    char why[256];
    snprintf(why, sizeof why, "%.180s: %s", path, strerror(errno));
    json_missing(into, key, why);
}

void sysfs_string(json_t *into, const char *key, const char *path) {
    char text[4096];
    if (sysfs_read(text, sizeof text, path) != 0) {
        missing_file(into, key, path);
        return;
    }
    json_put(into, key, json_escaped(text));
}

void sysfs_integer(json_t *into, const char *key, const char *path) {
    char text[64];
    if (sysfs_read(text, sizeof text, path) != 0) {
        missing_file(into, key, path);
        return;
    }
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || errno) {
        json_missing(into, key, "is not a number");
    } else {
        json_put(into, key, json_integer(number));
    }
}
