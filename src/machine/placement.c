/* SPDX-License-Identifier: MIT */
#include "machine/placement.h"

#include "base/json.h"
#include "machine/placement_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const memory_policy_names[] = {"local", "remote", "interleave"};

/* Marks the placement as not available. Always returns 0. */
static int unavailable(struct placement *placement, const char *reason) {
    snprintf(placement->reason, sizeof placement->reason, "%s", reason);
    placement->available = false;
    free(placement->slots);
    placement->slots = NULL;
    placement->count = 0;
    return 0;
}

static int cache_of(const struct topology *topology, hwloc_obj_t pu) {
    if (topology->last_level == 0) return -1;
    hwloc_obj_t cache = hwloc_get_ancestor_obj_by_type(topology->hw, last_cache_type(topology), pu);
    return cache ? (int)cache->logical_index : -1;
}

int add_slot(struct placement *placement, const struct topology *topology, hwloc_obj_t pu) {
    struct slot *more = realloc(placement->slots, (placement->count + 1) * sizeof *more);
    if (!more) return -1;
    placement->slots = more;
    hwloc_obj_t package = hwloc_get_ancestor_obj_by_type(topology->hw, HWLOC_OBJ_PACKAGE, pu);
    hwloc_obj_t node = node_of(topology, pu);
    hwloc_obj_t nearest = nearest_node(topology, pu);
    struct slot *slot = &more[placement->count++];
    *slot = (struct slot){.pu_os = pu->os_index, .pu = pu->logical_index, .policy = MEMORY_LOCAL};
    slot->core = core_of(topology, pu);
    slot->cache = cache_of(topology, pu);
    slot->package = package ? (int)package->logical_index : -1;
    slot->node = node ? (int)node->logical_index : -1;
    slot->memory_node = nearest ? (int)nearest->logical_index : -1;
    return 0;
}

int add_cores(struct placement *placement, const struct topology *topology, hwloc_const_cpuset_t set) {
    hwloc_bitmap_t part = hwloc_bitmap_alloc();
    if (!part) return -1;
    int bad = 0;
    for (unsigned i = 0; i < topology->cores && !bad; i++) {
        hwloc_bitmap_and(part, topology->core[i]->cpuset, set);
        hwloc_obj_t pu = allowed_pu(topology, part, 0);
        if (pu) bad = add_slot(placement, topology, pu);
    }
    hwloc_bitmap_free(part);
    return bad;
}

int add_pus(struct placement *placement, const struct topology *topology, hwloc_const_cpuset_t set) {
    for (unsigned i = 0; i < count_objects(topology, HWLOC_OBJ_PU); i++) {
        hwloc_obj_t pu = hwloc_get_obj_by_type(topology->hw, HWLOC_OBJ_PU, i);
        bool wanted = hwloc_bitmap_isset(set, pu->os_index) && hwloc_bitmap_isset(topology->allowed, pu->os_index);
        if (wanted && add_slot(placement, topology, pu) != 0) return -1;
    }
    return 0;
}

/* The number of cores inside the set that have an allowed PU. */
static unsigned allowed_cores(const struct topology *topology, hwloc_const_cpuset_t set) {
    unsigned cores = 0;
    for (unsigned i = 0; i < topology->cores; i++) {
        hwloc_obj_t core = topology->core[i];
        cores += hwloc_bitmap_isincluded(core->cpuset, set) && hwloc_bitmap_intersects(core->cpuset, topology->allowed);
    }
    return cores;
}

/* The PU of placement `core`: the first allowed PU of the fastest kind. */
static hwloc_obj_t first_pu(const struct topology *topology) {
    for (unsigned k = 0; k < topology->kinds; k++)
        for (unsigned i = 0; i < topology->cores; i++) {
            hwloc_obj_t pu = allowed_pu(topology, topology->core[i]->cpuset, 0);
            if (pu && hwloc_bitmap_isset(topology->kind[k].pus, pu->os_index)) return pu;
        }
    for (unsigned i = 0; i < topology->cores; i++) {
        hwloc_obj_t pu = allowed_pu(topology, topology->core[i]->cpuset, 0);
        if (pu) return pu;
    }
    return NULL;
}

