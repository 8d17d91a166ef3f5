/* Small files of /proc and /sys. */
#ifndef SGDMARK_MACHINE_SYSFS_H
#define SGDMARK_MACHINE_SYSFS_H

#include <jansson.h>
#include <stddef.h>

/* Reads the start of the file as text without its closing newlines. Returns 0, or -1 with errno set. */
int sysfs_read(char *text, size_t size, const char *path);

/* The same for folder/name. */
int sysfs_read_in(char *text, size_t size, const char *folder, const char *name);

/* The file's content as a JSON string: into[key], or null and into[key_reason] when it cannot be read. */
void sysfs_string(json_t *into, const char *key, const char *path);

/* The file's first number as a JSON integer, in the same way. */
void sysfs_integer(json_t *into, const char *key, const char *path);

/* into[key] = null, into[key_reason] = why. */
void json_missing(json_t *into, const char *key, const char *why);

#endif
