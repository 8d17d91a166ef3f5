/* SPDX-License-Identifier: MIT */
#include "record/notebook.h"

#include "base/json.h"

static json_t *accuracies(const struct cv_result *cv) {
    json_t *list = json_array();
    for (unsigned f = 0; f < cv->folds; f++)
        json_array_append_new(list, json_number(cv->fold[f].accuracy));
    return list;
}

/* The notebook's digit is row 36000 of its 60000 rows sorted by label. Returns the row at the same share of the sorted
 * rows of this data, as its number in the files. */
static uint32_t some_digit(const struct dataset *ds) {
    size_t rank = ds->n / 5 * 3, below = 0;
    for (unsigned label = 0; label < 10; label++)
        for (size_t i = 0; i < ds->n; i++)
            if (ds->labels[dataset_place(ds, i)] == label && below++ == rank) return (uint32_t)i;
    return 0;
}

/* The row, its label, and the model's decision on it. */
static json_t *digit_json(const struct job *job, const struct job_spec *spec, const struct verified_job *verified) {
    const struct dataset *ds = &job->ds;
    uint32_t in_file = some_digit(ds), row = (uint32_t)dataset_place(ds, in_file);
    struct row_ref ref;
    double decision;
    row_refs_fill(&ref, ds, &row, 1, spec->digit);
    decision_function(&decision, &verified->model, &(struct row_list){ds, &ref, 1}, verified->backend);
    return json_pack("{s:I, s:I, s:o, s:b}", "row", (json_int_t)in_file, "label", (json_int_t)ds->labels[row],
                     "decision", json_number(decision), "positive", decision > 0.0);
}

json_t *notebook_json(const struct job *job, const struct job_spec *spec, const struct verified_job *verified,
                      const struct cv_result *never, bool published) {
    const struct confusion *c = &verified->cv.confusion;
    uint64_t positives = 0;
    for (size_t i = 0; i < job->view.n; i++)
        positives += job->at[i].positive;
    char by[JOB_NAME];
    verified_job_name(by, verified);
    return json_pack("{s:s, s:b, s:b, s:I, s:I, s:o, s:o, s:o, s:[[I, I], [I, I]], s:[[I, i], [i, I]], s:o, s:o, s:o}",
                     "by", by, "synthetic", job->ds.synthetic, "published", published, "positives",
                     (json_int_t)positives, "rows_read", (json_int_t)job->ds.n, "digit",
                     digit_json(job, spec, verified), "fold_accuracy", accuracies(&verified->cv), "never_accuracy",
                     accuracies(never), "confusion", (json_int_t)c->tn, (json_int_t)c->fp, (json_int_t)c->fn,
                     (json_int_t)c->tp, "perfect_confusion", (json_int_t)c->tn + (json_int_t)c->fp, 0, 0,
                     (json_int_t)c->fn + (json_int_t)c->tp, "precision", json_number(precision_score(c)), "recall",
                     json_number(recall_score(c)), "f1", json_number(f1_score(c)));
}
