/* SPDX-License-Identifier: MIT */
#include "record/sweep_npz.h"

#include "data/npz.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a value stored as its name; longer ones are cut. */
enum { NAME_BYTES = NPY_NAME, MOST_ARRAYS = GRID_PARAMETERS + SWEEP_METRICS + 5 };

/* The arrays, one item for each of `count` points. */
struct columns {
    size_t count, folds; /* the most folds of a point */
    int64_t *point, *confusion;
    uint64_t *fingerprint;
    uint8_t *failed;
    double *metric[SWEEP_METRICS], *fold_accuracy;
    const struct storage *storage[GRID_PARAMETERS];
    void *parameter[GRID_PARAMETERS];
};

/* How the values of a parameter are stored: type, and bytes for each. */
struct storage {
    enum array_type type;
    size_t bytes;
};
static const struct storage stored_whole = {ARRAY_INT64, sizeof(int64_t)},
                            stored_real = {ARRAY_FLOAT64, sizeof(double)}, stored_flag = {ARRAY_BOOL, 1},
                            stored_name = {ARRAY_NAMES, NAME_BYTES};

/* Values of one kind of JSON keep it; values of several kinds become names. */
static const struct storage *storage_of(const struct axis *axis) {
    const struct storage *all = NULL;
    for (size_t i = 0; i < axis->count; i++) {
        json_t *value = parameter_json(axis->parameter, axis->value[i]);
        const struct storage *one = json_is_integer(value)   ? &stored_whole
                                    : json_is_real(value)    ? &stored_real
                                    : json_is_boolean(value) ? &stored_flag
                                                             : &stored_name;
        json_decref(value);
        if (all && one != all) return &stored_name;
        all = one;
    }
    return all;
}

static void free_columns(struct columns *c) {
    free(c->point);
    free(c->confusion);
    free(c->fingerprint);
    free(c->failed);
    free(c->fold_accuracy);
    for (size_t m = 0; m < SWEEP_METRICS; m++)
        free(c->metric[m]);
    for (size_t a = 0; a < GRID_PARAMETERS; a++)
        free(c->parameter[a]);
}

static size_t most_folds(const struct sweep_head *head) {
    double folds = head->rules.folds;
    for (size_t a = 0; a < head->grid.axes; a++) {
        const struct axis *axis = &head->grid.axis[a];
        for (size_t i = 0; axis->parameter == HYPER_FOLDS && i < axis->count; i++)
            folds = fmax(i ? folds : 0.0, axis->value[i]);
    }
    return (size_t)folds;
}

static int allocate_columns(struct columns *c, const struct point_set *set, struct error *err) {
    const struct share all = {1, 1};
    const struct grid *grid = &set->head->grid;
    *c = (struct columns){.count = grid->points - point_set_count(set, &all, POINT_MISSING),
                          .folds = most_folds(set->head)};
    const size_t n = c->count ? c->count : 1;
    c->point = calloc(n, sizeof *c->point);
    c->confusion = calloc(n, 4 * sizeof *c->confusion);
    c->fingerprint = calloc(n, sizeof *c->fingerprint);
    c->failed = calloc(n, sizeof *c->failed);
    c->fold_accuracy = calloc(n, c->folds * sizeof *c->fold_accuracy);
    bool good = c->point && c->confusion && c->fingerprint && c->failed && c->fold_accuracy;
    for (size_t m = 0; m < SWEEP_METRICS; m++) {
        c->metric[m] = calloc(n, sizeof **c->metric);
        good = good && c->metric[m];
    }
    for (size_t a = 0; a < grid->axes; a++) {
        c->storage[a] = storage_of(&grid->axis[a]);
        c->parameter[a] = calloc(n, c->storage[a]->bytes);
        good = good && c->parameter[a];
    }
    return good ? 0 : fail_program(err, "out of memory for arrays of %zu points", c->count);
}

