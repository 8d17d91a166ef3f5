/* SPDX-License-Identifier: MIT */
/* Kinds of core on hybrid machines. hwloc lists too many kinds: cores of one design with different boost clocks become
 * different kinds. Here two kinds differ if the vendor gives them different core types, or if capacity or clock differ
 * by more than KIND_STEP. */
#include "machine/topology_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIND_STEP 1.15

/* What hwloc knows about one of its kinds; 0 and NULL: unknown. */
struct facts {
    int efficiency; /* higher is faster; -1: unknown */
    const char *type;
    double capacity, base_mhz, max_mhz;
};

static struct facts read_facts(const struct topology *topology, unsigned index, hwloc_bitmap_t pus) {
    struct facts facts = {.efficiency = -1};
    unsigned count = 0;
    struct hwloc_info_s *infos = NULL;
    if (hwloc_cpukinds_get_info(topology->hw, index, pus, &facts.efficiency, &count, &infos, 0) != 0) return facts;
    for (unsigned i = 0; i < count; i++) {
        double number = strtod(infos[i].value, NULL);
        if (strcmp(infos[i].name, "CoreType") == 0) facts.type = infos[i].value;
        if (strcmp(infos[i].name, "LinuxCapacity") == 0) facts.capacity = number;
        if (strcmp(infos[i].name, "FrequencyBaseMHz") == 0) facts.base_mhz = number;
        if (strcmp(infos[i].name, "FrequencyMaxMHz") == 0) facts.max_mhz = number;
    }
    return facts;
}

static bool far_apart(double a, double b) {
    return a > 0 && b > 0 && (a > b * KIND_STEP || b > a * KIND_STEP);
}

static bool differ(const struct facts *a, const struct facts *b) {
    if (a->type && b->type && strcmp(a->type, b->type) != 0) return true;
    if (a->efficiency < 0 || b->efficiency < 0) return false;
    if (a->capacity > 0 && b->capacity > 0) return far_apart(a->capacity, b->capacity);
    if (a->base_mhz > 0 && b->base_mhz > 0) return far_apart(a->base_mhz, b->base_mhz);
    return far_apart(a->max_mhz, b->max_mhz);
}

/* Names the fastest kind P and the others E; a second kind of the same letter gets a number (E2). */
static void name_kind(struct topology *topology, unsigned at, const char *type) {
    char letter = at == 0 ? 'P' : 'E';
    if (type && strcmp(type, "IntelCore") == 0) letter = 'P';
    if (type && strcmp(type, "IntelAtom") == 0) letter = 'E';
    unsigned same = 1;
    for (unsigned i = 0; i < at; i++)
        same += topology->kind[i].name[0] == letter;
    char *name = topology->kind[at].name;
    if (same == 1) {
        snprintf(name, sizeof topology->kind[at].name, "%c", letter);
    } else {
        snprintf(name, sizeof topology->kind[at].name, "%c%u", letter, same);
    }
}

static void drop_kinds(struct topology *topology) {
    for (unsigned i = 0; i < topology->kinds; i++)
        hwloc_bitmap_free(topology->kind[i].pus);
    topology->kinds = 0;
}

void find_kinds(struct topology *topology) {
    int listed = hwloc_cpukinds_get_nr(topology->hw, 0);
    struct facts previous = {0};
    /* hwloc lists the slowest kind first. Neighbours that do not differ are one kind. */
    for (int i = listed - 1; i >= 0; i--) {
        hwloc_bitmap_t pus = hwloc_bitmap_alloc();
        if (!pus) break;
        struct facts facts = read_facts(topology, (unsigned)i, pus);
        if (topology->kinds > 0 && (!differ(&previous, &facts) || topology->kinds == MAX_KINDS)) {
            hwloc_bitmap_t into = topology->kind[topology->kinds - 1].pus;
            hwloc_bitmap_or(into, into, pus);
            hwloc_bitmap_free(pus);
        } else {
            topology->kind[topology->kinds].pus = pus;
            name_kind(topology, topology->kinds++, facts.type);
        }
        previous = facts;
    }
    if (topology->kinds == 1) drop_kinds(topology);
}

const char *kind_of(const struct topology *topology, unsigned pu_os) {
    for (unsigned i = 0; i < topology->kinds; i++)
        if (hwloc_bitmap_isset(topology->kind[i].pus, pu_os)) return topology->kind[i].name;
    return "";
}
