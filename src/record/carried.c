/* SPDX-License-Identifier: MIT */
#include "record/carried.h"

#include "record/load.h"

#include <limits.h>
#include <nettle/base64.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

enum { GZIP = 16 }; /* added to the bits of zlib's window: with gzip's header */

/* Compressed by gzip, without a time and a name: the same text gives the same bytes. */
static uint8_t *compress_text(const char *text, size_t length, size_t *size) {
    enum { MEMORY = 9 };
    z_stream stream = {0};
    if (length > UINT_MAX ||
        deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    const size_t room = deflateBound(&stream, length);
    uint8_t *packed = malloc(room);
    stream.next_in = (Bytef *)text; /* which zlib only reads */
    stream.avail_in = (uInt)length;
    stream.next_out = packed;
    stream.avail_out = (uInt)room;
    const bool whole = packed && deflate(&stream, Z_FINISH) == Z_STREAM_END;
    *size = stream.total_out;
    deflateEnd(&stream);
    if (whole) return packed;
    free(packed);
    return NULL;
}

char *carried_text(const char *text, size_t length) {
    size_t size = 0;
    uint8_t *packed = compress_text(text, length, &size);
    char *base64 = packed ? malloc(BASE64_ENCODE_RAW_LENGTH(size) + 1) : NULL;
    if (base64) {
        base64_encode_raw(base64, size, packed);
        base64[BASE64_ENCODE_RAW_LENGTH(size)] = 0;
    }
    free(packed);
    return base64;
}

bool is_page(const char *bytes, size_t length) {
    static const char begin[] = "<!doctype html";
    return length > strlen(begin) && strncasecmp(bytes, begin, strlen(begin)) == 0;
}

/* The base64 of the next carried file from `at` on, and its length; NULL: there is none. */
static const char *next_carried(const char *at, const char *end, size_t *length) {
    const char *begin = memmem(at, (size_t)(end - at), CARRIED_BEGIN, strlen(CARRIED_BEGIN));
    if (!begin) return NULL;
    begin += strlen(CARRIED_BEGIN);
    const char *behind = memchr(begin, CARRIED_END, (size_t)(end - begin));
    *length = behind ? (size_t)(behind - begin) : (size_t)(end - begin);
    return begin;
}

size_t carried_count(const char *page, size_t length) {
    size_t count = 0, size;
    for (const char *at = page; (at = next_carried(at, page + length, &size)) != NULL; at += size)
        count++;
    return count;
}

/* Unpacks into memory that grows with what there is, up to RESULT_BYTES. */
static int inflate_text(z_stream *stream, char **bytes, size_t *size, const char *path, struct error *err) {
    size_t room = 1 << 20;
    int state = Z_OK;
    for (*size = 0; state == Z_OK; room = 2 * room < RESULT_BYTES ? 2 * room : RESULT_BYTES) {
        if (*size == RESULT_BYTES) return fail(err, "%s: carries a result of more than %d bytes", path, RESULT_BYTES);
        char *more = realloc(*bytes, room);
        if (!more) return fail_program(err, "%s: out of memory", path);
        *bytes = more;
        stream->next_out = (Bytef *)*bytes + *size;
        stream->avail_out = (uInt)(room - *size);
        state = inflate(stream, Z_NO_FLUSH);
        *size = room - stream->avail_out;
        if (state == Z_OK && stream->avail_out > 0) state = Z_DATA_ERROR; /* cut off */
    }
    return state == Z_STREAM_END ? 0 : fail(err, "%s: the result that it carries is damaged", path);
}

static int unpack(char **bytes, size_t *size, const char *base64, size_t length, const char *path, struct error *err) {
    struct base64_decode_ctx decoder;
    size_t packed_size = BASE64_DECODE_LENGTH(length);
    uint8_t *packed = malloc(packed_size + 1);
    z_stream stream = {0};
    int bad = packed ? 0 : fail_program(err, "%s: out of memory", path);
    base64_decode_init(&decoder);
    if (!bad &&
        (!base64_decode_update(&decoder, &packed_size, packed, length, base64) || !base64_decode_final(&decoder)))
        bad = fail(err, "%s: the result that it carries is damaged: no base64", path);
    if (!bad && inflateInit2(&stream, MAX_WBITS + GZIP) != Z_OK) bad = fail_program(err, "%s: out of memory", path);
    if (!bad) {
        stream.next_in = packed;
        stream.avail_in = (uInt)packed_size;
        bad = inflate_text(&stream, bytes, size, path, err);
        inflateEnd(&stream);
    }
    free(packed);
    return bad;
}

int carried_get(char **bytes, size_t *size, const char *page, size_t length, size_t number, const char *path,
                struct error *err) {
    const size_t count = carried_count(page, length);
    size_t base64_length = 0;
    *bytes = NULL;
    if (count == 0)
        return fail(err, "%s: is a page without a result in it; `sgdmark report -o` writes pages with one", path);
    if (number == 0 && count > 1)
        return fail(err, "%s: carries %zu results; name one, from %s#1 to %s#%zu", path, count, path, path, count);
    if (number > count) return fail(err, "%s: the page carries %zu results, from #1", path, count);
    const char *at = page;
    for (size_t i = 0; i < (number ? number : 1); i++)
        at = next_carried(at + base64_length, page + length, &base64_length);
    const int bad = unpack(bytes, size, at, base64_length, path, err);
    if (bad) {
        free(*bytes);
        *bytes = NULL;
    }
    return bad;
}
