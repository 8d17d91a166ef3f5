/* Everything about the machine, its settings and this build that a judge of the numbers may ask for. */
#ifndef SGDMARK_MACHINE_ENVIRONMENT_H
#define SGDMARK_MACHINE_ENVIRONMENT_H

#include "machine/topology.h"

#include <jansson.h>

/* {"cpu", "topology", "frequency", "memory", "os", "build"} as objects; "cgroup" too. What cannot be read is null, with
 * "<name>_reason" beside it. `topology` is this machine's. Takes some milliseconds; NULL when memory runs out. */
json_t *environment_json(const struct topology *topology);

/* The parts. */
json_t *environment_cpu_json(void);
json_t *environment_frequency_json(void);
json_t *environment_memory_json(void);
json_t *environment_os_json(void);
json_t *environment_build_json(void);

#endif
