/* How much memory there is to take. */
#ifndef SGDMARK_BASE_MEMORY_H
#define SGDMARK_BASE_MEMORY_H

#include <stdint.h>

/* Bytes that this process can still fill without swapping or being killed: the kernel's MemAvailable, or what a memory
 * limit of the process's control groups (v1 or v2) leaves where that is less. UINT64_MAX when nothing is known. */
uint64_t memory_available(void);

#endif
