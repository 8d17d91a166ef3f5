/* SPDX-License-Identifier: MIT */
/* Prototypes of every kernel of every backend, generated from registry.def. For the files of this folder only. */
#ifndef SGDMARK_KERNELS_BACKENDS_H
#define SGDMARK_KERNELS_BACKENDS_H

#include "kernels.h"

#include <string.h>

/* UNROLL: a loop of at most 16 turns over an array of vector registers; a rolled loop would keep the array in memory.
 * UNROLL_STEPS: the loop over the steps of a row; saves address arithmetic where loads are the limit. */
#ifdef __clang__
#define UNROLL       _Pragma("unroll")
#define UNROLL_STEPS _Pragma("unroll 4")
#else
#define UNROLL       _Pragma("GCC unroll 16")
#define UNROLL_STEPS _Pragma("GCC unroll 16")
#endif

#define INLINE   static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))

enum { CACHE_LINE = 64 };

/* The rows to come that a dot product prefetches between its multiplications: one into L1, one more into L2. `levels`
 * is a constant wherever it is passed on. */
enum prefetch_levels { PREFETCH_NONE, PREFETCH_L1, PREFETCH_L1_L2 };
struct prefetch_rows {
    enum prefetch_levels levels;
    const uint8_t *l1_row, *l2_row;
};

/* Prefetches the cache lines that hold byte k of those rows. */
INLINE void prefetch_lines(struct prefetch_rows rows, size_t k) {
    if (rows.levels != PREFETCH_NONE) __builtin_prefetch(rows.l1_row + k);
    if (rows.levels == PREFETCH_L1_L2) __builtin_prefetch(rows.l2_row + k, 0, 2);
}

/* Both rows at once, for loops that are not to be interleaved with prefetches. GCC deletes calls to a prefetch-only
 * function as pure; force inlining. */
INLINE void prefetch_whole_rows(const uint8_t *l1_row, const uint8_t *l2_row, size_t d) {
    for (size_t k = 0; !l2_row && k < d; k += CACHE_LINE)
        prefetch_lines((struct prefetch_rows){PREFETCH_L1, l1_row, NULL}, k);
    for (size_t k = 0; l2_row && k < d; k += CACHE_LINE)
        prefetch_lines((struct prefetch_rows){PREFETCH_L1_L2, l1_row, l2_row}, k);
}

/* The dot product kernels of a backend: dot_<types>_<suffix> and dot_prefetch_<types>_<suffix>, from an INLINE function
 * dot(w, x, d, rows). NOINLINE: in one function, prefetching into L2 takes registers from the rows that need none. */
#define DOT_KERNELS(types, suffix, result, weight, dot)                                                                \
    result dot_##types##_##suffix(const weight *w, const uint8_t *x, size_t d) {                                       \
        return dot(w, x, d, (struct prefetch_rows){PREFETCH_NONE, NULL, NULL});                                        \
    }                                                                                                                  \
    static NOINLINE result dot_prefetch_l2_##types##_##suffix(const weight *w, const uint8_t *x, size_t d,             \
                                                              const uint8_t *l1_row, const uint8_t *l2_row) {          \
        return dot(w, x, d, (struct prefetch_rows){PREFETCH_L1_L2, l1_row, l2_row});                                   \
    }                                                                                                                  \
    result dot_prefetch_##types##_##suffix(const weight *w, const uint8_t *x, size_t d, const uint8_t *l1_row,         \
                                           const uint8_t *l2_row) {                                                    \
        if (l2_row) return dot_prefetch_l2_##types##_##suffix(w, x, d, l1_row, l2_row);                                \
        return dot(w, x, d, (struct prefetch_rows){PREFETCH_L1, l1_row, NULL});                                        \
    }

/* The dot product of a row so short that no 32-bit sum of it overflows. */
typedef int64_t dot_part_i16_fn(const int16_t *w, const uint8_t *x, size_t d, struct prefetch_rows rows);

/* dot_u8i16 from parts of at most `most` pixels. */
INLINE int64_t dot_in_parts(const int16_t *w, const uint8_t *x, size_t d, struct prefetch_rows rows, size_t most,
                            dot_part_i16_fn *dot_part) {
    int64_t sum = 0;
    while (d > 0) {
        size_t part = d < most ? d : most;
        sum += dot_part(w, x, part, rows);
        w += part;
        x += part;
        if (rows.levels != PREFETCH_NONE) rows.l1_row += part;
        if (rows.levels == PREFETCH_L1_L2) rows.l2_row += part;
        d -= part;
    }
    return sum;
}

/* The rows that a row shared by several models has prefetched. */
INLINE struct prefetch_rows rows_ahead(const struct shared_row *row) {
    return (struct prefetch_rows){row->l2_row ? PREFETCH_L1_L2 : PREFETCH_L1, row->l1_row, row->l2_row};
}

