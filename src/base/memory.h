/* How much memory there is to take, and taking some of it. */
#ifndef SGDMARK_BASE_MEMORY_H
#define SGDMARK_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that this process can still fill without swapping or being killed: the kernel's MemAvailable, or what a memory
 * limit of the process's control groups (v1 or v2) leaves where that is less. UINT64_MAX when nothing is known. */
uint64_t memory_available(void);

/* `bytes` of memory from a multiple of 4096 on, for weights: of those that fit into a page no vector then lies across
 * two, at whatever offset it begins. Such a read waits for any older store at the same place of a page, as those to the
 * stack are in some processes and not in others. NULL when memory runs out; free() releases it. */
void *weights_alloc(size_t bytes);

#endif
