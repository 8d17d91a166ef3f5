/* SPDX-License-Identifier: MIT */
#include "data/row_view.h"

static struct row_view packed_view(const struct dataset *ds) {
    const struct packed_rows *packed = &ds->packed;
    const size_t lines = packed->size / ds->n / PACKED_LINE;
    const size_t ahead = lines + 2 < packed->blocks ? lines + 2 : packed->blocks;
    const size_t last = packed->size / PACKED_LINE - lines; /* n rows of `lines` lines fit, so the first is no later */
    return (struct row_view){packed->bytes, PACKED_LINE, lines * PACKED_LINE, ahead * PACKED_LINE, (uint32_t)last};
}

struct row_view row_view_of(const struct dataset *ds, enum row_form form) {
    if (form == FORM_PACKED) return packed_view(ds);
    return (struct row_view){ds->pixels, ds->stride, ds->width, ds->width, (uint32_t)(ds->n - 1)};
}