static int fill_parameter(const struct columns *c, const struct grid *grid, size_t i, size_t a, size_t point) {
    const struct axis *axis = &grid->axis[a];
    const double value = grid_value(grid, point, a);
    const int64_t whole = (int64_t)value;
    char *to = (char *)c->parameter[a] + i * c->storage[a]->bytes, text[VALUE_TEXT];
    if (c->storage[a] == &stored_whole) {
        memcpy(to, &whole, sizeof whole);
    } else if (c->storage[a] == &stored_real) {
        memcpy(to, &value, sizeof value);
    } else if (c->storage[a] == &stored_flag) {
        *to = value != 0.0;
    } else {
        if (parameter_text(text, axis->parameter, value) != 0) return -1;
        memcpy(to, text, strnlen(text, NAME_BYTES));
    }
    return 0;
}

static int fill_point(const struct columns *c, const struct grid *grid, size_t i, const struct point_result *result) {
    const struct confusion *counts = &result->confusion;
    const int64_t confusion[] = {(int64_t)counts->tn, (int64_t)counts->fp, (int64_t)counts->fn, (int64_t)counts->tp};
    c->point[i] = (int64_t)result->point;
    c->failed[i] = result->reason[0] != 0;
    memcpy(c->confusion + 4 * i, confusion, sizeof confusion);
    if (!c->failed[i]) c->fingerprint[i] = point_fingerprint(result);
    for (enum sweep_metric m = METRIC_ACCURACY; m < SWEEP_METRICS; m++)
        c->metric[m][i] = point_metric(result, m);
    for (size_t f = 0; f < c->folds; f++)
        c->fold_accuracy[i * c->folds + f] = result->fold && f < result->folds ? result->fold[f].accuracy : (double)NAN;
    for (size_t a = 0; a < grid->axes; a++)
        if (fill_parameter(c, grid, i, a, result->point) != 0) return -1;
    return 0;
}

static int fill_columns(const struct columns *c, const struct point_set *set, struct error *err) {
    const struct grid *grid = &set->head->grid;
    for (size_t point = 0, i = 0; point < grid->points; point++) {
        struct point_result result;
        if (set->state[point] == POINT_MISSING) continue;
        if (point_set_get(&result, set, point, err) != 0) return -1;
        const int bad = fill_point(c, grid, i++, &result);
        free(result.fold);
        if (bad) return fail_program(err, "out of memory for a value");
    }
    return 0;
}

/* The arrays of an archive as they are listed. */
struct archive {
    struct named_array array[MOST_ARRAYS];
    size_t count;
};

static struct array *add_array(struct archive *archive, const char *name, enum array_type type, size_t n,
                               const void *values) {
    struct named_array *to = &archive->array[archive->count++];
    snprintf(to->name, sizeof to->name, "%s", name);
    to->array = (struct array){type, 1, {n}, values};
    return &to->array;
}

static int write_columns(const struct columns *c, const struct grid *grid, const char *path, struct error *err) {
    static_assert((int)MOST_ARRAYS <= (int)ZIP_MEMBERS, "every array is a member of the archive");
    struct archive archive = {.count = 0};
    struct array *array;
    add_array(&archive, "point", ARRAY_INT64, c->count, c->point);
    for (size_t a = 0; a < grid->axes; a++)
        add_array(&archive, parameter_name(grid->axis[a].parameter), c->storage[a]->type, c->count, c->parameter[a]);
    add_array(&archive, "failed", ARRAY_BOOL, c->count, c->failed);
    for (size_t m = 0; m < SWEEP_METRICS; m++)
        add_array(&archive, sweep_metric_names[m], ARRAY_FLOAT64, c->count, c->metric[m]);
    array = add_array(&archive, "fold_accuracy", ARRAY_FLOAT64, c->count, c->fold_accuracy);
    array->dimensions = 2;
    array->shape[1] = c->folds;
    array = add_array(&archive, "confusion", ARRAY_INT64, c->count, c->confusion);
    array->dimensions = 3;
    array->shape[1] = array->shape[2] = 2;
    add_array(&archive, "fingerprint", ARRAY_UINT64, c->count, c->fingerprint);
    return npz_write(path, archive.array, archive.count, err);
}

int sweep_npz_write(const struct point_set *set, const char *path, struct error *err) {
    struct columns columns;
    int bad = allocate_columns(&columns, set, err);
    if (!bad) bad = fill_columns(&columns, set, err);
    if (!bad) bad = write_columns(&columns, &set->head->grid, path, err);
    free_columns(&columns);
    return bad;
}
