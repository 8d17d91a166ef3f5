/* SPDX-License-Identifier: MIT */
#include "learn/prefetch.h"

#include <stdio.h>
#include <stdlib.h>

void prefetch_text(char text[PREFETCH_TEXT], const struct prefetch *prefetch) {
    int used = snprintf(text, PREFETCH_TEXT, "%u,%u", prefetch->l1, prefetch->block);
    if (prefetch->l2 > 0) snprintf(text + used, PREFETCH_TEXT - (size_t)used, ",%u", prefetch->l2);
}

/* Reads a whole number from 1 to PREFETCH_MOST at *text, which moves behind it. 0: there is none. */
static unsigned take_number(const char **text) {
    char *end;
    if (**text < '0' || **text > '9') return 0;
    unsigned long number = strtoul(*text, &end, 10);
    *text = end;
    return number <= PREFETCH_MOST ? (unsigned)number : 0;
}

int prefetch_parse(struct prefetch *prefetch, const char *text) {
    struct prefetch read = {.l1 = take_number(&text)};
    if (read.l1 == 0 || *text++ != ',') return -1;
    read.block = take_number(&text);
    if (read.block == 0) return -1;
    if (*text == ',') {
        text++;
        read.l2 = take_number(&text);
        if (read.l2 == 0) return -1;
    }
    if (*text) return -1;
    *prefetch = read;
    return 0;
}
