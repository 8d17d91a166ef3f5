/* SPDX-License-Identifier: MIT */
#include "data/dataset.h"

#include "base/memory.h"
#include "base/pages.h"
#include "base/sha256.h"
#include "data/row_code.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const split_names[] = {"train", "test", "all", NULL};

/* Cropped rows start at multiples of 16 features. The 64-lane reduction adds lanes l, l+16, l+32 and l+48 in pairs;
 * such a start only swaps the operands of these additions, so no sum changes. */
enum { START_STEP = 1 << START_STEP_BITS, WIDTH_STEP = 64 };

static const size_t MOST_ROWS = (size_t)1 << 31; /* a row code has an index for no more (data/row_code.h) */

static size_t round_up(size_t x, size_t step) {
    return (x + step - 1) / step * step;
}

static double gib(double bytes) {
    return bytes / (double)(1 << 30);
}

int dataset_allocate(struct dataset *ds, size_t n, size_t d, struct error *err) {
    if (n == 0 || d == 0) return fail(err, "%s: has no rows or no features", ds->name);
    if (n > MOST_ROWS || d > UINT16_MAX)
        return fail(err, "%s: %zu rows of %zu features are more than %zu rows of %u", ds->name, n, d, MOST_ROWS,
                    UINT16_MAX);
    /* At most 2^48: no overflow. Per row: its features, start, label, place, index in the view and sorted index. */
    uint64_t bytes = (uint64_t)n * d;
    uint64_t needed = bytes + (uint64_t)n * (sizeof *ds->start + sizeof *ds->labels + 3 * sizeof(uint32_t));
    uint64_t available = memory_available();
    if (needed > available || bytes > SIZE_MAX / 2)
        return fail(err, "%s: %zu rows of %zu features need %.1f GiB of memory, %.1f GiB are available", ds->name, n, d,
                    gib((double)needed), gib((double)available));
    ds->n = n;
    ds->d = ds->width = ds->stride = d;
    ds->image_height = 1;
    ds->image_width = d;
    ds->pixels = pages_new((size_t)bytes);
    ds->start = calloc(n, sizeof *ds->start);
    ds->labels = calloc(n, sizeof *ds->labels);
    if (ds->pixels && ds->start && ds->labels) return 0;
    fail_program(err, "%s: cannot allocate %.1f GiB for %zu rows: %s", ds->name, gib((double)needed), n,
                 strerror(ENOMEM));
    dataset_free(ds);
    return -1;
}

void dataset_free(struct dataset *ds) {
    pages_free_of(ds->pages, ds->pixels, ds->n * ds->stride);
    packed_free(&ds->packed);
    free(ds->start);
    free(ds->labels);
    free(ds->place);
    *ds = (struct dataset){0};
}

void dataset_row(const struct dataset *ds, size_t i, uint8_t *out) {
    size_t start = ds->start[i];
    memset(out, 0, start);
    memcpy(out + start, ds->pixels + i * ds->stride, ds->width);
    memset(out + start + ds->width, 0, ds->d - start - ds->width);
}

static void move_row(struct dataset *ds, size_t to, size_t from) {
    memcpy(ds->pixels + to * ds->stride, ds->pixels + from * ds->stride, ds->width);
    ds->start[to] = ds->start[from];
    ds->labels[to] = ds->labels[from];
}

/* Moves the rows of the permutation's cycle that contains k. */
static void move_cycle(struct dataset *ds, const uint32_t *order, uint32_t k) {
    uint8_t pixels[UINT16_MAX];
    const uint16_t start = ds->start[k];
    const uint8_t label = ds->labels[k];
    memcpy(pixels, ds->pixels + k * ds->stride, ds->width);
    uint32_t to = k;
    for (; order[to] != k; to = order[to]) {
        move_row(ds, to, order[to]);
        ds->place[order[to]] = to;
    }
    memcpy(ds->pixels + to * ds->stride, pixels, ds->width);
    ds->start[to] = start;
    ds->labels[to] = label;
    ds->place[k] = to;
}

int dataset_arrange(struct dataset *ds, const uint32_t *order, struct error *err) {
    const uint32_t nowhere = UINT32_MAX;
    ds->place = malloc(ds->n * sizeof *ds->place);
    if (!ds->place) return fail_program(err, "out of memory for %zu rows", ds->n);
    for (size_t i = 0; i < ds->n; i++)
        ds->place[i] = nowhere;
    for (uint32_t k = 0; k < ds->n; k++)
        if (ds->place[k] == nowhere) move_cycle(ds, order, k);
    return 0;
}

size_t dataset_place(const struct dataset *ds, size_t i) {
    return ds->place ? ds->place[i] : i;
}

void dataset_hash(struct dataset *ds) {
    uint8_t row[UINT16_MAX];
    struct sha256_ctx pixels, labels;
    sha256_init(&pixels);
    sha256_init(&labels);
    for (size_t i = 0; i < ds->n; i++) {
        size_t place = dataset_place(ds, i);
        dataset_row(ds, place, row);
        sha256_update(&pixels, ds->d, row);
        sha256_update(&labels, 1, &ds->labels[place]);
    }
    sha256_finish(&pixels, ds->pixels_sha256);
    sha256_finish(&labels, ds->labels_sha256);
}

/* Index of the first byte of x[d] that is not zero; d when there is none. */
static size_t first_nonzero(const uint8_t *x, size_t d) {
    size_t k = 0;
    for (uint64_t word; k + 8 <= d; k += 8) {
        memcpy(&word, x + k, 8);
        if (word) break;
    }
    while (k < d && x[k] == 0)
        k++;
    return k;
}

/* One past the last byte of x[d] that is not zero; 0 when there is none. */
static size_t end_nonzero(const uint8_t *x, size_t d) {
    size_t k = d;
    for (uint64_t word; k >= 8; k -= 8) {
        memcpy(&word, x + k - 8, 8);
        if (word) break;
    }
    while (k > 0 && x[k - 1] == 0)
        k--;
    return k;
}

/* The least width that every row can be cropped to, with the rows' starts in start[]; d when cropping would save less
 * than an eighth. A row cannot be cropped if it ends behind the last multiple of 16, since its start is one. */
static size_t common_width(struct dataset *ds) {
    size_t last_end = ds->d / START_STEP * START_STEP;
    size_t width = WIDTH_STEP;
    for (size_t i = 0; i < ds->n; i++) {
        const uint8_t *x = ds->pixels + i * ds->d;
        size_t end = end_nonzero(x, ds->d);
        size_t start = first_nonzero(x, end) / START_STEP * START_STEP;
        ds->start[i] = (uint16_t)start;
        if (end - start > width) width = round_up(end - start, WIDTH_STEP);
        if (end > last_end || 8 * width > 7 * ds->d) return ds->d;
    }
    return width;
}

void dataset_crop(struct dataset *ds) {
    size_t width = common_width(ds), last_start = (ds->d - width) / START_STEP * START_STEP;
    struct row_code_layout layout;
    if (width == ds->d || !row_code_layout(&layout, ds->n, last_start, START_STEP_BITS)) {
        memset(ds->start, 0, ds->n * sizeof *ds->start);
        return;
    }
    for (size_t i = 0; i < ds->n; i++) {
        if (ds->start[i] > last_start) ds->start[i] = (uint16_t)last_start;
        memmove(ds->pixels + i * width, ds->pixels + i * ds->d + ds->start[i], width);
    }
    ds->width = ds->stride = width;
    ds->pixels = pages_trim(ds->pixels, ds->n * ds->d, ds->n * width);
}
