/* SPDX-License-Identifier: MIT */
/* One line on stderr with a bar and the time left, for work that takes longer than a moment. */
#ifndef SGDMARK_CLI_PROGRESS_H
#define SGDMARK_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
    const char *what;
    bool shown;         /* on a terminal that can rewrite a line */
    bool part;          /* of longer work, whose line stays */
    double from, share; /* of the whole work: what was done before this part, and what the part is; 0 and 1 */
    double begin, last; /* seconds_now() */
};

/* Starts a line. Nothing appears in the first half second, nor when stderr is no terminal, nor under TERM=dumb. */
void progress_begin(struct progress *progress, const char *what);
/* The same for a part of longer work, which is taken to go on at the pace of this part. */
void progress_begin_part(struct progress *progress, const char *what, double from, double share);
/* `done` of `all` units of work; a progress_fn whose context is a struct progress. */
void progress_step(void *context, size_t done, size_t all);
/* Before a message: wipes away a line of progress, of this process or of one that it started. The next step shows it
 * again. */
void progress_make_way(void);
/* Wipes the line away; that of a part only if it is the last one. */
void progress_end(struct progress *progress);

#endif
