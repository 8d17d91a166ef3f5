/* SPDX-License-Identifier: MIT */
#include "learn/classes.h"

#include "base/clock.h"
#include "base/hash.h"
#include "data/random.h"
#include "learn/fit.h"
#include "learn/group.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void classes_count(size_t count[CLASSES], const struct row_list *rows) {
    memset(count, 0, CLASSES * sizeof *count);
    for (size_t i = 0; i < rows->n; i++)
        count[rows->ds->labels[rows->at[i].row]]++;
}

int classes_check(const struct hyper *hyper, struct error *err) {
    if (hyper->class_weight_false == 1.0 && hyper->class_weight_true == 1.0) return 0;
    return fail(err, "--class-weight: with --digit all there is no class False or True (none or balanced)");
}

void classes_hyper(struct hyper of[CLASSES], const struct hyper *hyper, const size_t count[CLASSES]) {
    const uint32_t max_int = 2147483647;
    struct random_state rs;
    size_t n = 0;
    for (unsigned c = 0; c < CLASSES; c++)
        n += count[c];
    random_seed(&rs, hyper->seed);
    for (unsigned c = 0; c < CLASSES; c++) {
        of[c] = *hyper;
        of[c].validation = (struct validation_draw){true, hyper->seed};
        if (hyper->compat == COMPAT_1_2) of[c].seed = random_masked(&rs, max_int - 1);
        if (hyper->class_weight != CLASS_WEIGHT_BALANCED) continue;
        of[c].class_weight = CLASS_WEIGHT_NONE;
        of[c].class_weight_true = (double)n / (double)(CLASSES * count[c]);
    }
}

/* Ten fits under way. */
struct fitting {
    struct model *models;
    const struct row_list *rows;
    const struct backend *backend;
    struct hyper hyper[CLASSES];
    unsigned together; /* digits that share each read of a row; 1: every digit for itself */
    atomic_uint next;  /* digit that nobody has taken yet */
};

static bool share_order(const struct hyper own[CLASSES]) {
    for (unsigned c = 1; c < CLASSES; c++)
        if (!hyper_share_order(&own[0], &own[c])) return false;
    return true;
}

bool classes_share_order(const struct hyper *hyper, const struct row_list *rows) {
    struct hyper own[CLASSES];
    size_t count[CLASSES];
    classes_count(count, rows);
    classes_hyper(own, hyper, count);
    return share_order(own);
}

unsigned classes_part(unsigned takers, unsigned most) {
    unsigned parts = most > 1 ? (CLASSES + most - 1) / most : CLASSES;
    if (parts < takers) parts = takers;
    return (CLASSES + parts - 1) / parts;
}

struct row_list classes_rows(struct row_ref *at, const struct row_list *rows, unsigned digit) {
    for (size_t i = 0; i < rows->n; i++) {
        at[i] = rows->at[i];
        at[i].positive = rows->ds->labels[at[i].row] == digit;
    }
    return (struct row_list){rows->ds, at, rows->n};
}

static int name_digit(unsigned digit, const struct error *why, struct error *err) {
    return fail_as(err, why->kind, "digit %u: %.900s", digit, why->text);
}

/* Trains one digit. `at` is room for the rows. */
static int fit_digit(struct fitting *fitting, unsigned digit, struct row_ref *at, struct error *err) {
    const struct row_list rows = classes_rows(at, fitting->rows, digit);
    struct error why;
    if (fit(&fitting->models[digit], &rows, &fitting->hyper[digit], fitting->backend, &why) == 0) return 0;
    return name_digit(digit, &why, err);
}

/* Runs the epochs of `count` digits from `first` on, and takes their models, which have room. */
static int run_digits(struct fitting *fitting, struct group *group, unsigned first, unsigned count, struct error *err) {
    struct model *models = fitting->models + first;
    const double begin = seconds_now();
    struct error why;
    for (unsigned epoch = 0; epoch < fitting->hyper[first].epochs; epoch++) {
        group_epoch(group);
        for (unsigned m = 0; m < count; m++)
            models[m].epoch_hash[epoch] = trainer_hash(group_fit(group, m));
        bool more = true;
        for (unsigned m = 0; m < count; m++)
            more = more && trainer_more(group_fit(group, m));
        if (!more) break; /* the last epoch, or a fit that diverged, of which its model tells */
    }
    for (unsigned m = 0; m < count; m++) {
        models[m].seconds = (seconds_now() - begin) / count;
        if (trainer_model(group_fit(group, m), &models[m], &why) != 0) return name_digit(first + m, &why, err);
    }
    return 0;
}

/* Trains `count` digits from `first` on in one pass over the rows. `at` is room for count times the rows. */
static int fit_digits_together(struct fitting *fitting, unsigned first, unsigned count, struct row_ref *at,
                               struct error *err) {
    struct row_list rows[CLASSES];
    const size_t n = fitting->rows->n, d = fitting->rows->ds->d;
    uint32_t *permutation = malloc(n * sizeof *permutation);
    int bad = permutation ? 0 : fail_program(err, "out of memory for %zu rows", n);
    struct group *group = bad ? NULL : group_new(count, n, d, fitting->hyper + first, fitting->backend, err);
    if (!group) bad = -1;
    for (unsigned m = 0; m < count && !bad; m++) {
        rows[m] = classes_rows(at + m * n, fitting->rows, first + m);
        bad = model_new(&fitting->models[first + m], d, &fitting->hyper[first + m], err);
    }
    if (!bad) {
        hyper_permutation(permutation, n, &fitting->hyper[first]);
        group_start(group, rows, permutation);
        bad = run_digits(fitting, group, first, count, err);
    }
    group_free(group);
    free(permutation);
    return bad;
}

