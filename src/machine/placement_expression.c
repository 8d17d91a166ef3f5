/* Placements that a user types: TYPE:LIST[.TYPE:LIST...]. */
#include "machine/placement_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    hwloc_obj_type_t type;
} types[] = {{"pu", HWLOC_OBJ_PU},      {"core", HWLOC_OBJ_CORE},     {"l1", HWLOC_OBJ_L1CACHE},
             {"l2", HWLOC_OBJ_L2CACHE}, {"l3", HWLOC_OBJ_L3CACHE},    {"l4", HWLOC_OBJ_L4CACHE},
             {"die", HWLOC_OBJ_DIE},    {"numa", HWLOC_OBJ_NUMANODE}, {"package", HWLOC_OBJ_PACKAGE}};

/* One TYPE:LIST: the objects picked inside `within` are or-ed into `picked`. */
struct part {
    const struct topology *topology;
    const char *text; /* the whole expression, for messages */
    const char *type_name;
    hwloc_obj_type_t type;
    hwloc_const_cpuset_t within;
    hwloc_bitmap_t picked;
};

static hwloc_obj_t object_inside(const struct part *part, unsigned index) {
    unsigned seen = 0;
    for (unsigned i = 0; i < count_objects(part->topology, part->type); i++) {
        hwloc_obj_t object = hwloc_get_obj_by_type(part->topology->hw, part->type, i);
        if (hwloc_bitmap_iszero(object->cpuset) || !hwloc_bitmap_isincluded(object->cpuset, part->within)) continue;
        if (seen++ == index) return object;
    }
    return NULL;
}

static unsigned count_inside(const struct part *part) {
    unsigned seen = 0;
    for (unsigned i = 0; i < count_objects(part->topology, part->type); i++) {
        hwloc_obj_t object = hwloc_get_obj_by_type(part->topology->hw, part->type, i);
        seen += !hwloc_bitmap_iszero(object->cpuset) && hwloc_bitmap_isincluded(object->cpuset, part->within);
    }
    return seen;
}

static int pick(const struct part *part, unsigned index, struct error *err) {
    hwloc_obj_t object = object_inside(part, index);
    unsigned count = count_inside(part);
    if (!object && count == 0)
        return fail(err, "placement '%s': the machine lists no %s there", part->text, part->type_name);
    if (!object)
        return fail(err, "placement '%s': there is no %s:%u, the last one is %s:%u", part->text, part->type_name, index,
                    part->type_name, count - 1);
    if (!hwloc_bitmap_intersects(object->cpuset, part->topology->allowed)) {
        char allowed[PU_LIST_TEXT];
        list_text(allowed, part->topology->allowed);
        return fail(err, "placement '%s': %s:%u is not allowed here (cgroup or taskset): the allowed PUs are %s",
                    part->text, part->type_name, index, allowed);
    }
    if (hwloc_bitmap_isincluded(object->cpuset, part->picked))
        return fail(err, "placement '%s': %s:%u is named twice; a PU takes one worker", part->text, part->type_name,
                    index);
    hwloc_bitmap_or(part->picked, part->picked, object->cpuset);
    return 0;
}

/* A number of at most six digits; moves *at behind it. */
static int read_index(const char **at, unsigned *index) {
    char *end;
    if (!isdigit((unsigned char)**at)) return -1;
    unsigned long number = strtoul(*at, &end, 10);
    if (end - *at > 6) return -1;
    *at = end;
    *index = (unsigned)number;
    return 0;
}

/* LIST: "all", or indexes and ranges. Ends behind it. */
static int pick_list(const struct part *part, const char **at, struct error *err) {
    if (strncmp(*at, "all", 3) == 0) {
        *at += 3;
        return hwloc_bitmap_or(part->picked, part->picked, part->within);
    }
    for (;;) {
        unsigned first;
        if (read_index(at, &first) != 0) break;
        unsigned last = first;
        if (**at == '-') {
            ++*at;
            if (read_index(at, &last) != 0 || last < first) break;
        }
        for (unsigned i = first; i <= last; i++)
            if (pick(part, i, err) != 0) return -1;
        if (**at != ',') return 0;
        ++*at;
    }
    return fail(err, "placement '%s': '%s' is not a list of indexes and ranges such as 0,2,4-7, or all", part->text,
                strchr(part->text, ':') + 1);
}

static int find_type(struct part *part, const char **at, struct error *err) {
    size_t length = strcspn(*at, ":");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if ((*at)[length] != ':' || strlen(types[i].name) != length || strncmp(*at, types[i].name, length) != 0)
            continue;
        part->type_name = types[i].name;
        part->type = types[i].type;
        /* Where no core is listed every PU counts as one. */
        if (part->type == HWLOC_OBJ_CORE && count_objects(part->topology, HWLOC_OBJ_CORE) == 0)
            part->type = HWLOC_OBJ_PU;
        *at += length + 1;
        return 0;
    }
    return fail(
        err,
        "placement '%s': unknown; it is a name (sgdmark topo lists them) or TYPE:LIST with TYPE pu, core, l1, l2, "
        "l3, l4, die, numa or package",
        part->text);
}

/* Narrows `set` by one TYPE:LIST. */
static int narrow(struct part *part, hwloc_bitmap_t set, const char **at, struct error *err) {
    part->within = set;
    part->picked = hwloc_bitmap_alloc();
    if (!part->picked) return fail(err, "placement '%s': out of memory", part->text);
    int bad = find_type(part, at, err);
    if (!bad) bad = pick_list(part, at, err);
    if (!bad) hwloc_bitmap_copy(set, part->picked);
    hwloc_bitmap_free(part->picked);
    return bad;
}

int resolve_expression(struct placement *placement, const struct topology *topology, struct error *err) {
    struct part part = {.topology = topology, .text = placement->name};
    hwloc_bitmap_t set = hwloc_bitmap_dup(hwloc_topology_get_topology_cpuset(topology->hw));
    if (!set) return fail(err, "placement '%s': out of memory", placement->name);
    const char *at = placement->name;
    int bad = narrow(&part, set, &at, err);
    while (!bad && *at == '.') {
        at++;
        bad = narrow(&part, set, &at, err);
    }
    if (!bad && *at) bad = fail(err, "placement '%s': '%s' is left over behind it", placement->name, at);
    if (!bad)
        bad =
            strcmp(part.type_name, "pu") == 0 ? add_pus(placement, topology, set) : add_cores(placement, topology, set);
    hwloc_bitmap_free(set);
    if (!bad && placement->count == 0)
        return fail(err, "placement '%s': none of its PUs is allowed here", placement->name);
    return bad;
}
