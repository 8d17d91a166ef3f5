/* SPDX-License-Identifier: MIT */
/* Writing models. model_read.c reads them. */
#include "learn/model_file.h"

#include "base/json.h"
#include "data/npz.h"
#include "learn/hyper_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file being made: its arrays, and the memory behind those that no model holds in one piece. */
struct making {
    const struct saved_model *saved;
    struct named_array member[ZIP_MEMBERS];
    size_t count;
    char *memory, *free; /* the next free byte */
    char *params;
};

static void add(struct making *making, const char *name, enum array_type type, unsigned dimensions,
                const void *values) {
    const struct saved_model *saved = making->saved;
    struct named_array *member = &making->member[making->count++];
    *member = (struct named_array){.array = {type, dimensions, {saved->count, saved->d}, values}};
    snprintf(member->name, sizeof member->name, "%s", name);
}

/* Bytes of all that `room` is asked for: coef_ and the engine's weights, six numbers of each model, the width. */
static size_t room_needed(const struct saved_model *saved) {
    return saved->count * (saved->d * 2 + 6) * sizeof(double) + sizeof(int64_t);
}

/* A part of the memory; `bytes` is a multiple of 8, or the part is the last. */
static void *room(struct making *making, size_t bytes) {
    making->free += bytes;
    return making->free - bytes;
}

/* One float64 or uint64 of each model, 8 bytes at `offset` of struct model. */
static void add_member(struct making *making, const char *name, enum array_type type, size_t offset) {
    const struct saved_model *saved = making->saved;
    char *values = room(making, saved->count * 8);
    for (size_t m = 0; m < saved->count; m++)
        memcpy(values + 8 * m, (const char *)&saved->models[m] + offset, 8);
    add(making, name, type, 1, values);
}

static void add_coef(struct making *making) {
    const struct saved_model *saved = making->saved;
    double *values = room(making, saved->count * saved->d * sizeof *values);
    for (size_t m = 0; m < saved->count; m++)
        memcpy(values + m * saved->d, saved->models[m].coef, saved->d * sizeof *values);
    add(making, "coef_", ARRAY_FLOAT64, 2, values);
}

static void add_float_weights(struct making *making) {
    const struct saved_model *saved = making->saved;
    add_member(making, "wscale", ARRAY_FLOAT64, offsetof(struct model, wscale));
    float *values = room(making, saved->count * saved->d * sizeof *values);
    for (size_t m = 0; m < saved->count; m++)
        memcpy(values + m * saved->d, saved->models[m].w, saved->d * sizeof *values);
    add(making, "w", ARRAY_FLOAT32, 2, values);
}

static void add_integer_weights(struct making *making) {
    const struct saved_model *saved = making->saved;
    bool lost = false;
    for (size_t m = 0; m < saved->count; m++)
        lost = lost || saved->models[m].integer.lost;
    if (lost) return;
    int64_t *values = room(making, saved->count * saved->d * sizeof *values);
    for (size_t m = 0; m < saved->count; m++)
        integer_get(&saved->models[m].integer, values + m * saved->d);
    add(making, "integer", ARRAY_INT64, 2, values);
    add_member(making, "unit", ARRAY_FLOAT64, offsetof(struct model, unit));
    add_member(making, "slack", ARRAY_FLOAT64, offsetof(struct model, slack));
    int64_t *width = room(making, sizeof *width);
    *width = (int64_t)saved->width;
    add(making, "width", ARRAY_INT64, 0, width);
}

static void add_averages(struct making *making) {
    const struct saved_model *saved = making->saved;
    if (!saved->average_coef) return;
    add(making, "average_coef_", ARRAY_FLOAT64, 2, saved->average_coef);
    add(making, "standard_coef_", ARRAY_FLOAT64, 2, saved->standard_coef);
    add(making, "average_intercept_", ARRAY_FLOAT64, 1, saved->average_intercept);
    add(making, "standard_intercept_", ARRAY_FLOAT64, 1, saved->standard_intercept);
}

/* The hyper-parameters as JSON; NULL when memory runs out. */
static char *params_text(const struct saved_model *saved) {
    const struct job_spec spec = {.digit = saved->digit, .hyper = saved->hyper};
    json_t *params = hyper_json(&spec, 0);
    char *text = NULL;
    if (params && json_object_del(params, hyper_table[HYPER_FOLDS].name) == 0) text = json_text(params);
    json_decref(params);
    return text;
}

static void add_classes(struct making *making) {
    static const uint8_t two[] = {0, 1};
    static const int64_t ten[MODEL_CLASSES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    const bool single = making->saved->count == 1;
    add(making, "classes_", single ? ARRAY_BOOL : ARRAY_INT64, 1, single ? (const void *)two : ten);
    making->member[making->count - 1].array.shape[0] = single ? 2 : MODEL_CLASSES;
}

static void add_all(struct making *making) {
    static const int64_t format = MODEL_FORMAT;
    const struct saved_model *saved = making->saved;
    add(making, "sgdmark_model", ARRAY_INT64, 0, &format);
    add(making, "params", ARRAY_TEXT, 0, making->params);
    add(making, "engine", ARRAY_TEXT, 0, engine_names[saved->hyper.engine]);
    add(making, "dtype", ARRAY_TEXT, 0, "uint8");
    add_classes(making);
    add_coef(making);
    add_member(making, "intercept_", ARRAY_FLOAT64, offsetof(struct model, intercept));
    add(making, "n_iter_", ARRAY_INT64, 0, &saved->n_iter);
    add(making, "t_", ARRAY_FLOAT64, 0, &saved->t);
    add_member(making, "fingerprint", ARRAY_UINT64, offsetof(struct model, fingerprint));
    add_member(making, "update_hash", ARRAY_UINT64, offsetof(struct model, update_hash));
    add_averages(making);
    if (saved->hyper.engine == ENGINE_INT) add_integer_weights(making);
    if (saved->hyper.engine == ENGINE_F32) add_float_weights(making);
}

int model_save(const char *path, const struct saved_model *saved, struct error *err) {
    struct making making = {.saved = saved, .memory = malloc(room_needed(saved)), .params = params_text(saved)};
    int bad = 0;
    if (making.memory && making.params) {
        making.free = making.memory;
        add_all(&making);
        bad = npz_write(path, making.member, making.count, err);
    } else {
        bad = fail_program(err, "%s: out of memory", path);
    }
    free(making.memory);
    free(making.params);
    return bad;
}

void saved_model_free(struct saved_model *saved) {
    for (size_t m = 0; saved->models && m < saved->count; m++)
        model_free(&saved->models[m]);
    free(saved->models);
    free(saved->average_coef);
    free(saved->standard_coef);
    free(saved->average_intercept);
    free(saved->standard_intercept);
    *saved = (struct saved_model){0};
}

int saved_model_fit_rows(struct saved_model *saved, const char *path, const struct dataset *ds, struct error *err) {
    if (ds->d != saved->d)
        return fail(err, "%s: is a model of %zu features, but the rows of %s have %zu", path, saved->d, ds->name,
                    ds->d);
    if (ds->width <= saved->width || saved->width == 0) return 0;
    /* The slack grows no faster than the square of the width (integer_slack). */
    const double wider = (double)ds->width / (double)saved->width;
    for (size_t m = 0; m < saved->count; m++)
        saved->models[m].slack *= wider * wider;
    saved->width = ds->width;
    return 0;
}
