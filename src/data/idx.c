/* SPDX-License-Identifier: MIT */
/* The IDX format of MNIST: a big-endian header (magic, then one uint32 per dimension), then the bytes. */
#include "data/dataset.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { MAX_DIMENSIONS = 3, LABELS_MAGIC = 0x00000801, IMAGES_MAGIC = 0x00000803 };

/* A deflate stream unpacks to at most this many bytes for each of its own. */
enum { DEFLATE_RATIO = 1032 };

#define WAY_OUT "fetch MNIST with tools/fetch-mnist, or use --data synthetic"

struct idx_file {
    char path[PATH_MAX];
    gzFile stream; /* zlib also reads plain files */
    bool gzipped;
    uint64_t size; /* bytes on disk */
    uint32_t dimension[MAX_DIMENSIONS];
};

/* One split: its two files and their common shape. */
struct part {
    struct idx_file images, labels;
    size_t n, d;
};

static int read_fault(const struct idx_file *file, struct error *err) {
    int code;
    gzerror(file->stream, &code);
    if (code == Z_ERRNO) return fail(err, "%s: cannot be read: %s", file->path, strerror(errno));
    if (code == Z_DATA_ERROR) return fail(err, "%s: the gzip data are corrupt; " WAY_OUT, file->path);
    return fail(err, "%s: is cut short; " WAY_OUT, file->path);
}

static int read_bytes(struct idx_file *file, void *out, size_t length, struct error *err) {
    uint8_t *at = out;
    while (length > 0) {
        unsigned step = length < (1U << 30) ? (unsigned)length : 1U << 30;
        int got = gzread(file->stream, at, step);
        if (got <= 0) return read_fault(file, err);
        at += got;
        length -= (size_t)got;
    }
    return 0;
}

/* Expects the end of the file. zlib compares the checksum of gzip data here. */
static int read_end(struct idx_file *file, struct error *err) {
    char extra;
    int got = gzread(file->stream, &extra, 1);
    if (got > 0) return fail(err, "%s: has more bytes than its header promises; " WAY_OUT, file->path);
    int code;
    gzerror(file->stream, &code);
    return got == 0 && (code == Z_OK || code == Z_STREAM_END) ? 0 : read_fault(file, err);
}

static int open_stream(struct idx_file *file, int fd, struct error *err) {
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return fail(err, "%s: is not a regular file", file->path);
    }
    file->size = (uint64_t)info.st_size;
    file->stream = gzdopen(fd, "rb");
    if (!file->stream) {
        close(fd);
        return fail_program(err, "%s: out of memory", file->path);
    }
    if (gzdirect(file->stream) == (int)file->gzipped)
        return fail(err, file->gzipped ? "%s: is not gzip data" : "%s: is gzip data; rename it to .gz", file->path);
    return 0;
}

/* Opens the first that exists of: `name`, `name` with a '.' before "idx" as some copies have it, the same with .gz. */
static int open_any(struct idx_file *file, const char *folder, const char *name, struct error *err) {
    size_t stem = (size_t)(strstr(name, "-idx") - name);
    for (int variant = 0; variant < 4; variant++) {
        file->gzipped = variant >= 2;
        int length = snprintf(file->path, sizeof file->path, "%s/%.*s%c%s%s", folder, (int)stem, name,
                              variant % 2 ? '.' : '-', name + stem + 1, file->gzipped ? ".gz" : "");
        if (length >= (int)sizeof file->path) return fail(err, "%.255s...: the path is too long", folder);
        int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0) return open_stream(file, fd, err);
        if (errno != ENOENT) return fail(err, "%s: cannot be opened: %s", file->path, strerror(errno));
    }
    return fail(err, "%s: has no file %s, plain or .gz; " WAY_OUT, folder, name);
}

static int read_header(struct idx_file *file, uint32_t magic, struct error *err) {
    size_t dimensions = magic & 0xff;
    uint8_t bytes[4 * (1 + MAX_DIMENSIONS)];
    if (read_bytes(file, bytes, 4 * (1 + dimensions), err) != 0) return -1;
    uint32_t word[1 + MAX_DIMENSIONS];
    for (size_t i = 0; i <= dimensions; i++)
        word[i] = (uint32_t)bytes[4 * i] << 24 | (uint32_t)bytes[4 * i + 1] << 16 | (uint32_t)bytes[4 * i + 2] << 8 |
                  bytes[4 * i + 3];
    if (word[0] != magic)
        return fail(err, "%s: begins with 0x%08x, not with 0x%08x; " WAY_OUT, file->path, word[0], magic);
    memcpy(file->dimension, word + 1, 4 * dimensions);
    return 0;
}

