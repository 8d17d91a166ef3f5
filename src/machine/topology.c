/* SPDX-License-Identifier: MIT */
#include "machine/topology.h"

#include "machine/topology_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

unsigned count_objects(const struct topology *topology, hwloc_obj_type_t type) {
    int count = hwloc_get_nbobjs_by_type(topology->hw, type);
    return count > 0 ? (unsigned)count : 0;
}

hwloc_obj_type_t last_cache_type(const struct topology *topology) {
    static const hwloc_obj_type_t types[] = {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L4CACHE,
                                             HWLOC_OBJ_L5CACHE};
    return types[topology->last_level - 1];
}

int core_of(const struct topology *topology, hwloc_obj_t pu) {
    if (count_objects(topology, HWLOC_OBJ_CORE) == 0) return (int)pu->logical_index;
    hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(topology->hw, HWLOC_OBJ_CORE, pu);
    return core ? (int)core->logical_index : -1;
}

hwloc_obj_t allowed_pu(const struct topology *topology, hwloc_const_cpuset_t set, unsigned k) {
    for (int os = hwloc_bitmap_first(set); os >= 0 && (unsigned)os < topology->pus; os = hwloc_bitmap_next(set, os))
        if (hwloc_bitmap_isset(topology->allowed, (unsigned)os) && k-- == 0) return topology->pu[os];
    return NULL;
}

void list_text(char text[PU_LIST_TEXT], hwloc_const_bitmap_t set) {
    int length = hwloc_bitmap_list_snprintf(text, PU_LIST_TEXT, set);
    if (length >= PU_LIST_TEXT) memcpy(text + PU_LIST_TEXT - 4, "...", 4);
}

/* The PUs that this process may use: those that hwloc calls allowed (cgroup) and, on this machine, its affinity. */
static int find_allowed(struct topology *topology) {
    topology->allowed = hwloc_bitmap_dup(hwloc_topology_get_allowed_cpuset(topology->hw));
    topology->allowed_nodes = hwloc_bitmap_dup(hwloc_topology_get_allowed_nodeset(topology->hw));
    if (!topology->allowed || !topology->allowed_nodes) return -1;
    hwloc_bitmap_and(topology->allowed, topology->allowed, hwloc_topology_get_topology_cpuset(topology->hw));
    /* A PU without an object or outside of every core takes no worker. Only handwritten XML has such PUs. */
    hwloc_bitmap_t usable = hwloc_bitmap_alloc();
    if (!usable) return -1;
    for (unsigned os = 0; os < topology->pus; os++)
        if (topology->pu[os] && core_of(topology, topology->pu[os]) >= 0) hwloc_bitmap_set(usable, os);
    hwloc_bitmap_and(topology->allowed, topology->allowed, usable);
    hwloc_bitmap_free(usable);
    if (!topology->this_system) return 0;
    hwloc_bitmap_t affinity = hwloc_bitmap_alloc();
    if (!affinity) return -1;
    if (hwloc_get_cpubind(topology->hw, affinity, HWLOC_CPUBIND_THREAD) == 0)
        hwloc_bitmap_and(topology->allowed, topology->allowed, affinity);
    hwloc_bitmap_free(affinity);
    return 0;
}

static int find_pus(struct topology *topology) {
    int last = hwloc_bitmap_last(hwloc_topology_get_topology_cpuset(topology->hw));
    topology->pus = last < 0 ? 0 : (unsigned)last + 1;
    topology->pu = calloc(topology->pus + 1, sizeof(hwloc_obj_t));
    if (!topology->pu) return -1;
    for (unsigned i = 0; i < count_objects(topology, HWLOC_OBJ_PU); i++) {
        hwloc_obj_t pu = hwloc_get_obj_by_type(topology->hw, HWLOC_OBJ_PU, i);
        if (pu->os_index < topology->pus) topology->pu[pu->os_index] = pu;
    }
    return 0;
}

static int find_cores(struct topology *topology) {
    unsigned cores = count_objects(topology, HWLOC_OBJ_CORE);
    hwloc_obj_type_t type = cores ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
    topology->cores = count_objects(topology, type);
    topology->core = calloc(topology->cores + 1, sizeof(hwloc_obj_t));
    if (!topology->core) return -1;
    for (unsigned i = 0; i < topology->cores; i++)
        topology->core[i] = hwloc_get_obj_by_type(topology->hw, type, i);
    return 0;
}

