/* SPDX-License-Identifier: MIT */
/* libFuzzer target: a saved model. The first byte of the input chooses: bit 0, that the checksums of plain members are
 * made right first, so that what is inside the archive is reached; the rest is the file. */
#include "learn/model_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static uint32_t get32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t get16(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

/* Writes the checksum of a plain member into its entry of the directory. */
static void mend(uint8_t *bytes, size_t length, uint8_t *entry) {
    const size_t offset = get32(entry + 42), size = get32(entry + 24);
    if (offset > length || length - offset < 30) return;
    const size_t begin = offset + 30 + get16(bytes + offset + 26) + get16(bytes + offset + 28);
    if (begin > length || size > length - begin) return;
    const uint32_t crc = (uint32_t)crc32(0, bytes + begin, (uInt)size);
    for (int k = 0; k < 4; k++)
        entry[16 + k] = (uint8_t)(crc >> 8 * k);
}

static void mend_all(uint8_t *bytes, size_t length) {
    for (size_t at = 0; at + 46 <= length; at++)
        if (memcmp(bytes + at, "PK\1\2", 4) == 0) mend(bytes, length, bytes + at);
}

/* What was accepted can be used. */
static void check(const struct saved_model *saved) {
    if (saved->count != 1 && saved->count != MODEL_CLASSES) abort();
    for (size_t m = 0; m < saved->count; m++)
        for (size_t k = 0; k < saved->d; k++)
            if (!(saved->models[m].coef[k] - saved->models[m].coef[k] == 0.0)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return -1;
    struct saved_model saved;
    struct error err = {.text = ""};
    uint8_t *bytes = malloc(size);
    if (!bytes) abort();
    memcpy(bytes, data + 1, size - 1);
    if (data[0] & 1) mend_all(bytes, size - 1);
    if (model_parse(&saved, "m.npz", bytes, size - 1, &err) == 0) {
        check(&saved);
        saved_model_free(&saved);
    } else if (strncmp(err.text, "m.npz: ", 7) != 0 || strchr(err.text, '\n')) {
        abort();
    }
    free(bytes);
    return 0;
}
