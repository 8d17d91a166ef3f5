/* SPDX-License-Identifier: MIT */
/* Is a backend right? Every kernel of it against a reference of its own, on inputs and at places chosen to break it.
 * What is checked, and against what bound, stands in kernels/README.md. */
#ifndef SGDMARK_VERIFY_KERNEL_CHECK_H
#define SGDMARK_VERIFY_KERNEL_CHECK_H

#include "kernels.h"

#include <stddef.h>
#include <stdint.h>

enum kernel_state { KERNEL_RIGHT, KERNEL_WRONG, KERNEL_NOT_CHECKED };

/* What came out for one kernel. */
struct kernel_verdict {
    const char *kernel; /* "dot_u8f32" */
    enum kernel_state state;
    uint64_t calls; /* made and compared */
    char text[640]; /* one line: the first thing that is wrong and the command that repeats it, or why not checked */
};

/* The number of each kernel: KERNEL_dot_u8f32 and so on, in the order of KERNEL_LIST. */
#define KERNEL_NUMBER(kernel, unused)   KERNEL_##kernel,
#define KERNEL_PLUS_ONE(kernel, unused) +1
enum { KERNEL_LIST(KERNEL_NUMBER, ) KERNEL_COUNT };
enum { PACKED_COUNT = 0 PACKED_KERNELS(KERNEL_PLUS_ONE, ) };
#undef KERNEL_NUMBER
#undef KERNEL_PLUS_ONE

/* All kernels of a backend, in the order of KERNEL_LIST; kernels_of(backend) of them are checked. */
struct kernel_check {
    struct kernel_verdict kernel[KERNEL_COUNT];
};

/* The names in that order. */
extern const char *const kernel_names[KERNEL_COUNT];

/* How many of the list a backend has: all, or without those for packed rows, which come last. */
size_t kernels_of(const struct backend *backend);

/* Checks kernel number `kernel` of a backend, which need not be one of backends[]. The seed draws the inputs; the same
 * seed repeats the same calls. A kernel that raises SIGILL, SIGSEGV, SIGBUS or SIGFPE is wrong, and the program goes
 * on. One thread at a time. Returns 0 when the kernel is right, else -1. */
int kernel_check_one(const struct backend *backend, size_t kernel, uint32_t seed, struct kernel_verdict *verdict);

/* A short form of kernel_check_one, for the kernel's work on rows of `length` pixels (packed rows: of whole blocks): a
 * part of the inputs at a few places, decisions of hundreds of rows. The same seed and length repeat the same calls. */
int kernel_check_length(const struct backend *backend, size_t kernel, size_t length, uint32_t seed,
                        struct kernel_verdict *verdict);

/* Rows of a job, as its kernels read them. */
struct kernel_rows {
    const uint8_t *pixels;    /* [n][length] plain pixels */
    const struct row_ref *at; /* [n]: .row is the row in the data set, .start the feature of its first pixel */
    size_t n;
    size_t length; /* a multiple of BLOCK_PIXELS where rows are packed */
    size_t d;      /* features: no start + length is above it */
};

/* Checks the kernel on these rows: decisions on as many as kernel_rows_most allows, other kernels on some of them. */
int kernel_check_rows(const struct backend *backend, size_t kernel, const struct kernel_rows *rows, uint32_t seed,
                      struct kernel_verdict *verdict);

/* How many rows of this length kernel_check_rows takes. */
size_t kernel_rows_most(size_t length);

/* Checks every kernel of a backend. Returns 0 when all of them are right, else -1. */
int kernel_check_backend(const struct backend *backend, uint32_t seed, struct kernel_check *result);

#endif
