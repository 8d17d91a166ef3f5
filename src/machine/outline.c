/* SPDX-License-Identifier: MIT */
/* The parts of the machine that a drawing shows, in pre-order. */
#include "machine/topology_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The list under construction. */
struct outline {
    const struct topology *topology;
    struct outline_item *items;
    size_t count, room;
};

static struct outline_item *add(struct outline *outline, enum outline_type type, unsigned depth, hwloc_obj_t object) {
    if (outline->count == outline->room) {
        size_t room = outline->room * 2 + 16;
        struct outline_item *more = realloc(outline->items, room * sizeof *more);
        if (!more) return NULL;
        outline->items = more;
        outline->room = room;
    }
    struct outline_item *item = &outline->items[outline->count++];
    *item = (struct outline_item){.type = type, .depth = depth, .index = object->logical_index};
    item->allowed = hwloc_bitmap_intersects(object->cpuset, outline->topology->allowed) != 0;
    return item;
}

static void fill_core(const struct topology *topology, struct outline_item *item, hwloc_obj_t core) {
    size_t used = 0;
    for (int os = hwloc_bitmap_first(core->cpuset); os >= 0; os = hwloc_bitmap_next(core->cpuset, os)) {
        bool allowed = hwloc_bitmap_isset(topology->allowed, (unsigned)os) != 0;
        if (used < sizeof item->threads)
            used += (size_t)snprintf(item->threads + used, sizeof item->threads - used, allowed ? "%s%d" : "%s(%d)",
                                     used ? " " : "", os);
    }
    snprintf(item->kind, sizeof item->kind, "%s", kind_of(topology, (unsigned)hwloc_bitmap_first(core->cpuset)));
}

static int add_nodes(struct outline *outline, unsigned depth, hwloc_obj_t object) {
    for (hwloc_obj_t node = object->memory_first_child; node; node = node->next_sibling) {
        if (node->type == HWLOC_OBJ_NUMANODE) {
            struct outline_item *item = add(outline, OUTLINE_NODE, depth, node);
            if (!item) return -1;
            item->bytes = node->attr->numanode.local_memory;
            item->allowed = hwloc_bitmap_isset(outline->topology->allowed_nodes, node->os_index) != 0;
            snprintf(item->memory, sizeof item->memory, "%s",
                     node_is_empty(outline->topology, node) ? "no memory" : node_kind(node));
        }
        /* The node of a memory-side cache is its child. */
        if (add_nodes(outline, depth, node) != 0) return -1;
    }
    return 0;
}

static bool is_shared(const struct topology *topology, hwloc_obj_t cache) {
    unsigned cores = 0;
    for (unsigned i = 0; i < topology->cores && cores < 2; i++)
        cores += hwloc_bitmap_isincluded(topology->core[i]->cpuset, cache->cpuset) != 0;
    return cores >= 2;
}

static bool is_core(const struct topology *topology, hwloc_obj_t object) {
    hwloc_obj_type_t type = count_objects(topology, HWLOC_OBJ_CORE) ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
    return object->type == type;
}

static int walk(struct outline *outline, unsigned depth, hwloc_obj_t object) {
    struct outline_item *item = NULL;
    bool shown = true;
    if (is_core(outline->topology, object)) {
        if (add_nodes(outline, depth, object) != 0) return -1;
        item = add(outline, OUTLINE_CORE, depth, object);
        if (item) fill_core(outline->topology, item, object);
        return item ? 0 : -1;
    }
    if (object->type == HWLOC_OBJ_MACHINE) {
        item = add(outline, OUTLINE_MACHINE, depth, object);
    } else if (object->type == HWLOC_OBJ_PACKAGE) {
        item = add(outline, OUTLINE_PACKAGE, depth, object);
    } else if (object->type == HWLOC_OBJ_DIE) {
        item = add(outline, OUTLINE_DIE, depth, object);
    } else if (hwloc_obj_type_is_dcache(object->type) && is_shared(outline->topology, object)) {
        item = add(outline, OUTLINE_CACHE, depth, object);
        if (item) {
            item->level = object->attr->cache.depth;
            item->bytes = object->attr->cache.size;
        }
    } else {
        shown = false;
    }
    if (shown && !item) return -1;
    /* Memory nodes of an object that is not shown (a group) take its depth; its other children go one deeper. */
    unsigned inner = depth + shown;
    if (add_nodes(outline, inner, object) != 0) return -1;
    if (!shown && object->memory_first_child) inner++;
    for (hwloc_obj_t child = object->first_child; child; child = child->next_sibling)
        if (walk(outline, inner, child) != 0) return -1;
    return 0;
}

struct outline_item *topology_outline(const struct topology *topology, size_t *count) {
    struct outline outline = {.topology = topology};
    *count = 0;
    if (walk(&outline, 0, hwloc_get_root_obj(topology->hw)) != 0) {
        free(outline.items);
        return NULL;
    }
    *count = outline.count;
    return outline.items;
}
