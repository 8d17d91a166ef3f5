#include "learn/integer.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LOW_BITS = 15, LOW_RANGE = 1 << LOW_BITS, NARROW_MOST = LOW_RANGE - 1, WIDE_MOST = (1 << 2 * LOW_BITS) - 1 };

enum { PIXEL_MOST = 255 };

int integer_new(struct integer_weights *w, size_t d, struct error *err) {
    *w = (struct integer_weights){
        .d = d, .low = weights_alloc(d * sizeof *w->low), .high = weights_alloc(d * sizeof *w->high)};
    if (!w->low || !w->high) {
        integer_free(w);
        return fail(err, "out of memory for %zu weights", d);
    }
    integer_clear(w);
    return 0;
}

void integer_free(struct integer_weights *w) {
    free(w->low);
    free(w->high);
    *w = (struct integer_weights){0};
}

void integer_clear(struct integer_weights *w) {
    memset(w->low, 0, w->d * sizeof *w->low);
    w->wide = w->lost = false;
    w->most = 0;
}

void integer_copy(struct integer_weights *to, const struct integer_weights *from) {
    memcpy(to->low, from->low, from->d * sizeof *from->low);
    if (from->wide) memcpy(to->high, from->high, from->d * sizeof *from->high);
    to->wide = from->wide;
    to->lost = from->lost;
    to->most = from->most;
}

static int32_t weight_at(const struct integer_weights *w, size_t k) {
    return w->wide ? w->high[k] * LOW_RANGE + w->low[k] : w->low[k];
}

static void set_wide(struct integer_weights *w, size_t k, int32_t weight) {
    w->low[k] = (int16_t)(weight & NARROW_MOST);
    w->high[k] = (int16_t)((weight - w->low[k]) / LOW_RANGE);
}

static uint32_t largest(const struct integer_weights *w) {
    uint32_t most = 0;
    for (size_t k = 0; k < w->d; k++) {
        uint32_t size = (uint32_t)abs(weight_at(w, k));
        most = size > most ? size : most;
    }
    return most;
}

/* Before an update that might overflow. */
static void make_room(struct integer_weights *w) {
    w->most = largest(w);
    if (w->most <= (w->wide ? WIDE_MOST : NARROW_MOST) - PIXEL_MOST) return;
    w->lost = w->wide;
    if (w->lost) return;
    for (size_t k = 0; k < w->d; k++)
        set_wide(w, k, w->low[k]);
    w->wide = true;
}

void integer_add(struct integer_weights *w, const struct backend *backend, size_t start, const uint8_t *x, int y,
                 size_t width) {
    if (w->most > (w->wide ? WIDE_MOST : NARROW_MOST) - PIXEL_MOST) make_room(w);
    if (w->lost) return;
    if (w->wide)
        for (size_t k = 0; k < width; k++)
            set_wide(w, start + k, weight_at(w, start + k) + y * x[k]);
    else
        backend->axpy_u8i16(w->low + start, x, y, width);
    w->most += PIXEL_MOST;
}

int integer_possible(double alpha, double t0, double steps, struct error *err) {
    if (t0 < 2.0)
        return fail(err, "alpha %g has no integer form, 0.39 and less have (a smaller --alpha, or --engine f64)",
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

double integer_slack(double alpha, double t0, double t, double updates, double intercept, size_t width) {
    const double u = 0x1p-53, largest_sum = 255.0 * 255.0 * updates * (double)width;
    return 2.0 * u *
           (largest_sum * (5.0 * t + (double)width + 400.0) + 7.0 * alpha * (fabs(intercept) + 1.0) * (t0 + t));
}
