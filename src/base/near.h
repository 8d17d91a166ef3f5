/* SPDX-License-Identifier: MIT */
/* The word that was meant by a mistyped one. */
#ifndef SGDMARK_BASE_NEAR_H
#define SGDMARK_BASE_NEAR_H

#include <stddef.h>

/* A search among known words for the one that is nearest to `word`[length]. `best` is NULL while none is near enough.
 */
struct near {
    const char *word;
    size_t length;
    const char *best;
    size_t best_length, distance;
};

void near_begin(struct near *search, const char *word, size_t length);

/* Tries a known word. It is near if it begins with the mistyped one, or if at most a third of the letters, at least
 * one, are missing, surplus, wrong or exchanged with their neighbour (the optimal string alignment distance). Small and
 * capital letters count as equal. Of several the nearest counts, of equals the first. */
void near_try(struct near *search, const char *known);
/* The same of known[length]. */
void near_try_part(struct near *search, const char *known, size_t length);

/* ": did you mean 'KNOWN'?" with `before` ahead of the known word, or "" where none is near. Returns `text`. */
enum { NEAR_TEXT = 128 };
const char *near_text(char text[NEAR_TEXT], const struct near *search, const char *before);

#endif
