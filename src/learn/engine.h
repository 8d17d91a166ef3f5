/* SPDX-License-Identifier: MIT */
/* The number type of the weights in the hot loop, and which backends serve it. */
#ifndef SGDMARK_LEARN_ENGINE_H
#define SGDMARK_LEARN_ENGINE_H

#include "kernels.h"

#include <stddef.h>

enum engine { ENGINE_F32, ENGINE_F64, ENGINE_INT };
enum { ENGINES = ENGINE_INT + 1 };

/* "f32", "f64", "int", NULL. */
extern const char *const engine_names[];

/* The name of the backend that the engine uses: f64 has one only, "scalar". */
const char *engine_backend_name(enum engine engine, const struct backend *backend);

/* Backends in the order of the registry. */
struct backend_list {
    const struct backend **list; /* [count] */
    size_t count;
};

/* Removes from the list what makes no difference to the engine: backends that differ only in the kernels of engine int
 * count as one for the other engines, their common base. */
void engine_backends(enum engine engine, struct backend_list *chosen);

#endif
