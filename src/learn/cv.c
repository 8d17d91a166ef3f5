/* SPDX-License-Identifier: MIT */
#include "learn/cv.h"

#include "base/clock.h"
#include "learn/folds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fold_worker {
    const struct cv_plan *plan;
    const struct backend *backend;
    size_t models;
    struct group *group;
    struct model model[MODELS_MOST];
    int failed[MODELS_MOST];       /* -1: the fit of the fold run last failed, */
    struct error why[MODELS_MOST]; /* for this reason */
    struct row_ref *train, *test;  /* [n] the two parts */
    uint32_t *place;               /* [n] the index in the view of each row of the test part */
    double *decision[MODELS_MOST]; /* [n] of the test part; one allocation */
    size_t trained, tested;
    unsigned fold;  /* run last */
    double seconds; /* for each model, of that run */
};

static void mark_positives(uint8_t *truth, const struct row_list *row_list) {
    for (size_t i = 0; i < row_list->n; i++)
        truth[i] = row_list->at[i].positive;
}

static int assign_folds(struct cv_plan *plan, enum estimator estimator, struct error *err) {
    size_t n = plan->row_list.n;
    if (estimator == ESTIMATOR_NEVER) return plain_folds(plan->fold_of, n, plan->folds, err);
    uint8_t *truth = malloc(n);
    if (!truth) return fail_program(err, "out of memory for %zu rows", n);
    mark_positives(truth, &plan->row_list);
    int bad = stratified_folds(plan->fold_of, truth, n, 2, plan->folds, plan->hyper.compat, err);
    free(truth);
    return bad;
}

void count_classes(size_t count[2], const struct row_list *row_list) {
    count[0] = count[1] = 0;
    for (size_t i = 0; i < row_list->n; i++)
        count[row_list->at[i].positive]++;
}

/* The fold that tests the only row of a class; NO_FOLD where each class has more. */
static unsigned find_one_class(const struct cv_plan *plan) {
    size_t count[2];
    count_classes(count, &plan->row_list);
    for (size_t i = 0; i < plan->row_list.n; i++)
        if (count[plan->row_list.at[i].positive] == 1) return plan->fold_of[i];
    return NO_FOLD;
}

static int check_one_class(const struct cv_plan *plan, struct error *err) {
    if (plan->one_class == NO_FOLD || plan->hyper.compat != COMPAT_0_19) return 0;
    return fail(
        err,
        "fold %u tests the only row of a class and is trained on the other alone, where scikit-learn 0.19 fails "
        "(another --folds, --limit or --digit; --compat 1.2 gives the other folds their scores)",
        plan->one_class + 1);
}

bool folds_warning(char text[FOLDS_WARNING], const struct row_list *row_list, unsigned folds) {
    size_t count[2];
    count_classes(count, row_list);
    const bool positive = count[1] < count[0];
    const size_t least = count[positive];
    if (least >= folds || row_list->n - least < folds) return false;
    snprintf(text, FOLDS_WARNING,
             "only %zu of the rows %s %s: fewer than the %u folds, of which some test none of them", least,
             least == 1 ? "is" : "are", positive ? "positive" : "negative", folds);
    return true;
}

int cv_every_fold_trains(const struct row_list *row_list, struct error *err) {
    size_t count[2];
    count_classes(count, row_list);
    if (count[0] != 1 && count[1] != 1) return 0;
    return fail(err,
                "only one row is %s, so one fold is trained on the other class alone, and the folds cannot be compared "
                "(another --limit or --digit)",
                count[1] == 1 ? "positive" : "negative");
}

static const uint32_t *permutation_of(const struct cv_plan *plan, size_t n) {
    for (int i = 0; i < 3; i++)
        if (plan->permutation[i] && plan->permuted[i] == n) return plan->permutation[i];
    return NULL;
}

static int draw_permutations(struct cv_plan *plan, struct error *err) {
    int sizes = 0;
    for (unsigned f = 0; f < plan->folds; f++) {
        size_t n = plan->row_list.n - plan->tested[f];
        if (permutation_of(plan, n)) continue;
        if (sizes == 3) return fail(err, "internal: the folds have more than three sizes");
        plan->permutation[sizes] = malloc(n * sizeof *plan->permutation[sizes]);
        if (!plan->permutation[sizes]) return fail_program(err, "out of memory for %zu rows", n);
        hyper_permutation(plan->permutation[sizes], n, &plan->hyper);
        plan->permuted[sizes++] = n;
    }
    return 0;
}

