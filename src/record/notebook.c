/* SPDX-License-Identifier: MIT */
#include "record/notebook.h"

#include "base/json.h"

static json_t *accuracies(const struct cv_result *cv) {
    json_t *list = json_array();
    for (unsigned f = 0; f < cv->folds; f++)
        json_array_append_new(list, json_number(cv->fold[f].accuracy));
    return list;
}

/* The row, its label, and the model's decision on it. */
static json_t *digit_json(const struct notebook *notebook) {
    return json_pack("{s:I, s:I, s:o, s:b}", "row", (json_int_t)notebook->row, "label", (json_int_t)notebook->label,
                     "decision", json_number(notebook->decision), "positive", notebook->decision > 0.0);
}

json_t *notebook_json(const struct job *job, const struct notebook *notebook, bool is_published) {
    const struct verified_job *verified = notebook->by;
    const struct confusion *c = &verified->cv.confusion;
    uint64_t positives = 0;
    for (size_t i = 0; i < job->view.n; i++)
        positives += job->at[i].positive;
    char by[JOB_NAME];
    verified_job_name(by, verified);
    return json_pack("{s:s, s:b, s:b, s:I, s:I, s:o, s:o, s:o, s:[[I, I], [I, I]], s:[[I, i], [i, I]], s:o, s:o, s:o}",
                     "by", by, "synthetic", job->ds.synthetic, "published", is_published, "positives",
                     (json_int_t)positives, "rows_read", (json_int_t)job->ds.n, "digit", digit_json(notebook),
                     "fold_accuracy", accuracies(&verified->cv), "never_accuracy", accuracies(&notebook->never),
                     "confusion", (json_int_t)c->tn, (json_int_t)c->fp, (json_int_t)c->fn, (json_int_t)c->tp,
                     "perfect_confusion", (json_int_t)c->tn + (json_int_t)c->fp, 0, 0,
                     (json_int_t)c->fn + (json_int_t)c->tp, "precision", json_number(precision_score(c)), "recall",
                     json_number(recall_score(c)), "f1", json_number(f1_score(c)));
}
