/* SPDX-License-Identifier: MIT */
/* Shared by doctor.c and the files of its rules. */
#ifndef SGDMARK_MACHINE_DOCTOR_PRIVATE_H
#define SGDMARK_MACHINE_DOCTOR_PRIVATE_H

#include "machine/doctor.h"

/* The facts, by part. */
struct patient {
    const json_t *cpu, *frequency, *memory, *os, *cgroup;
};

/* part[key] as text ("" if it is none), or as a number (NAN). */
const char *text_fact(const json_t *part, const char *key);
double number_fact(const json_t *part, const char *key);

/* How many PUs or nodes a list such as "0-3,8" names; 0: none, or no list. */
unsigned list_count(const char *list);

/* Do two such lists share a member? */
bool lists_overlap(const char *a, const char *b);

/* Adds a finding, of which `what` and `mend` are still empty. Beyond MOST_FINDINGS the last one is overwritten. */
struct finding *finding_add(struct doctor *doctor, const char *name, unsigned weight, const char *effect);

/* The processor's clock, its threads and the hypervisor. */
void doctor_examine_cpu(struct doctor *doctor, const struct patient *patient);

/* Memory, and what the kernel and other programs do. */
void doctor_examine_system(struct doctor *doctor, const struct patient *patient);

#endif
