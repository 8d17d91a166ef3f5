/* SPDX-License-Identifier: MIT */
/* Another program as a filter: text in, text out. */
#ifndef SGDMARK_BASE_CHILD_H
#define SGDMARK_BASE_CHILD_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Is the program found along $PATH? */
bool child_exists(const char *program);

/* Runs the program words[0], found along $PATH, with these words (NULL behind the last), input[length] as its standard
 * input, and its messages dropped. *output is what it printed, with a NUL behind it, *size its length; free() it.
 * Returns 0, or -1 with the reason: it cannot be started, it failed, it printed more than 64 MiB. */
int child_filter(const char *const *words, const char *input, size_t length, char **output, size_t *size,
                 struct error *err);

#endif
