/* SPDX-License-Identifier: MIT */
/* Files of lines: read through a mapping, however long they are, and written line by line. */
#ifndef SGDMARK_RECORD_LINES_H
#define SGDMARK_RECORD_LINES_H

#include "base/error.h"
#include "base/file.h"

#include <stdbool.h>
#include <stddef.h>

/* A file in memory. An empty one has no bytes. */
struct mapped_file {
    char *bytes; /* [length]; not ended by a NUL */
    size_t length;
};

/* Maps the file. Returns 0, or -1 with the reason. unmap_file releases it. */
int map_file(struct mapped_file *file, const char *path, struct error *err);
void unmap_file(struct mapped_file *file);

/* The whole line that begins at *at, without its newline, and moves *at behind it. False at the end: nothing is left,
 * or a line without a newline. */
bool next_line(struct span *line, const struct mapped_file *file, size_t *at);

/* A file that grows by whole lines. A process that is killed leaves whole lines, and perhaps part of one at the end. */
struct line_log;

/* Opens the file, or creates it, and locks it against other processes until line_log_close. Cuts off a last line that
 * is not whole. NULL with the reason; if another process has it locked, that is the reason. */
struct line_log *line_log_open(const char *path, struct error *err);
void line_log_close(struct line_log *log); /* NULL: nothing to close */

/* Appends text, which ends in a newline, in one piece; at most once a second it is forced to the disk. On failure the
 * file is as before. Returns 0, or -1 with the reason. */
int line_log_add(struct line_log *log, struct span text, struct error *err);

#endif
