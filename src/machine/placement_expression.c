/* SPDX-License-Identifier: MIT */
/* Placements as an expression: TYPE:LIST[.TYPE:LIST...]. */
#include "machine/placement_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A PU is named by its number, a thread by its place: the first of a core is thread:0. */
static const struct {
    const char *name;
    hwloc_obj_type_t type;
} types[] = {{"pu", HWLOC_OBJ_PU},          {"thread", HWLOC_OBJ_PU},  {"core", HWLOC_OBJ_CORE},
             {"l1", HWLOC_OBJ_L1CACHE},     {"l2", HWLOC_OBJ_L2CACHE}, {"l3", HWLOC_OBJ_L3CACHE},
             {"l4", HWLOC_OBJ_L4CACHE},     {"die", HWLOC_OBJ_DIE},    {"numa", HWLOC_OBJ_NUMANODE},
             {"package", HWLOC_OBJ_PACKAGE}};

/* An expression that is being resolved. */
struct expression {
    const struct topology *topology;
    const char *text;      /* all of it, for messages */
    hwloc_bitmap_t picked; /* PUs so far */
    bool by_pu;            /* the last TYPE is pu or thread */
};

/* One TYPE:LIST inside the set `within`. */
struct part {
    const char *type_name;
    hwloc_obj_type_t type;
    bool numbered; /* the list holds the operating system's numbers of PUs */
    const char *list;
    const char *rest; /* behind the list: "" or ".TYPE:LIST..." */
    hwloc_const_cpuset_t within;
};

static int collect(struct expression *expression, const char *at, hwloc_const_cpuset_t within, struct error *err);

/* The object of the part with this index; NULL past the last one, and then *count is how many there are. */
static hwloc_obj_t object_inside(const struct expression *expression, const struct part *part, unsigned index,
                                 unsigned *count) {
    *count = 0;
    for (unsigned i = 0; i < count_objects(expression->topology, part->type); i++) {
        hwloc_obj_t object = hwloc_get_obj_by_type(expression->topology->hw, part->type, i);
        if (hwloc_bitmap_iszero(object->cpuset) || !hwloc_bitmap_isincluded(object->cpuset, part->within)) continue;
        if ((*count)++ == index) return object;
    }
    return NULL;
}

/* The PU with this number, if it is there. */
static hwloc_obj_t pu_inside(const struct topology *topology, const struct part *part, unsigned number) {
    hwloc_obj_t pu = number < topology->pus ? topology->pu[number] : NULL;
    return pu && hwloc_bitmap_isset(part->within, number) ? pu : NULL;
}

/* No PU with this number is there. */
static int refuse_number(const struct expression *expression, const struct part *part, unsigned number,
                         struct error *err) {
    const struct topology *topology = expression->topology;
    char pus[PU_LIST_TEXT];
    list_text(pus, part->within);
    if (number < topology->pus && topology->pu[number])
        return fail(err,
                    "placement '%s': PU %u is not in that part, whose PUs are %s (thread:%u counts inside the part)",
                    expression->text, number, pus, number);
    return fail(err, "placement '%s': there is no PU %u; the PUs are %s", expression->text, number, pus);
}

static int refuse_object(const struct expression *expression, const struct part *part, unsigned index,
                         struct error *err) {
    char allowed[PU_LIST_TEXT];
    list_text(allowed, expression->topology->allowed);
    return fail(err, "placement '%s': %s:%u is not allowed here (cgroup or taskset): the allowed PUs are %s",
                expression->text, part->type_name, index, allowed);
}

static int pick(struct expression *expression, const struct part *part, unsigned index, struct error *err) {
    unsigned count = 0;
    hwloc_obj_t object =
        part->numbered ? pu_inside(expression->topology, part, index) : object_inside(expression, part, index, &count);
    if (!object && part->numbered) return refuse_number(expression, part, index, err);
    if (!object && count == 0)
        return fail(err, "placement '%s': the machine lists no %s there (sgdmark topo draws it)", expression->text,
                    part->type_name);
    if (!object)
        return fail(err, "placement '%s': there is no %s:%u, the last one is %s:%u", expression->text, part->type_name,
                    index, part->type_name, count - 1);
    if (part->rest[0]) return collect(expression, part->rest + 1, object->cpuset, err);
    if (!hwloc_bitmap_intersects(object->cpuset, expression->topology->allowed))
        return refuse_object(expression, part, index, err);
    if (hwloc_bitmap_isincluded(object->cpuset, expression->picked))
        return fail(err, "placement '%s': %s:%u is named twice; a PU takes one worker", expression->text,
                    part->type_name, index);
    expression->by_pu = strcmp(part->type_name, "pu") == 0 || strcmp(part->type_name, "thread") == 0;
    return hwloc_bitmap_or(expression->picked, expression->picked, object->cpuset);
}

