/* SPDX-License-Identifier: MIT */
/* The table of backends, and which of them run on this machine. */
#include "backends.h"

#include <stdio.h>
#include <string.h>

/* A backend's kernels exist only in builds for its architecture. */
#define ENTRY(kernel, suffix) .kernel = kernel##_##suffix,
#define KERNELS(suffix, base, rows)                                                                                    \
    SHARED_KERNELS(ENTRY, base) OWN_KERNELS(ENTRY, suffix) KERNELS_FOR_##rows(ENTRY, suffix).compiled = true
#define NO_KERNELS .compiled = false

#define KERNELS_ARCH_ANY(suffix, base, rows) KERNELS(suffix, base, rows)
#ifdef __x86_64__
#define KERNELS_ARCH_X86_64(suffix, base, rows) KERNELS(suffix, base, rows)
#else
#define KERNELS_ARCH_X86_64(suffix, base, rows) NO_KERNELS
#endif
#ifdef __aarch64__
#define KERNELS_ARCH_AARCH64(suffix, base, rows) KERNELS(suffix, base, rows)
#else
#define KERNELS_ARCH_AARCH64(suffix, base, rows) NO_KERNELS
#endif

const struct backend backends[] = {
#define BACKEND(backend_name, its_suffix, its_base, its_parity, its_arch, rows, its_needs, words, its_flags)           \
    {.name = backend_name,                                                                                             \
     .base = #its_base,                                                                                                \
     .suffix = #its_suffix,                                                                                            \
     .parity = its_parity,                                                                                             \
     .arch = its_arch,                                                                                                 \
     .needs = its_needs,                                                                                               \
     .levels = words,                                                                                                  \
     .flags = its_flags,                                                                                               \
     KERNELS_##its_arch(its_suffix, its_base, rows)},
#include "registry.def"
#undef BACKEND
};

const size_t backend_count = sizeof backends / sizeof backends[0];

enum backend_state backend_state(const struct backend *backend) {
    struct cpu_features found = cpu_features();
    if (!backend->compiled) return BACKEND_NOT_COMPILED;
    if ((found.cpu & backend->needs) != backend->needs) return BACKEND_NO_CPU;
    if ((found.os & backend->needs) != backend->needs) return BACKEND_NO_OS;
    return BACKEND_OK;
}

void backend_reason(const struct backend *backend, char *text, size_t size) {
    switch (backend_state(backend)) {
    case BACKEND_OK:
        snprintf(text, size, "runs here");
        break;
    case BACKEND_NOT_COMPILED:
        snprintf(text, size, "not compiled: for %s", backend->arch == ARCH_X86_64 ? "x86-64" : "aarch64");
        break;
    case BACKEND_NO_CPU:
        snprintf(text, size, "the CPU lacks %s", backend->levels);
        break;
    case BACKEND_NO_OS:
        snprintf(text, size, "the operating system does not save the registers of %s", backend->levels);
        break;
    }
}

const struct backend *backend_find(const char *name) {
    for (size_t i = 0; i < backend_count; i++)
        if (strcmp(backends[i].name, name) == 0) return &backends[i];
    return NULL;
}

const struct backend *backend_best(void) {
    const struct backend *best = backend_scalar();
    for (size_t i = 0; i < backend_count; i++)
        if (backends[i].parity == PARITY_BITS && backend_state(&backends[i]) == BACKEND_OK) best = &backends[i];
    return best;
}

const struct backend *backend_base(const struct backend *backend) {
    for (size_t i = 0; i < backend_count; i++)
        if (strcmp(backends[i].suffix, backend->base) == 0) return &backends[i];
    return backend;
}

const struct backend *backend_scalar(void) {
    return &backends[0];
}
