/* SPDX-License-Identifier: MIT */
/* The kind of pages that the rows of a data set lie on. Only the time of reading them depends on it. */
#ifndef SGDMARK_DATA_ROW_PAGES_H
#define SGDMARK_DATA_ROW_PAGES_H

#include "base/page_use.h"
#include "data/dataset.h"

/* Why rows cannot lie on explicit huge pages, in a phrase, and the command that makes them possible, given as root; ""
 * where this system has no such pages. */
struct huge_lack {
    char why[160], mend[HUGE_COMMAND];
};

/* Are too few free for `bytes` of rows? */
bool row_pages_lack(struct huge_lack *lack, size_t bytes);

/* Maps memory for `bytes` of rows of the data set `name`. NULL with the reason; that of missing huge pages says how
 * many are needed, how many are free, and the command that reserves them. pages_free_of releases it. */
uint8_t *row_pages_new(enum page_kind kind, size_t bytes, const char *name, struct error *err);

/* Moves cropped and packed rows to pages of this kind, where they do not lie on such yet. Returns 0, or -1 with the
 * reason; each form of rows is then on the old pages or on the new ones. */
int row_pages_move(struct dataset *ds, enum page_kind kind, struct error *err);

/* A copy of the rows on pages of this kind. It shares all but their bytes with `ds`, which must outlive it. Returns 0,
 * or -1 with the reason. row_pages_drop releases it. */
int row_pages_copy(struct dataset *copy, const struct dataset *ds, enum page_kind kind, struct error *err);
void row_pages_drop(struct dataset *copy);

/* The pages that the cropped rows lie on in truth. Returns 0, or -1 where the system does not tell (page_use_of). */
int row_pages_use(struct page_use *use, const struct dataset *ds);

#endif