static int build_core(struct placement *placement, const struct topology *topology) {
    return add_slot(placement, topology, first_pu(topology));
}

static int build_smt(struct placement *placement, const struct topology *topology) {
    for (unsigned i = 0; i < topology->cores; i++)
        if (allowed_pu(topology, topology->core[i]->cpuset, 1))
            return add_pus(placement, topology, topology->core[i]->cpuset);
    if (count_objects(topology, HWLOC_OBJ_PU) == topology->cores)
        return unavailable(placement, "each core has one hardware thread");
    return unavailable(placement, "no core has two hardware threads that are allowed");
}

static int build_l3(struct placement *placement, const struct topology *topology) {
    if (topology->last_level == 0) return unavailable(placement, "no cache is listed");
    bool shared = false;
    hwloc_obj_t first = hwloc_get_ancestor_obj_by_type(topology->hw, last_cache_type(topology), first_pu(topology));
    if (first && allowed_cores(topology, first->cpuset) >= 2) return add_cores(placement, topology, first->cpuset);
    for (unsigned i = 0; i < count_objects(topology, last_cache_type(topology)); i++) {
        hwloc_obj_t cache = hwloc_get_obj_by_type(topology->hw, last_cache_type(topology), i);
        if (allowed_cores(topology, cache->cpuset) >= 2) return add_cores(placement, topology, cache->cpuset);
        unsigned cores = 0;
        for (unsigned k = 0; k < topology->cores; k++)
            cores += hwloc_bitmap_isincluded(topology->core[k]->cpuset, cache->cpuset) != 0;
        shared = shared || cores >= 2;
    }
    if (shared) return unavailable(placement, "no last-level cache has two cores that are allowed");
    return unavailable(placement, "each last-level cache belongs to one core");
}

/* One core of each object of the type; with `kind`, of this kind. */
static int spread(struct placement *placement, const struct topology *topology, hwloc_obj_type_t type,
                  const char *kind) {
    for (unsigned i = 0; i < count_objects(topology, type); i++) {
        hwloc_obj_t object = hwloc_get_obj_by_type(topology->hw, type, i);
        hwloc_obj_t pu = allowed_pu(topology, object->cpuset, 0);
        for (unsigned k = 1; pu && kind && strcmp(kind_of(topology, pu->os_index), kind) != 0; k++)
            pu = allowed_pu(topology, object->cpuset, k);
        if (pu && add_slot(placement, topology, pu) != 0) return -1;
    }
    return 0;
}

static int build_l3_spread(struct placement *placement, const struct topology *topology) {
    if (topology->last_level == 0) return unavailable(placement, "no cache is listed");
    hwloc_obj_type_t type = last_cache_type(topology);
    if (count_objects(topology, type) < 2) return unavailable(placement, "there is one last-level cache");
    const char *kind = kind_of(topology, first_pu(topology)->os_index);
    if (spread(placement, topology, type, kind) != 0) return -1;
    if (placement->count >= 2) return 0;
    return unavailable(placement, kind[0] ? "the allowed cores of the fastest kind share one last-level cache"
                                          : "the allowed cores share one last-level cache");
}

static int build_packages(struct placement *placement, const struct topology *topology) {
    unsigned packages = count_objects(topology, HWLOC_OBJ_PACKAGE);
    if (packages == 0) return unavailable(placement, "no package is listed");
    if (packages == 1) return unavailable(placement, "there is one package");
    if (spread(placement, topology, HWLOC_OBJ_PACKAGE, NULL) != 0) return -1;
    return placement->count >= 2 ? 0 : unavailable(placement, "the allowed cores are in one package");
}

/* The node of placement numa-local: the first core's own, or where that has none the first core's that has one. */
static hwloc_obj_t home_node(const struct topology *topology) {
    hwloc_obj_t home = node_of(topology, first_pu(topology));
    for (unsigned i = 0; i < topology->cores && !home; i++) {
        hwloc_obj_t pu = allowed_pu(topology, topology->core[i]->cpuset, 0);
        if (pu) home = node_of(topology, pu);
    }
    return home;
}

