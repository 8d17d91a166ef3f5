/* SPDX-License-Identifier: MIT */
#include "base/page_use.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "7f0000000000-7f0000200000 rw-p ...": the range of a mapping; false for another line. */
static bool read_range(const char *line, uintptr_t *from, uintptr_t *to) {
    char *end;
    *from = (uintptr_t)strtoull(line, &end, 16);
    if (end == line || *end != '-') return false;
    const char *second = end + 1;
    *to = (uintptr_t)strtoull(second, &end, 16);
    return end != second && *end == ' ' && *to > *from;
}

/* "AnonHugePages:   34816 kB": the bytes, if the line begins with `name`; else 0. */
static size_t read_bytes(const char *line, const char *name) {
    const size_t length = strlen(name);
    return strncmp(line, name, length) == 0 ? (size_t)strtoull(line + length, NULL, 10) * 1024 : 0;
}

int page_use_of(struct page_use *use, const void *start, size_t bytes, const char *file) {
    const uintptr_t first = (uintptr_t)start, end = first + bytes;
    FILE *smaps = fopen(file ? file : "/proc/self/smaps", "re");
    char line[512]; /* the rest of a longer line, which is the path of a file, begins with none of the names */
    bool inside = false, found = false;
    *use = (struct page_use){0};
    if (!smaps) return -1;
    while (fgets(line, sizeof line, smaps)) {
        uintptr_t from, to;
        if (read_range(line, &from, &to)) {
            inside = from < end && first < to;
            found = found || inside;
        }
        if (!inside) continue;
        /* "Rss" leaves explicit huge pages out. */
        const size_t hugetlb = read_bytes(line, "Private_Hugetlb:") + read_bytes(line, "Shared_Hugetlb:");
        use->resident += read_bytes(line, "Rss:") + hugetlb;
        use->huge += read_bytes(line, "AnonHugePages:") + hugetlb;
    }
    fclose(smaps);
    if (found) return 0;
    errno = ENODATA;
    return -1;
}

/* The number in folder/name. Returns 0, or -1. */
static int read_count(uint64_t *count, const char *folder, const char *name) {
    char path[512], text[32], *end = text;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (!file) return -1;
    if (fgets(text, sizeof text, file)) *count = strtoull(text, &end, 10);
    fclose(file);
    return end > text ? 0 : -1;
}

int huge_pool_read(struct huge_pool *pool, const char *folder) {
    uint64_t free_pages, promised;
    *pool = (struct huge_pool){0};
    if (!folder) folder = HUGE_POOL_FOLDER;
    if (read_count(&pool->reserved, folder, "nr_hugepages") != 0 ||
        read_count(&free_pages, folder, "free_hugepages") != 0 || read_count(&promised, folder, "resv_hugepages") != 0)
        return -1;
    pool->available = free_pages > promised ? free_pages - promised : 0;
    return 0;
}

uint64_t huge_pages_for(size_t bytes) {
    return (bytes + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES;
}

void huge_pool_command(char text[HUGE_COMMAND], const struct huge_pool *pool, uint64_t needed) {
    const uint64_t missing = needed > pool->available ? needed - pool->available : 0;
    snprintf(text, HUGE_COMMAND, "echo %" PRIu64 " > " HUGE_POOL_FOLDER "/nr_hugepages", pool->reserved + missing);
}
