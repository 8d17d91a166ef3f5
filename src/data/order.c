/* SPDX-License-Identifier: MIT */
#include "data/order.h"

#include "base/hash.h"
#include "data/random.h"

#include <stdlib.h>

const char *const order_names[] = {"file", "sorted", "notebook", NULL};

/* Fills out[] with first..end-1, stably sorted by label. */
static void sort_by_label(uint32_t *out, const uint8_t *labels, size_t first, size_t end) {
    size_t next[11] = {0};
    for (size_t i = first; i < end; i++)
        next[labels[i] + 1]++;
    for (size_t label = 1; label < 11; label++)
        next[label] += next[label - 1];
    for (size_t i = first; i < end; i++)
        out[next[labels[i]]++] = (uint32_t)i;
}

/* Fills index[n]: the rows sorted by label inside each split. */
static void order_sorted(uint32_t *index, const struct dataset *ds) {
    sort_by_label(index, ds->labels, 0, ds->n_train);
    sort_by_label(index + ds->n_train, ds->labels, ds->n_train, ds->n);
}

/* The same, then permuted. Returns 0, or -1 without memory. */
static int order_notebook(uint32_t *index, const struct dataset *ds, uint32_t seed) {
    uint32_t *sorted = malloc(ds->n * sizeof *sorted);
    if (!sorted) return -1;
    order_sorted(sorted, ds);
    struct random_state rs;
    random_seed(&rs, seed);
    random_permutation(&rs, index, ds->n);
    for (size_t k = 0; k < ds->n; k++)
        index[k] = sorted[index[k]];
    free(sorted);
    return 0;
}

int view_make(struct view *view, const struct dataset *ds, enum row_order order, uint32_t seed, size_t limit,
              struct error *err) {
    *view = (struct view){0};
    if (limit > ds->n) return fail(err, "--limit %zu: %s has only %zu rows", limit, ds->name, ds->n);
    uint32_t *index = malloc(ds->n * sizeof *index);
    if (!index) return fail_program(err, "out of memory for the order of %zu rows", ds->n);
    int bad = 0;
    switch (order) {
    case ORDER_FILE:
        for (size_t k = 0; k < ds->n; k++)
            index[k] = (uint32_t)k;
        break;
    case ORDER_SORTED:
        order_sorted(index, ds);
        break;
    case ORDER_NOTEBOOK:
        bad = order_notebook(index, ds, seed);
        break;
    }
    if (bad) {
        free(index);
        return fail_program(err, "out of memory for the order of %zu rows", ds->n);
    }
    view->n = limit ? limit : ds->n;
    view->index = index;
    return 0;
}

void view_free(struct view *view) {
    free(view->index);
    *view = (struct view){0};
}

uint64_t view_hash(const struct view *view) {
    uint64_t hash = FNV_START;
    for (size_t k = 0; k < view->n; k++) {
        const uint32_t row = view->index[k];
        const uint8_t bytes[] = {(uint8_t)row, (uint8_t)(row >> 8), (uint8_t)(row >> 16), (uint8_t)(row >> 24)};
        hash = fnv1a(hash, bytes, sizeof bytes);
    }
    return hash;
}
