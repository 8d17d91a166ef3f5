/* SPDX-License-Identifier: MIT */
#include "data/row_pages.h"

#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool row_pages_lack(struct huge_lack *lack, size_t bytes) {
    struct huge_pool pool;
    const uint64_t needed = huge_pages_for(bytes);
    const bool known = huge_pool_read(&pool, NULL) == 0;
    *lack = (struct huge_lack){.why = ""};
    if (known && pool.available >= needed) return false;
    const int length = snprintf(lack->why, sizeof lack->why, "the rows need %" PRIu64 " huge page%s of 2 MiB, and ",
                                needed, needed == 1 ? "" : "s");
    char *rest = lack->why + length;
    const size_t room = sizeof lack->why - (size_t)length;
    if (known) {
        snprintf(rest, room, "%" PRIu64 " are free", pool.available);
        huge_pool_command(lack->mend, &pool, needed);
    } else {
        snprintf(rest, room, "this system has none");
    }
    return true;
}

/* Why there were no explicit huge pages for the rows. */
static int fail_huge(const char *name, size_t bytes, int why, struct error *err) {
    struct huge_lack lack;
    if (!row_pages_lack(&lack, bytes))
        return fail(err, "%s: the system refuses huge pages for the rows: %s", name, strerror(why));
    if (lack.mend[0]) return fail(err, "%s: %s (as root: %s)", name, lack.why, lack.mend);
    return fail(err, "%s: %s (--pages thp)", name, lack.why);
}

uint8_t *row_pages_new(enum page_kind kind, size_t bytes, const char *name, struct error *err) {
    const uint64_t available = memory_available();
    if (kind != PAGES_HUGE && bytes > available) {
        fail(err, "%s: other pages for the rows need %.1f GiB of memory, %.1f GiB are available", name,
             (double)bytes / 0x1p30, (double)available / 0x1p30);
        return NULL;
    }
    uint8_t *pages = pages_new_of(kind, bytes);
    const int why = errno;
    if (pages) return pages;
    if (kind == PAGES_HUGE)
        fail_huge(name, bytes, why, err);
    else
        fail_program(err, "%s: no memory for %zu bytes of rows: %s", name, bytes, strerror(why));
    return NULL;
}

/* Moves one form of the rows. */
static int move_bytes(uint8_t **bytes, enum page_kind *now, size_t size, const struct dataset *ds, enum page_kind kind,
                      struct error *err) {
    if (!*bytes || *now == kind) return 0;
    uint8_t *moved = row_pages_new(kind, size, ds->name, err);
    if (!moved) return -1;
    memcpy(moved, *bytes, size);
    pages_free_of(*now, *bytes, size);
    *bytes = moved;
    *now = kind;
    return 0;
}

int row_pages_move(struct dataset *ds, enum page_kind kind, struct error *err) {
    struct packed_rows *packed = &ds->packed;
    if (move_bytes(&ds->pixels, &ds->pages, ds->n * ds->stride, ds, kind, err) != 0) return -1;
    return move_bytes(&packed->bytes, &packed->pages, packed->size, ds, kind, err);
}

int row_pages_copy(struct dataset *copy, const struct dataset *ds, enum page_kind kind, struct error *err) {
    const size_t size = ds->n * ds->stride;
    *copy = *ds;
    copy->pages = copy->packed.pages = kind;
    copy->packed.bytes = NULL;
    copy->pixels = row_pages_new(kind, size, ds->name, err);
    if (!copy->pixels) return -1;
    memcpy(copy->pixels, ds->pixels, size);
    if (!ds->packed.bytes) return 0;
    copy->packed.bytes = row_pages_new(kind, ds->packed.size, ds->name, err);
    if (copy->packed.bytes) {
        memcpy(copy->packed.bytes, ds->packed.bytes, ds->packed.size);
        return 0;
    }
    row_pages_drop(copy);
    return -1;
}

void row_pages_drop(struct dataset *copy) {
    pages_free_of(copy->pages, copy->pixels, copy->n * copy->stride);
    pages_free_of(copy->packed.pages, copy->packed.bytes, copy->packed.size);
    copy->pixels = copy->packed.bytes = NULL;
}

int row_pages_use(struct page_use *use, const struct dataset *ds) {
    return page_use_of(use, ds->pixels, ds->n * ds->stride, NULL);
}