/* Workers on the cores of one node. */
static int build_numa_local(struct placement *placement, const struct topology *topology) {
    if (count_objects(topology, HWLOC_OBJ_NUMANODE) < 2) return unavailable(placement, "there is one memory node");
    if (hwloc_bitmap_weight(topology->allowed_nodes) < 2) return unavailable(placement, "one memory node is allowed");
    if (hwloc_bitmap_weight(topology->usable_nodes) < 2)
        return unavailable(placement, "of the allowed memory nodes one has memory");
    hwloc_obj_t home = home_node(topology);
    if (!home) return unavailable(placement, "no allowed core has plain memory of its own");
    return add_cores(placement, topology, home->cpuset);
}

static int build_numa_remote(struct placement *placement, const struct topology *topology) {
    if (build_numa_local(placement, topology) != 0) return -1;
    if (placement->count == 0) return 0;
    hwloc_obj_t remote = farthest_node(topology, home_node(topology));
    if (!remote) return unavailable(placement, "every allowed memory node is local to the workers");
    for (size_t i = 0; i < placement->count; i++) {
        placement->slots[i].policy = MEMORY_REMOTE;
        placement->slots[i].memory_node = (int)remote->logical_index;
    }
    return 0;
}

static int build_numa_interleave(struct placement *placement, const struct topology *topology) {
    if (build_numa_local(placement, topology) != 0) return -1;
    for (size_t i = 0; i < placement->count; i++) {
        placement->slots[i].policy = MEMORY_INTERLEAVE;
        placement->slots[i].memory_node = -1;
    }
    return 0;
}

static int build_kind(struct placement *placement, const struct topology *topology) {
    const char *wanted = placement->name + strlen("kind:");
    if (topology->kinds == 0) return unavailable(placement, "all cores are of one kind");
    for (unsigned i = 0; i < topology->kinds; i++) {
        if (strcmp(topology->kind[i].name, wanted) != 0) continue;
        if (add_cores(placement, topology, topology->kind[i].pus) != 0) return -1;
        return placement->count ? 0 : unavailable(placement, "no core of this kind is allowed");
    }
    struct topology_summary summary;
    topology_summarize(topology, &summary);
    char reason[sizeof placement->reason];
    snprintf(reason, sizeof reason, "the kinds of core are %s", summary.kind_names);
    return unavailable(placement, reason);
}

static int build_all_cores(struct placement *placement, const struct topology *topology) {
    return add_cores(placement, topology, topology->allowed);
}

static int build_all_pus(struct placement *placement, const struct topology *topology) {
    return add_pus(placement, topology, topology->allowed);
}

static const struct {
    const char *name;
    int (*build)(struct placement *, const struct topology *);
} named[] = {{"core", build_core},
             {"smt", build_smt},
             {"l3", build_l3},
             {"l3-spread", build_l3_spread},
             {"numa-local", build_numa_local},
             {"numa-remote", build_numa_remote},
             {"numa-interleave", build_numa_interleave},
             {"packages", build_packages},
             {"kind:", build_kind},
             {"all-cores", build_all_cores},
             {"all-pus", build_all_pus}};
enum { NAMED = sizeof named / sizeof *named };

/* Adds a sentence to the note. */
static void add_note(struct placement *placement, const char *what, const char *reason) {
    const size_t used = strlen(placement->note);
    snprintf(placement->note + used, sizeof placement->note - used, "%s%s: %s", used ? "; " : "", what, reason);
}

/* What is left of a placement where the system refuses binding: as many workers, wherever it runs them. */
static bool works_unbound(const char *name) {
    return strcmp(name, "core") == 0 || strcmp(name, "all-cores") == 0 || strcmp(name, "all-pus") == 0;
}

