/* SPDX-License-Identifier: MIT */
/* Large arrays, mapped directly from the kernel. Test builds take tests/builds/guarded_pages.c in place of pages.c:
 * there a page that cannot be touched follows the last byte of each array. */
#ifndef SGDMARK_BASE_PAGES_H
#define SGDMARK_BASE_PAGES_H

#include <stddef.h>
#include <stdint.h>

/* The pages that an array lies on. */
enum page_kind {
    PAGES_AUTO,  /* pages_new: transparent huge pages are asked for from 2 MiB on */
    PAGES_SMALL, /* small pages, whatever the size */
    PAGES_THP,   /* transparent huge pages are asked for, whatever the size; the kernel gives them or not */
    PAGES_HUGE   /* explicit huge pages of 2 MiB, of those that root has reserved, and no others (MAP_HUGETLB) */
};
enum { PAGE_KINDS = PAGES_HUGE + 1 };
extern const char *const page_kind_names[]; /* "auto", "4k", "thp", "huge", NULL */

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

/* Maps `bytes` of zeroed memory, page-aligned. From 2 MiB on it is aligned to 2 MiB and asks for huge pages. Smaller
 * arrays get small pages: in a virtual machine the first touch of a huge page took 8 ms in 6 of 40 runs (AVX-512 Xeon).
 * Memory is allocated at first touch. NULL when memory runs out; pages_free releases it. */
void *pages_new(size_t bytes);

/* The same on pages of one kind; pages_free_of releases it. Huge pages are allocated at once. NULL, with errno, when
 * memory or huge pages run out: PAGES_HUGE never falls back to others. */
void *pages_new_of(enum page_kind kind, size_t bytes);
void pages_free_of(enum page_kind kind, void *pages, size_t bytes);

/* What became of the requests for huge pages so far. */
enum huge_pages { HUGE_PAGES_NOT_ASKED, HUGE_PAGES_GRANTED, HUGE_PAGES_REFUSED };
/* With *why, an errno, where the system refused one (madvise); the arrays then have small pages and are as good. */
enum huge_pages pages_huge(int *why);

/* Allocates all pages at once: twice as fast as touching small pages one by one. */
void pages_take(void *pages, size_t bytes);

/* Shrinks memory of pages_new(bytes) to `kept` bytes. Returns it as memory of pages_new(kept): at the same place, but
 * for the test builds. */
void *pages_trim(void *pages, size_t bytes, size_t kept);

/* Releases memory of pages_new(bytes). `pages` may be NULL. */
void pages_free(void *pages, size_t bytes);

#endif
