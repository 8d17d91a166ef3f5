/* SPDX-License-Identifier: MIT */
/* The newest result against those before it in a folder. */
#ifndef SGDMARK_RECORD_HISTORY_H
#define SGDMARK_RECORD_HISTORY_H

#include "record/inputs.h"

/* The most runs before the newest that are pooled. */
enum { HISTORY_RUNS = 5 };

/* The most files that a folder may hold. */
enum { MOST_IN_FOLDER = 10000 };

/* Loads the newest of the results in a folder (its files *.json, by the time at which the run started), or `newest` if
 * it is not NULL, and up to HISTORY_RUNS complete runs that started before it with the same work on the same machine.
 * They are the files of `inputs`, the newest last, the others before it in the order in which they ran. Files that
 * cannot be used are left out with their reason; *passed_over counts results of other work or machines. Returns 0, or
 * -1 with the reason: the folder cannot be read, or holds no result. */
int history_load(struct inputs *inputs, const char *folder, const char *newest, size_t *passed_over, struct error *err);

#endif