int cv_plan_make(struct cv_plan *plan, const struct row_list *row_list, unsigned folds, enum estimator estimator,
                 const struct hyper *hyper, struct error *err) {
    *plan = (struct cv_plan){.row_list = *row_list, .hyper = *hyper, .folds = folds, .one_class = NO_FOLD};
    plan->fold_of = malloc(row_list->n * sizeof *plan->fold_of);
    plan->tested = calloc(folds, sizeof *plan->tested);
    plan->epochs = calloc(folds, sizeof *plan->epochs);
    int bad = plan->fold_of && plan->tested && plan->epochs
                  ? assign_folds(plan, estimator, err)
                  : fail_program(err, "out of memory for %zu rows", row_list->n);
    for (unsigned f = 0; f < folds && !bad; f++)
        plan->epochs[f] = hyper->epochs;
    if (!bad)
        for (size_t i = 0; i < row_list->n; i++)
            plan->tested[plan->fold_of[i]]++;
    if (!bad && estimator == ESTIMATOR_SGD) {
        plan->one_class = find_one_class(plan);
        bad = check_one_class(plan, err);
        if (!bad) bad = draw_permutations(plan, err);
    }
    if (bad) cv_plan_free(plan);
    return bad;
}

void cv_plan_free(struct cv_plan *plan) {
    free(plan->fold_of);
    free(plan->tested);
    free(plan->epochs);
    for (int i = 0; i < 3; i++)
        free(plan->permutation[i]);
    *plan = (struct cv_plan){0};
}

/* Room for the group's models and their decision values. */
static int allocate_models(struct fold_worker *worker, const struct hyper *hyper, size_t trained, size_t tested,
                           struct error *err) {
    const size_t d = worker->plan->row_list.ds->d, models = worker->models;
    worker->decision[0] = malloc(models * tested * sizeof *worker->decision[0]);
    if (!worker->decision[0]) return fail_program(err, "out of memory for %zu rows", tested);
    for (size_t m = 1; m < models; m++)
        worker->decision[m] = worker->decision[0] + m * tested;
    worker->group = group_new(models, trained, d, hyper, worker->backend, err);
    int bad = worker->group ? 0 : -1;
    for (size_t m = 0; m < models && !bad; m++)
        bad = model_new(&worker->model[m], d, &hyper[m], err);
    return bad;
}

struct fold_worker *fold_worker_new_group(const struct cv_plan *plan, const struct hyper *hyper, size_t models,
                                          const struct backend *backend, struct error *err) {
    size_t n = plan->row_list.n, most_tested = 0, least_tested = n;
    for (unsigned f = 0; f < plan->folds; f++) {
        most_tested = plan->tested[f] > most_tested ? plan->tested[f] : most_tested;
        least_tested = plan->tested[f] < least_tested ? plan->tested[f] : least_tested;
    }
    struct fold_worker *worker = calloc(1, sizeof *worker);
    if (!worker) {
        fail_program(err, "out of memory");
        return NULL;
    }
    worker->plan = plan;
    worker->backend = backend;
    worker->models = models;
    /* One more than is kept: split_rows writes first, then decides. */
    worker->train = malloc((n - least_tested + 1) * sizeof *worker->train);
    worker->test = malloc((most_tested + 1) * sizeof *worker->test);
    worker->place = malloc((most_tested + 1) * sizeof *worker->place);
    int bad = worker->train && worker->test && worker->place ? 0 : fail_program(err, "out of memory for %zu rows", n);
    if (!bad) bad = allocate_models(worker, hyper, n - least_tested, most_tested, err);
    if (!bad) return worker;
    fold_worker_free(worker);
    return NULL;
}

struct fold_worker *fold_worker_new(const struct cv_plan *plan, const struct backend *backend, struct error *err) {
    return fold_worker_new_group(plan, &plan->hyper, 1, backend, err);
}

void fold_worker_free(struct fold_worker *worker) {
    if (!worker) return;
    group_free(worker->group);
    for (size_t m = 0; m < worker->models; m++)
        model_free(&worker->model[m]);
    free(worker->train);
    free(worker->test);
    free(worker->place);
    free(worker->decision[0]);
    free(worker);
}

static void split_rows(struct fold_worker *worker, unsigned f) {
    const struct cv_plan *plan = worker->plan;
    const struct row_ref *at = plan->row_list.at;
    worker->trained = worker->tested = 0;
    for (size_t i = 0; i < plan->row_list.n; i++) {
        /* Writes to both and advances one: a branch would be mispredicted for every third row. */
        bool tested = plan->fold_of[i] == f;
        worker->train[worker->trained] = worker->test[worker->tested] = at[i];
        worker->place[worker->tested] = (uint32_t)i;
        worker->trained += !tested;
        worker->tested += tested;
    }
}

/* Predicts the test part with the models whose fits succeeded. */
static void predict_fold(struct fold_worker *worker) {
    const struct row_list test = {worker->plan->row_list.ds, worker->test, worker->tested};
    const struct model *models[MODELS_MOST];
    double *decision[MODELS_MOST];
    size_t count = 0;
    for (size_t m = 0; m < worker->models; m++) {
        if (worker->failed[m]) continue;
        models[count] = &worker->model[m];
        decision[count++] = worker->decision[m];
    }
    if (count > 0) decision_functions(decision, models, count, &test, worker->backend);
}

