/* SPDX-License-Identifier: MIT */
#include "learn/engine.h"

#include <stdbool.h>

const char *const engine_names[] = {"f32", "f64", "int", NULL};

const char *engine_backend_name(enum engine engine, const struct backend *backend) {
    return engine == ENGINE_F64 ? backend_scalar()->name : backend->name;
}

void engine_backends(enum engine engine, struct backend_list *chosen) {
    size_t kept = 0;
    for (size_t i = 0; i < chosen->count; i++) {
        const struct backend *backend = engine == ENGINE_INT ? chosen->list[i] : backend_base(chosen->list[i]);
        bool known = false;
        for (size_t j = 0; j < kept; j++)
            known = known || chosen->list[j] == backend;
        if (!known) chosen->list[kept++] = backend;
    }
    chosen->count = kept;
}
