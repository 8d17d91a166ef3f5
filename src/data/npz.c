/* SPDX-License-Identifier: MIT */
#include "data/npz.h"

#include "base/file.h"
#include "data/npy.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Sizes of the records of APPNOTE.TXT (PKWARE), without the name that follows them. */
enum { LOCAL = 30, CENTRAL = 46, END = 22, MOST_NAME = 64 };

/* One file of the archive. */
struct member {
    unsigned char local[LOCAL + MOST_NAME], central[CENTRAL + MOST_NAME];
    char header[NPY_HEADER];
    size_t name; /* length of its name */
};

static unsigned char *put(unsigned char *to, uint32_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        *to++ = (unsigned char)(value >> 8 * i);
    return to;
}

/* What local and central record have in common: version 2.0, no flags, stored, 1980-01-01 as numpy.savez has it. */
static unsigned char *put_common(unsigned char *to, uint32_t crc, uint32_t size, size_t name) {
    to = put(to, 20, 2);
    to = put(to, 0, 2);
    to = put(to, 0, 2);
    to = put(to, 0, 2);
    to = put(to, 0x21, 2);
    to = put(to, crc, 4);
    to = put(to, size, 4);
    to = put(to, size, 4);
    to = put(to, (uint32_t)name, 2);
    return put(to, 0, 2);
}

static void make_member(struct member *member, const struct npz_array *array, uint32_t at) {
    char shape[96] = "(", type[16], name[MOST_NAME];
    for (size_t i = 0; i < NPZ_DIMENSIONS && array->shape[i]; i++)
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%zu, ", array->shape[i]);
    if (array->shape[1]) shape[strlen(shape) - 2] = 0; /* "(3, 2)", but "(3, )" */
    snprintf(shape + strlen(shape), sizeof shape - strlen(shape), ")");
    const bool bytes = array->type[0] == 'b' || array->type[0] == 'S';
    snprintf(type, sizeof type, "%s%s", bytes ? "|" : NPY_BYTE_ORDER, array->type);
    npy_header(member->header, type, shape);
    snprintf(name, sizeof name, "%.50s.npy", array->name);
    member->name = strlen(name);

    unsigned long crc = crc32_z(0, (const unsigned char *)member->header, NPY_HEADER);
    crc = crc32_z(crc, array->values, array->bytes);
    const uint32_t size = (uint32_t)(NPY_HEADER + array->bytes);
    unsigned char *to = put(member->local, 0x04034b50, 4);
    memcpy(put_common(to, (uint32_t)crc, size, member->name), name, member->name);
    to = put(member->central, 0x02014b50, 4);
    to = put(to, 20, 2);
    to = put_common(to, (uint32_t)crc, size, member->name);
    to = put(to, 0, 2);          /* no comment */
    to = put(to, 0, 2);          /* first disk */
    to = put(to, 0, 2);          /* no text */
    to = put(to, 0x01800000, 4); /* mode 0600, as numpy.savez has it */
    to = put(to, at, 4);
    memcpy(to, name, member->name);
}

static void make_end(unsigned char end[END], size_t count, uint32_t size, uint32_t at) {
    unsigned char *to = put(end, 0x06054b50, 4);
    to = put(to, 0, 4);
    to = put(to, (uint32_t)count, 2);
    to = put(to, (uint32_t)count, 2);
    to = put(to, size, 4);
    to = put(to, at, 4);
    put(to, 0, 2);
}

static int write_members(const char *path, const struct npz_array *array, struct member *member, struct span *piece,
                         size_t count, struct error *err) {
    unsigned char end[END];
    size_t pieces = 0, at = 0, central = 0;
    for (size_t i = 0; i < count; i++) {
        make_member(&member[i], &array[i], (uint32_t)at);
        piece[pieces++] = (struct span){member[i].local, LOCAL + member[i].name};
        piece[pieces++] = (struct span){member[i].header, NPY_HEADER};
        piece[pieces++] = (struct span){array[i].values, array[i].bytes};
        at += LOCAL + member[i].name + NPY_HEADER + array[i].bytes;
    }
    for (size_t i = 0; i < count; i++) {
        piece[pieces++] = (struct span){member[i].central, CENTRAL + member[i].name};
        central += CENTRAL + member[i].name;
    }
    make_end(end, count, (uint32_t)central, (uint32_t)at);
    piece[pieces++] = (struct span){end, END};
    return write_file(path, piece, pieces, err);
}

int npz_write(const char *path, const struct npz_array *array, size_t count, struct error *err) {
    uint64_t size = END;
    for (size_t i = 0; i < count; i++)
        size += sizeof(struct member) + array[i].bytes;
    if (size > UINT32_MAX || count > UINT16_MAX) return fail(err, "%s: the arrays take 4 GiB or more", path);
    struct member *member = calloc(count, sizeof *member);
    struct span *piece = calloc(4 * count + 1, sizeof *piece);
    int bad = member && piece ? write_members(path, array, member, piece, count, err)
                              : fail_program(err, "%s: out of memory", path);
    free(member);
    free(piece);
    return bad;
}
