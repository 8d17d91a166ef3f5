#include "learn/cv.h"

#include "base/clock.h"
#include "learn/folds.h"

#include <stdlib.h>
#include <string.h>

/* The part of a job that its folds share. */
struct cv_plan {
    const struct examples *examples;
    const struct hyper *hyper;
    const struct backend *backend;
    uint16_t *fold_of;              /* [n] */
    uint32_t *permutation[2];       /* folds have one of at most two neighbouring sizes */
    size_t permuted[2];             /* those sizes */
    uint32_t *train, *test, *place; /* [n] scratch of the fold in work: its rows, and where its test rows stand */
    double *decision;               /* [n] scratch */
};

static void plan_free(struct cv_plan *plan) {
    free(plan->fold_of);
    free(plan->permutation[0]);
    free(plan->permutation[1]);
    free(plan->train);
    free(plan->test);
    free(plan->place);
    free(plan->decision);
}

static int plan_make(struct cv_plan *plan, struct cv_result *result, enum estimator estimator, struct error *err) {
    size_t n = plan->examples->n;
    plan->fold_of = malloc(n * sizeof *plan->fold_of);
    plan->train = malloc(n * sizeof *plan->train);
    plan->test = malloc(n * sizeof *plan->test);
    plan->place = malloc(n * sizeof *plan->place);
    plan->decision = malloc(n * sizeof *plan->decision);
    if (!plan->fold_of || !plan->train || !plan->test || !plan->place || !plan->decision)
        return fail(err, "out of memory for %zu rows", n);
    if (estimator == ESTIMATOR_NEVER) return plain_folds(plan->fold_of, n, result->folds, err);
    return stratified_folds(plan->fold_of, result->truth, n, result->folds, plan->hyper->compat, err);
}

/* The epoch permutation of n training rows, drawn once for all folds of that size. */
static const uint32_t *shared_permutation(struct cv_plan *plan, size_t n) {
    for (int i = 0; i < 2; i++) {
        if (plan->permutation[i] && plan->permuted[i] == n) return plan->permutation[i];
        if (plan->permutation[i]) continue;
        plan->permutation[i] = malloc(n * sizeof *plan->permutation[i]);
        if (!plan->permutation[i]) return NULL;
        plan->permuted[i] = n;
        epoch_permutation(plan->permutation[i], n, epoch_seed(plan->hyper->seed, plan->hyper->compat));
        return plan->permutation[i];
    }
    return NULL; /* a third size: the fit draws its own */
}

static int run_fold(struct cv_plan *plan, struct cv_result *result, unsigned f, progress_fn *progress, void *context,
                    struct error *err) {
    double begin = seconds_now();
    const struct examples *all = plan->examples;
    size_t trained = 0, tested = 0;
    for (size_t i = 0; i < all->n; i++) {
        if (plan->fold_of[i] != f) {
            plan->train[trained++] = all->row[i];
        } else {
            plan->place[tested] = (uint32_t)i;
            plan->test[tested++] = all->row[i];
        }
    }
    struct examples train = *all;
    train.row = plan->train;
    train.n = trained;
    train.permutation = shared_permutation(plan, trained);
    struct trainer *trainer = trainer_new(&train, plan->hyper, plan->backend, err);
    if (!trainer) return -1;
    for (unsigned epoch = 0; epoch < plan->hyper->epochs; epoch++) {
        trainer_epoch(trainer);
        if (progress)
            progress(context, f * (size_t)plan->hyper->epochs + epoch + 1, result->folds * (size_t)plan->hyper->epochs);
    }
    struct model model;
    int bad = trainer_model(trainer, &model, err);
    trainer_free(trainer);
    if (bad) return -1;

    decide(plan->decision, &model, all->ds, plan->test, tested, plan->backend);
    size_t right = 0;
    for (size_t i = 0; i < tested; i++) {
        size_t at = plan->place[i];
        result->decision[at] = plan->decision[i];
        result->predicted[at] = plan->decision[i] > 0.0;
        right += result->predicted[at] == result->truth[at];
    }
    struct fold_result *fold = &result->fold[f];
    fold->accuracy = (double)right / (double)tested;
    fold->intercept = model.intercept;
    for (unsigned epoch = 0; epoch < model.epochs; epoch++)
        fold->updates += model.updates[epoch];
    fold->fingerprint = model.fingerprint;
    fold->update_hash = model.update_hash;
    fold->seconds = seconds_now() - begin;
    model_free(&model);
    return 0;
}

/* The Never5Classifier: every prediction is False, so a fold's accuracy is its share of negative rows. */
static void run_never(const struct cv_plan *plan, struct cv_result *result) {
    for (unsigned f = 0; f < result->folds; f++) {
        size_t right = 0, tested = 0;
        for (size_t i = 0; i < result->n; i++) {
            if (plan->fold_of[i] != f) continue;
            tested++;
            right += result->truth[i] == 0;
        }
        result->fold[f].accuracy = (double)right / (double)tested;
    }
}

int cross_validate(struct cv_result *result, const struct examples *examples, unsigned folds, enum estimator estimator,
                   const struct hyper *hyper, const struct backend *backend, progress_fn *progress, void *context,
                   struct error *err) {
    double begin = seconds_now();
    struct cv_plan plan = {.examples = examples, .hyper = hyper, .backend = backend};
    size_t n = examples->n;
    *result = (struct cv_result){.folds = folds, .n = n};
    result->fold = calloc(folds, sizeof *result->fold);
    result->truth = calloc(n, sizeof *result->truth);
    result->predicted = calloc(n, sizeof *result->predicted);
    result->decision = calloc(n, sizeof *result->decision);
    int bad = result->fold && result->truth && result->predicted && result->decision
                  ? 0
                  : fail(err, "out of memory for %zu rows", n);
    if (!bad) {
        for (size_t i = 0; i < n; i++)
            result->truth[i] = examples->ds->labels[examples->row[i]] == examples->positive;
        bad = plan_make(&plan, result, estimator, err);
    }
    if (!bad && estimator == ESTIMATOR_NEVER) run_never(&plan, result);
    if (!bad && estimator == ESTIMATOR_SGD)
        for (unsigned f = 0; f < folds && !bad; f++)
            bad = run_fold(&plan, result, f, progress, context, err);
    plan_free(&plan);
    if (bad) {
        cv_free(result);
        return -1;
    }
    result->seconds = seconds_now() - begin;
    result->confusion = confusion_count(result->truth, result->predicted, n);
    result->roc_auc = roc_auc_score(result->truth, result->decision, n);
    return 0;
}

void cv_free(struct cv_result *result) {
    free(result->fold);
    free(result->truth);
    free(result->predicted);
    free(result->decision);
    *result = (struct cv_result){0};
}
