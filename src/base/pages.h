/* SPDX-License-Identifier: MIT */
/* Large arrays, mapped directly from the kernel. Test builds take tests/builds/guarded_pages.c in place of pages.c:
 * there a page that cannot be touched follows the last byte of each array. */
#ifndef SGDMARK_BASE_PAGES_H
#define SGDMARK_BASE_PAGES_H

#include <stddef.h>

/* Maps `bytes` of zeroed memory, page-aligned. From 2 MiB on it is aligned to 2 MiB and asks for huge pages. Smaller
 * arrays get small pages: in a virtual machine the first touch of a huge page took 8 ms in 6 of 40 runs (AVX-512 Xeon).
 * Memory is allocated at first touch. NULL when memory runs out; pages_free releases it. */
void *pages_new(size_t bytes);

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
