/* SPDX-License-Identifier: MIT */
/* Chooses prefetch distances by a rule on sizes, without timing anything: the same data, engine, kind of rows and
 * machine give the same choice in every process. A trial of a few choices at the start gave identical code different
 * distances in 28 of 60 pairs, and those differ by up to 40 % (docs/measurements.md, "Prefetch and memory"). */
#ifndef SGDMARK_LEARN_PREFETCH_CHOICE_H
#define SGDMARK_LEARN_PREFETCH_CHOICE_H

#include "learn/hyper.h"
#include "learn/row_list.h"

/* What the rule looks at, in bytes. */
struct prefetch_facts {
    double row;   /* read of a row, on average */
    double rows;  /* of all rows */
    double cache; /* last-level cache; 0: unknown */
};

/* 12 KiB in flight, from 4 up to 8 rows where all rows fit a quarter of the last-level cache, up to 20 rows elsewhere.
 * There, rows of over 2 KiB are also prefetched into L2, 32 rows ahead. Above 512 MiB in all, where page walks count,
 * their first lines come in blocks. */
struct prefetch prefetch_rule(const struct prefetch_facts *facts);

enum { PREFETCH_REASON = 128 };

/* Sets hyper->prefetch by the rule if it is not set. `reason`, unless NULL, gets why: "by rule for 34.6 MB in rows of
 * 576 bytes, 33.6 MB of last-level cache", or "as asked". */
void prefetch_choose(struct hyper *hyper, const struct row_list *row_list, const struct backend *backend,
                     char reason[PREFETCH_REASON]);

#endif
