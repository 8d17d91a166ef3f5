/* SPDX-License-Identifier: MIT */
/* How the rows of a data set lie in memory, for loops that read them: the training loop and the read roofs. */
#ifndef SGDMARK_DATA_ROW_VIEW_H
#define SGDMARK_DATA_ROW_VIEW_H

#include "data/dataset.h"

#include <stddef.h>
#include <stdint.h>

enum row_form {
    FORM_CROPPED, /* as the data set stores them, without the common empty border */
    FORM_PACKED,  /* without zero groups, for engine int; the data set has been packed */
    FORM_WHOLE,   /* with their empty border, in a copy that only the read roofs make */
    FORMS
};

/* Row r begins at `at` + r * stride; of packed rows, r counts the cache lines at which rows begin. */
struct row_view {
    const uint8_t *at;
    size_t stride;
    size_t width;    /* bytes of a row that are read; of packed rows the whole cache lines that they have on average */
    size_t prefetch; /* bytes of a row to prefetch; packed rows differ in length: few are a line longer than average */
    uint32_t last;   /* the last r from which `width` bytes can be read */
};

/* FORM_CROPPED or FORM_PACKED. */
struct row_view row_view_of(const struct dataset *ds, enum row_form form);

/* The r of row `row` of the data set, for the two forms. */
static inline uint32_t row_view_index(const struct dataset *ds, enum row_form form, uint32_t row) {
    return form == FORM_PACKED ? ds->packed.rows[row].line : row;
}

/* Where a loop that only reads begins to read row r: there, or at the last place from which `width` bytes end with the
 * rows. Of packed rows the last ones may be shorter than the average, which is read of each. */
static inline uint32_t row_view_read_from(const struct row_view *view, uint32_t r) {
    return r < view->last ? r : view->last;
}

static inline const uint8_t *row_view_row(const struct row_view *view, uint32_t r) {
    return view->at + r * view->stride;
}

#endif
