#include "measure/read_roof.h"

#include "base/pages.h"
#include "measure/roof.h"

#include <stdlib.h>

enum { TUNING_TRIES = 5, CACHE_LINE = 64 };

struct read_roof {
    struct row_roof rows;
    const struct dataset *ds;
    enum row_form form;
    uint8_t *whole; /* a copy of every row, or NULL */
    const struct row_ref *first;
    const uint32_t *permutation;
    unsigned epochs, done;
    uint32_t *order[2];
};

void read_roof_next(struct read_roof *roof) {
    /* An arm's first epoch permutes the examples as they are given, each later one the order of the epoch before. */
    const uint32_t *last = roof->done % roof->epochs == 0 ? NULL : roof->rows.row;
    uint32_t *order = roof->order[roof->done++ % 2];
    for (size_t i = 0; i < roof->rows.n; i++) {
        uint32_t from = roof->permutation[i];
        uint32_t row = last ? 0 : roof->first[from].row;
        order[i] = last ? last[from] : roof->form == FORM_PACKED ? roof->ds->packed.rows[row].line : row;
    }
    roof->rows.row = order;
}

void read_roof_run(struct read_roof *roof) {
    row_roof_run(&roof->rows);
}

static size_t whole_stride(const struct dataset *ds) {
    return (ds->d + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

static uint8_t *whole_rows(const struct dataset *ds) {
    uint8_t *rows = pages_new(ds->n * whole_stride(ds));
    for (size_t i = 0; rows && i < ds->n; i++)
        dataset_row(ds, i, rows + i * whole_stride(ds));
    return rows;
}

static struct row_roof rows_of(const struct read_roof *roof) {
    const struct dataset *ds = roof->ds;
    const size_t lines = ds->packed.size / ds->n / PACKED_LINE;
    switch (roof->form) {
    case FORM_PACKED:
        return (struct row_roof){.pixels = ds->packed.bytes, .width = lines * PACKED_LINE, .stride = PACKED_LINE};
    case FORM_WHOLE:
        return (struct row_roof){.pixels = roof->whole, .width = ds->d, .stride = whole_stride(ds)};
    default:
        return (struct row_roof){.pixels = ds->pixels, .width = ds->width, .stride = ds->stride};
    }
}

struct read_roof *read_roof_new(const struct row_list *row_list, enum row_form form, const uint32_t *permutation,
                                unsigned epochs, const struct backend *backend, struct error *err) {
    const struct dataset *ds = row_list->ds;
    struct read_roof *roof = calloc(1, sizeof *roof);
    if (roof) {
        roof->ds = ds;
        roof->form = form;
        for (int i = 0; i < 2; i++)
            roof->order[i] = malloc(row_list->n * sizeof *roof->order[i]);
        if (form == FORM_WHOLE) roof->whole = whole_rows(ds);
    }
    if (!roof || !roof->order[0] || !roof->order[1] || (form == FORM_WHOLE && !roof->whole)) {
        read_roof_free(roof);
        fail_program(err, "out of memory for %zu rows", row_list->n);
        return NULL;
    }
    roof->rows = rows_of(roof);
    roof->rows.n = row_list->n;
    roof->rows.read = backend->read_u8;
    roof->first = row_list->at;
    roof->permutation = permutation;
    roof->epochs = epochs;
    read_roof_next(roof);
    row_roof_tune(&roof->rows, TUNING_TRIES);
    roof->done = 0;
    return roof;
}

void read_roof_free(struct read_roof *roof) {
    if (!roof) return;
    free(roof->order[0]);
    free(roof->order[1]);
    if (roof->whole) pages_free(roof->whole, roof->ds->n * whole_stride(roof->ds));
    free(roof);
}
