/* SPDX-License-Identifier: MIT */
/* Which pages memory lies on in truth, and how many explicit huge pages are left. */
#ifndef SGDMARK_BASE_PAGE_USE_H
#define SGDMARK_BASE_PAGE_USE_H

#include "base/pages.h"

/* Of the mappings that an array lies in. The kernel may join neighbours into one mapping, so these are not the bytes of
 * the array alone. */
struct page_use {
    size_t resident; /* bytes in memory */
    size_t huge;     /* of those, bytes on huge pages, transparent or explicit */
};

/* Looks up the mappings of [start, start + bytes) in `file`, NULL: /proc/self/smaps. Returns 0, or -1 with errno where
 * it cannot be read; ENODATA where it does not list such a mapping. */
int page_use_of(struct page_use *use, const void *start, size_t bytes, const char *file);

/* The explicit huge pages of 2 MiB that this machine has reserved. */
struct huge_pool {
    uint64_t reserved;  /* all of them; root sets the number */
    uint64_t available; /* those that nobody uses and nobody was promised */
};

/* What `folder` says, NULL: HUGE_POOL_FOLDER. Returns 0, or -1 where the system has no such pages. */
#define HUGE_POOL_FOLDER "/sys/kernel/mm/hugepages/hugepages-2048kB"
int huge_pool_read(struct huge_pool *pool, const char *folder);

/* The explicit huge pages that an array takes. */
uint64_t huge_pages_for(size_t bytes);

/* The command that reserves enough for `needed` more, to be given as root. */
enum { HUGE_COMMAND = 128 };
void huge_pool_command(char text[HUGE_COMMAND], const struct huge_pool *pool, uint64_t needed);

#endif
