/* SPDX-License-Identifier: MIT */
#include "machine/binding.h"

#include "machine/topology_private.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct affinity {
    hwloc_bitmap_t pus;
};

static int require_this_system(const struct topology *topology, struct error *err) {
    if (topology->this_system) return 0;
    return fail(err, "the topology is not this machine's: nothing can be bound to it or timed on it");
}

int current_pu(void) {
    return sched_getcpu();
}

/* Verifies that the calling thread is bound to this PU alone and runs on it. */
static int check_bound(const struct topology *topology, unsigned pu, hwloc_bitmap_t scratch, struct error *err) {
    if (hwloc_get_cpubind(topology->hw, scratch, HWLOC_CPUBIND_THREAD) != 0)
        return fail(err, "PU %u: the system does not report what the thread is bound to: %s", pu, strerror(errno));
    if (hwloc_bitmap_weight(scratch) != 1 || !hwloc_bitmap_isset(scratch, pu)) {
        char text[PU_LIST_TEXT];
        list_text(text, scratch);
        return fail(err, "PU %u: the system bound the thread to PUs %s instead", pu, text);
    }
    if (hwloc_get_last_cpu_location(topology->hw, scratch, HWLOC_CPUBIND_THREAD) == 0 &&
        !hwloc_bitmap_isset(scratch, pu))
        return fail(err, "PU %u: the thread is bound to it but runs on PU %d", pu, hwloc_bitmap_first(scratch));
    return 0;
}

int bound_pu(const struct topology *topology, const struct slot *slot) {
    return topology->refused.binding[0] ? -1 : (int)slot->pu_os;
}

int bind_worker(const struct topology *topology, const struct slot *slot, struct error *err) {
    if (require_this_system(topology, err) != 0) return -1;
    if (topology->refused.binding[0]) return 0;
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    if (!set || hwloc_bitmap_only(set, slot->pu_os) != 0) {
        hwloc_bitmap_free(set);
        return fail_program(err, "PU %u: out of memory", slot->pu_os);
    }
    const bool refused = hwloc_set_cpubind(topology->hw, set, HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT) != 0;
    const int why = errno;
    int bad = check_bound(topology, slot->pu_os, set, err);
    /* A thread that was bound to this PU before needs no permission. */
    if (bad && refused) fail(err, "PU %u: the system refuses to bind a thread to it: %s", slot->pu_os, strerror(why));
    hwloc_bitmap_free(set);
    return bad;
}

struct affinity *affinity_save(const struct topology *topology, struct error *err) {
    if (require_this_system(topology, err) != 0) return NULL;
    struct affinity *saved = calloc(1, sizeof *saved);
    if (saved) saved->pus = hwloc_bitmap_alloc();
    if (!saved || !saved->pus) {
        free(saved);
        fail_program(err, "affinity of the thread: out of memory");
        return NULL;
    }
    if (hwloc_get_cpubind(topology->hw, saved->pus, HWLOC_CPUBIND_THREAD) == 0) return saved;
    fail(err, "affinity of the thread: cannot be read: %s", strerror(errno));
    hwloc_bitmap_free(saved->pus);
    free(saved);
    return NULL;
}

/* Is the calling thread bound to these PUs? */
static bool is_bound_to(const struct topology *topology, hwloc_const_bitmap_t pus) {
    hwloc_bitmap_t now = hwloc_bitmap_alloc();
    const bool same =
        now && hwloc_get_cpubind(topology->hw, now, HWLOC_CPUBIND_THREAD) == 0 && hwloc_bitmap_isequal(now, pus);
    hwloc_bitmap_free(now);
    return same;
}

int affinity_return(const struct topology *topology, const struct affinity *saved, struct error *err) {
    int bad = hwloc_set_cpubind(topology->hw, saved->pus, HWLOC_CPUBIND_THREAD);
    const int why = errno;
    /* Where binding is refused nothing has changed, so that there is nothing to restore. */
    if (bad && is_bound_to(topology, saved->pus)) bad = 0;
    return bad ? fail(err, "affinity of the thread: cannot be restored: %s", strerror(why)) : 0;
}

int affinity_restore(const struct topology *topology, struct affinity *saved, struct error *err) {
    const int bad = affinity_return(topology, saved, err);
    hwloc_bitmap_free(saved->pus);
    free(saved);
    return bad;
}

/* Shrinks the range to whole pages; false when it holds none. */
static bool whole_pages(void **start, size_t *length) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = (uintptr_t)*start + page - 1;
    from -= from % page;
    uintptr_t to = (uintptr_t)*start + *length;
    to -= to % page;
    *start = (void *)from;
    *length = to > from ? to - from : 0;
    return to > from;
}

/* The memory nodes of the slot by OS index; NULL when there is no such node or memory runs out. */
static hwloc_bitmap_t wanted_nodes(const struct topology *topology, const struct slot *slot) {
    if (slot->policy == MEMORY_INTERLEAVE) return hwloc_bitmap_dup(topology->usable_nodes);
    hwloc_obj_t node = hwloc_get_obj_by_type(topology->hw, HWLOC_OBJ_NUMANODE, (unsigned)slot->memory_node);
    return node ? hwloc_bitmap_dup(node->nodeset) : NULL;
}

