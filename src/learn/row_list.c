/* SPDX-License-Identifier: MIT */
#include "learn/row_list.h"

#include "learn/prefetch_rows.h"

enum { READ_DISTANCE = 16 }; /* L1 prefetch distance of row_list_read, in rows */

void row_refs_fill(struct row_ref *at, const struct dataset *ds, const uint32_t *row, size_t n, unsigned positive) {
    for (size_t i = 0; i < n; i++)
        at[i] = (struct row_ref){row[i], ds->start[row[i]], ds->labels[row[i]] == positive};
}

bool reads_packed(const struct dataset *ds, enum engine engine, const struct backend *backend) {
    return engine == ENGINE_INT && ds->packed.blocks > 0 && backend->dot_packed;
}

double row_bytes(const struct dataset *ds, enum engine engine, const struct backend *backend) {
    return reads_packed(ds, engine, backend) ? (double)ds->packed.size / (double)ds->n : (double)ds->width;
}

uint64_t row_list_read(const struct row_list *row_list, enum engine engine, const struct backend *backend) {
    const struct dataset *ds = row_list->ds;
    const enum row_form form = reads_packed(ds, engine, backend) ? FORM_PACKED : FORM_CROPPED;
    const struct row_view view = row_view_of(ds, form);
    const struct row_ref *at = row_list->at;
    const size_t n = row_list->n;
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t later = i + READ_DISTANCE < n ? i + READ_DISTANCE : n - 1;
        prefetch_l1(row_view_row(&view, row_view_index(ds, form, at[later].row)), view.width);
        const uint32_t from = row_view_read_from(&view, row_view_index(ds, form, at[i].row));
        sum ^= backend->read_u8(row_view_row(&view, from), view.width);
    }
    return sum;
}
