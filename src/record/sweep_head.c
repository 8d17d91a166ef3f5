/* SPDX-License-Identifier: MIT */
#include "record/sweep_head.h"

#include "base/hash.h"
#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SWEEP_VERSION = 1 };

bool share_has(const struct share *share, size_t point) {
    return point % share->of == share->number - 1;
}

/* ---- Names */

static int keep_path(int length, const char *folder, struct error *err) {
    if (length > 0 && length < SWEEP_PATH) return 0;
    return fail(err, "%.200s...: the name of the folder is too long", folder);
}

int sweep_file(char path[SWEEP_PATH], const char *folder, const char *name, struct error *err) {
    return keep_path(snprintf(path, SWEEP_PATH, "%s/%s", folder, name), folder, err);
}

int sweep_path(char path[SWEEP_PATH], const char *folder, const char *stem, const struct share *share,
               struct error *err) {
    char name[64];
    const int digits = snprintf(NULL, 0, "%u", share->of);
    if (share->of == 1)
        snprintf(name, sizeof name, "%s.jsonl", stem);
    else
        snprintf(name, sizeof name, "%s-%0*u-of-%u.jsonl", stem, digits, share->number, share->of);
    return sweep_file(path, folder, name, err);
}

/* ---- Content */

/* The values of the parameters that do not vary. */
static json_t *fixed_json(const struct sweep_plan *plan) {
    json_t *fixed = hyper_json(plan->spec, plan->folds);
    if (json_put(fixed, "order_seed", json_integer(plan->spec->rows.order_seed)) != 0) {
        json_decref(fixed);
        return NULL;
    }
    for (size_t a = 0; a < plan->grid->axes; a++)
        json_object_del(fixed, parameter_name(plan->grid->axis[a].parameter));
    if (plan->spec->rows.order != ORDER_NOTEBOOK) json_object_del(fixed, "order_seed");
    return fixed;
}

static json_t *vary_json(const struct grid *grid) {
    json_t *list = json_array();
    for (size_t a = 0; a < grid->axes && list; a++) {
        char *text = axis_text(&grid->axis[a]);
        json_t *value = text ? json_string(text) : NULL;
        free(text);
        if (json_add(list, value) == 0) continue;
        json_decref(list);
        list = NULL;
    }
    return list;
}

static json_t *rows_json(const struct sweep_plan *plan) {
    const struct dataset *ds = plan->ds;
    const struct row_spec *rows = &plan->spec->rows;
    return json_pack("{s:I, s:I, s:b, s:s, s:s, s:s, s:s}", "n", (json_int_t)(rows->limit ? rows->limit : ds->n), "d",
                     (json_int_t)ds->d, "synthetic", ds->synthetic, "split", split_names[rows->split], "order",
                     order_names[rows->order], "pixels_sha256", ds->pixels_sha256, "labels_sha256", ds->labels_sha256);
}

json_t *sweep_head_json(const struct sweep_plan *plan) {
    /* Backends that promise bits give the same points, so they are not told apart. */
    const bool bits = plan->backend->parity == PARITY_BITS || plan->spec->hyper.engine == ENGINE_F64;
    return json_pack("{s:i, s:I, s:o, s:o, s:s, s:s?, s:o}", "sweep", SWEEP_VERSION, "points",
                     (json_int_t)plan->grid->points, "vary", vary_json(plan->grid), "fixed", fixed_json(plan), "engine",
                     engine_names[plan->spec->hyper.engine], "isa", bits ? NULL : plan->backend->name, "rows",
                     rows_json(plan));
}

uint64_t sweep_head_hash(const json_t *head) {
    char *text = json_text(head);
    const uint64_t hash = text ? fnv1a(FNV_START, text, strlen(text)) : 0;
    free(text);
    return hash;
}

static json_t *load_head(const char *path, struct error *err) {
    json_error_t why;
    json_t *head = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!head) fail(err, "%s: cannot be read: line %d: %s", path, why.line, why.text);
    return head;
}

/* The first key whose value differs; NULL: none. */
static const char *difference(json_t *a, const json_t *b) {
    const char *key;
    json_t *value;
    json_object_foreach(a, key, value) if (!json_equal(value, json_object_get(b, key))) return key;
    return NULL;
}

int sweep_head_store(const char *folder, const json_t *head, struct error *err) {
    char path[SWEEP_PATH];
    if (sweep_file(path, folder, "sweep.json", err) != 0) return -1;
    if (access(path, F_OK) != 0 && errno == ENOENT) return json_write(path, head, err);
    json_t *there = load_head(path, err);
    if (!there) return -1;
    const char *key = difference((json_t *)head, there);
    if (key) fail(err, "%s is of another sweep: \"%s\" differs (give this one a folder of its own: --out)", path, key);
    json_decref(there);
    return key ? -1 : 0;
}

/* ---- Reading */

static int read_axes(struct sweep_head *head, const json_t *list, struct error *err) {
    if (!json_is_array(list) || json_array_size(list) > GRID_PARAMETERS) return fail(err, "\"vary\" is not a list");
    for (size_t a = 0; a < json_array_size(list); a++) {
        const char *text = json_string_value(json_array_get(list, a));
        if (!text) return fail(err, "\"vary\" holds something that is not a text");
        if (grid_vary(&head->grid, text, err) != 0) return -1;
    }
    return 0;
}

/* A whole number from low to high of an object; 0: it is none. */
static size_t read_number(const json_t *object, const char *key, size_t low, size_t high) {
    const json_int_t number = json_integer_value(json_object_get(object, key));
    return number < 0 || (size_t)number < low || (size_t)number > high ? 0 : (size_t)number;
}

static int read_head(struct sweep_head *head, struct error *err) {
    const json_t *fixed = json_object_get(head->json, "fixed");
    if (json_integer_value(json_object_get(head->json, "sweep")) != SWEEP_VERSION)
        return fail(err, "is no sweep.json of this version");
    if (read_axes(head, json_object_get(head->json, "vary"), err) != 0) return -1;
    if (read_number(head->json, "points", 1, GRID_MOST) != head->grid.points)
        return fail(err, "\"points\" is not %zu, the number of points of \"vary\"", head->grid.points);
    head->rules.grid = &head->grid;
    head->rules.n = read_number(json_object_get(head->json, "rows"), "n", 1, (size_t)1 << 31);
    if (head->rules.n == 0) return fail(err, "\"n\" is not a number of rows");
    head->rules.folds = (unsigned)read_number(fixed, "folds", (size_t)hyper_table[HYPER_FOLDS].low,
                                              (size_t)hyper_table[HYPER_FOLDS].high);
    if (head->rules.folds == 0 && !grid_varies(&head->grid, HYPER_FOLDS))
        return fail(err, "\"folds\" is not a number of folds");
    return 0;
}

int sweep_head_read(struct sweep_head *head, const char *folder, struct error *err) {
    char path[SWEEP_PATH];
    struct error why = {.kind = ERROR_INPUT};
    *head = (struct sweep_head){0};
    grid_init(&head->grid);
    if (sweep_file(path, folder, "sweep.json", err) != 0) return -1;
    if (access(path, R_OK) != 0)
        return fail(err, "%s: cannot be read: %s (it is a folder that `sgdmark sweep` wrote?)", path, strerror(errno));
    head->json = load_head(path, err);
    if (!head->json) return -1;
    if (read_head(head, &why) == 0) return 0;
    sweep_head_free(head);
    return fail_as(err, why.kind, "%.400s: %.500s", path, why.text);
}

void sweep_head_free(struct sweep_head *head) {
    json_decref(head->json);
    grid_free(&head->grid);
    *head = (struct sweep_head){0};
}
