/* SPDX-License-Identifier: MIT */
/* Memory nodes: what they are, and which of them is near. */
#include "machine/topology_private.h"

#include <hwloc/distances.h>
#include <string.h>

#define FAR_AWAY ((uint64_t)1 << 32) /* added to the distance of memory that is slower than plain memory */

static hwloc_obj_t node_at(const struct topology *topology, unsigned i) {
    return hwloc_get_obj_by_type(topology->hw, HWLOC_OBJ_NUMANODE, i);
}

int find_memory(struct topology *topology) {
    const unsigned nodes = count_objects(topology, HWLOC_OBJ_NUMANODE);
    topology->usable_nodes = hwloc_bitmap_dup(topology->allowed_nodes);
    if (!topology->usable_nodes) return -1;
    for (unsigned i = 0; i < nodes; i++)
        topology->memory_bytes += node_at(topology, i)->attr->numanode.local_memory;
    for (unsigned i = 0; i < nodes; i++)
        if (node_is_empty(topology, node_at(topology, i)))
            hwloc_bitmap_clr(topology->usable_nodes, node_at(topology, i)->os_index);
    return 0;
}

bool node_is_empty(const struct topology *topology, hwloc_obj_t node) {
    return topology->memory_bytes > 0 && node->attr->numanode.local_memory == 0;
}

static bool contains(const char *text, const char *part) {
    return text && strstr(text, part) != NULL;
}

/* hwloc names the kind in the subtype from 2.10 on, before that in how Linux lists the memory as a device (DAX). */
const char *node_kind(hwloc_obj_t node) {
    const char *type = hwloc_obj_get_info_by_name(node, "DAXType");
    const char *parent = hwloc_obj_get_info_by_name(node, "DAXParent");
    const char *subtype = node->subtype;
    /* ACPI0017 is the root of the CXL devices. */
    if (contains(subtype, "CXL") || contains(parent, "ACPI0017") || contains(parent, "cxl")) return "CXL memory";
    if (contains(subtype, "NVM") || contains(type, "NVM")) return "NVDIMM";
    if (contains(subtype, "GPU")) return "GPU memory";
    if (contains(subtype, "HBM") || contains(subtype, "MCDRAM")) return "high-bandwidth memory";
    if (contains(subtype, "SPM") || contains(type, "SPM")) return "specific-purpose memory";
    return "";
}

bool node_is_far(hwloc_obj_t node) {
    const char *kind = node_kind(node);
    return kind[0] && strcmp(kind, "high-bandwidth memory") != 0;
}

static bool is_usable(const struct topology *topology, hwloc_obj_t node) {
    return hwloc_bitmap_isset(topology->usable_nodes, node->os_index) != 0;
}

/* Of the nodes that include the PU the one with the fewest PUs: `any`, or of usable plain memory. NULL: none. */
static hwloc_obj_t node_around(const struct topology *topology, hwloc_obj_t pu, bool any) {
    hwloc_obj_t best = NULL;
    for (unsigned i = 0; i < count_objects(topology, HWLOC_OBJ_NUMANODE); i++) {
        hwloc_obj_t node = node_at(topology, i);
        if (!any && (!is_usable(topology, node) || node_is_far(node))) continue;
        if (!hwloc_bitmap_isset(node->cpuset, pu->os_index)) continue;
        if (!best || hwloc_bitmap_weight(node->cpuset) < hwloc_bitmap_weight(best->cpuset)) best = node;
    }
    return best;
}

hwloc_obj_t node_of(const struct topology *topology, hwloc_obj_t pu) {
    return node_around(topology, pu, false);
}

/* The distance of two nodes, or of a PU and a node: from the firmware, else 1 with shared PUs, 2 in the same package, 3
 * elsewhere. */
static uint64_t distance_of(const struct topology *topology, hwloc_obj_t home, hwloc_obj_t other) {
    struct hwloc_distances_s *matrix = NULL;
    unsigned count = 1;
    uint64_t distance = 0;
    if (hwloc_distances_get_by_name(topology->hw, "NUMALatency", &count, &matrix, 0) == 0 && count > 0) {
        int from = hwloc_distances_obj_index(matrix, home);
        int to = hwloc_distances_obj_index(matrix, other);
        if (from >= 0 && to >= 0) distance = matrix->values[(unsigned)from * matrix->nbobjs + (unsigned)to];
        hwloc_distances_release(topology->hw, matrix);
    }
    if (distance) return distance;
    if (hwloc_bitmap_intersects(home->cpuset, other->cpuset)) return 1;
    hwloc_obj_t package = hwloc_get_ancestor_obj_by_type(topology->hw, HWLOC_OBJ_PACKAGE, home);
    return package && hwloc_bitmap_isincluded(other->cpuset, package->cpuset) ? 2 : 3;
}

hwloc_obj_t nearest_node(const struct topology *topology, hwloc_obj_t pu) {
    hwloc_obj_t best = node_of(topology, pu);
    if (best) return best;
    hwloc_obj_t empty = node_around(topology, pu, true);
    uint64_t best_distance = UINT64_MAX;
    for (unsigned i = 0; i < count_objects(topology, HWLOC_OBJ_NUMANODE); i++) {
        hwloc_obj_t node = node_at(topology, i);
        if (!is_usable(topology, node)) continue;
        const uint64_t distance = distance_of(topology, empty ? empty : pu, node) + (node_is_far(node) ? FAR_AWAY : 0);
        if (distance >= best_distance) continue;
        best = node;
        best_distance = distance;
    }
    return best;
}

hwloc_obj_t farthest_node(const struct topology *topology, hwloc_obj_t home) {
    hwloc_obj_t best = NULL;
    uint64_t best_distance = 0;
    for (unsigned i = 0; i < count_objects(topology, HWLOC_OBJ_NUMANODE); i++) {
        hwloc_obj_t node = node_at(topology, i);
        if (node == home || !is_usable(topology, node)) continue;
        /* Another plain memory of the same PUs is as near as home. */
        if (!node_is_far(node) && hwloc_bitmap_isequal(node->cpuset, home->cpuset)) continue;
        const uint64_t distance = distance_of(topology, home, node) + (node_is_far(node) ? 0 : FAR_AWAY);
        if (distance <= best_distance) continue;
        best = node;
        best_distance = distance;
    }
    return best;
}
