/* SPDX-License-Identifier: MIT */
/* base/pages.h for test builds: a page that cannot be touched follows the last byte of each array, so that a read or a
 * write behind it is a SIGSEGV. The array begins wherever that puts it. */
#include "base/pages.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t whole_pages(size_t bytes) {
    return (bytes + page_size() - 1) / page_size() * page_size();
}

const char *const page_kind_names[] = {"auto", "4k", "thp", "huge", NULL};

void *pages_new_of(enum page_kind kind, size_t bytes) {
    (void)kind; /* a page that follows is more than the kind of those before */
    return pages_new(bytes);
}

void pages_free_of(enum page_kind kind, void *pages, size_t bytes) {
    (void)kind;
    pages_free(pages, bytes);
}

void *pages_new(size_t bytes) {
    if (bytes > SIZE_MAX / 2) return NULL;
    const size_t room = whole_pages(bytes);
    uint8_t *whole =
        mmap(NULL, room + page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (whole == MAP_FAILED || mprotect(whole + room, page_size(), PROT_NONE) != 0) return NULL;
    return whole + room - bytes;
}

void pages_take(void *pages, size_t bytes) {
    (void)pages, (void)bytes;
}

void *pages_trim(void *pages, size_t bytes, size_t kept) {
    void *moved = pages_new(kept);
    if (!moved) _exit(3); /* a test build may */
    memcpy(moved, pages, kept);
    pages_free(pages, bytes);
    return moved;
}

void pages_free(void *pages, size_t bytes) {
    if (pages) munmap((uint8_t *)pages + bytes - whole_pages(bytes), whole_pages(bytes) + page_size());
}

enum huge_pages pages_huge(int *why) {
    *why = 0;
    return HUGE_PAGES_NOT_ASKED;
}
