/* SPDX-License-Identifier: MIT */
/* FNV-1a, the 64-bit hash behind fingerprints. */
#ifndef SGDMARK_BASE_HASH_H
#define SGDMARK_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define FNV_START 14695981039346656037ULL
#define FNV_PRIME 1099511628211ULL

/* The hash of bytes[length], continued from `hash`, which begins as FNV_START. */
uint64_t fnv1a(uint64_t hash, const void *bytes, size_t length);

#endif