static void find_last_level(struct topology *topology) {
    for (unsigned level = 1; level <= 5; level++) {
        unsigned before = topology->last_level;
        topology->last_level = level;
        if (count_objects(topology, last_cache_type(topology)) == 0) topology->last_level = before;
    }
}

/* Makes a topology of the loaded hw, and owns hw from then on. A description is never this machine. */
static int complete(struct topology **out, hwloc_topology_t hw, bool this_system, const char *name, struct error *err) {
    struct topology *topology = calloc(1, sizeof *topology);
    if (!topology) {
        hwloc_topology_destroy(hw);
        return fail_program(err, "%s: out of memory", name);
    }
    topology->hw = hw;
    topology->this_system = this_system;
    if (find_pus(topology) != 0 || find_cores(topology) != 0 || find_allowed(topology) != 0 ||
        find_memory(topology) != 0) {
        topology_free(topology);
        return fail_program(err, "%s: out of memory", name);
    }
    if (hwloc_bitmap_iszero(topology->allowed)) {
        topology_free(topology);
        return fail(err, "%s: allows no PU: nothing can be placed on it", name);
    }
    find_last_level(topology);
    find_kinds(topology);
    find_refusals(topology);
    *out = topology;
    return 0;
}

static int load_this_machine(struct topology **topology, struct error *err) {
    char variables[VARIABLES_TEXT];
    hwloc_variables(variables);
    if (affinity_check(err) != 0) return -1;
    hwloc_topology_t hw;
    if (hwloc_topology_init(&hw) != 0) return fail_program(err, "topology of this machine: out of memory");
    /* Parts that are not allowed are included, to be drawn, and so that indexes are those of the whole machine. */
    if (hwloc_topology_set_flags(hw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) != 0 || hwloc_topology_load(hw) != 0) {
        int why = errno;
        hwloc_topology_destroy(hw);
        return fail(err, "topology of this machine: hwloc cannot read it: %s", strerror(why));
    }
    if (complete(topology, hw, hwloc_topology_is_thissystem(hw) != 0, "topology of this machine", err) != 0) return -1;
    memcpy((*topology)->variables, variables, sizeof variables);
    return 0;
}

int topology_parse(struct topology **topology, const char *name, const char *text, size_t length, struct error *err) {
    char variables[VARIABLES_TEXT];
    hwloc_variables(variables);
    if (description_check(name, text, length, err) != 0) return -1;
    hwloc_topology_t hw;
    if (description_load(&hw, text, length) != 0) return fail(err, "%s: hwloc cannot load it", name);
    if (complete(topology, hw, false, name, err) != 0) return -1;
    memcpy((*topology)->variables, variables, sizeof variables);
    return 0;
}

static int load_file(struct topology **topology, const char *path, struct error *err) {
    size_t length = 0;
    char *text = description_read(path, &length, err);
    if (!text) return -1;
    int bad = topology_parse(topology, strcmp(path, "-") == 0 ? "standard input" : path, text, length, err);
    free(text);
    return bad;
}

int topology_load(struct topology **topology, const char *spec, struct error *err) {
    if (!spec) return load_this_machine(topology, err);
    struct stat info;
    if (strcmp(spec, "-") == 0 || stat(spec, &info) == 0) return load_file(topology, spec, err);
    size_t length = strlen(spec);
    if (strchr(spec, '/') || (length > 4 && strcmp(spec + length - 4, ".xml") == 0))
        return fail(err, "%s: cannot be read: %s", spec, strerror(errno));
    char name[80];
    snprintf(name, sizeof name, "topology '%.60s'%s", spec, length > 60 ? "..." : "");
    return topology_parse(topology, name, spec, length, err);
}

void topology_free(struct topology *topology) {
    if (!topology) return;
    for (unsigned i = 0; i < topology->kinds; i++)
        hwloc_bitmap_free(topology->kind[i].pus);
    hwloc_bitmap_free(topology->allowed);
    hwloc_bitmap_free(topology->allowed_nodes);
    hwloc_bitmap_free(topology->usable_nodes);
    free(topology->core);
    free(topology->pu);
    hwloc_topology_destroy(topology->hw);
    free(topology);
}

unsigned topology_pu_count(const struct topology *topology) {
    return topology->pus;
}

bool topology_shares_cache(const struct topology *topology, unsigned pu, unsigned other) {
    if (topology->last_level == 0 || pu >= topology->pus || other >= topology->pus) return true;
    if (!topology->pu[pu] || !topology->pu[other]) return true;
    const hwloc_obj_type_t type = last_cache_type(topology);
    return hwloc_get_ancestor_obj_by_type(topology->hw, type, topology->pu[pu]) ==
           hwloc_get_ancestor_obj_by_type(topology->hw, type, topology->pu[other]);
}

