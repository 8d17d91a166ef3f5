/* SPDX-License-Identifier: MIT */
#include "base/near.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MOST_LETTERS = 64 }; /* a longer word is near to none */

void near_begin(struct near *search, const char *word, size_t length) {
    *search = (struct near){.word = word, .length = length, .distance = MOST_LETTERS};
}

static bool same(char a, char b) {
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* The optimal string alignment distance of a[m] and b[n], both at most MOST_LETTERS. */
static size_t distance_of(const char *a, size_t m, const char *b, size_t n) {
    size_t rows[3][MOST_LETTERS + 1];
    for (size_t k = 0; k <= n; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= m; i++) {
        size_t *now = rows[i % 3];
        const size_t *last = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t k = 1; k <= n; k++) {
            now[k] = least(least(last[k], now[k - 1]) + 1, last[k - 1] + !same(a[i - 1], b[k - 1]));
            if (i > 1 && k > 1 && same(a[i - 1], b[k - 2]) && same(a[i - 2], b[k - 1]))
                now[k] = least(now[k], before[k - 2] + 1);
        }
    }
    return rows[m % 3][n];
}

static bool begins(const struct near *search, const char *known, size_t length) {
    if (search->length < 2 || length < search->length) return false;
    for (size_t i = 0; i < search->length; i++)
        if (!same(search->word[i], known[i])) return false;
    return true;
}

void near_try_part(struct near *search, const char *known, size_t length) {
    if (search->length < 2 || search->length > MOST_LETTERS || length > MOST_LETTERS) return;
    const size_t longer = length > search->length ? length : search->length;
    const size_t most = longer < 6 ? 1 : longer / 3;
    size_t distance = distance_of(search->word, search->length, known, length);
    if (distance > most && begins(search, known, length)) distance = most;
    if (distance > most || distance >= search->distance) return;
    search->best = known;
    search->best_length = length;
    search->distance = distance;
}

void near_try(struct near *search, const char *known) {
    near_try_part(search, known, strlen(known));
}

const char *near_text(char text[NEAR_TEXT], const struct near *search, const char *before) {
    text[0] = 0;
    if (search->best)
        snprintf(text, NEAR_TEXT, ": did you mean '%s%.*s'?", before, (int)search->best_length, search->best);
    return text;
}
