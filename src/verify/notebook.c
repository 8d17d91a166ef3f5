/* SPDX-License-Identifier: MIT */
#include "verify/notebook.h"

/* Of the 60000 rows that textbook and notebook sort by label. */
enum { SORTED_ROWS = 60000, TEXTBOOK_DIGIT = 36000, OWN_DIGIT = 34911 };

/* The textbook's threshold, and the precision that it asks for; the recall is ours. */
static const struct wanted wanted = {.precision = 0.9, .recall = 0.9, .threshold = 70000.0};

/* The row of the files with this rank among the rows of its split, sorted stably by label. */
static uint32_t sorted_row(const struct dataset *ds, size_t rank) {
    const bool trains = rank < ds->n_train;
    const size_t first = trains ? 0 : ds->n_train, end = trains ? ds->n_train : ds->n;
    size_t below = first;
    for (unsigned label = 0; label < 10; label++)
        for (size_t i = first; i < end; i++)
            if (ds->labels[dataset_place(ds, i)] == label && below++ == rank) return (uint32_t)i;
    return 0;
}

static struct known_digit decide(const struct job *job, const struct job_spec *spec, const struct verified_job *by,
                                 size_t of_sorted_rows) {
    const struct dataset *ds = &job->ds;
    const size_t rank = ds->n * of_sorted_rows / SORTED_ROWS;
    const uint32_t in_file = sorted_row(ds, rank), row = (uint32_t)dataset_place(ds, in_file);
    struct known_digit digit = {.rank = rank, .row = in_file, .label = ds->labels[row]};
    struct row_ref ref;
    row_refs_fill(&ref, ds, &row, 1, spec->digit);
    decision_function(&digit.decision, &by->model, &(struct row_list){ds, &ref, 1}, by->backend);
    return digit;
}

static int trade_off_make(struct trade_off *made, const struct cv_result *cv, struct error *err) {
    struct curve curve;
    if (curve_make(&curve, cv->truth, cv->decision, cv->n, err) != 0) return -1;
    *made = trade_off_of(&curve, cv->roc_auc, &wanted);
    curve_free(&curve);
    return 0;
}

int notebook_make(struct notebook *notebook, const struct job *job, const struct job_spec *spec,
                  const struct verified_job *by, struct error *err) {
    *notebook = (struct notebook){
        .by = by, .digit = decide(job, spec, by, TEXTBOOK_DIGIT), .own_digit = decide(job, spec, by, OWN_DIGIT)};
    if (trade_off_make(&notebook->trade_off, &by->cv, err) != 0) return -1;
    return cross_validate_never(&notebook->never, &job->row_list, by->cv.folds, err);
}

void notebook_free(struct notebook *notebook) {
    cv_free(&notebook->never);
}
