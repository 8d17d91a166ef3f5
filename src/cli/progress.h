/* SPDX-License-Identifier: MIT */
/* A bar with time left on stderr, for work that takes longer than a moment. */
#ifndef SGDMARK_CLI_PROGRESS_H
#define SGDMARK_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
    const char *what;
    bool shown;         /* on a terminal, and NO_COLOR is not set */
    double begin, last; /* seconds_now() */
};

/* Starts a bar. Nothing appears in the first half second, nor when stderr is no terminal. */
void progress_begin(struct progress *progress, const char *what);
/* `done` of `all` units of work; a progress_fn whose context is a struct progress. */
void progress_step(void *context, size_t done, size_t all);
/* Wipes the bar away. */
void progress_end(struct progress *progress);

#endif
