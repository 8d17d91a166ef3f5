/* SPDX-License-Identifier: MIT */
/* The memory available to this process, and memory for weights. */
#ifndef SGDMARK_BASE_MEMORY_H
#define SGDMARK_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that this process can still use without swapping or being killed: the kernel's MemAvailable, or less where a
 * memory limit of its control groups (v1 or v2) leaves less. UINT64_MAX when neither can be read. */
uint64_t memory_available(void);

/* Memory for weights, aligned to a page of 4096 bytes, so that weights of up to one page never straddle two. A load
 * that straddles two pages is prone to 4K aliasing: it waits for an older store with the same page offset, such as one
 * to the stack, whose offset varies from process to process. It made one process in ten 1.3 to 1.4 times slower (engine
 * int, an AVX-512 Xeon, gcc 12). NULL when memory runs out; free() releases it. */
void *weights_alloc(size_t bytes);

#endif
