/* Prototypes of every kernel of every backend, generated from registry.def. For the files of this folder only. */
#ifndef SGDMARK_KERNELS_BACKENDS_H
#define SGDMARK_KERNELS_BACKENDS_H

#include "kernels.h"

/* UNROLL stands before a loop of up to 16 known turns over an array of vector registers: unrolled, or the array lives
 * in memory. UNROLL_STEPS stands before a loop over the steps of a row: a few percent where loads are the limit. */
#ifdef __clang__
#define UNROLL       _Pragma("unroll")
#define UNROLL_STEPS _Pragma("unroll 4")
#else
#define UNROLL       _Pragma("GCC unroll 16")
#define UNROLL_STEPS _Pragma("GCC unroll 16")
#endif

/* APART stands before the form of a kernel that fetches far rows, too: in one function with the form that does not, it
 * would take registers from it. */
#define APART __attribute__((noinline))

enum { CACHE_LINE = 64 };

/* Which rows to come a dot product asks for on its way. A constant wherever it is passed on. */
enum fetch { FETCH_NONE, FETCH_NEAR, FETCH_BOTH };

/* Asks for the lines that hold byte k of those rows: of `near` into the first-level cache, of `far` into the second. */
static inline __attribute__((always_inline)) void fetch_lines(enum fetch fetch, const uint8_t *near, const uint8_t *far,
                                                              size_t k) {
    if (fetch != FETCH_NONE) __builtin_prefetch(near + k);
    if (fetch == FETCH_BOTH) __builtin_prefetch(far + k, 0, 2);
}

/* The kernels for packed rows, by what a backend's line says that engine int reads. */
#define KERNELS_FOR_WINDOWS(X, suffix)
#define KERNELS_FOR_PACKED(X, suffix) PACKED_KERNELS(X, suffix)

#define PROTOTYPE(kernel, suffix) kernel##_fn kernel##_##suffix;
#define BACKEND(name, suffix, base, parity, arch, rows, needs, words, flags)                                           \
    SHARED_KERNELS(PROTOTYPE, base) OWN_KERNELS(PROTOTYPE, suffix) KERNELS_FOR_##rows(PROTOTYPE, suffix)
#include "registry.def"
#undef BACKEND
#undef PROTOTYPE

#endif
