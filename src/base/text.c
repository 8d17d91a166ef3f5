/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t utf8_length(const char *text, uint32_t *point) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* that needs so many bytes */
    const unsigned char *byte = (const unsigned char *)text;
    *point = byte[0];
    if (byte[0] < 0x80) return 1;
    if (byte[0] < 0xc2 || byte[0] > 0xf4) return 0;
    const size_t length = byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
    uint32_t value = byte[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xc0) != 0x80) return 0; /* the NUL, too, so nothing behind it is read */
        value = value << 6 | (byte[i] & 0x3fU);
    }
    if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return 0;
    *point = value;
    return length;
}

bool is_printable(uint32_t point) {
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     /* C0, DEL, C1 */
        {0x061c, 0x061c}, {0x200e, 0x200f}, /* Arabic letter mark, left-to-right and right-to-left mark */
        {0x2028, 0x202e},                   /* line and paragraph separator, embeddings and overrides */
        {0x2066, 0x206f},                   /* isolates, and the older marks of shape and symmetry */
    };
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (point >= hidden[i].first && point <= hidden[i].last) return false;
    return true;
}

size_t printable_next(char shown[PRINTABLE], const char **text) {
    uint32_t point;
    const size_t length = utf8_length(*text, &point);
    if (length > 0 && is_printable(point)) {
        memcpy(shown, *text, length);
        shown[length] = 0;
        *text += length;
        return length;
    }
    /* The bytes of a longer character come one by one: what continues it is no character of its own. */
    const unsigned char byte = (unsigned char)*(*text)++;
    return (size_t)snprintf(shown, PRINTABLE, "\\x%02x", byte);
}

size_t printable_copy(char *to, size_t size, const char *text) {
    size_t whole = 0, used = 0;
    bool cut = size == 0;
    while (*text) {
        char shown[PRINTABLE];
        const size_t length = printable_next(shown, &text);
        whole += length;
        cut = cut || used + length >= size;
        if (!cut) {
            memcpy(to + used, shown, length);
            used += length;
        }
    }
    if (size > 0) to[used] = 0;
    return whole;
}

char *printable_text(const char *text) {
    const size_t size = printable_copy(NULL, 0, text) + 1;
    char *to = malloc(size);
    if (to) printable_copy(to, size, text);
    return to;
}