/* The work of each worker (learn/worker_group.h). */
static int fit_digits(void *context, size_t worker, struct error *err) {
    struct fitting *fitting = context;
    struct row_ref *at = malloc(fitting->together * fitting->rows->n * sizeof *at);
    int bad = at ? 0 : fail_program(err, "out of memory for %zu rows", fitting->rows->n);
    (void)worker;
    while (!bad) {
        const unsigned first = atomic_fetch_add(&fitting->next, fitting->together);
        if (first >= CLASSES) break;
        const unsigned count = first + fitting->together <= CLASSES ? fitting->together : CLASSES - first;
        bad = fitting->together == 1 ? fit_digit(fitting, first, at, err)
                                     : fit_digits_together(fitting, first, count, at, err);
    }
    free(at);
    return bad;
}

/* scikit-learn decides for all ten digits at once whether coef_ holds averages: by the rows visited in the longest fit.
 * A shorter one that had not begun to average would end without weights. */
static int check_averages(const struct fitting *fitting, struct error *err) {
    const uint64_t average = fitting->hyper[0].average, n = fitting->rows->n;
    unsigned longest = 0;
    for (unsigned c = 0; c < CLASSES; c++)
        if (fitting->models[c].epochs > longest) longest = fitting->models[c].epochs;
    for (unsigned c = 0; c < CLASSES; c++)
        if (average <= n * longest && average > n * fitting->models[c].epochs)
            return fail(err,
                        "--average: the fit of digit %u stopped after %u epochs and had not begun to average, that of "
                        "another had (a smaller --average)",
                        c, fitting->models[c].epochs);
    return 0;
}

int classes_fit(struct model models[CLASSES], const struct row_list *rows, const struct hyper *hyper,
                const struct classes_means *by, struct error *err) {
    const struct worker_group *workers = by->workers;
    struct fitting fitting = {.models = models, .rows = rows, .backend = by->backend};
    const struct group_task task = {fit_digits, &fitting};
    size_t count[CLASSES];
    if (engine_possible(hyper, rows->n, err) != 0 || classes_check(hyper, err) != 0) return -1;
    memset(models, 0, CLASSES * sizeof *models);
    atomic_init(&fitting.next, 0);
    classes_count(count, rows);
    classes_hyper(fitting.hyper, hyper, count);
    const unsigned takers = workers && workers->count < CLASSES ? (unsigned)workers->count : workers ? CLASSES : 1;
    fitting.together = share_order(fitting.hyper) ? classes_part(takers, by->group) : 1;
    int bad = workers ? workers->run(workers->group, &task, err) : fit_digits(&fitting, 0, err);
    if (!bad) bad = check_averages(&fitting, err);
    if (bad) classes_free(models);
    return bad;
}

void classes_free(struct model models[CLASSES]) {
    for (unsigned c = 0; c < CLASSES; c++)
        model_free(&models[c]);
}

uint64_t classes_fingerprint(const struct model models[CLASSES]) {
    uint64_t hash = FNV_START;
    for (unsigned c = 0; c < CLASSES; c++)
        hash = fnv1a(hash, models[c].coef, models[c].d * sizeof *models[c].coef);
    for (unsigned c = 0; c < CLASSES; c++)
        hash = fnv1a(hash, &models[c].intercept, sizeof models[c].intercept);
    return hash;
}

void classes_decisions(double *decision, const struct model models[CLASSES], const struct row_list *rows,
                       const struct backend *backend) {
    enum { PART = 512 }; /* rows whose decisions stay in the cache until they are laid out */
    double part[CLASSES][PART], *columns[CLASSES];
    const struct model *list[CLASSES];
    for (unsigned c = 0; c < CLASSES; c++) {
        list[c] = &models[c];
        columns[c] = part[c];
    }
    for (size_t first = 0; first < rows->n; first += PART) {
        const size_t left = rows->n - first, n = left < PART ? left : PART;
        const struct row_list some = {rows->ds, rows->at + first, n};
        decision_functions(columns, list, CLASSES, &some, backend);
        for (size_t i = 0; i < n; i++)
            for (unsigned c = 0; c < CLASSES; c++)
                decision[(first + i) * CLASSES + c] = part[c][i];
    }
}

void classes_digits(int64_t *digit, const double *decision, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const double *values = decision + i * CLASSES;
        digit[i] = 0;
        for (int64_t c = 1; c < CLASSES; c++)
            if (values[c] > values[digit[i]]) digit[i] = c;
    }
}

struct class_fit class_fit_of(const struct model *model) {
    struct class_fit fit = {.intercept = model->intercept,
                            .seconds = model->seconds,
                            .epochs = model->epochs,
                            .fingerprint = model->fingerprint,
                            .update_hash = model->update_hash,
                            .update_hash_by_epoch = model->update_hash_by_epoch};
    for (unsigned epoch = 0; epoch < model->epochs; epoch++)
        fit.updates += model->updates[epoch];
    return fit;
}
