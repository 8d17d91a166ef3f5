/* SPDX-License-Identifier: MIT */
/* rehash FILE: makes sgdmark.sha256 of a result file right again after an edit, and prints it. A second implementation
 * of the hash, from its description: SHA-256 of the compact JSON, keys sorted, real numbers with
 * 17 digits, of the file without the hash itself. For tests/edited.py. */
#include <jansson.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void hash_text(char text[2 * SHA256_DIGEST_SIZE + 1], const char *bytes) {
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx hash;
    sha256_init(&hash);
    sha256_update(&hash, strlen(bytes), (const uint8_t *)bytes);
    sha256_digest(&hash, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

int main(int argc, char **argv) {
    json_error_t why;
    json_t *file = argc == 2 ? json_load_file(argv[1], 0, &why) : NULL;
    json_t *facts = json_object_get(file, "sgdmark");
    if (!facts) {
        fprintf(stderr, "rehash: takes one result file\n");
        return 2;
    }
    json_object_del(facts, "sha256");
    char *bytes = json_dumps(file, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    char text[2 * SHA256_DIGEST_SIZE + 1];
    if (!bytes) return 2;
    hash_text(text, bytes);
    puts(text);
    json_object_set_new(facts, "sha256", json_string(text));
    return json_dump_file(file, argv[1], JSON_INDENT(1) | JSON_REAL_PRECISION(17)) == 0 ? 0 : 2;
}
