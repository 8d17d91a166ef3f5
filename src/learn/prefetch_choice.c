/* SPDX-License-Identifier: MIT */
#include "learn/prefetch_choice.h"

#include "base/memory.h"

#include <stdio.h>

static const double in_flight = 12.0 * 1024.0;    /* bytes of rows between the prefetch and the use of a row */
static const double wide_row = 2.0 * 1024.0;      /* bytes */
static const double walks_count = 512.0 * 0x1p20; /* bytes of all rows */
static const struct prefetch blocks = {16, 64, 64};
enum { FEWEST_ROWS = 4, MOST_CACHED_ROWS = 8, MOST_ROWS = 20, WIDE_L2_ROWS = 32, CACHE_PART = 4 };

struct prefetch prefetch_rule(const struct prefetch_facts *facts) {
    const bool cached = facts->rows * CACHE_PART <= facts->cache;
    if (!cached && facts->rows > walks_count) return blocks;
    const unsigned most = cached ? MOST_CACHED_ROWS : MOST_ROWS;
    const double rows = in_flight / facts->row;
    struct prefetch chosen = {.l1 = most, .block = 1};
    if (rows < most) chosen.l1 = rows > FEWEST_ROWS ? (unsigned)rows : FEWEST_ROWS;
    if (!cached && facts->row > wide_row) chosen.l2 = WIDE_L2_ROWS;
    return chosen;
}

/* "by rule for 34.6 MB in rows of 576 bytes, 33.6 MB of last-level cache" */
static void reason_of(char reason[PREFETCH_REASON], const struct prefetch_facts *facts) {
    const int used = snprintf(reason, PREFETCH_REASON, "by rule for %.1f MB in rows of %.0f bytes, ",
                              facts->rows * 1e-6, facts->row);
    if (used < 0 || used >= PREFETCH_REASON) return;
    char *rest = reason + used;
    const size_t room = PREFETCH_REASON - (size_t)used;
    if (facts->cache > 0)
        snprintf(rest, room, "%.1f MB of last-level cache", facts->cache * 1e-6);
    else
        snprintf(rest, room, "last-level cache unknown");
}

void prefetch_choose(struct hyper *hyper, const struct row_list *row_list, const struct backend *backend,
                     char reason[PREFETCH_REASON]) {
    if (hyper->prefetch.l1 != 0) {
        if (reason) snprintf(reason, PREFETCH_REASON, "as asked");
        return;
    }
    const double row = row_bytes(row_list->ds, hyper->engine, backend);
    const struct prefetch_facts facts = {
        .row = row, .rows = row * (double)row_list->n, .cache = (double)last_cache_bytes(NULL)};
    hyper->prefetch = prefetch_rule(&facts);
    if (reason) reason_of(reason, &facts);
}
