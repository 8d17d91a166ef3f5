/* SPDX-License-Identifier: MIT */
/* Reading .npy: the header is a Python dictionary of three known keys. */
#include "data/npy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DESCR_MOST = 16, TEXT_MOST = 1 << 16 };

/* What a header says. */
struct header {
    char descr[DESCR_MOST];
    bool fortran_order;
    unsigned dimensions;
    size_t shape[2];
};

/* ---- The dictionary ---- */

/* The text that is left to read. */
struct cursor {
    const char *at, *end;
};

static void skip_blanks(struct cursor *c) {
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t'))
        c->at++;
}

/* Takes a character, blanks before it skipped. */
static bool take(struct cursor *c, char wanted) {
    skip_blanks(c);
    if (c->at == c->end || *c->at != wanted) return false;
    c->at++;
    return true;
}

static bool take_word(struct cursor *c, const char *word) {
    const size_t length = strlen(word);
    skip_blanks(c);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0) return false;
    c->at += length;
    return true;
}

/* A string in quotes of either kind, shorter than DESCR_MOST. */
static bool take_string(struct cursor *c, char text[DESCR_MOST]) {
    const char quote = take(c, '\'') ? '\'' : '"';
    size_t length = 0;
    if (quote == '"' && !take(c, '"')) return false;
    while (c->at < c->end && *c->at != quote && *c->at >= ' ' && *c->at <= '~' && length + 1 < DESCR_MOST)
        text[length++] = *c->at++;
    text[length] = 0;
    return c->at < c->end && *c->at++ == quote;
}

static bool take_size(struct cursor *c, size_t *size) {
    skip_blanks(c);
    const char *first = c->at;
    *size = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        *size = *size * 10 + (size_t)(*c->at - '0');
        if (*size > INT32_MAX) return false;
    }
    return c->at > first;
}

/* (), (3,), (3, 4) or (3, 4,). */
static bool take_shape(struct cursor *c, struct header *header) {
    if (!take(c, '(')) return false;
    for (header->dimensions = 0; !take(c, ')'); header->dimensions++) {
        if (header->dimensions == 2 || !take_size(c, &header->shape[header->dimensions])) return false;
        if (take(c, ',')) continue;
        header->dimensions++;
        return header->dimensions == 2 && take(c, ')');
    }
    return true;
}

/* The three keys in any order, each once. */
static bool take_dictionary(struct cursor *c, struct header *header) {
    enum { DESCR = 1, ORDER = 2, SHAPE = 4, ALL = 7 };
    unsigned seen = 0;
    if (!take(c, '{')) return false;
    while (!take(c, '}')) {
        char key[DESCR_MOST];
        unsigned now = 0;
        bool good = take_string(c, key) && take(c, ':');
        if (!good) return false;
        if (strcmp(key, "descr") == 0) {
            now = DESCR;
            good = take_string(c, header->descr);
        } else if (strcmp(key, "fortran_order") == 0) {
            now = ORDER;
            header->fortran_order = take_word(c, "True");
            good = header->fortran_order || take_word(c, "False");
        } else if (strcmp(key, "shape") == 0) {
            now = SHAPE;
            good = take_shape(c, header);
        }
        if (!good || now == 0 || seen & now) return false;
        seen |= now;
        if (!take(c, ',')) {
            if (!take(c, '}')) return false;
            break;
        }
    }
    skip_blanks(c);
    return seen == ALL && c->at == c->end;
}

/* ---- The values ---- */

/* What a descr means: a type, its bytes, and whether they stand in the other order. */
struct layout {
    enum array_type type;
    size_t size; /* of a value; of a text: of all its characters */
    size_t unit; /* what byte order is about */
    bool swapped;
};

static bool other_order(char mark) {
    const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    return mark == (little ? '>' : '<');
}

/* The width behind "<U" or "|S". */
static bool text_layout(struct layout *layout, const char *descr) {
    const size_t unit = descr[1] == 'U' ? 4 : 1;
    char *end = NULL;
    if (descr[2] < '0' || descr[2] > '9') return false;
    const unsigned long width = strtoul(descr + 2, &end, 10);
    if (*end || width > TEXT_MOST) return false;
    *layout = (struct layout){ARRAY_TEXT, width * unit, unit, other_order(descr[0])};
    return true;
}