void fold_worker_run_group(struct fold_worker *worker, unsigned f) {
    const double begin = seconds_now();
    const struct cv_plan *plan = worker->plan;
    struct row_list train[MODELS_MOST];
    worker->fold = f;
    split_rows(worker, f);
    if (f == plan->one_class) return;
    for (size_t m = 0; m < worker->models; m++)
        train[m] = (struct row_list){plan->row_list.ds, worker->train, worker->trained};
    group_start(worker->group, train, permutation_of(plan, worker->trained));
    while (group_more(worker->group))
        group_epoch(worker->group);
    for (size_t m = 0; m < worker->models; m++)
        worker->failed[m] = trainer_model(group_fit(worker->group, m), &worker->model[m], &worker->why[m]);
    predict_fold(worker);
    worker->seconds = (seconds_now() - begin) / (double)worker->models;
}

/* What cross_val_score has of a fit that failed: no score. */
static int leave_untrained(const struct fold_worker *worker, size_t m, struct fold_result *fold) {
    for (size_t i = 0; i < worker->tested; i++)
        worker->decision[m][i] = (double)NAN;
    *fold = (struct fold_result){.accuracy = (double)NAN, .intercept = (double)NAN};
    return 0;
}

int fold_worker_result(const struct fold_worker *worker, size_t m, struct fold_result *fold, struct error *err) {
    const struct model *model = &worker->model[m];
    const double *decision = worker->decision[m];
    if (worker->fold == worker->plan->one_class) return leave_untrained(worker, m, fold);
    if (worker->failed[m]) {
        if (err) *err = worker->why[m];
        return -1;
    }
    size_t right = 0;
    for (size_t i = 0; i < worker->tested; i++)
        right += (decision[i] > 0.0) == worker->test[i].positive;
    *fold = (struct fold_result){.accuracy = (double)right / (double)worker->tested,
                                 .intercept = model->intercept,
                                 .epochs = model->epochs,
                                 .fingerprint = model->fingerprint,
                                 .update_hash = model->update_hash,
                                 .update_hash_by_epoch = model->update_hash_by_epoch,
                                 .seconds = worker->seconds};
    for (unsigned epoch = 0; epoch < model->epochs; epoch++)
        fold->updates += model->updates[epoch];
    return 0;
}

int fold_worker_run(struct fold_worker *worker, unsigned f, struct fold_result *fold, struct error *err) {
    fold_worker_run_group(worker, f);
    return fold_worker_result(worker, 0, fold, err);
}

uint64_t fold_worker_read(struct fold_worker *worker, unsigned f) {
    const struct cv_plan *plan = worker->plan;
    split_rows(worker, f);
    const struct row_list train = {plan->row_list.ds, worker->train, worker->trained};
    const struct row_list test = {plan->row_list.ds, worker->test, worker->tested};
    struct trainer *trainer = group_fit(worker->group, 0);
    trainer_start(trainer, &train, permutation_of(plan, train.n));
    uint64_t sum = 0;
    for (unsigned epoch = 0; epoch < plan->epochs[f]; epoch++)
        sum ^= trainer_read(trainer);
    return sum ^ row_list_read(&test, plan->hyper.engine, worker->backend);
}

void fold_worker_decisions(const struct fold_worker *worker, size_t m, double *decision) {
    for (size_t i = 0; i < worker->tested; i++)
        decision[worker->place[i]] = worker->decision[m][i];
}

int cv_result_new(struct cv_result *result, const struct cv_plan *plan, struct error *err) {
    size_t n = plan->row_list.n;
    *result = (struct cv_result){.folds = plan->folds, .untrained = plan->one_class != NO_FOLD, .n = n};
    result->fold = calloc(plan->folds, sizeof *result->fold);
    result->truth = calloc(n, sizeof *result->truth);
    result->predicted = calloc(n, sizeof *result->predicted);
    result->decision = calloc(n, sizeof *result->decision);
    if (result->fold && result->truth && result->predicted && result->decision) {
        mark_positives(result->truth, &plan->row_list);
        return 0;
    }
    cv_free(result);
    return fail_program(err, "out of memory for %zu rows", n);
}

void cv_result_score(struct cv_result *result) {
    for (size_t i = 0; i < result->n; i++)
        result->predicted[i] = result->decision[i] > 0.0;
    if (result->untrained) {
        result->roc_auc = (double)NAN; /* cross_val_predict fails: some rows have no prediction */
        return;
    }
    result->confusion = confusion_count(result->truth, result->predicted, result->n);
    result->roc_auc = roc_auc_score(result->truth, result->decision, result->n);
}

