#include "record/roofs.h"

#include "machine/roof.h"

#include <stdlib.h>

enum { TUNING_TRIES = 5 };

struct read_roof {
    struct row_roof rows;
    const struct dataset *ds;
    bool packed;
    const struct example *first;
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
        order[i] = last ? last[from] : roof->packed ? roof->ds->packed.rows[row].line : row;
    }
    roof->rows.row = order;
}

void read_roof_run(struct read_roof *roof) {
    row_roof_run(&roof->rows);
}

static struct row_roof rows_of(const struct dataset *ds, bool packed) {
    if (!packed) return (struct row_roof){.pixels = ds->pixels, .width = ds->width, .stride = ds->stride};
    size_t lines = ds->packed.size / ds->n / PACKED_LINE;
    return (struct row_roof){.pixels = ds->packed.bytes, .width = lines * PACKED_LINE, .stride = PACKED_LINE};
}

struct read_roof *read_roof_new(const struct examples *examples, bool packed, const uint32_t *permutation,
                                unsigned epochs, const struct backend *backend, struct error *err) {
    const struct dataset *ds = examples->ds;
    struct read_roof *roof = calloc(1, sizeof *roof);
    if (roof) {
        for (int i = 0; i < 2; i++)
            roof->order[i] = malloc(examples->n * sizeof *roof->order[i]);
    }
    if (!roof || !roof->order[0] || !roof->order[1]) {
        read_roof_free(roof);
        fail(err, "out of memory for %zu rows", examples->n);
        return NULL;
    }
    roof->rows = rows_of(ds, packed);
    roof->rows.n = examples->n;
    roof->rows.read = backend->read_u8;
    roof->ds = ds;
    roof->packed = packed;
    roof->first = examples->at;
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
    free(roof);
}
