/* SPDX-License-Identifier: MIT */
/* SHA-256 as lower-case hexadecimal text. To hash in pieces, use nettle's sha256_init and sha256_update. */
#ifndef SGDMARK_BASE_SHA256_H
#define SGDMARK_BASE_SHA256_H

#include <nettle/sha2.h>
#include <stddef.h>

/* Length of the text, including the NUL. */
enum { SHA256_TEXT = 2 * SHA256_DIGEST_SIZE + 1 };

/* Writes the hash of what was added since sha256_init, and resets the context. */
void sha256_finish(struct sha256_ctx *ctx, char text[SHA256_TEXT]);

/* The hash of one block of bytes. */
void sha256_bytes(const void *bytes, size_t length, char text[SHA256_TEXT]);

#endif
