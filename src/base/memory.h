/* SPDX-License-Identifier: MIT */
/* The memory available to this process, its last-level cache, and memory for weights. */
#ifndef SGDMARK_BASE_MEMORY_H
#define SGDMARK_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that this process can still use without swapping or being killed: the kernel's MemAvailable, or less where a
 * memory limit of its control groups (v1 or v2) leaves less. UINT64_MAX when neither can be read. */
uint64_t memory_available(void);

/* Bytes of the cache of the highest level that the kernel lists for PU 0; of that cache alone, not of its copies on
 * other cores. 0 where it lists none. `folder` is where it lists them, NULL for /sys/devices/system/cpu/cpu0/cache:
 * sysconf() asks the processor, which in a virtual machine may tell of the whole host. */
uint64_t last_cache_bytes(const char *folder);

/* Memory for weights, aligned to a cache line. Weights of up to one page of 4096 bytes never straddle two. A load that
 * straddles two pages is prone to 4K aliasing: it waits for an older store with the same page offset, such as one to
 * the stack, whose offset varies from process to process. It made one process in ten 1.3 to 1.4 times slower (engine
 * int, an AVX-512 Xeon, gcc 12). The weights of a fit by itself (`nth` 0) begin with a page. Those of fits that are
 * trained together (`nth` 0, 1, ...) begin at different lines, as far as they stay in one page: all at the start of
 * theirs, they would meet in the same sets of the L1 cache. NULL when memory runs out; weights_free releases it. */
void *weights_alloc(size_t bytes, size_t nth);
void weights_free(void *weights);

#endif