/* dot_many_<types>_<suffix>, model by model, for backends whose registers hold the sums of one model: the others find
 * the row in L1. `sum_of` is a dot product of (w, x, d). */
#define DOT_MANY_ONE_BY_ONE(types, suffix, weight, sum_of)                                                             \
    void dot_many_##types##_##suffix(double *sum, const weight *const *w, size_t models,                               \
                                     const struct shared_row *row) {                                                   \
        prefetch_whole_rows(row->l1_row, row->l2_row, models > 0 ? row->d : 0);                                        \
        for (size_t m = 0; m < models; m++)                                                                            \
            sum[m] = (double)sum_of(w[m] + row->start, row->x, row->d);                                                \
    }

/* The same from the INLINE function that DOT_KERNELS takes. A call of the kernel itself would make GCC split it. */
#define DOT_MANY_INLINED(types, suffix, result, weight, dot)                                                           \
    INLINE result many_##types(const weight *w, const uint8_t *x, size_t d) {                                          \
        return dot(w, x, d, (struct prefetch_rows){PREFETCH_NONE, NULL, NULL});                                        \
    }                                                                                                                  \
    DOT_MANY_ONE_BY_ONE(types, suffix, weight, many_##types)

/* How many of the models that are left come next, if `most` fit the registers: parts as equal as possible. */
INLINE size_t models_next(size_t left, size_t most) {
    const size_t parts = (left + most - 1) / most;
    return (left + parts - 1) / parts;
}

enum { BLOCK = 16 };

/* The last 1..15 pixels of a row, padded with zeros: nothing past the row is read. */
struct padded {
    float w[BLOCK];
    uint8_t x[BLOCK];
};

__attribute__((unused)) static struct padded pad(const float *w, const uint8_t *x, size_t rest) {
    struct padded padded = {0};
    for (size_t k = 0; k < rest; k++) {
        padded.w[k] = w[k];
        padded.x[k] = x[k];
    }
    return padded;
}

static inline const uint8_t *row_of(const struct batch *batch, size_t i) {
    return batch->x + batch->at[i].row * batch->stride;
}

/* The row to prefetch while row i is computed. */
static inline const uint8_t *row_after(const struct batch *batch, size_t i, size_t distance) {
    return row_of(batch, i + distance < batch->n ? i + distance : batch->n - 1);
}

/* decision_u8f32, row by row. Sums first, then decisions: a decision right behind each sum cost 1.3 ns of a
 * row's 24 (Sapphire Rapids, gcc 12). */
enum { SUMS = 1024 };
INLINE void decisions_by_row(double *decision, const struct batch *batch, const struct linear_model *model,
                             dot_prefetch_u8f32_fn *dot) {
    const struct batch rows = *batch;
    const struct linear_model by = *model;
    const size_t distance = decision_prefetch(rows.d);
    float sum[SUMS];
    for (size_t first = 0; first < rows.n; first += SUMS) {
        const size_t count = rows.n - first < SUMS ? rows.n - first : SUMS;
        for (size_t i = 0; i < count; i++)
            sum[i] = dot(by.w + rows.at[first + i].start, row_of(&rows, first + i), rows.d,
                         row_after(&rows, first + i, distance), NULL);
        for (size_t i = 0; i < count; i++)
            decision[first + i] = (double)sum[i] * by.wscale + by.intercept;
    }
}

/* Rows of d pixels whose decisions are computed side by side: weights, pixels, and the rows to prefetch meanwhile. */
enum { GROUP_ROWS = 4 };
struct row_group {
    const float *w[GROUP_ROWS];
    const uint8_t *x[GROUP_ROWS], *l1_row[GROUP_ROWS];
    size_t d;
};
typedef void decision_group_fn(double decision[GROUP_ROWS], const struct row_group *rows,
                               const struct linear_model *model);

/* decision_u8f32 in groups of rows; the last group is filled up with the last row. */
INLINE void decisions_by_group(double *decision, const struct batch *batch, const struct linear_model *model,
                               decision_group_fn *decision_group) {
    const struct batch rows = *batch;
    const struct linear_model by = *model;
    const size_t distance = decision_prefetch(rows.d);
    double last[GROUP_ROWS];
    for (size_t i = 0; i < rows.n; i += GROUP_ROWS) {
        struct row_group now = {.d = rows.d};
        UNROLL
        for (size_t r = 0; r < GROUP_ROWS; r++) {
            const size_t k = i + r < rows.n ? i + r : rows.n - 1;
            now.w[r] = by.w + rows.at[k].start;
            now.x[r] = row_of(&rows, k);
            now.l1_row[r] = row_after(&rows, k, distance);
        }
        /* Force the group into memory: GCC keeps pointers in vector registers, whose moves compete with the arithmetic
         * for ports. */
        __asm__("" : "+m"(now));
        decision_group(i + GROUP_ROWS <= rows.n ? decision + i : last, &now, &by);
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
