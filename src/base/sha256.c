/* SPDX-License-Identifier: MIT */
#include "base/sha256.h"

#include <stdint.h>

void sha256_finish(struct sha256_ctx *ctx, char text[SHA256_TEXT]) {
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(ctx, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[SHA256_TEXT - 1] = 0;
}

void sha256_bytes(const void *bytes, size_t length, char text[SHA256_TEXT]) {
    struct sha256_ctx ctx;
    sha256_init(&ctx);
    sha256_update(&ctx, length, bytes);
    sha256_finish(&ctx, text);
}
