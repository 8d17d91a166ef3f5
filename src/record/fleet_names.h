/* SPDX-License-Identifier: MIT */
/* Names of nodes as Slurm lists them. */
#ifndef SGDMARK_RECORD_FLEET_NAMES_H
#define SGDMARK_RECORD_FLEET_NAMES_H

#include "record/node_file.h"

/* "n[01-03,7],m1" as n01, n02, n03, n7, m1: names with commas or blanks between them, each with at most one list in
 * brackets. The caller frees the array. NULL with the reason: the text is no such list, or has more than 1,000,000
 * names. */
enum { NAMES_MOST = 1000000 };
char (*node_names_expand(const char *text, size_t *count, struct error *err))[NODE_NAME];

#endif
