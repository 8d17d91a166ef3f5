/* SPDX-License-Identifier: MIT */
/* Memory between two pages that cannot be touched, and poison around what is put there. */
#ifndef SGDMARK_VERIFY_FENCE_H
#define SGDMARK_VERIFY_FENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of poison on either side of the content. */
enum { FENCE_MARGIN = 256 };

struct fence {
    unsigned char *map, *first, *end; /* first to end can be touched */
    size_t mapped;
};

/* Room for `room` bytes at least. Returns 0, or -1 when the system refuses. fence_free releases it. */
int fence_make(struct fence *fence, size_t room);
void fence_free(struct fence *fence);

/* Where content stands: at an offset from a page, directly behind the first guard page, directly before the last. */
enum fence_place { FENCE_OFFSET, FENCE_START, FENCE_END };

/* Copies the content to its place and surrounds it with poison. Returns the place. */
unsigned char *fence_put(const struct fence *fence, enum fence_place place, size_t offset, const void *content,
                         size_t length, int poison);

/* Whether the poison around the content at `at` is as fence_put left it. */
bool fence_intact(const struct fence *fence, const unsigned char *at, size_t length, int poison);

/* Whether the address lies in the memory or its guard pages. */
bool fence_holds(const struct fence *fence, uintptr_t address);

/* Whether every byte is this one. */
bool is_all(const unsigned char *at, size_t length, int byte);

#endif
