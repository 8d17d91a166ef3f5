/* SPDX-License-Identifier: MIT */
#include "record/seal.h"

#include "base/json.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which object a value is: its members decide what is left out of the hash. */
enum place { RESULT, FACTS, ELSEWHERE };

static int add_value(struct sha256_ctx *hash, const json_t *value, enum place place);

static void add_bytes(struct sha256_ctx *hash, const char *bytes, size_t length) {
    sha256_update(hash, length, (const uint8_t *)bytes);
}

static void add_text(struct sha256_ctx *hash, const char *text) {
    add_bytes(hash, text, strlen(text));
}

/* The escape of a byte, or "" if it stands for itself. */
static void escape_of(char text[8], char byte) {
    static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = byte ? strchr(plain, byte) : NULL;
    text[0] = 0;
    if (found)
        snprintf(text, 8, "\\%c", letters[found - plain]);
    else if ((unsigned char)byte < ' ')
        snprintf(text, 8, "\\u%04X", (unsigned)byte);
}

static void add_string(struct sha256_ctx *hash, const char *text) {
    add_text(hash, "\"");
    size_t begin = 0, at = 0;
    for (; text[at]; at++) {
        char escape[8];
        escape_of(escape, text[at]);
        if (!escape[0]) continue;
        add_bytes(hash, text + begin, at - begin);
        add_text(hash, escape);
        begin = at + 1;
    }
    add_bytes(hash, text + begin, at - begin);
    add_text(hash, "\"");
}

static void add_real(struct sha256_ctx *hash, double x) {
    char text[40];
    snprintf(text, sizeof text - 2, "%.17g", x);
    char *exponent = strchr(text, 'e');
    if (exponent) {
        char *digits = exponent + 1, *to = exponent + 1;
        if (*digits == '-') to++;
        digits++;
        digits += strspn(digits, "0");
        memmove(to, digits, strlen(digits) + 1);
    } else if (!strchr(text, '.')) {
        memcpy(text + strlen(text), ".0", sizeof ".0");
    }
    add_text(hash, text);
}

static int by_bytes(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int add_object(struct sha256_ctx *hash, const json_t *object, enum place place) {
    const char **keys = malloc((json_object_size(object) + 1) * sizeof *keys);
    const char *key;
    json_t *member;
    size_t count = 0;
    if (!keys) return -1;
    json_object_foreach((json_t *)object, key, member) {
        if (place != FACTS || strcmp(key, "sha256") != 0) keys[count++] = key;
    }
    qsort(keys, count, sizeof *keys, by_bytes);
    add_text(hash, "{");
    int bad = 0;
    for (size_t i = 0; i < count && !bad; i++) {
        const bool facts = place == RESULT && strcmp(keys[i], "sgdmark") == 0;
        if (i > 0) add_text(hash, ",");
        add_string(hash, keys[i]);
        add_text(hash, ":");
        bad = add_value(hash, json_object_get(object, keys[i]), facts ? FACTS : ELSEWHERE);
    }
    add_text(hash, "}");
    free(keys);
    return bad;
}

static int add_array(struct sha256_ctx *hash, const json_t *array) {
    add_text(hash, "[");
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0) add_text(hash, ",");
        if (add_value(hash, json_array_get(array, i), ELSEWHERE) != 0) return -1;
    }
    add_text(hash, "]");
    return 0;
}

static int add_value(struct sha256_ctx *hash, const json_t *value, enum place place) {
    char text[32];
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return add_object(hash, value, place);
    case JSON_ARRAY:
        return add_array(hash, value);
    case JSON_STRING:
        add_string(hash, json_string_value(value));
        return 0;
    case JSON_INTEGER:
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        add_text(hash, text);
        return 0;
    case JSON_REAL:
        add_real(hash, json_real_value(value));
        return 0;
    default:
        add_text(hash, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null");
        return 0;
    }
}

int seal_of(char text[SHA256_TEXT], const json_t *result) {
    struct sha256_ctx hash;
    sha256_init(&hash);
    if (add_value(&hash, result, RESULT) != 0) return -1;
    sha256_finish(&hash, text);
    return 0;
}

int seal_result(json_t *result) {
    char text[SHA256_TEXT];
    if (seal_of(text, result) != 0) return -1;
    return json_put(json_object_get(result, "sgdmark"), "sha256", json_string(text));
}
