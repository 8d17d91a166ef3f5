/* SPDX-License-Identifier: MIT */
/* Prefetch distances: how far ahead of their turn rows are brought into the caches. No choice changes a result. */
#ifndef SGDMARK_LEARN_PREFETCH_H
#define SGDMARK_LEARN_PREFETCH_H

struct prefetch {
    unsigned l1;    /* rows ahead whose lines are prefetched into the L1 cache; 0: PREFETCH_DEFAULT */
    unsigned block; /* rows whose first line (all lines of narrow rows) is prefetched into L2 together, before their
                       other lines, so that their page walks overlap; 1: no blocks */
    unsigned l2;    /* rows ahead whose lines are prefetched into the L2 cache; 0: none */
};

#define PREFETCH_MOST    64 /* of each */
#define PREFETCH_DEFAULT ((struct prefetch){.l1 = 20, .block = 1})

/* Prefetch distances as --prefetch takes them: "8,16", or "4,16,32" with an L2 distance. */
enum { PREFETCH_TEXT = 24 };
void prefetch_text(char text[PREFETCH_TEXT], const struct prefetch *prefetch);

/* Reads such a text. Returns 0, or -1 where it has another form or a number is not from 1 to PREFETCH_MOST. */
int prefetch_parse(struct prefetch *prefetch, const char *text);

#endif