static bool layout_of(struct layout *layout, const char *descr) {
    static const struct {
        const char *kind;
        enum array_type type;
        size_t size;
    } known[] = {{"b1", ARRAY_BOOL, 1},
                 {"i8", ARRAY_INT64, 8},
                 {"u8", ARRAY_UINT64, 8},
                 {"f4", ARRAY_FLOAT32, 4},
                 {"f8", ARRAY_FLOAT64, 8}};
    if (strlen(descr) < 3 || !strchr("<>|=", descr[0])) return false;
    if (descr[1] == 'U' || descr[1] == 'S') return text_layout(layout, descr);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(descr + 1, known[i].kind) != 0) continue;
        *layout = (struct layout){known[i].type, known[i].size, known[i].size, other_order(descr[0])};
        return true;
    }
    return false;
}

/* Copies a value's bytes, in the order of this machine. */
static void copy_value(uint8_t *to, const uint8_t *from, const struct layout *layout) {
    for (size_t k = 0; k < layout->unit; k++)
        to[k] = from[layout->swapped ? layout->unit - 1 - k : k];
}

/* In C order; where the file's order is Fortran's, its columns become rows. */
static void copy_values(uint8_t *to, const uint8_t *from, const struct header *header, const struct layout *layout,
                        size_t count) {
    const bool turned = header->fortran_order && header->dimensions == 2;
    const size_t rows = header->shape[0], columns = header->shape[1];
    for (size_t k = 0; k < count; k++) {
        const size_t at = turned ? k % columns * rows + k / columns : k;
        copy_value(to + k * layout->size, from + at * layout->size, layout);
    }
}

/* The characters of one text, up to the NULs that pad it. False where one is not ASCII. */
static bool copy_text(char *to, const uint8_t *from, const struct layout *layout) {
    size_t length = 0;
    for (size_t k = 0; k < layout->size / layout->unit; k++) {
        uint32_t character = 0;
        if (layout->unit == 4)
            copy_value((uint8_t *)&character, from + 4 * k, layout);
        else
            character = from[k];
        if (character > 0x7f || (character != 0 && length < k)) return false;
        to[k] = (char)character;
        if (character != 0) length = k + 1;
    }
    to[length] = 0;
    return true;
}

static int read_values(struct array *array, const char *name, const struct header *header, const uint8_t *bytes,
                       size_t length, struct error *err) {
    struct layout layout;
    if (!layout_of(&layout, header->descr))
        return fail(err, "%s has the type '%s', which cannot be read", name, header->descr);
    *array = (struct array){.type = layout.type, .dimensions = header->dimensions};
    memcpy(array->shape, header->shape, sizeof header->shape);
    const size_t count = array_count(array);
    if (layout.type == ARRAY_TEXT && header->dimensions > 0) return fail(err, "%s has more than one text", name);
    if (count > length || count * layout.size != length)
        return fail(err, "%s has %zu bytes of values, not those of its shape", name, length);
    uint8_t *values = calloc(length + 1, 1);
    if (!values) return fail_program(err, "%s: out of memory", name);
    array->values = values;
    bool good = true;
    if (layout.type == ARRAY_TEXT)
        good = copy_text((char *)values, bytes, &layout);
    else
        copy_values(values, bytes, header, &layout, count);
    for (size_t k = 0; layout.type == ARRAY_BOOL && k < count; k++)
        good = good && values[k] <= 1;
    if (good) return 0;
    array_free(array);
    return fail(err, layout.type == ARRAY_TEXT ? "%s is no text of ASCII characters" : "%s is not of 0 and 1", name);
}

void array_free(struct array *array) {
    free((void *)array->values);
    array->values = NULL;
}

int npy_read(struct array *array, const char *name, const uint8_t *bytes, size_t length, struct error *err) {
    enum { MAGIC = 6, VERSIONS = 3 };
    array->values = NULL;
    if (length < 10 || memcmp(bytes, "\x93NUMPY", MAGIC) != 0) return fail(err, "%s is no .npy array", name);
    const unsigned version = bytes[MAGIC];
    const size_t prefix = version == 1 ? 10 : 12;
    if (version < 1 || version > VERSIONS || bytes[MAGIC + 1] != 0 || length < prefix)
        return fail(err, "%s has the .npy version %u.%u; 1.0 to 3.0 can be read", name, version, bytes[MAGIC + 1]);
    size_t header_length = bytes[8] | (size_t)bytes[9] << 8;
    if (version > 1) header_length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    if (header_length > length - prefix) return fail(err, "%s is cut short", name);
    struct cursor cursor = {(const char *)bytes + prefix, (const char *)bytes + prefix + header_length};
    struct header header = {.shape = {0}};
    if (!take_dictionary(&cursor, &header)) return fail(err, "%s has a header that cannot be understood", name);
    const size_t begin = prefix + header_length;
    return read_values(array, name, &header, bytes + begin, length - begin, err);
}