/* Is there no choice of node: one node only, or none listed for the slot? */
static bool one_node(const struct topology *topology, const struct slot *slot) {
    if (slot->policy != MEMORY_INTERLEAVE && slot->memory_node < 0) return true;
    return count_objects(topology, HWLOC_OBJ_NUMANODE) < 2;
}

int place_memory(const struct topology *topology, void *start, size_t length, const struct slot *slot,
                 struct error *err) {
    if (require_this_system(topology, err) != 0) return -1;
    if (one_node(topology, slot) || !whole_pages(&start, &length)) return 0;
    if (topology->refused.placing[0]) {
        if (slot->policy == MEMORY_LOCAL) return 0; /* who writes first decides */
        return fail(err, "memory, %s: %s", memory_policy_names[slot->policy], topology->refused.placing);
    }
    hwloc_bitmap_t nodes = wanted_nodes(topology, slot);
    if (!nodes) return fail(err, "memory node %d: not on this machine", slot->memory_node);
    hwloc_membind_policy_t policy = slot->policy == MEMORY_INTERLEAVE ? HWLOC_MEMBIND_INTERLEAVE : HWLOC_MEMBIND_BIND;
    int bad = hwloc_set_area_membind(topology->hw, start, length, nodes, policy,
                                     HWLOC_MEMBIND_BYNODESET | HWLOC_MEMBIND_STRICT | HWLOC_MEMBIND_MIGRATE);
    hwloc_bitmap_free(nodes);
    if (bad)
        return fail(err, "memory, %s on node %d: the system refuses to place %zu bytes there: %s",
                    memory_policy_names[slot->policy], slot->memory_node, length, strerror(errno));
    return 0;
}

enum { PART_BYTES = 1 << 20, MOST_PARTS = 64 };

/* Adds to `found` the nodes of at most MOST_PARTS evenly spaced parts of the range. */
static int locate(const struct topology *topology, const void *start, size_t length, hwloc_bitmap_t found,
                  struct error *err) {
    hwloc_bitmap_t nodes = hwloc_bitmap_alloc();
    if (!nodes) return fail_program(err, "memory location: out of memory");
    size_t parts = length / PART_BYTES + 1;
    size_t step = parts > MOST_PARTS ? parts / MOST_PARTS * PART_BYTES : PART_BYTES;
    for (size_t at = 0; at < length; at += step) {
        size_t size = length - at < PART_BYTES ? length - at : PART_BYTES;
        const char *part = (const char *)start + at;
        if (hwloc_get_area_memlocation(topology->hw, part, size, nodes, HWLOC_MEMBIND_BYNODESET) != 0) {
            hwloc_bitmap_free(nodes);
            return fail(err, "memory location: the system does not report it: %s", strerror(errno));
        }
        hwloc_bitmap_or(found, found, nodes);
    }
    hwloc_bitmap_free(nodes);
    return 0;
}

/* Lists the nodes, given by OS index, by logical index. */
static void logical_nodes(const struct topology *topology, hwloc_const_bitmap_t os, char text[PU_LIST_TEXT]) {
    text[0] = 0;
    hwloc_bitmap_t logical = hwloc_bitmap_alloc();
    if (!logical) return;
    for (unsigned i = 0; i < count_objects(topology, HWLOC_OBJ_NUMANODE); i++) {
        hwloc_obj_t node = hwloc_get_obj_by_type(topology->hw, HWLOC_OBJ_NUMANODE, i);
        if (hwloc_bitmap_isset(os, node->os_index)) hwloc_bitmap_set(logical, i);
    }
    list_text(text, logical);
    hwloc_bitmap_free(logical);
}

int check_memory(const struct topology *topology, const void *start, size_t length, const struct slot *slot,
                 struct error *err) {
    if (require_this_system(topology, err) != 0) return -1;
    void *from = (void *)(uintptr_t)start;
    if (one_node(topology, slot) || !whole_pages(&from, &length)) return 0;
    if (topology->refused.placing[0] || topology->refused.locating[0]) return 0;
    hwloc_bitmap_t wanted = wanted_nodes(topology, slot);
    hwloc_bitmap_t found = hwloc_bitmap_alloc();
    int bad = wanted && found ? locate(topology, from, length, found, err)
                              : fail_program(err, "memory location: out of memory");
    if (!bad && !hwloc_bitmap_isincluded(found, wanted)) {
        char there[PU_LIST_TEXT];
        char asked[PU_LIST_TEXT];
        logical_nodes(topology, found, there);
        logical_nodes(topology, wanted, asked);
        bad = fail(err, "memory: lies on nodes %s instead of %s", there, asked);
    }
    hwloc_bitmap_free(wanted);
    hwloc_bitmap_free(found);
    return bad;
}

int memory_nodes(const struct topology *topology, const void *start, size_t length, char text[PU_LIST_TEXT],
                 struct error *err) {
    text[0] = 0;
    if (require_this_system(topology, err) != 0) return -1;
    void *from = (void *)(uintptr_t)start;
    if (!whole_pages(&from, &length)) return 0;
    hwloc_bitmap_t found = hwloc_bitmap_alloc();
    int bad = found ? locate(topology, from, length, found, err) : fail_program(err, "memory location: out of memory");
    if (!bad) logical_nodes(topology, found, text);
    hwloc_bitmap_free(found);
    return bad;
}
