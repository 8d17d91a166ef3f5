/* The number type of the weights in the hot loop, and which backends serve it. */
#ifndef SGDMARK_LEARN_ENGINE_H
#define SGDMARK_LEARN_ENGINE_H

#include "kernels.h"

#include <stddef.h>

enum engine { ENGINE_F32, ENGINE_F64, ENGINE_INT };

/* "f32", "f64", "int", NULL. */
extern const char *const engine_names[];

/* The short name of the backend that does the work: engine f64 has one only, "scalar". */
const char *engine_backend_name(enum engine engine, const struct backend *backend);

/* Backends in the order of the registry. */
struct backend_list {
    const struct backend **list; /* [count] */
    size_t count;
};

/* Leaves in the list what makes a difference to the engine: of backends that differ only in the kernels of engine int,
 * the other engines keep the one whose kernels the others share. */
void engine_backends(enum engine engine, struct backend_list *chosen);

#endif