/* Checks the length that the header promises against the bytes on disk. */
static int check_length(const struct idx_file *file, uint64_t dimensions, uint64_t content, struct error *err) {
    uint64_t length = 4 * (1 + dimensions) + content;
    if (file->gzipped) {
        if (length <= DEFLATE_RATIO * file->size) return 0;
        return fail(err, "%s: its header promises %ju bytes, more than %ju bytes of gzip data can hold; " WAY_OUT,
                    file->path, (uintmax_t)length, (uintmax_t)file->size);
    }
    if (length == file->size) return 0;
    return fail(err, "%s: is %s: %ju bytes, its header promises %ju; " WAY_OUT, file->path,
                file->size < length ? "cut short" : "too long", (uintmax_t)file->size, (uintmax_t)length);
}

static int check_shape(struct part *part, struct error *err) {
    const uint32_t *dimension = part->images.dimension;
    uint64_t d = (uint64_t)dimension[1] * dimension[2];
    if (dimension[0] == 0) return fail(err, "%s: holds no images", part->images.path);
    if (d == 0 || d > UINT16_MAX)
        return fail(err, "%s: images of %u x %u pixels; 1 to %u pixels can be used", part->images.path, dimension[1],
                    dimension[2], UINT16_MAX);
    if (part->labels.dimension[0] != dimension[0])
        return fail(err, "%s: holds %u labels, but %s holds %u images", part->labels.path, part->labels.dimension[0],
                    part->images.path, dimension[0]);
    part->n = dimension[0];
    part->d = (size_t)d;
    if (check_length(&part->images, 3, (uint64_t)part->n * part->d, err) != 0) return -1;
    return check_length(&part->labels, 1, part->n, err);
}

static int part_open(struct part *part, const char *folder, const char *images, const char *labels, struct error *err) {
    if (open_any(&part->images, folder, images, err) != 0 || open_any(&part->labels, folder, labels, err) != 0)
        return -1;
    if (read_header(&part->images, IMAGES_MAGIC, err) != 0 || read_header(&part->labels, LABELS_MAGIC, err) != 0)
        return -1;
    return check_shape(part, err);
}

static int part_read(struct part *part, uint8_t *pixels, uint8_t *labels, struct error *err) {
    if (read_bytes(&part->images, pixels, part->n * part->d, err) != 0 || read_end(&part->images, err) != 0) return -1;
    if (read_bytes(&part->labels, labels, part->n, err) != 0 || read_end(&part->labels, err) != 0) return -1;
    for (size_t i = 0; i < part->n; i++)
        if (labels[i] > 9) return fail(err, "%s: label %zu is %u; labels are 0 to 9", part->labels.path, i, labels[i]);
    return 0;
}

static void part_close(struct part *part) {
    if (part->images.stream) gzclose_r(part->images.stream);
    if (part->labels.stream) gzclose_r(part->labels.stream);
}

static int load_parts(struct dataset *ds, struct part *train, struct part *test, struct error *err) {
    if (train->n > 0 && test->n > 0 && memcmp(train->images.dimension + 1, test->images.dimension + 1, 8) != 0)
        return fail(err, "%s: images of %u x %u pixels, but those of %s are %u x %u", test->images.path,
                    test->images.dimension[1], test->images.dimension[2], train->images.path,
                    train->images.dimension[1], train->images.dimension[2]);
    const struct part *any = train->n > 0 ? train : test;
    if (dataset_allocate(ds, train->n + test->n, any->d, err) != 0) return -1;
    ds->n_train = train->n;
    ds->image_height = any->images.dimension[1];
    ds->image_width = any->images.dimension[2];
    if (train->n > 0 && part_read(train, ds->pixels, ds->labels, err) != 0) return -1;
    if (test->n > 0 && part_read(test, ds->pixels + train->n * any->d, ds->labels + train->n, err) != 0) return -1;
    return 0;
}

int idx_load(struct dataset *ds, const char *folder, enum split split, struct error *err) {
    struct stat info;
    if (stat(folder, &info) != 0) return fail(err, "%.255s: %s; " WAY_OUT, folder, strerror(errno));
    if (!S_ISDIR(info.st_mode)) return fail(err, "%s: is not a folder; " WAY_OUT, folder);
    struct part train = {0};
    struct part test = {0};
    int bad = 0;
    if (split != SPLIT_TEST) bad = part_open(&train, folder, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", err);
    if (split != SPLIT_TRAIN && !bad)
        bad = part_open(&test, folder, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", err);
    if (!bad) bad = load_parts(ds, &train, &test, err);
    part_close(&train);
    part_close(&test);
    return bad;
}
