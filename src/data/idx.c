/* SPDX-License-Identifier: MIT */
/* Data sets in the IDX format of MNIST. */
#include "data/idx_file.h"
#include "data/idx_find.h"

#include <stdio.h>
#include <string.h>

/* QMNIST's labels have eight columns of int32: the class, then who wrote the digit and where it comes from. */
enum { LABELS_MAGIC = 0x00000801, IMAGES_MAGIC = 0x00000803, COLUMNS_MAGIC = 0x00000c02, COLUMNS = 8 };

/* One split: its two files and their common shape. */
struct part {
    struct idx_file images, labels;
    size_t n, d;
};

static bool has_columns(const struct part *part) {
    return part->labels.magic == COLUMNS_MAGIC;
}

static int check_images(struct part *part, struct error *err) {
    const uint32_t *dimension = part->images.dimension;
    uint64_t d = (uint64_t)dimension[1] * dimension[2];
    if (dimension[0] == 0) return fail(err, "%s: holds no images", part->images.path);
    if (d == 0 || d > UINT16_MAX)
        return fail(err, "%s: images of %u x %u pixels; 1 to %u pixels can be used", part->images.path, dimension[1],
                    dimension[2], UINT16_MAX);
    part->n = dimension[0];
    part->d = (size_t)d;
    return idx_check_length(&part->images, (uint64_t)part->n * part->d, err);
}

static int check_labels(const struct part *part, struct error *err) {
    if (has_columns(part) && part->labels.dimension[1] != COLUMNS)
        return fail(err, "%s: labels of %u columns; one byte each, or the %d columns of QMNIST, can be read",
                    part->labels.path, part->labels.dimension[1], COLUMNS);
    if (part->labels.dimension[0] != part->n)
        return fail(err, "%s: holds %u labels, but %s holds %zu images", part->labels.path, part->labels.dimension[0],
                    part->images.path, part->n);
    const uint64_t label_bytes = has_columns(part) ? COLUMNS * sizeof(int32_t) : 1;
    return idx_check_length(&part->labels, part->n * label_bytes, err);
}

static int part_open(struct part *part, const char *images, const char *labels, struct error *err) {
    if (idx_open(&part->images, images, err) != 0 || idx_open(&part->labels, labels, err) != 0 ||
        idx_read_header(&part->images, IMAGES_MAGIC, IMAGES_MAGIC, err) != 0 ||
        idx_read_header(&part->labels, LABELS_MAGIC, COLUMNS_MAGIC, err) != 0)
        return -1;
    return check_images(part, err) != 0 || check_labels(part, err) != 0 ? -1 : 0;
}

static int bad_label(const struct part *part, size_t i, int32_t label, struct error *err) {
    return fail(err, "%s: label %zu is %d; labels are 0 to 9", part->labels.path, i, (int)label);
}

/* The first of the columns is the class. */
static int read_columns(struct part *part, uint8_t *labels, struct error *err) {
    enum { BLOCK = 128 };
    uint8_t rows[BLOCK][COLUMNS * sizeof(int32_t)];
    for (size_t i = 0; i < part->n; i++) {
        const size_t left = part->n - i;
        if (i % BLOCK == 0 && idx_read(&part->labels, rows, (left < BLOCK ? left : BLOCK) * sizeof *rows, err) != 0)
            return -1;
        const uint8_t *row = rows[i % BLOCK];
        const uint32_t label = (uint32_t)row[0] << 24 | (uint32_t)row[1] << 16 | (uint32_t)row[2] << 8 | row[3];
        if (label > 9) return bad_label(part, i, (int32_t)label, err);
        labels[i] = (uint8_t)label;
    }
    return 0;
}

static int read_labels(struct part *part, uint8_t *labels, struct error *err) {
    if (has_columns(part)) return read_columns(part, labels, err);
    if (idx_read(&part->labels, labels, part->n, err) != 0) return -1;
    for (size_t i = 0; i < part->n; i++)
        if (labels[i] > 9) return bad_label(part, i, labels[i], err);
    return 0;
}

static int part_read(struct part *part, uint8_t *pixels, uint8_t *labels, struct error *err) {
    if (idx_read(&part->images, pixels, part->n * part->d, err) != 0 || idx_read_end(&part->images, err) != 0)
        return -1;
    if (read_labels(part, labels, err) != 0) return -1;
    return idx_read_end(&part->labels, err);
}

static void part_close(struct part *part) {
    idx_close(&part->images);
    idx_close(&part->labels);
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

/* Names the data set by what was found: the folder, and what its files begin with. */
static void name_dataset(struct dataset *ds, const struct idx_found *found, enum split split) {
    size_t used = 0;
    snprintf(ds->name, sizeof ds->name, "%.255s", found->set);
    for (enum idx_role role = TRAIN_IMAGES; role < IDX_ROLES; role++)
        if (idx_needs(split, role) && used < sizeof ds->files)
            used += (size_t)snprintf(ds->files + used, sizeof ds->files - used, "%s%.200s", used ? ", " : "",
                                     found->path[role] + found->names);
}

int idx_load_images(struct dataset *ds, const char *path, struct error *err) {
    const struct idx_file closed = {.fd = -1};
    struct part part = {.images = closed, .labels = closed};
    int bad = idx_open(&part.images, path, err);
    if (!bad) bad = idx_read_header(&part.images, IMAGES_MAGIC, IMAGES_MAGIC, err);
    if (!bad) bad = check_images(&part, err);
    if (!bad) bad = dataset_allocate(ds, part.n, part.d, err);
    if (!bad) {
        ds->image_height = part.images.dimension[1];
        ds->image_width = part.images.dimension[2];
        bad = idx_read(&part.images, ds->pixels, part.n * part.d, err);
    }
    if (!bad) bad = idx_read_end(&part.images, err);
    part_close(&part);
    return bad;
}

static int load_found(struct dataset *ds, const struct idx_found *found, enum split split, struct error *err) {
    const struct idx_file closed = {.fd = -1};
    struct part train = {.images = closed, .labels = closed}, test = train;
    int bad = 0;
    name_dataset(ds, found, split);
    if (split != SPLIT_TEST) bad = part_open(&train, found->path[TRAIN_IMAGES], found->path[TRAIN_LABELS], err);
    if (split != SPLIT_TRAIN && !bad) bad = part_open(&test, found->path[TEST_IMAGES], found->path[TEST_LABELS], err);
    if (!bad) bad = load_parts(ds, &train, &test, err);
    part_close(&train);
    part_close(&test);
    return bad;
}

int idx_load(struct dataset *ds, const char *folder, enum split split, struct error *err) {
    struct idx_found found;
    int bad = idx_find(&found, folder, split, err);
    if (!bad) bad = load_found(ds, &found, split, err);
    idx_found_free(&found);
    return bad;
}
