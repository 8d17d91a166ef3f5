/* Large arrays straight from the system. */
#ifndef SGDMARK_BASE_PAGES_H
#define SGDMARK_BASE_PAGES_H

#include <stddef.h>

/* Zeroed memory for `bytes`, at least 64-byte aligned; from 2 MiB on it starts at a multiple of that and stands on
 * pages of that size where the kernel gives them. Less than that gets small pages: a host may have to find memory for
 * all of a large one, which was seen to take 8 ms. Nothing is taken before it is touched. NULL where there is no room;
 * pages_free releases it. */
void *pages_new(size_t bytes);

/* Takes all of it at once, which for small pages is twice as fast as touching one after the other. */
void pages_take(void *pages, size_t bytes);

/* Gives back what lies behind the first `kept` of the `bytes` at `pages`, which are `kept` bytes from then on. */
void pages_trim(void *pages, size_t bytes, size_t kept);

/* Releases memory of pages_new(bytes); NULL is nothing. */
void pages_free(void *pages, size_t bytes);

#endif