bool topology_is_this_system(const struct topology *topology) {
    return topology->this_system;
}

const char *topology_no_binding(const struct topology *topology) {
    return topology->refused.binding;
}

static uint64_t cache_bytes(const struct topology *topology, hwloc_obj_type_t type, hwloc_const_cpuset_t inside) {
    hwloc_obj_t cache = hwloc_get_obj_covering_cpuset(topology->hw, inside);
    while (cache && cache->type != type)
        cache = cache->parent;
    return cache ? cache->attr->cache.size : 0;
}

static void summarize_caches(const struct topology *topology, struct topology_summary *summary) {
    hwloc_obj_t first = allowed_pu(topology, topology->allowed, 0);
    summary->l1_bytes = cache_bytes(topology, HWLOC_OBJ_L1CACHE, first->cpuset);
    summary->l2_bytes = cache_bytes(topology, HWLOC_OBJ_L2CACHE, first->cpuset);
    summary->last_cache_level = topology->last_level;
    summary->last_cache_cores = 1;
    if (topology->last_level == 0) return;
    summary->last_caches = count_objects(topology, last_cache_type(topology));
    summary->last_cache_bytes = cache_bytes(topology, last_cache_type(topology), first->cpuset);
    hwloc_obj_t last = hwloc_get_ancestor_obj_by_type(topology->hw, last_cache_type(topology), first);
    unsigned cores = 0;
    for (unsigned i = 0; last && i < topology->cores; i++)
        cores += hwloc_bitmap_isincluded(topology->core[i]->cpuset, last->cpuset) != 0;
    if (cores > 0) summary->last_cache_cores = cores;
}

static void summarize_allowed(const struct topology *topology, struct topology_summary *summary) {
    for (unsigned i = 0; i < topology->cores; i++)
        summary->allowed_cores += hwloc_bitmap_intersects(topology->core[i]->cpuset, topology->allowed) != 0;
    for (unsigned i = 0; i < summary->nodes; i++) {
        hwloc_obj_t node = hwloc_get_obj_by_type(topology->hw, HWLOC_OBJ_NUMANODE, i);
        summary->allowed_nodes += hwloc_bitmap_isset(topology->allowed_nodes, node->os_index) != 0;
        summary->usable_nodes += hwloc_bitmap_isset(topology->usable_nodes, node->os_index) != 0;
    }
    summary->allowed_pus = (unsigned)hwloc_bitmap_weight(topology->allowed);
    list_text(summary->allowed, topology->allowed);
    hwloc_bitmap_t rest = hwloc_bitmap_alloc();
    if (!rest) return;
    hwloc_bitmap_andnot(rest, hwloc_topology_get_topology_cpuset(topology->hw), topology->allowed);
    list_text(summary->not_allowed, rest);
    hwloc_bitmap_free(rest);
}

static void summarize_model(const struct topology *topology, struct topology_summary *summary) {
    hwloc_obj_t package = hwloc_get_obj_by_type(topology->hw, HWLOC_OBJ_PACKAGE, 0);
    const char *model = package ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;
    snprintf(summary->cpu_model, sizeof summary->cpu_model, "%s", model ? model : "");
    for (char *at = summary->cpu_model; *at; at++)
        if (!isprint((unsigned char)*at)) *at = '?';
}

void topology_summarize(const struct topology *topology, struct topology_summary *summary) {
    *summary = (struct topology_summary){
        .this_system = topology->this_system,
        .packages = count_objects(topology, HWLOC_OBJ_PACKAGE),
        .nodes = count_objects(topology, HWLOC_OBJ_NUMANODE),
        .cores = topology->cores,
        .pus = count_objects(topology, HWLOC_OBJ_PU),
        .kinds = topology->kinds ? topology->kinds : 1,
        .memory_bytes = topology->memory_bytes,
        .no_binding = topology->refused.binding,
        .no_placing = topology->refused.placing,
        .no_locating = topology->refused.locating,
        .variables = topology->variables,
    };
    for (unsigned i = 0; i < topology->kinds; i++) {
        size_t used = strlen(summary->kind_names);
        snprintf(summary->kind_names + used, sizeof summary->kind_names - used, "%s%s", i ? ", " : "",
                 topology->kind[i].name);
    }
    summarize_model(topology, summary);
    summarize_caches(topology, summary);
    summarize_allowed(topology, summary);
}
