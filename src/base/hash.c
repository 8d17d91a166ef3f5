/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

uint64_t fnv1a(uint64_t hash, const void *bytes, size_t length) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++)
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): it follows a loop for two turns only */
        hash = (hash ^ at[i]) * FNV_PRIME;
    return hash;
}
