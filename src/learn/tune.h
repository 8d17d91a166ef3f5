/* Which lookahead is the fastest here, for these rows, this engine and this backend. */
#ifndef SGDMARK_LEARN_TUNE_H
#define SGDMARK_LEARN_TUNE_H

#include "learn/fit.h"

/* Sets hyper->prefetch, where it is not set, to the fastest of a few choices: each trains on the same few thousand rows
 * from all over the data, in turns, after the rows were read if caches can hold them; of those that beat the default in
 * all turns but one the one with the least median time wins, and else the default. Takes under 50 ms; *seconds says how
 * long (0 where nothing had to be chosen). Returns 0, or -1 with the reason.
 */
int prefetch_tune(struct hyper *hyper, const struct row_list *row_list, const struct backend *backend, double *seconds,
                  struct error *err);

/* A lookahead in words, as --prefetch takes it: "8,16", or "4,16,32" where lines are brought into the second-level
 * cache too. */
enum { PREFETCH_TEXT = 24 };
void prefetch_text(char text[PREFETCH_TEXT], const struct prefetch *ahead);

/* The reverse. Returns 0, or -1 where `text` is not of that form or a number is not from 1 to PREFETCH_MOST. */
int prefetch_parse(struct prefetch *ahead, const char *text);

#endif
