/* SPDX-License-Identifier: MIT */
/* Zip archives of a few small files, whole in memory: plain or deflated members, neither encrypted nor zip64. */
#ifndef SGDMARK_DATA_ZIP_H
#define SGDMARK_DATA_ZIP_H

#include "base/error.h"
#include "base/file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ZIP_MEMBERS = 64,         /* of an archive, at most */
    ZIP_NAME = 64,            /* bytes of a name, with the NUL */
    ZIP_BYTES_MOST = 64 << 20 /* of an archive that is read, packed and unpacked */
};

struct zip_member {
    char name[ZIP_NAME]; /* letters, digits, '_' and '.' */
    size_t size;         /* bytes when unpacked */
    /* How it is packed. */
    const uint8_t *bytes;
    size_t packed;
    uint32_t crc;
    bool deflated;
};

struct zip {
    const char *path; /* for messages */
    struct zip_member member[ZIP_MEMBERS];
    size_t count;
};

/* Lists the members of an archive in memory; `path` names it in messages, and both outlive the list. Returns 0, or -1
 * with one line: no zip archive, cut short, more or larger members than allowed, two of one name. */
int zip_list(struct zip *zip, const char *path, const uint8_t *bytes, size_t length, struct error *err);

/* Unpacks a member into out[size] and compares its checksum. Returns 0, or -1 with the reason. */
int zip_unpack(const struct zip *zip, const struct zip_member *member, uint8_t *out, struct error *err);

/* A member to write, of one or two pieces. */
enum { ZIP_PIECES = 2 };
struct zip_part {
    const char *name;
    struct span piece[ZIP_PIECES];
};

/* Writes an archive of plain members, whole or not at all. At most ZIP_MEMBERS and 4 GiB. Returns 0, or -1
 * with the reason. */
int zip_write(const char *path, const struct zip_part *parts, size_t count, struct error *err);

#endif