/* Makes a placement unavailable whose point the system refuses, and notes what is refused of the others. */
static void apply_refusals(struct placement *placement, const struct topology *topology) {
    const struct refusals *refused = &topology->refused;
    if (placement->count == 0) return;
    if (refused->binding[0] && !works_unbound(placement->name)) {
        unavailable(placement, refused->binding);
        return;
    }
    if (refused->placing[0] && placement->slots[0].policy != MEMORY_LOCAL) {
        unavailable(placement, refused->placing);
        return;
    }
    placement->unbound = refused->binding[0] != 0;
    if (placement->unbound) add_note(placement, "its threads are not bound", refused->binding);
    if (refused->placing[0]) add_note(placement, "its rows lie where their worker first wrote them", refused->placing);
    if (refused->locating[0]) add_note(placement, "where its rows lie is not verified", refused->locating);
}

/* Builds the placement if its name is in `named`; *known says whether it is. */
static int build_named(struct placement *placement, const struct topology *topology, bool *known) {
    *known = false;
    for (size_t i = 0; i < NAMED; i++) {
        size_t length = strlen(named[i].name);
        bool family = named[i].name[length - 1] == ':';
        if (family ? strncmp(placement->name, named[i].name, length) != 0 : strcmp(placement->name, named[i].name) != 0)
            continue;
        *known = true;
        placement->available = true;
        if (named[i].build(placement, topology) != 0) return -1;
        apply_refusals(placement, topology);
        return 0;
    }
    return 0;
}

void placement_try_names(struct near *meant) {
    for (size_t i = 0; i < NAMED; i++)
        near_try(meant, named[i].name);
}

int placement_resolve(struct placement *placement, const struct topology *topology, const char *text,
                      struct error *err) {
    *placement = (struct placement){0};
    if (strlen(text) >= sizeof placement->name)
        return fail(err, "placement '%.40s...': longer than %zu characters", text, sizeof placement->name - 1);
    memcpy(placement->name, text, strlen(text) + 1);
    bool known;
    int bad = build_named(placement, topology, &known);
    if (bad) {
        fail_program(err, "placement '%s': out of memory", text);
    } else if (!known) {
        placement->available = true;
        bad = resolve_expression(placement, topology, err);
        if (!bad) apply_refusals(placement, topology);
    }
    if (!bad && !placement->available)
        bad = fail(err, "placement '%s': not on this machine: %s (sgdmark topo lists its placements)", text,
                   placement->reason);
    if (bad) placement_free(placement);
    return bad;
}

static bool same_slots(const struct placement *a, const struct placement *b) {
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++) {
        if (a->slots[i].pu_os != b->slots[i].pu_os || a->slots[i].memory_node != b->slots[i].memory_node) return false;
        if (a->slots[i].policy != b->slots[i].policy) return false;
    }
    return true;
}

/* Of placements with the same workers the one with the lowest rank stands for the others. */
static int rank(const struct placement *list, size_t i) {
    static const char *const first[] = {"core", "all-cores", "all-pus"};
    for (int k = 0; k < 3; k++)
        if (strcmp(list[i].name, first[k]) == 0) return k;
    return 3 + (int)i;
}

static void mark_same(struct placement *list, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int best = rank(list, i);
        for (size_t k = 0; list[i].available && k < count; k++) {
            if (!list[k].available || rank(list, k) >= best || !same_slots(&list[i], &list[k])) continue;
            best = rank(list, k);
            memcpy(list[i].same_as, list[k].name, sizeof list[i].same_as);
        }
    }
}

/* Fills in the names of the list: those in `named`, and one "kind:NAME" for each kind. Returns how many. */
static size_t list_names(struct placement *list, const struct topology *topology) {
    size_t count = 0;
    for (size_t i = 0; i < NAMED; i++) {
        bool kinds = strcmp(named[i].name, "kind:") == 0;
        for (unsigned k = 0; kinds && k < topology->kinds; k++)
            snprintf(list[count++].name, sizeof list->name, "kind:%s", topology->kind[k].name);
        if (kinds && topology->kinds > 0) continue;
        snprintf(list[count++].name, sizeof list->name, "%s%s", named[i].name, kinds ? "NAME" : "");
    }
    return count;
}

