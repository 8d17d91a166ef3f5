/* SPDX-License-Identifier: MIT */
/* registry.def and the lists of kernels.h as lines of text, for the Makefile and the tests: preprocess this file with
 * -P. What does not begin with "backend" or "kernel" is declarations of system headers.
 *
 *   backend SUFFIX BASE PROMISE ROWS "FLAGS"    of the target's architecture
 *   kernel GROUP NAME                           SHARED, OWN or PACKED; several stand on one line */
#include "kernels.h"

#define LINE_ARCH_ANY(suffix, base, promise, rows, flags) backend suffix base promise rows flags
#ifdef __x86_64__
#define LINE_ARCH_X86_64(...) LINE_ARCH_ANY(__VA_ARGS__)
#else
#define LINE_ARCH_X86_64(...)
#endif
#ifdef __aarch64__
#define LINE_ARCH_AARCH64(...) LINE_ARCH_ANY(__VA_ARGS__)
#else
#define LINE_ARCH_AARCH64(...)
#endif

#define BACKEND(name, suffix, base, promise, arch, rows, needs, words, flags)                                          \
    LINE_##arch(suffix, base, promise, rows, flags)
#include "registry.def"

#define KERNEL_LINE(kernel_name, group) kernel group kernel_name
SHARED_KERNELS(KERNEL_LINE, SHARED)
OWN_KERNELS(KERNEL_LINE, OWN)
PACKED_KERNELS(KERNEL_LINE, PACKED)
