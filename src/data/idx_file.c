/* SPDX-License-Identifier: MIT */
/* zlib's gzread takes whatever follows the gzip data for their end, so the stream is inflated here. */
#include "data/idx_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* A deflate stream unpacks to at most this many bytes for each of its own. */
enum { DEFLATE_RATIO = 1032 };

static int out_of_memory(const struct idx_file *file, struct error *err) {
    return fail_program(err, "%s: out of memory", file->path);
}

static int cut_short(const struct idx_file *file, struct error *err) {
    return fail(err, "%s: is cut short; " IDX_WAY_OUT, file->path);
}

/* Up to `length` bytes as they are on disk. Returns their number, 0 at the end, or -1 with the reason. */
static ssize_t read_raw(const struct idx_file *file, void *out, size_t length, struct error *err) {
    for (;;) {
        ssize_t got = read(file->fd, out, length < SSIZE_MAX ? length : SSIZE_MAX);
        if (got >= 0) return got;
        if (errno != EINTR) return fail(err, "%s: cannot be read: %s", file->path, strerror(errno));
    }
}

static bool begins_as_gzip(const struct idx_file *file) {
    uint8_t begin[2] = {0};
    return pread(file->fd, begin, sizeof begin, 0) == (ssize_t)sizeof begin && begin[0] == 0x1f && begin[1] == 0x8b;
}

static int begin_gzip(struct idx_file *file, struct error *err) {
    enum { GZIP_ONLY = 16 };
    file->input = malloc(IDX_INPUT);
    if (!file->input) return out_of_memory(file, err);
    if (inflateInit2(&file->stream, MAX_WBITS + GZIP_ONLY) == Z_OK) return 0;
    free(file->input);
    file->input = NULL;
    return out_of_memory(file, err);
}

int idx_open(struct idx_file *file, const char *path, struct error *err) {
    const char *end = strrchr(path, '.');
    *file = (struct idx_file){.path = path, .gzipped = end && strcasecmp(end, ".gz") == 0};
    file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->fd < 0) return fail(err, "%s: cannot be opened: %s", file->path, strerror(errno));
    struct stat info;
    if (fstat(file->fd, &info) != 0 || !S_ISREG(info.st_mode))
        return fail(err, "%s: is not a regular file", file->path);
    file->size = (uint64_t)info.st_size;
    if (begins_as_gzip(file) != file->gzipped)
        return fail(err,
                    file->gzipped ? "%s: is not gzip data; if it is unpacked already, rename it without .gz"
                                  : "%s: is gzip data; rename it to .gz",
                    file->path);
    return file->gzipped ? begin_gzip(file, err) : 0;
}

void idx_close(struct idx_file *file) {
    if (file->input) inflateEnd(&file->stream);
    free(file->input);
    file->input = NULL;
    if (file->fd >= 0) close(file->fd);
    file->fd = -1;
}

/* What a fault of the data says. Behind a member whose checksum held, there is something that is no member. */
static int bad_gzip(const struct idx_file *file, struct error *err) {
    if (file->members > 0 && file->stream.total_out == 0)
        return fail(err, "%s: has bytes behind its gzip data; " IDX_WAY_OUT, file->path);
    return fail(err, "%s: the gzip data are corrupt; " IDX_WAY_OUT, file->path);
}

/* Gives zlib more of the file, where it has none left. Returns 1, 0 at the end of the file, or -1 with the reason. */
static int feed(struct idx_file *file, struct error *err) {
    z_stream *stream = &file->stream;
    if (stream->avail_in > 0) return 1;
    ssize_t got = read_raw(file, file->input, IDX_INPUT, err);
    if (got <= 0) return (int)got;
    stream->next_in = file->input;
    stream->avail_in = (unsigned)got;
    return 1;
}

/* Inflates until stream.next_out is full. Returns 1, 0 where the data end before, or -1 with the reason. */
static int inflate_more(struct idx_file *file, struct error *err) {
    z_stream *stream = &file->stream;
    while (stream->avail_out > 0) {
        int fed = feed(file, err);
        if (fed < 0 || (fed == 0 && file->ended)) return fed;
        if (fed == 0) return file->members > 0 && stream->total_out == 0 ? bad_gzip(file, err) : cut_short(file, err);
        if (file->ended && inflateReset(stream) != Z_OK) return out_of_memory(file, err);
        file->ended = false;
        switch (inflate(stream, Z_NO_FLUSH)) {
        case Z_OK:
        case Z_BUF_ERROR: /* it waits for more input */
            break;
        case Z_STREAM_END:
            file->ended = true;
            file->members++;
            break;
        case Z_MEM_ERROR:
            return out_of_memory(file, err);
        default:
            return bad_gzip(file, err);
        }
    }
    return 1;
}

static int read_gzip(struct idx_file *file, uint8_t *out, size_t length, struct error *err) {
    while (length > 0) {
        const unsigned step = length < 1U << 30 ? (unsigned)length : 1U << 30;
        file->stream.next_out = out;
        file->stream.avail_out = step;
        int full = inflate_more(file, err);
        if (full <= 0) return full < 0 ? -1 : cut_short(file, err);
        out += step;
        length -= step;
    }
    return 0;
}

int idx_read(struct idx_file *file, void *out, size_t length, struct error *err) {
    uint8_t *at = out;
    if (file->gzipped) return read_gzip(file, at, length, err);
    while (length > 0) {
        ssize_t got = read_raw(file, at, length, err);
        if (got <= 0) return got < 0 ? -1 : cut_short(file, err);
        at += got;
        length -= (size_t)got;
    }
    return 0;
}

int idx_read_end(struct idx_file *file, struct error *err) {
    uint8_t extra;
    ssize_t more;
    if (file->gzipped) {
        file->stream.next_out = &extra;
        file->stream.avail_out = 1;
        more = inflate_more(file, err);
    } else {
        more = read_raw(file, &extra, 1, err);
    }
    if (more > 0) return fail(err, "%s: has more bytes than its header promises; " IDX_WAY_OUT, file->path);
    return (int)more;
}

int idx_read_header(struct idx_file *file, uint32_t magic, uint32_t other, struct error *err) {
    uint8_t bytes[4];
    file->magic = 0;
    for (size_t i = 0; i <= (file->magic & 0xff); i++) { /* the magic, then as many as it says */
        if (idx_read(file, bytes, sizeof bytes, err) != 0) return -1;
        const uint32_t word =
            (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
        if (i > 0) {
            file->dimension[i - 1] = word;
        } else if (word == magic || word == other) {
            file->magic = word;
        } else {
            return fail(err, "%s: begins with 0x%08x, not with 0x%08x; " IDX_WAY_OUT, file->path, word, magic);
        }
    }
    return 0;
}

int idx_check_length(const struct idx_file *file, uint64_t content, struct error *err) {
    const uint64_t length = 4 * (1 + (uint64_t)(file->magic & 0xff)) + content;
    if (file->gzipped) {
        if (length <= DEFLATE_RATIO * file->size) return 0;
        return fail(err, "%s: its header promises %ju bytes, more than %ju bytes of gzip data can hold; " IDX_WAY_OUT,
                    file->path, (uintmax_t)length, (uintmax_t)file->size);
    }
    if (length == file->size) return 0;
    return fail(err, "%s: is %s: %ju bytes, its header promises %ju; " IDX_WAY_OUT, file->path,
                file->size < length ? "cut short" : "too long", (uintmax_t)file->size, (uintmax_t)length);
}
