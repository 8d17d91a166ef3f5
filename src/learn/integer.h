/* SPDX-License-Identifier: MIT */
/* Engine int: the weights as integers. With hinge loss, the L2 penalty and the 'optimal' rate, every update adds the
 * same multiple of y x to the unscaled weights, so they are a constant times W, the sum of y x over the updates so far,
 * and a dot product with W is exact on every machine and in every order. */
#ifndef SGDMARK_LEARN_INTEGER_H
#define SGDMARK_LEARN_INTEGER_H

#include "base/error.h"
#include "kernels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* W[d] in two halves: W[k] = 16384 high[k] + low[k]. Updates change `low`; before its 16 bits overflow, a part is
 * carried to `high`. Zeros follow W[d - 1] up to a whole number of blocks. */
struct integer_weights {
    size_t d;
    int16_t *low, *high; /* [d], or the two planes that packed rows need (kernels.h) */
    bool packed;         /* for packed rows, not cropped ones */
    bool wide;           /* some high[k] is not 0 */
    bool lost;           /* `high` overflowed: W is not known any more */
    uint32_t most;       /* no |low[k]| is above it */
};

enum { INTEGER_RADIX = 16384 };

/* Room for d weights, all 0; `nth` as for weights_alloc. Returns 0, or -1 with the reason; integer_free releases it. */
int integer_new(struct integer_weights *w, size_t d, size_t nth, struct error *err);
void integer_free(struct integer_weights *w);
/* Sets all weights to 0, for packed or for cropped rows. */
void integer_clear(struct integer_weights *w, bool packed);
/* Continues an FNV-1a 64 hash with the bytes of W. */
uint64_t integer_hash(const struct integer_weights *w, uint64_t hash);
void integer_copy(struct integer_weights *to, const struct integer_weights *from); /* of the same d */
/* W as numbers[d]; and W from numbers[d], for cropped rows. integer_set returns false where one is too large. */
void integer_get(const struct integer_weights *w, int64_t *numbers);
bool integer_set(struct integer_weights *w, const int64_t *numbers);

/* The sum of W[start + k] * x[k] over k < width; W is for cropped rows. Prefetches l1_row into L1 and l2_row, unless it
 * is NULL, into L2. */
static inline int64_t integer_dot(const struct integer_weights *w, const struct backend *backend, size_t start,
                                  const uint8_t *x, size_t width, const uint8_t *l1_row, const uint8_t *l2_row) {
    int64_t sum = backend->dot_prefetch_u8i16(w->low + start, x, width, l1_row, l2_row);
    return w->wide ? sum + INTEGER_RADIX * backend->dot_u8i16(w->high + start, x, width) : sum;
}

/* The same for a packed row whose first feature is `start`; W is for packed rows. Prefetches so many lines of the
 * packed row l1_row into L1. */
static inline int64_t integer_dot_packed(const struct integer_weights *w, const struct backend *backend, size_t start,
                                         const uint8_t *row, size_t blocks, const uint8_t *l1_row, size_t lines) {
    const int8_t *low = (const int8_t *)(w->low + start), *high = (const int8_t *)(w->high + start);
    int64_t sum = backend->dot_packed(low, row, blocks, l1_row, lines);
    return w->wide ? sum + INTEGER_RADIX * backend->dot_packed(high, row, blocks, row, 0) : sum;
}

/* W[start + k] += y * x[k] for k < width, y being 1 or -1; start and width are multiples of BLOCK_PIXELS if W is for
 * packed rows. Carries before weights overflow; when `high` overflows too, W is lost. */
void integer_add(struct integer_weights *w, const struct backend *backend, size_t start, const uint8_t *x, int y,
                 size_t width);

/* Can fits of `steps` row visits with this alpha and its 'optimal' t0 be done with integers? 0, or -1 with the
 * reason. */
int integer_possible(double alpha, double t0, double steps, struct error *err);

/* A bound on the relative error of wscale in step t of a fit, where it is `wscale`, and in the `steps` after it; in
 * units of 2^-53. See integer_slack. */
double integer_scale_error(double t0, double t, double wscale, double steps);

/* How far the exact number y <W, x> + (y b - 1) alpha (t0 + t - 2), in float64, can be from what scikit-learn's float64
 * arithmetic makes of it in step t: beyond this distance from 0 both fall on the same side. In units of <W, x>.
 * `updates` are those before step t, `scale_error` is a bound for wscale in every step up to t.
 *
 * With T(t) = t0 + t - 1 the rate is eta(t) = 1 / (alpha T(t)), and wscale after step t is s(t) = (t0 - 1) / T(t),
 * since it shrinks by 1 - eta alpha = T(t - 1) / T(t) and starts at 1. An update adds eta / s = c, a constant
 * 1 / (alpha (t0 - 1)), times y x to the weights, and the decision of step t, s(t - 1) <c W, x> + b, is
 * <W, x> / (alpha T(t - 1)) + b. It calls for an update where y times it is at most 1; the number above is that
 * condition times alpha T(t - 1).
 *
 * Rounding, to first order in u = 2^-53. U is the number of updates; no |sum| below exceeds 255^2 U width = P, the
 * largest that <W, x> can be with all signs alike.
 *   eta: t0 + t, - 1, alpha *, 1 / : relative error 5u at most, T(t) being 2 or more.
 *   s:   what its product with T / (t0 - 1) shows, and the 5u of showing it. Each further step adds to that: eta alpha
 *        and 1 - it round to 6u / T of relative error 6u / (T - 1) and u, the product to another u; over n steps
 *        2n + 6 sum 1 / (T(i) - 1) <= 2n + 6 (1 + ln n), for t0 >= 2; below 2n + 180, n being < 10^12. Say E u.
 *   c:   (E + 6) u. Its product with a pixel: (E + 7) u. Adding up the U terms of a weight: U u of their absolute sum.
 *   dot: width u of the absolute sum; so c <W, x> is off by (E + 7 + U + width) u c P at most.
 *   s dot + b: (E + 1) u more, and u of the result. b itself is the same: the same float64 operations made it.
 * In all (2E + 9 + U + width) u P + u |b| alpha T. Our own evaluation converts and rounds to
 * 2u P + 6u (|b| + 1) alpha T. The factor 2 stands for the higher orders (t u is below 10^-4) and for the
 * rounding of this bound. The same holds for a decision after the fit, made with coef = s w: one more u. */
double integer_slack(double alpha, double t0, double t, double updates, double scale_error, double intercept,
                     size_t width);

#endif
