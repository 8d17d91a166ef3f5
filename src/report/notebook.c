/* The notebook, step by step, from what was computed. */
#include "cli/run.h"
#include "report/cv_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What the notebook of January 2018 printed (scikit-learn 0.19, rows sorted by label and permuted with seed 42). */
static const char published_accuracy[] = "0.9502 0.96565 0.96495";
static const char published_never[] = "0.909 0.90715 0.9128";
static const char published_confusion[] = "53272 1307 / 1077 4344";
static const char published_precision[] = "0.7687135020350381";
static const char published_recall[] = "0.801328168234643";
static const char published_f1[] = "0.7846820809248555";
static const char published_decision[] = "161855.74572176";

static void beside(const struct run *run, const char *published) {
    if (run->published) printf("\n               published: %s", published);
    putchar('\n');
}

static void score(const struct run *run, const char *name, double value, const char *published, const char *meaning) {
    char text[REAL_TEXT];
    format_real(text, value);
    printf("   %-11s %s", name, isfinite(value) ? text : "undefined (no row predicted positive)");
    beside(run, published);
    printf("               %s\n", meaning);
}

/* The notebook looks at row 36000 of the 60000 sorted ones: the same share of any data. The row's number in the files.
 */
static uint32_t some_digit(const struct dataset *ds) {
    size_t rank = ds->n / 5 * 3, below = 0;
    for (unsigned label = 0; label < 10; label++)
        for (size_t i = 0; i < ds->n; i++)
            if (ds->labels[dataset_place(ds, i)] == label && below++ == rank) return (uint32_t)i;
    return 0;
}

void print_notebook(const struct run *run, const struct verified_job *trial, const struct cv_result *never) {
    const struct job *job = &run->job;
    const struct dataset *ds = &job->ds;
    const struct hyper *hyper = &run->options.spec.hyper;
    char text[REAL_TEXT], name[JOB_NAME];
    unsigned digit = run->options.spec.digit;
    uint64_t positives = 0;
    for (size_t i = 0; i < job->view.n; i++)
        positives += job->at[i].positive;

    verified_job_name(name, trial);
    printf("\nTHE NOTEBOOK, by %s%s\n", name, ds->synthetic ? " on SYNTHETIC rows, not MNIST" : "");
    printf("1 Load         %zu rows of %zu uint8 pixels; %" PRIu64 " rows are a %u\n", job->view.n, ds->d, positives,
           digit);
    uint32_t in_file = some_digit(ds), row = (uint32_t)dataset_place(ds, in_file);
    printf("2 A digit      row %" PRIu32 " of the file, labelled %u\n", in_file, ds->labels[row]);
    printf("3 Split        %s rows in %s order", split_names[run->options.spec.rows.split],
           order_names[run->options.spec.rows.order]);
    if (run->options.spec.rows.order == ORDER_NOTEBOOK)
        printf(": sorted by label, then permutation(%zu) of seed %" PRIu32, ds->n, run->options.spec.rows.order_seed);
    format_real(text, hyper->alpha);
    printf("\n4 Fit          SGDClassifier(loss='hinge', penalty='l2', alpha=%s,\n", text);
    printf("               learning_rate='optimal', fit_intercept=True, max_iter=%u, tol=None,\n", hyper->epochs);
    printf("               shuffle=True, random_state=%" PRIu32 ", average=False), as scikit-learn %s\n", hyper->seed,
           compat_names[hyper->compat]);
    double decision;
    struct row_ref some;
    row_refs_fill(&some, ds, &row, 1, digit);
    decision_function(&decision, &trial->model, &(struct row_list){ds, &some, 1}, trial->backend);
    format_real(text, decision);
    printf("5 Predict      that digit is%s a %u: decision %s", decision > 0.0 ? "" : " not", digit, text);
    beside(run, published_decision);

    printf("6 Accuracy     ");
    print_accuracies(stdout, &trial->cv);
    beside(run, published_accuracy);
    printf("               share of right answers, per fold of cross_val_score(cv=%u)\n", run->folds);
    printf("7 Never %-6u ", digit);
    print_accuracies(stdout, never);
    beside(run, published_never);
    printf("               a classifier that always says no: accuracy alone proves little\n");
    const struct confusion *c = &trial->cv.confusion;
    printf("8 Confusion    %" PRIu64 " %" PRIu64 " / %" PRIu64 " %" PRIu64, c->tn, c->fp, c->fn, c->tp);
    beside(run, published_confusion);
    printf("   perfect     %" PRIu64 " 0 / 0 %" PRIu64 "\n", c->tn + c->fp, c->fn + c->tp);
    printf("               rows are the truth (not %u, %u), columns the prediction\n", digit, digit);
    printf("9 Scores\n");
    score(run, "precision", precision_score(c), published_precision, "of the rows called positive, the share that is");
    score(run, "recall", recall_score(c), published_recall, "of the positive rows, the share that was found");
    score(run, "f1", f1_score(c), published_f1, "harmonic mean of the two: high only when both are");
}
