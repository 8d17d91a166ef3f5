/* SPDX-License-Identifier: MIT */
#include "learn/integer.h"

#include "base/hash.h"
#include "base/memory.h"
#include "data/packed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PIXEL_MOST = 255 };

static size_t bytes_of(size_t d) {
    return packed_features(d) * sizeof(int16_t);
}

int integer_new(struct integer_weights *w, size_t d, size_t nth, struct error *err) {
    const size_t bytes = bytes_of(d);
    *w = (struct integer_weights){.d = d, .low = weights_alloc(bytes, nth), .high = weights_alloc(bytes, nth)};
    if (!w->low || !w->high) {
        integer_free(w);
        return fail_program(err, "out of memory for %zu weights", d);
    }
    integer_clear(w, false);
    return 0;
}

void integer_free(struct integer_weights *w) {
    weights_free(w->low);
    weights_free(w->high);
    *w = (struct integer_weights){0};
}

void integer_clear(struct integer_weights *w, bool packed) {
    memset(w->low, 0, bytes_of(w->d));
    memset(w->high, 0, bytes_of(w->d));
    w->packed = packed;
    w->wide = w->lost = false;
    w->most = 0;
}

void integer_copy(struct integer_weights *to, const struct integer_weights *from) {
    memcpy(to->low, from->low, bytes_of(from->d));
    memcpy(to->high, from->high, bytes_of(from->d));
    to->packed = from->packed;
    to->wide = from->wide;
    to->lost = from->lost;
    to->most = from->most;
}

uint64_t integer_hash(const struct integer_weights *w, uint64_t hash) {
    return fnv1a(fnv1a(hash, w->low, bytes_of(w->d)), w->high, bytes_of(w->d));
}

/* Where the high byte of weight k stands in two planes; its low byte stands BLOCK_PIXELS later. */
static size_t plane_index(size_t k) {
    return k / BLOCK_PIXELS * 2 * BLOCK_PIXELS + k % BLOCK_PIXELS;
}

static int number_at(const int16_t *numbers, bool packed, size_t k) {
    if (!packed) return numbers[k];
    const int8_t *high = (const int8_t *)numbers + plane_index(k);
    return high[0] * 256 + high[BLOCK_PIXELS];
}

static void set_number(int16_t *numbers, bool packed, size_t k, int number) {
    if (!packed) {
        numbers[k] = (int16_t)number;
        return;
    }
    int8_t *high = (int8_t *)numbers + plane_index(k);
    high[BLOCK_PIXELS] = (int8_t)((number & 255) - (number & 128) * 2);
    high[0] = (int8_t)((number - high[BLOCK_PIXELS]) / 256);
}

/* An upper bound of all numbers in two planes, from their high bytes. */
static uint32_t largest_of_planes(const int8_t *planes, size_t d) {
    int most = 0;
    for (size_t b = 0; b < d / BLOCK_PIXELS; b++)
        for (size_t k = 0; k < BLOCK_PIXELS; k++) {
            int size = abs(planes[b * 2 * BLOCK_PIXELS + k]);
            most = size > most ? size : most;
        }
    return (uint32_t)most * 256 + 128;
}

static uint32_t largest(const struct integer_weights *w) {
    if (w->packed) return largest_of_planes((const int8_t *)w->low, packed_features(w->d));
    int most = 0;
    for (size_t k = 0; k < w->d; k++)
        most = abs(w->low[k]) > most ? abs(w->low[k]) : most;
    return (uint32_t)most;
}

void integer_get(const struct integer_weights *w, int64_t *numbers) {
    for (size_t k = 0; k < w->d; k++)
        numbers[k] =
            (int64_t)INTEGER_RADIX * number_at(w->high, w->packed, k) + (int64_t)number_at(w->low, w->packed, k);
}

bool integer_set(struct integer_weights *w, const int64_t *numbers) {
    const int64_t most = (int64_t)INTEGER_RADIX * INT16_MAX;
    integer_clear(w, false);
    for (size_t k = 0; k < w->d; k++) {
        if (numbers[k] < -most || numbers[k] > most) return false;
        w->low[k] = (int16_t)(numbers[k] % INTEGER_RADIX);
        w->high[k] = (int16_t)(numbers[k] / INTEGER_RADIX);
        w->wide = w->wide || w->high[k] != 0;
    }
    w->most = largest(w);
    return true;
}

/* The largest number that fits. */
static uint32_t range(const struct integer_weights *w) {
    return w->packed ? PLANES_MOST : INT16_MAX;
}

/* Carries from `low` to `high`, before an update that might overflow. */
static void carry(struct integer_weights *w) {
    w->most = largest(w);
    if (w->most <= range(w) - PIXEL_MOST) return;
    for (size_t k = 0; k < w->d; k++) {
        int low = number_at(w->low, w->packed, k), high = number_at(w->high, w->packed, k) + low / INTEGER_RADIX;
        w->lost = w->lost || abs(high) > (int)range(w);
        set_number(w->low, w->packed, k, low % INTEGER_RADIX);
        set_number(w->high, w->packed, k, high);
    }
    w->wide = true;
    w->most = INTEGER_RADIX;
}

void integer_add(struct integer_weights *w, const struct backend *backend, size_t start, const uint8_t *x, int y,
                 size_t width) {
    if (w->lost) return;
    if (w->most > range(w) - PIXEL_MOST) carry(w);
    if (w->packed)
        backend->axpy_planes((int8_t *)(w->low + start), x, y, width / BLOCK_PIXELS);
    else
        backend->axpy_u8i16(w->low + start, x, y, width);
    w->most += PIXEL_MOST;
}

int integer_possible(double alpha, double t0, double steps, struct error *err) {
    if (t0 < 2.0)
        return fail(err, "alpha %g has no integer form, only 0.39 and less (a smaller --alpha, or --engine f64)",
                    alpha);
    if (steps >= 1e12)
        return fail(err, "%.0f row visits are too many for engine int (fewer --epochs, or --engine f64)", steps);
    /* Twice the 1e-9 at which the float64 arithmetic folds wscale into the weights. */
    if ((t0 - 1.0) / (t0 + steps) < 2e-9)
        return fail(err,
                    "%.0f row visits with alpha %g have no integer form: the scale of the weights becomes too small "
                    "(fewer --epochs, a smaller --alpha, or --engine f64)",
                    steps, alpha);
    return 0;
}

double integer_scale_error(double t0, double t, double wscale, double steps) {
    const double shown = fabs(wscale * (t0 + (t - 2.0)) / (t0 - 1.0) - 1.0);
    return 0x1p53 * shown + 2.0 * steps + 200.0;
}

double integer_slack(double alpha, double t0, double t, double updates, double scale_error, double intercept,
                     size_t width) {
    const double u = 0x1p-53, largest_sum = 255.0 * 255.0 * updates * (double)width;
    return 2.0 * u *
           (largest_sum * (2.0 * scale_error + updates + (double)width + 20.0) +
            7.0 * alpha * (fabs(intercept) + 1.0) * (t0 + t));
}