int placement_list(struct placement **list, size_t *count, const struct topology *topology, struct error *err) {
    *list = calloc(NAMED + MAX_KINDS, sizeof **list);
    if (!*list) return fail_program(err, "placements: out of memory");
    *count = list_names(*list, topology);
    for (size_t i = 0; i < *count; i++) {
        bool known;
        if (build_named(&(*list)[i], topology, &known) == 0) continue;
        placement_list_free(*list, *count);
        return fail_program(err, "placements: out of memory");
    }
    mark_same(*list, *count);
    return 0;
}

void placement_free(struct placement *placement) {
    free(placement->slots);
    placement->slots = NULL;
    placement->count = 0;
}

void placement_list_free(struct placement *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        placement_free(&list[i]);
    free(list);
}

void placement_pus(const struct placement *placement, char text[PU_LIST_TEXT]) {
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < placement->count;) {
        unsigned first = placement->slots[i].pu_os;
        size_t run = 1;
        while (i + run < placement->count && placement->slots[i + run].pu_os == first + run)
            run++;
        i += run;
        if (used + 32 >= PU_LIST_TEXT) {
            snprintf(text + used, PU_LIST_TEXT - used, ",...");
            return;
        }
        const char *comma = used ? "," : "";
        int wrote = run == 1 ? snprintf(text + used, PU_LIST_TEXT - used, "%s%u", comma, first)
                             : snprintf(text + used, PU_LIST_TEXT - used, "%s%u-%zu", comma, first, first + run - 1);
        used += (size_t)wrote;
    }
}

void placement_remote_pus(const struct placement *placement, char text[PU_LIST_TEXT]) {
    text[0] = 0;
    hwloc_bitmap_t pus = hwloc_bitmap_alloc();
    if (!pus) return;
    for (size_t i = 0; i < placement->count; i++) {
        const struct slot *slot = &placement->slots[i];
        if (slot->policy == MEMORY_LOCAL && slot->memory_node != slot->node) hwloc_bitmap_set(pus, slot->pu_os);
    }
    list_text(text, pus);
    hwloc_bitmap_free(pus);
}

void placement_nodes(const struct placement *placement, const struct topology *topology, char text[PU_LIST_TEXT]) {
    text[0] = 0;
    hwloc_bitmap_t nodes = hwloc_bitmap_alloc();
    if (!nodes) return;
    for (size_t i = 0; i < placement->count; i++) {
        const struct slot *slot = &placement->slots[i];
        if (slot->memory_node >= 0) hwloc_bitmap_set(nodes, (unsigned)slot->memory_node);
        for (unsigned k = 0; slot->policy == MEMORY_INTERLEAVE && k < count_objects(topology, HWLOC_OBJ_NUMANODE);
             k++) {
            hwloc_obj_t node = hwloc_get_obj_by_type(topology->hw, HWLOC_OBJ_NUMANODE, k);
            if (hwloc_bitmap_isset(topology->usable_nodes, node->os_index)) hwloc_bitmap_set(nodes, k);
        }
    }
    list_text(text, nodes);
    hwloc_bitmap_free(nodes);
}

static json_t *index_json(int index) {
    return index < 0 ? json_null() : json_integer(index);
}

json_t *placement_json(const struct placement *placement) {
    json_t *slots = json_array();
    for (size_t i = 0; i < placement->count; i++) {
        const struct slot *slot = &placement->slots[i];
        json_add(slots, json_pack("{s:o, s:i, s:o, s:o, s:o, s:o, s:s, s:o}", "pu_os",
                                  index_json(placement->unbound ? -1 : (int)slot->pu_os), "pu_logical", slot->pu,
                                  "core", index_json(slot->core), "cache", index_json(slot->cache), "package",
                                  index_json(slot->package), "node", index_json(slot->node), "memory_policy",
                                  memory_policy_names[slot->policy], "memory_node", index_json(slot->memory_node)));
    }
    json_t *out = json_pack("{s:o, s:b, s:o}", "name", json_escaped(placement->name), "available", placement->available,
                            "slots", slots);
    if (placement->same_as[0]) json_put(out, "same_as", json_escaped(placement->same_as));
    if (placement->note[0]) json_put(out, "note", json_escaped(placement->note));
    if (!placement->available) json_put(out, "reason", json_escaped(placement->reason));
    return out;
}
