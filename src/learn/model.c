/* SPDX-License-Identifier: MIT */
#include "learn/model.h"

#include "base/memory.h"

#include <stdlib.h>

int model_new(struct model *model, size_t d, const struct hyper *hyper, struct error *err) {
    *model = (struct model){.d = d, .epochs = hyper->epochs};
    model->coef = malloc(d * sizeof *model->coef);
    model->updates = malloc(hyper->epochs * sizeof *model->updates);
    model->epoch_hash = calloc(hyper->epochs, sizeof *model->epoch_hash);
    if (hyper->engine == ENGINE_F32) model->w = weights_alloc(d * sizeof *model->w, 0);
    bool bad = hyper->engine == ENGINE_INT && integer_new(&model->integer, d, 0, err) != 0;
    if (!bad && model->coef && model->updates && model->epoch_hash && (model->w || hyper->engine != ENGINE_F32))
        return 0;
    model_free(model);
    return fail_program(err, "out of memory for a model of %zu features", d);
}

void model_free(struct model *model) {
    free(model->coef);
    free(model->updates);
    free(model->epoch_hash);
    integer_free(&model->integer);
    weights_free(model->w); /* NOLINT(clang-analyzer-unix.Malloc): a second call finds the pointers cleared */
    *model = (struct model){0};
}
