/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One version of the memory controller of control groups. */
struct controller {
    const char *name; /* second field of its line in /proc/self/cgroup */
    const char *root;
    const char *limit; /* file with the limit in bytes */
    const char *used;  /* line of memory.stat: bytes that cannot be reclaimed */
};

static const struct controller controllers[] = {
    {"", "/sys/fs/cgroup", "memory.max", "anon"},
    {"memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "total_rss"},
};

/* Reads the number behind `key` at the start of a line of the file; an empty key reads the first line. */
static bool read_number(const char *path, const char *key, uint64_t *number) {
    FILE *file = fopen(path, "re");
    if (!file) return false;
    size_t length = strlen(key);
    char line[256];
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, length) == 0) {
            char *end;
            *number = strtoull(line + length, &end, 10);
            found = end > line + length;
        }
        if (length == 0) break;
    }
    fclose(file);
    return found;
}

/* Bytes below the limit of one group; UINT64_MAX: no limit. */
static uint64_t group_room(const struct controller *controller, const char *group) {
    char path[PATH_MAX];
    uint64_t limit, used;
    snprintf(path, sizeof path, "%s%s/%s", controller->root, group, controller->limit);
    if (!read_number(path, "", &limit)) return UINT64_MAX;
    snprintf(path, sizeof path, "%s%s/memory.stat", controller->root, group);
    if (!read_number(path, controller->used, &used)) used = 0;
    return limit > used ? limit - used : 0;
}

/* The least room of a group and its parents: every limit on the way up applies. */
static uint64_t groups_room(const struct controller *controller, char *group) {
    uint64_t least = UINT64_MAX;
    for (;;) {
        uint64_t room = group_room(controller, group);
        if (room < least) least = room;
        char *slash = strrchr(group, '/');
        if (!slash) return least;
        *slash = 0;
    }
}

/* A line of /proc/self/cgroup is ID:CONTROLLERS:/PATH. */
static uint64_t line_room(char *line) {
    char *name = strchr(line, ':');
    char *group = name ? strchr(name + 1, ':') : NULL;
    if (!group) return UINT64_MAX;
    *group++ = 0;
    group[strcspn(group, "\n")] = 0;
    for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++)
        if (strcmp(name + 1, controllers[i].name) == 0) return groups_room(&controllers[i], group);
    return UINT64_MAX;
}

uint64_t memory_available(void) {
    uint64_t least = UINT64_MAX;
    uint64_t kib;
    if (read_number("/proc/meminfo", "MemAvailable:", &kib)) least = kib * 1024;
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (!file) return least;
    char line[PATH_MAX];
    while (fgets(line, sizeof line, file)) {
        uint64_t room = line_room(line);
        if (room < least) least = room;
    }
    fclose(file);
    return least;
}

/* Reads the number at the start of folder/index<index>/<name>, and the unit behind it, "K" or "M", as bytes. */
static bool read_cache(const char *folder, unsigned index, const char *name, uint64_t *number) {
    char path[PATH_MAX], text[64] = "";
    snprintf(path, sizeof path, "%s/index%u/%s", folder, index, name);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    char *end = text;
    *number = fgets(text, sizeof text, file) ? strtoull(text, &end, 10) : 0;
    fclose(file);
    if (*end == 'K') *number <<= 10;
    if (*end == 'M') *number <<= 20;
    return end > text;
}

uint64_t last_cache_bytes(const char *folder) {
    uint64_t highest = 0, last = 0, level, bytes;
    if (!folder) folder = "/sys/devices/system/cpu/cpu0/cache";
    for (unsigned index = 0; read_cache(folder, index, "level", &level); index++) {
        if (level <= highest || !read_cache(folder, index, "size", &bytes)) continue;
        highest = level;
        last = bytes;
    }
    return last;
}

enum { WEIGHTS_PAGE = 4096, WEIGHTS_LINE = 64, WEIGHTS_APART = 12 * WEIGHTS_LINE };

void *weights_alloc(size_t bytes, size_t nth) {
    const size_t page = WEIGHTS_PAGE;
    if (bytes > SIZE_MAX - 2 * page) return NULL;
    /* What begins within this many bytes of a page's start ends in the same page; of more than a page nothing does. */
    const size_t room = bytes <= page ? (page - bytes) / WEIGHTS_LINE * WEIGHTS_LINE + WEIGHTS_LINE : page;
    const size_t begin = nth % page * WEIGHTS_APART % room;
    char *pages = aligned_alloc(page, (begin + bytes + page - 1) / page * page);
    return pages ? pages + begin : NULL;
}

void weights_free(void *weights) {
    if (weights) free((char *)weights - (uintptr_t)weights % WEIGHTS_PAGE);
}
