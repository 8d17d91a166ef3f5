/* SPDX-License-Identifier: MIT */
/* The result files of one command. */
#ifndef SGDMARK_RECORD_INPUTS_H
#define SGDMARK_RECORD_INPUTS_H

#include "record/load.h"

/* A file that takes no part, and why: one line that names it. */
struct left_out {
    char *why;
};

struct inputs {
    struct result_file *files;
    size_t count, room;
    struct left_out *left_out;
    size_t left_out_count;
    char **paths; /* [path_count] of the files, which point to them */
    size_t path_count;
    size_t bytes; /* of all files together */
};

/* Loads what is at `path` and appends it; "-" is standard input. Returns 0, or -1 with the reason: what result_load
 * refuses, and more than 256 MiB of files together. The schema of result files, a file schema.json that is no result,
 * is passed over. Every file of a command is read here. */
int inputs_add(struct inputs *inputs, const char *path, struct error *err);

/* The same, but a file that cannot be used is left out with its reason. Returns -1 only for a fault of the program. */
int inputs_try(struct inputs *inputs, const char *path, struct error *err);

/* Notes the reason why a file takes no part; unloads a file; does both. The first and the last return 0, or -1 when
 * memory runs out. */
int inputs_leave_out(struct inputs *inputs, const char *why, struct error *err);
void inputs_remove(struct inputs *inputs, size_t at);
int inputs_drop(struct inputs *inputs, size_t at, const char *why, struct error *err);

void inputs_free(struct inputs *inputs);

#endif
