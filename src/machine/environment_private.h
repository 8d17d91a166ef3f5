/* SPDX-License-Identifier: MIT */
/* Shared by environment.c and environment_process.c. */
#ifndef SGDMARK_MACHINE_ENVIRONMENT_PRIVATE_H
#define SGDMARK_MACHINE_ENVIRONMENT_PRIVATE_H

#include <jansson.h>

/* Adds what surrounds this process: the PUs and capabilities that it has, its container, what a hypervisor took, and
 * the PMU that could count for it. */
void environment_add_process(json_t *os);

#endif
