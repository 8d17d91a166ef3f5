/* Large arrays straight from the system. */
#ifndef SGDMARK_BASE_PAGES_H
#define SGDMARK_BASE_PAGES_H

#include <stddef.h>

/* Zeroed memory for `bytes`, at least 64-byte aligned; from 512 KiB on it starts at a multiple of 2 MiB and stands
 * on pages of that size where the kernel gives them: one of them takes less time to get than 128 small ones. Nothing is
 * taken before it is touched. NULL where there is no room; pages_free releases it. */
void *pages_new(size_t bytes);

/* Gives back what lies behind the first `kept` of the `bytes` at `pages`, which are `kept` bytes from then on. */
void pages_trim(void *pages, size_t bytes, size_t kept);

/* Releases memory of pages_new(bytes); NULL is nothing. */
void pages_free(void *pages, size_t bytes);

#endif
