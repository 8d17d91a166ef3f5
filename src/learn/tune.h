/* Which lookahead is the fastest here, for these rows, this engine and this backend. */
#ifndef SGDMARK_LEARN_TUNE_H
#define SGDMARK_LEARN_TUNE_H

#include "learn/fit.h"

/* Sets hyper->ahead, where it is not set, to the fastest of a few choices: each trains on the same few thousand rows
 * from all over the data, in turns, after the rows were read if caches can hold them; of those that beat the default in
 * all turns but one the one with the least median time wins, and else the default. Takes under 50 ms; *seconds says how
 * long (0 where nothing had to be chosen). Returns 0, or -1 with the reason.
 */
int lookahead_tune(struct hyper *hyper, const struct examples *examples, const struct backend *backend, double *seconds,
                   struct error *err);

/* A lookahead in words, as --prefetch takes it: "8,16", or "4,16,32" where lines are brought into the second-level
 * cache too. */
enum { LOOKAHEAD_TEXT = 24 };
void lookahead_text(char text[LOOKAHEAD_TEXT], const struct lookahead *ahead);

/* The reverse. Returns 0, or -1 where `text` is not of that form or a number is not from 1 to LOOKAHEAD_MOST. */
int lookahead_parse(struct lookahead *ahead, const char *text);

#endif
