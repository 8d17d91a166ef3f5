/* SPDX-License-Identifier: MIT */
/* Small files of /proc and /sys. */
#ifndef SGDMARK_MACHINE_SYSFS_H
#define SGDMARK_MACHINE_SYSFS_H

#include <jansson.h>
#include <stddef.h>

/* Reads the first size - 1 bytes of the file as text, without newlines at the end. Returns 0, or -1 with errno. */
int sysfs_read(char *text, size_t size, const char *path);

/* The same for folder/name. */
int sysfs_read_in(char *text, size_t size, const char *folder, const char *name);

/* into[key] = the content as a string; null and into[key_reason] when it cannot be read. */
void sysfs_string(json_t *into, const char *key, const char *path);

/* into[key] = the first number of the content, an integer; null and a reason likewise. */
void sysfs_integer(json_t *into, const char *key, const char *path);

/* into[key] = null, into[key_reason] = `why`. */
void json_missing(json_t *into, const char *key, const char *why);

#endif
