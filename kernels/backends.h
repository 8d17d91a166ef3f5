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

enum { CACHE_LINE = 64 };

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
