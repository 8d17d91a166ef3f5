/* SPDX-License-Identifier: MIT */
/* The machine, its settings and this build: what a reader needs to judge or repeat a measurement. */
#ifndef SGDMARK_MACHINE_ENVIRONMENT_H
#define SGDMARK_MACHINE_ENVIRONMENT_H

#include "machine/topology.h"

#include <jansson.h>
#include <stddef.h>

/* An object of the parts below, and "topology" and "cgroup". A value that cannot be read is null, with "NAME_reason"
 * beside it. `topology` is this machine's. Takes milliseconds. NULL when memory runs out. */
json_t *environment_json(const struct topology *topology);

/* The parts "cpu", "frequency", "memory", "os" and "build". */
json_t *environment_cpu_json(void);
json_t *environment_frequency_json(void);
json_t *environment_memory_json(void);
json_t *environment_os_json(void);
json_t *environment_build_json(void);

/* Copies the name of the distribution, PRETTY_NAME, out of the text of an os-release file. Returns 0, or -1 if there is
 * none. */
int os_release_name(char *name, size_t size, const char *text);

#endif