/* Picks all objects of the part that have an allowed PU. */
static int pick_all(struct expression *expression, const struct part *part, struct error *err) {
    unsigned count;
    struct part counted = *part;
    counted.numbered = false;
    hwloc_obj_t object = object_inside(expression, &counted, 0, &count);
    if (!object) return pick(expression, &counted, 0, err);
    for (unsigned i = 0; object; object = object_inside(expression, &counted, ++i, &count)) {
        if (!hwloc_bitmap_intersects(object->cpuset, expression->topology->allowed)) continue;
        if (pick(expression, &counted, i, err) != 0) return -1;
    }
    return 0;
}

/* Reads a number of at most six digits and moves *at behind it. */
static int read_index(const char **at, unsigned *index) {
    char *end;
    if (!isdigit((unsigned char)**at)) return -1;
    unsigned long number = strtoul(*at, &end, 10);
    if (end - *at > 6) return -1;
    *at = end;
    *index = (unsigned)number;
    return 0;
}

/* Indexes first, first + step, ... up to last. */
struct range {
    unsigned first, last, step;
};

/* Reads an index, a range or a range with a step ("0-30:2"), and moves *at behind it. */
static int read_range(const char **at, struct range *range) {
    if (read_index(at, &range->first) != 0) return -1;
    range->last = range->first;
    range->step = 1;
    if (**at != '-') return 0;
    ++*at;
    if (read_index(at, &range->last) != 0 || range->last < range->first) return -1;
    if (**at != ':') return 0;
    ++*at;
    return read_index(at, &range->step) != 0 || range->step == 0 ? -1 : 0;
}

/* Picks LIST: "all", or indexes and ranges. */
static int pick_list(struct expression *expression, const struct part *part, struct error *err) {
    if (part->rest - part->list == 3 && strncmp(part->list, "all", 3) == 0) return pick_all(expression, part, err);
    const char *at = part->list;
    for (;;) {
        struct range range;
        if (read_range(&at, &range) != 0 || (at != part->rest && *at != ',')) break;
        for (unsigned i = range.first; i <= range.last; i += range.step)
            if (pick(expression, part, i, err) != 0) return -1;
        if (at++ == part->rest) return 0;
    }
    return fail(err, "placement '%s': '%.*s' is not a list of indexes and ranges such as 0,2,4-7,8-30:2, or all",
                expression->text, (int)(part->rest - part->list), part->list);
}

static int find_type(const struct expression *expression, struct part *part, const char *at, struct error *err) {
    size_t length = strcspn(at, ":.");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (at[length] != ':' || strlen(types[i].name) != length || strncmp(at, types[i].name, length) != 0) continue;
        part->type_name = types[i].name;
        part->type = types[i].type;
        part->numbered = strcmp(part->type_name, "pu") == 0;
        /* Where no core is listed, every PU counts as a core. */
        if (part->type == HWLOC_OBJ_CORE && count_objects(expression->topology, HWLOC_OBJ_CORE) == 0)
            part->type = HWLOC_OBJ_PU;
        part->list = at + length + 1;
        part->rest = part->list + strcspn(part->list, ".");
        return 0;
    }
    char hint[NEAR_TEXT];
    struct near meant;
    near_begin(&meant, expression->text, strlen(expression->text));
    placement_try_names(&meant);
    return fail(err,
                "placement '%s': unknown%s%sive a name (sgdmark topo lists them) or TYPE:LIST with TYPE pu, thread, "
                "core, l1, l2, l3, l4, die, numa or package",
                expression->text, near_text(hint, &meant, ""), meant.best ? " G" : "; g");
}

/* Picks the objects of TYPE:LIST[.TYPE:LIST...] inside the set. */
static int collect(struct expression *expression, const char *at, hwloc_const_cpuset_t within, struct error *err) {
    struct part part = {.within = within};
    if (find_type(expression, &part, at, err) != 0) return -1;
    return pick_list(expression, &part, err);
}

int resolve_expression(struct placement *placement, const struct topology *topology, struct error *err) {
    struct expression expression = {.topology = topology, .text = placement->name, .picked = hwloc_bitmap_alloc()};
    if (!expression.picked) return fail_program(err, "placement '%s': out of memory", placement->name);
    int bad = collect(&expression, placement->name, hwloc_topology_get_topology_cpuset(topology->hw), err);
    if (!bad) {
        int (*add)(struct placement *, const struct topology *, hwloc_const_cpuset_t) =
            expression.by_pu ? add_pus : add_cores;
        bad = add(placement, topology, expression.picked);
        if (bad) fail_program(err, "placement '%s': out of memory", placement->name);
    }
    hwloc_bitmap_free(expression.picked);
    if (!bad && placement->count == 0)
        return fail(err, "placement '%s': none of its PUs is allowed here (cgroup or taskset)", placement->name);
    return bad;
}
