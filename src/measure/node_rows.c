/* SPDX-License-Identifier: MIT */
#include "measure/node_rows.h"

#include "data/row_pages.h"
#include "machine/binding.h"

#include <stdlib.h>
#include <string.h>

/* A copy of the rows, shared by the workers whose slots name the same memory node and policy. */
struct rows_copy {
    struct dataset ds;
    const struct slot *slot; /* of the first of these workers: names node and policy */
};

struct node_rows {
    const struct topology *topology;
    const struct dataset *ds;
    struct rows_copy *copies; /* [copy_count], room for one for each worker */
    size_t copy_count;
    const struct dataset **list; /* [workers] */
};

static bool same_place(const struct slot *a, const struct slot *b) {
    return a->policy == b->policy && a->memory_node == b->memory_node;
}

/* Copies the bytes to new memory `to` on the node that the slot names. Bound to the slot, so that they come to lie
 * there too where the system places memory by who writes it first only. */
static int copy_bytes(const struct node_rows *rows, const struct slot *slot, uint8_t *to, const uint8_t *from,
                      size_t length, struct error *err) {
    if (place_memory(rows->topology, to, length, slot, err) != 0) return -1;
    struct affinity *saved = affinity_save(rows->topology, err);
    if (!saved) return -1;
    int bad = bind_worker(rows->topology, slot, err);
    if (!bad) memcpy(to, from, length);
    if (affinity_restore(rows->topology, saved, err) != 0) bad = -1;
    return bad ? -1 : check_memory(rows->topology, to, length, slot, err);
}

/* Sets *at to the rows for a slot. */
static int rows_for(struct node_rows *rows, const struct slot *slot, const struct dataset **at, struct error *err) {
    struct topology_summary machine;
    const struct dataset *ds = rows->ds;
    topology_summarize(rows->topology, &machine);
    *at = ds;
    if (machine.nodes <= 1) return 0;
    for (size_t i = 0; i < rows->copy_count; i++) {
        *at = &rows->copies[i].ds;
        if (same_place(rows->copies[i].slot, slot)) return 0;
    }
    struct rows_copy *copy = &rows->copies[rows->copy_count++];
    *copy = (struct rows_copy){.ds = *ds, .slot = slot};
    copy->ds.pixels = copy->ds.packed.bytes = NULL;
    *at = &copy->ds;
    const size_t bytes = ds->n * ds->stride;
    copy->ds.pixels = row_pages_new(ds->pages, bytes, ds->name, err);
    if (!copy->ds.pixels || copy_bytes(rows, slot, copy->ds.pixels, ds->pixels, bytes, err) != 0) return -1;
    if (!ds->packed.bytes) return 0;
    copy->ds.packed.bytes = row_pages_new(ds->packed.pages, ds->packed.size, ds->name, err);
    if (!copy->ds.packed.bytes) return -1;
    return copy_bytes(rows, slot, copy->ds.packed.bytes, ds->packed.bytes, ds->packed.size, err);
}

struct node_rows *node_rows_new(const struct topology *topology, const struct placement *placement,
                                const struct dataset *ds, struct error *err) {
    struct node_rows *rows = calloc(1, sizeof *rows);
    if (rows) {
        *rows = (struct node_rows){.topology = topology,
                                   .ds = ds,
                                   .copies = calloc(placement->count, sizeof *rows->copies),
                                   .list = calloc(placement->count, sizeof *rows->list)};
    }
    int bad = rows && rows->copies && rows->list
                  ? 0
                  : fail_program(err, "out of memory for the rows of %zu workers", placement->count);
    for (size_t worker = 0; worker < placement->count && !bad; worker++)
        bad = rows_for(rows, &placement->slots[worker], &rows->list[worker], err);
    if (!bad) return rows;
    node_rows_free(rows);
    return NULL;
}

void node_rows_free(struct node_rows *rows) {
    if (!rows) return;
    for (size_t i = 0; i < rows->copy_count; i++)
        row_pages_drop(&rows->copies[i].ds);
    free(rows->copies);
    free(rows->list);
    free(rows);
}

const struct dataset *const *node_rows_list(const struct node_rows *rows) {
    return rows->list;
}
