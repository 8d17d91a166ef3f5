/* SPDX-License-Identifier: MIT */
#include "machine/doctor.h"

#include "base/json.h"
#include "machine/cgroup.h"
#include "machine/doctor_private.h"
#include "machine/environment.h"

#include <hwloc.h>
#include <stdlib.h>
#include <string.h>

const char *text_fact(const json_t *part, const char *key) {
    return json_text_at(part, key);
}

double number_fact(const json_t *part, const char *key) {
    return json_number_at(part, key);
}

/* The caller frees it; NULL if the text is no list. */
static hwloc_bitmap_t parse_list(const char *list) {
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    if (set && list[0] && hwloc_bitmap_list_sscanf(set, list) >= 0 && hwloc_bitmap_weight(set) >= 0) return set;
    hwloc_bitmap_free(set);
    return NULL;
}

unsigned list_count(const char *list) {
    hwloc_bitmap_t set = parse_list(list);
    const int count = set ? hwloc_bitmap_weight(set) : 0;
    hwloc_bitmap_free(set);
    return count > 0 ? (unsigned)count : 0;
}

bool lists_overlap(const char *a, const char *b) {
    hwloc_bitmap_t one = parse_list(a), two = parse_list(b);
    const bool overlap = one && two && hwloc_bitmap_intersects(one, two);
    hwloc_bitmap_free(one);
    hwloc_bitmap_free(two);
    return overlap;
}

struct finding *finding_add(struct doctor *doctor, const char *name, unsigned weight, const char *effect) {
    if (doctor->count < MOST_FINDINGS) doctor->count++;
    struct finding *finding = &doctor->list[doctor->count - 1];
    *finding = (struct finding){.name = name, .weight = weight, .effect = effect};
    return finding;
}

/* Descending weight, then by name. */
static int by_weight(const void *left, const void *right) {
    const struct finding *a = left, *b = right;
    if (a->weight != b->weight) return a->weight < b->weight ? 1 : -1;
    return strcmp(a->name, b->name);
}

json_t *doctor_facts(void) {
    struct cgroup cgroup;
    cgroup_read(&cgroup);
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "cpu", environment_cpu_json(), "frequency",
                     environment_frequency_json(), "memory", environment_memory_json(), "os", environment_os_json(),
                     "cgroup", cgroup_json(&cgroup));
}

void doctor_examine(struct doctor *doctor, const json_t *facts) {
    const struct patient patient = {.cpu = json_object_get(facts, "cpu"),
                                    .frequency = json_object_get(facts, "frequency"),
                                    .memory = json_object_get(facts, "memory"),
                                    .os = json_object_get(facts, "os"),
                                    .cgroup = json_object_get(facts, "cgroup")};
    *doctor = (struct doctor){.container = text_fact(patient.os, "container")[0] != 0};
    doctor_examine_cpu(doctor, &patient);
    doctor_examine_system(doctor, &patient);
    qsort(doctor->list, doctor->count, sizeof *doctor->list, by_weight);
}