void cv_free(struct cv_result *result) {
    free(result->fold);
    free(result->truth);
    free(result->predicted);
    free(result->decision);
    *result = (struct cv_result){0};
}

/* Takes what became of each model in the fold run last. A fit that failed gives its model no result. */
static void take_fold(struct cv_result *results, struct error *why, const struct fold_worker *worker, unsigned f) {
    for (size_t m = 0; m < worker->models; m++) {
        if (why[m].text[0]) continue;
        if (fold_worker_result(worker, m, &results[m].fold[f], &why[m]) == 0)
            fold_worker_decisions(worker, m, results[m].decision);
    }
}

static bool all_failed(const struct error *why, size_t models) {
    size_t failed = 0;
    for (size_t m = 0; m < models; m++)
        failed += why[m].text[0] != 0;
    return failed == models;
}

/* Runs the folds of all models, until every one has failed. */
static int run_folds(struct cv_result *results, struct error *why, const struct cv_plan *plan,
                     const struct cv_fits *fits, const struct progress_sink *progress, struct error *err) {
    struct fold_worker *worker = fold_worker_new_group(plan, fits->hyper, fits->models, fits->backend, err);
    if (!worker) return -1;
    for (unsigned f = 0; f < plan->folds && !all_failed(why, fits->models); f++) {
        fold_worker_run_group(worker, f);
        take_fold(results, why, worker, f);
        progress_tell(progress, f + 1, plan->folds);
    }
    fold_worker_free(worker);
    return 0;
}

/* Allocates the results and fills them; after a failure there is nothing to free. */
static int fill_results(struct cv_result *results, struct error *why, const struct cv_plan *plan,
                        const struct cv_fits *fits, const struct progress_sink *progress, struct error *err) {
    int bad = 0;
    for (size_t m = 0; m < fits->models; m++) {
        why[m].text[0] = 0;
        results[m] = (struct cv_result){0};
    }
    for (size_t m = 0; m < fits->models && !bad; m++)
        bad = cv_result_new(&results[m], plan, err);
    if (!bad) bad = run_folds(results, why, plan, fits, progress, err);
    for (size_t m = 0; m < fits->models; m++)
        if (bad || why[m].text[0]) cv_free(&results[m]);
    return bad;
}

/* Every prediction is False, so a fold's accuracy is its share of negative rows. */
static void run_never(struct cv_result *result, const struct cv_plan *plan) {
    for (unsigned f = 0; f < plan->folds; f++) {
        size_t right = 0;
        for (size_t i = 0; i < result->n; i++)
            right += plan->fold_of[i] == f && !result->truth[i];
        result->fold[f].accuracy = (double)right / (double)plan->tested[f];
    }
}

static int cross_validate_fits(struct cv_result *results, struct error *why, const struct row_list *row_list,
                               unsigned folds, const struct cv_fits *fits, const struct progress_sink *progress,
                               struct error *err) {
    const double begin = seconds_now();
    struct cv_plan plan;
    if (cv_plan_make(&plan, row_list, folds, ESTIMATOR_SGD, &fits->hyper[0], err) != 0) return -1;
    int bad = fill_results(results, why, &plan, fits, progress, err);
    cv_plan_free(&plan);
    if (bad) return -1;
    const double seconds = seconds_now() - begin;
    for (size_t m = 0; m < fits->models; m++) {
        if (why[m].text[0]) continue;
        results[m].seconds = seconds / (double)fits->models;
        cv_result_score(&results[m]);
    }
    return 0;
}

int cross_validate_group(struct cv_result *results, struct error *why, const struct row_list *row_list, unsigned folds,
                         const struct cv_fits *fits, struct error *err) {
    return cross_validate_fits(results, why, row_list, folds, fits, NULL, err);
}

int cross_validate(struct cv_result *result, const struct row_list *row_list, unsigned folds, const struct hyper *hyper,
                   const struct backend *backend, const struct progress_sink *progress, struct error *err) {
    const struct cv_fits fit = {hyper, 1, backend};
    struct error why;
    if (cross_validate_fits(result, &why, row_list, folds, &fit, progress, err) != 0) return -1;
    return why.text[0] ? fail_as(err, why.kind, "%s", why.text) : 0;
}

int cross_validate_never(struct cv_result *result, const struct row_list *row_list, unsigned folds, struct error *err) {
    double begin = seconds_now();
    struct cv_plan plan;
    const struct hyper none = {.engine = ENGINE_F64};
    if (cv_plan_make(&plan, row_list, folds, ESTIMATOR_NEVER, &none, err) != 0) return -1;
    int bad = cv_result_new(result, &plan, err);
    if (!bad) run_never(result, &plan);
    cv_plan_free(&plan);
    if (bad) return -1;
    result->seconds = seconds_now() - begin;
    cv_result_score(result);
    return 0;
}
