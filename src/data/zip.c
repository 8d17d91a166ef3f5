/* SPDX-License-Identifier: MIT */
/* The format is described in PKWARE's APPNOTE.TXT; numbers in it are those sections. */
#include "data/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    LOCAL_SIGNATURE = 0x04034b50, /* 4.3.7 */
    LOCAL_LENGTH = 30,
    ENTRY_SIGNATURE = 0x02014b50, /* 4.3.12, an entry of the central directory */
    ENTRY_LENGTH = 46,
    END_SIGNATURE = 0x06054b50, /* 4.3.16, the end of the central directory */
    END_LENGTH = 22,
    COMMENT_MOST = UINT16_MAX,
    PLAIN = 0, /* methods, 4.4.5 */
    DEFLATED = 8,
    ENCRYPTED = 1,   /* flag, 4.4.4 */
    VERSION = 20,    /* needed to extract, 4.4.3 */
    FIRST_DAY = 0x21 /* 1980-01-01: the same arrays give the same bytes */
};

/* A deflate stream unpacks to at most this many bytes for each of its own. */
enum { DEFLATE_RATIO = 1032 };

static uint16_t get16(const uint8_t *at) {
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get32(const uint8_t *at) {
    return (uint32_t)get16(at) | (uint32_t)get16(at + 2) << 16;
}

static void put16(uint8_t *at, size_t value) {
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, size_t value) {
    put16(at, value);
    put16(at + 2, value >> 16);
}

/* ---- Reading ---- */

/* The archive, and the entry of its central directory that is read. */
struct archive {
    const char *path;
    const uint8_t *bytes;
    size_t length;
    const uint8_t *entry;
};

static int damaged(const struct archive *archive, const char *what, struct error *err) {
    return fail(err, "%s: is a damaged zip archive: %s", archive->path, what);
}

/* The end record stands before a comment of any length: the last place that fits. */
static const uint8_t *find_end(const struct archive *archive) {
    if (archive->length < END_LENGTH) return NULL;
    const size_t last = archive->length - END_LENGTH, first = last > COMMENT_MOST ? last - COMMENT_MOST : 0;
    for (size_t at = last + 1; at-- > first;) {
        const uint8_t *end = archive->bytes + at;
        if (get32(end) == END_SIGNATURE && get16(end + 20) == last - at) return end;
    }
    return NULL;
}

static bool plain_name(const uint8_t *name, size_t length) {
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    if (length == 0 || length >= ZIP_NAME) return false;
    for (size_t k = 0; k < length; k++)
        if (name[k] == 0 || !strchr(good, name[k])) return false;
    return true;
}

static int take_name(struct zip *zip, struct zip_member *member, const uint8_t *name, size_t length,
                     struct error *err) {
    if (!plain_name(name, length)) return fail(err, "%s: a member's name is not a short plain word", zip->path);
    memcpy(member->name, name, length);
    member->name[length] = 0;
    for (size_t i = 0; i < zip->count; i++)
        if (strcmp(zip->member[i].name, member->name) == 0)
            return fail(err, "%s: has two members '%s'", zip->path, member->name);
    return 0;
}

/* Finds the member's bytes behind its local header, whose own sizes may be missing. */
static int locate(const struct archive *archive, struct zip_member *member, size_t offset, struct error *err) {
    if (offset > archive->length || archive->length - offset < LOCAL_LENGTH)
        return damaged(archive, "a member begins behind its end", err);
    const uint8_t *local = archive->bytes + offset;
    const size_t left = archive->length - offset - LOCAL_LENGTH, name = get16(local + 26), extra = get16(local + 28);
    if (get32(local) != LOCAL_SIGNATURE) return damaged(archive, "a member has no header", err);
    if (name + extra > left || member->packed > left - name - extra)
        return damaged(archive, "a member ends behind its end", err);
    if (name != strlen(member->name) || memcmp(local + LOCAL_LENGTH, member->name, name) != 0)
        return damaged(archive, "a member has two names", err);
    member->bytes = local + LOCAL_LENGTH + name + extra;
    return 0;
}

static int check_sizes(const struct archive *archive, const struct zip_member *member, size_t sum, struct error *err) {
    if (member->size > ZIP_BYTES_MOST || sum + member->size > ZIP_BYTES_MOST)
        return fail(err, "%s: its members have more than %d bytes", archive->path, ZIP_BYTES_MOST);
    if (member->deflated ? member->size > (member->packed + 1) * DEFLATE_RATIO : member->size != member->packed)
        return damaged(archive, "a member's sizes contradict each other", err);
    return 0;
}

/* Reads one entry of the central directory; *sum grows by its size. */
static int take_entry(struct zip *zip, const struct archive *archive, size_t *sum, struct error *err) {
    const uint8_t *entry = archive->entry;
    struct zip_member *member = &zip->member[zip->count];
    const unsigned method = get16(entry + 10);
    *member = (struct zip_member){.crc = get32(entry + 16),
                                  .packed = get32(entry + 20),
                                  .size = get32(entry + 24),
                                  .deflated = method == DEFLATED};
    if (take_name(zip, member, entry + ENTRY_LENGTH, get16(entry + 28), err) != 0) return -1;
    if (get16(entry + 8) & ENCRYPTED) return fail(err, "%s: '%s' is encrypted", archive->path, member->name);
    if (method != PLAIN && method != DEFLATED)
        return fail(err, "%s: '%s' is packed by method %u; plain and deflated members can be read", archive->path,
                    member->name, method);
    if (check_sizes(archive, member, *sum, err) != 0) return -1;
    if (locate(archive, member, get32(entry + 42), err) != 0) return -1;
    *sum += member->size;
    zip->count++;
    return 0;
}

int zip_list(struct zip *zip, const char *path, const uint8_t *bytes, size_t length, struct error *err) {
    struct archive archive = {path, bytes, length, NULL};
    const uint8_t *end = find_end(&archive);
    zip->path = path;
    zip->count = 0;
    if (!end) return fail(err, "%s: is not a zip archive, or is cut short", path);
    const size_t entries = get16(end + 10), offset = get32(end + 16), begin = (size_t)(end - bytes);
    if (get16(end + 4) != 0 || get16(end + 8) != entries) return fail(err, "%s: is one part of several", path);
    if (entries > ZIP_MEMBERS) return fail(err, "%s: has %zu members, more than %d", path, entries, ZIP_MEMBERS);
    if (offset > begin) return damaged(&archive, "its directory begins behind its end", err);
    archive.entry = bytes + offset;
    for (size_t i = 0, sum = 0; i < entries; i++) {
        const size_t left = (size_t)(end - archive.entry);
        if (left < ENTRY_LENGTH || get32(archive.entry) != ENTRY_SIGNATURE)
            return damaged(&archive, "its directory is cut short", err);
        const size_t whole =
            (size_t)ENTRY_LENGTH + get16(archive.entry + 28) + get16(archive.entry + 30) + get16(archive.entry + 32);
        if (left < whole) return damaged(&archive, "its directory is cut short", err);
        if (take_entry(zip, &archive, &sum, err) != 0) return -1;
        archive.entry += whole;
    }
    return 0;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is written through stream.next_out */
static int inflate_member(const struct zip *zip, const struct zip_member *member, uint8_t *out, struct error *err) {
    z_stream stream = {.next_in = (z_const Bytef *)member->bytes,
                       .avail_in = (uInt)member->packed,
                       .next_out = out,
                       .avail_out = (uInt)member->size};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return fail_program(err, "%s: out of memory", zip->path);
    const int result = inflate(&stream, Z_FINISH);
    const bool whole = result == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
    inflateEnd(&stream);
    if (whole) return 0;
    if (result == Z_MEM_ERROR) return fail_program(err, "%s: out of memory", zip->path);
    return fail(err, "%s: '%s' cannot be unpacked: its data are corrupt", zip->path, member->name);
}

int zip_unpack(const struct zip *zip, const struct zip_member *member, uint8_t *out, struct error *err) {
    if (!member->deflated && member->size > 0) memcpy(out, member->bytes, member->size);
    if (member->deflated && inflate_member(zip, member, out, err) != 0) return -1;
    if (crc32(crc32(0, NULL, 0), out, (uInt)member->size) == member->crc) return 0;
    return fail(err, "%s: '%s' does not have the checksum that it was written with", zip->path, member->name);
}

/* ---- Writing ---- */

/* The headers of a member: the local one and its entry of the central directory share most fields. */
struct written {
    uint8_t local[LOCAL_LENGTH], entry[ENTRY_LENGTH];
};

static size_t part_size(const struct zip_part *part) {
    size_t size = 0;
    for (int i = 0; i < ZIP_PIECES; i++)
        size += part->piece[i].length;
    return size;
}

static size_t part_crc(const struct zip_part *part) {
    uLong crc = crc32(0, NULL, 0);
    for (int i = 0; i < ZIP_PIECES; i++)
        if (part->piece[i].length > 0) crc = crc32(crc, part->piece[i].bytes, (uInt)part->piece[i].length);
    return crc;
}

static void fill_headers(struct written *headers, const struct zip_part *part, size_t offset) {
    uint8_t shared[26] = {0}; /* from the version needed to the length of the extra field */
    put16(shared, VERSION);
    put16(shared + 8, FIRST_DAY);
    put32(shared + 10, part_crc(part));
    put32(shared + 14, part_size(part));
    put32(shared + 18, part_size(part));
    put16(shared + 22, strlen(part->name));
    *headers = (struct written){0};
    put32(headers->local, LOCAL_SIGNATURE);
    memcpy(headers->local + 4, shared, sizeof shared);
    put32(headers->entry, ENTRY_SIGNATURE);
    put16(headers->entry + 4, VERSION);
    memcpy(headers->entry + 6, shared, sizeof shared);
    put32(headers->entry + 42, offset);
}

int zip_write(const char *path, const struct zip_part *parts, size_t count, struct error *err) {
    enum { SPANS = 2 + ZIP_PIECES + 2 };
    struct written headers[ZIP_MEMBERS];
    struct span spans[ZIP_MEMBERS * SPANS + 1];
    uint8_t end[END_LENGTH] = {0};
    size_t offset = 0, used = 0, directory = 0;
    if (count > ZIP_MEMBERS) return fail_program(err, "%s: %zu members are too many", path, count);
    for (size_t i = 0; i < count; i++) {
        const size_t name = strlen(parts[i].name);
        fill_headers(&headers[i], &parts[i], offset);
        spans[used++] = (struct span){headers[i].local, LOCAL_LENGTH};
        spans[used++] = (struct span){parts[i].name, name};
        for (int k = 0; k < ZIP_PIECES; k++)
            spans[used++] = parts[i].piece[k];
        offset += LOCAL_LENGTH + name + part_size(&parts[i]);
        if (offset > UINT32_MAX - ZIP_BYTES_MOST) /* with room for the directory */
            return fail(err, "%s: would have 4 GiB or more, which this form of archive cannot hold", path);
    }
    for (size_t i = 0; i < count; i++) {
        const size_t name = strlen(parts[i].name);
        spans[used++] = (struct span){headers[i].entry, ENTRY_LENGTH};
        spans[used++] = (struct span){parts[i].name, name};
        directory += ENTRY_LENGTH + name;
    }
    put32(end, END_SIGNATURE);
    put16(end + 8, count);
    put16(end + 10, count);
    put32(end + 12, directory);
    put32(end + 16, offset);
    spans[used++] = (struct span){end, END_LENGTH};
    return write_output(path, "sgdmark.npz", spans, used, err);
}
