/* Prototypes of every kernel of every backend, generated from registry.def. For the files of this folder only. */
#ifndef SGDMARK_KERNELS_BACKENDS_H
#define SGDMARK_KERNELS_BACKENDS_H

#include "kernels.h"

#include <string.h>

/* UNROLL stands before a loop of up to 16 known turns over an array of vector registers: unrolled, or the array lives
 * in memory. UNROLL_STEPS stands before a loop over the steps of a row: a few percent where loads are the limit. */
#ifdef __clang__
#define UNROLL       _Pragma("unroll")
#define UNROLL_STEPS _Pragma("unroll 4")
#else
#define UNROLL       _Pragma("GCC unroll 16")
#define UNROLL_STEPS _Pragma("GCC unroll 16")
#endif

/* NOINLINE stands before the form of a kernel that fetches far rows, too: in one function with the form that does not,
 * it would take registers from it. */
#define NOINLINE __attribute__((noinline))

enum { CACHE_LINE = 64, SUMS = 1024 };

/* Which rows to come a dot product asks for on its way. A constant wherever it is passed on. */
enum fetch { FETCH_NONE, FETCH_NEAR, FETCH_BOTH };

/* Asks for the lines that hold byte k of those rows: of `near` into the first-level cache, of `far` into the second. */
static inline __attribute__((always_inline)) void fetch_lines(enum fetch fetch, const uint8_t *near, const uint8_t *far,
                                                              size_t k) {
    if (fetch != FETCH_NONE) __builtin_prefetch(near + k);
    if (fetch == FETCH_BOTH) __builtin_prefetch(far + k, 0, 2);
}

static inline const uint8_t *row_of(const struct batch *batch, size_t i) {
    return batch->x + batch->at[i].row * batch->stride;
}

/* The one to fetch while row i is decided. */
static inline const uint8_t *row_after(const struct batch *batch, size_t i, size_t ahead) {
    return row_of(batch, i + ahead < batch->n ? i + ahead : batch->n - 1);
}

/* decision_u8f32, row by row. Sums first, then their decisions: beside wide vectors single numbers are slow, and
 * decisions right behind their sums made a row 1.3 ns of 24 longer. */
static inline __attribute__((always_inline)) void decisions_one_by_one(double *decision, const struct batch *batch,
                                                                       const struct linear_model *model,
                                                                       dot_prefetch_u8f32_fn *dot) {
    const struct batch rows = *batch;
    const struct linear_model by = *model;
    const size_t ahead = decision_prefetch(rows.d);
    float sum[SUMS];
    for (size_t first = 0; first < rows.n; first += SUMS) {
        const size_t count = rows.n - first < SUMS ? rows.n - first : SUMS;
        for (size_t i = 0; i < count; i++)
            sum[i] = dot(by.w + rows.at[first + i].start, row_of(&rows, first + i), rows.d,
                         row_after(&rows, first + i, ahead), NULL);
        for (size_t i = 0; i < count; i++)
            decision[first + i] = (double)sum[i] * by.wscale + by.intercept;
    }
}

/* Rows of d pixels that are decided together: their weights, their pixels, and the rows to fetch meanwhile. */
enum { GROUP_ROWS = 4 };
struct row_group {
    const float *w[GROUP_ROWS];
    const uint8_t *x[GROUP_ROWS], *near[GROUP_ROWS];
    size_t d;
};
typedef void decision_group_fn(double decision[GROUP_ROWS], const struct row_group *rows,
                               const struct linear_model *model);

/* decision_u8f32, GROUP_ROWS rows at a time; the last ones are filled up with the last one. */
static inline __attribute__((always_inline)) void decisions_by_group(double *decision, const struct batch *batch,
                                                                     const struct linear_model *model,
                                                                     decision_group_fn *decide) {
    const struct batch rows = *batch;
    const struct linear_model by = *model;
    const size_t ahead = decision_prefetch(rows.d);
    double last[GROUP_ROWS];
    for (size_t i = 0; i < rows.n; i += GROUP_ROWS) {
        struct row_group now = {.d = rows.d};
        UNROLL
        for (size_t r = 0; r < GROUP_ROWS; r++) {
            const size_t k = i + r < rows.n ? i + r : rows.n - 1;
            now.w[r] = by.w + rows.at[k].start;
            now.x[r] = row_of(&rows, k);
            now.near[r] = row_after(&rows, k, ahead);
        }
        /* In memory, or gcc keeps pointers in vector registers, and their moves take the ports of the arithmetic. */
        __asm__("" : "+m"(now));
        decide(i + GROUP_ROWS <= rows.n ? decision + i : last, &now, &by);
    }
    memcpy(decision + rows.n / GROUP_ROWS * GROUP_ROWS, last, rows.n % GROUP_ROWS * sizeof *last);
}

/* The kernels for packed rows, by what a backend's line says that engine int reads. */
#define KERNELS_FOR_CROPPED(X, suffix)
#define KERNELS_FOR_PACKED(X, suffix) PACKED_KERNELS(X, suffix)

#define PROTOTYPE(kernel, suffix) kernel##_fn kernel##_##suffix;
#define BACKEND(name, suffix, base, parity, arch, rows, needs, words, flags)                                           \
    SHARED_KERNELS(PROTOTYPE, base) OWN_KERNELS(PROTOTYPE, suffix) KERNELS_FOR_##rows(PROTOTYPE, suffix)
#include "registry.def"
#undef BACKEND
#undef PROTOTYPE

#endif
