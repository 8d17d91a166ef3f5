/* SPDX-License-Identifier: MIT */
#include "verify/notebook.h"

/* The notebook's digit is row 36000 of its 60000 rows sorted by label. Returns the row at the same share of the sorted
 * rows of this data, as its number in the files. */
static uint32_t some_digit(const struct dataset *ds) {
    size_t rank = ds->n / 5 * 3, below = 0;
    for (unsigned label = 0; label < 10; label++)
        for (size_t i = 0; i < ds->n; i++)
            if (ds->labels[dataset_place(ds, i)] == label && below++ == rank) return (uint32_t)i;
    return 0;
}

int notebook_make(struct notebook *notebook, const struct job *job, const struct job_spec *spec,
                  const struct verified_job *by, struct error *err) {
    const struct dataset *ds = &job->ds;
    const uint32_t in_file = some_digit(ds), row = (uint32_t)dataset_place(ds, in_file);
    struct row_ref ref;
    *notebook = (struct notebook){.by = by, .row = in_file, .label = ds->labels[row]};
    row_refs_fill(&ref, ds, &row, 1, spec->digit);
    decision_function(&notebook->decision, &by->model, &(struct row_list){ds, &ref, 1}, by->backend);
    return cross_validate_never(&notebook->never, &job->row_list, by->cv.folds, err);
}

void notebook_free(struct notebook *notebook) {
    cv_free(&notebook->never);
}
