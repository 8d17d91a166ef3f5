/* SPDX-License-Identifier: MIT */
#include "record/run_answer.h"

#include "base/json.h"
#include "verify/published.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool text_is(const json_t *object, const char *key, const char *wanted) {
    return strcmp(json_text_at(object, key), wanted) == 0;
}

static const json_t *experiment_of(const json_t *facts, const char *name) {
    return json_find(json_object_get(facts, "experiments"), "name", name);
}

static void count_receipts(struct answer *answer, const json_t *facts) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(json_object_get(facts, "receipts"), "parity"), i, one) {
        answer->jobs++;
        answer->passed += json_is_true(json_object_get(one, "passed"));
    }
}

/* Are accuracies, precision and recall those that were published, to the last bit? */
static bool metrics_equal(const json_t *notebook) {
    const json_t *folds = json_object_get(notebook, "fold_accuracy");
    bool same = json_array_size(folds) == PUBLISHED_FOLDS;
    for (size_t f = 0; same && f < PUBLISHED_FOLDS; f++) {
        const json_t *one = json_array_get(folds, f);
        same = json_is_number(one) && json_number_value(one) == published.fold_accuracy[f];
    }
    return same && json_number_at(notebook, "precision") == published.precision &&
           json_number_at(notebook, "recall") == published.recall;
}

static enum answer_metrics judge_metrics(const json_t *facts) {
    if (!json_is_true(json_object_get(json_object_get(facts, "job"), "published"))) return METRICS_OTHER_JOB;
    return metrics_equal(json_object_get(facts, "notebook")) ? METRICS_EQUAL : METRICS_DIFFER;
}

static bool is_compilers(const json_t *one) {
    return strncmp(json_text_at(one, "backend"), "autovec", strlen("autovec")) == 0;
}

static int by_speed(const void *a, const void *b) {
    const struct answer_epoch *x = a, *y = b;
    return (x->mrows < y->mrows) - (x->mrows > y->mrows);
}

/* Lists the epochs, the fastest first. */
static int list_epochs(struct answer *answer, const json_t *experiment) {
    const json_t *cases = json_object_get(experiment, "cases");
    size_t i;
    json_t *one;
    answer->epochs = calloc(json_array_size(cases) + 1, sizeof *answer->epochs);
    if (!answer->epochs) return -1;
    json_array_foreach(cases, i, one) {
        const double ns = json_number_at(json_object_get(one, "rates"), "ns_per_row");
        if (!text_is(one, "kind", "epoch") || json_known_at(one, "control_of") || !(ns > 0.0)) continue;
        answer->epochs[answer->epoch_count++] =
            (struct answer_epoch){.facts = one,
                                  .job = json_text_at(one, "job"),
                                  .mrows = 1e3 / ns,
                                  .seconds = json_number_at(json_object_get(one, "summary"), "median"),
                                  .roof = json_number_at(json_object_get(one, "roof"), "percent")};
    }
    qsort(answer->epochs, answer->epoch_count, sizeof *answer->epochs, by_speed);
    for (size_t k = 0; k < answer->epoch_count; k++)
        answer->epochs[k].share = answer->epochs[k].mrows / answer->epochs[0].mrows;
    return 0;
}

/* The pair of a family with this subject and, unless it is NULL, this base, if it has a verdict. */
static const json_t *pair_of(const json_t *experiment, const char *family, const char *subject, const char *base) {
    size_t i;
    json_t *pair;
    json_array_foreach(json_object_get(experiment, "pairs"), i, pair) {
        if (text_is(pair, "family", family) && text_is(pair, "subject", subject) &&
            (!base || text_is(pair, "base", base)) && !text_is(pair, "verdict", "withheld") &&
            isfinite(json_number_at(pair, "speed")))
            return pair;
    }
    return NULL;
}

/* Finds the fastest f32 epoch whose times can be used, and what it is compared with. */
static void find_best(struct answer *answer, const json_t *experiment) {
    for (size_t i = 0; i < answer->epoch_count && !answer->best; i++) {
        const json_t *one = answer->epochs[i].facts;
        if (text_is(one, "engine", "f32") && !json_known_at(one, "unusable")) answer->best = &answer->epochs[i];
    }
    if (!answer->best) return;
    const char *name = json_text_at(answer->best->facts, "name");
    answer->over_f64 = pair_of(experiment, "f64", name, NULL);
    answer->over_scalar = pair_of(experiment, "scalar", name, NULL);
    answer->compiler_is_best = is_compilers(answer->best->facts);
    for (size_t i = 0; i < answer->epoch_count && !answer->compiler; i++) {
        const json_t *one = answer->epochs[i].facts;
        if (!text_is(one, "engine", "f32") || !is_compilers(one)) continue;
        answer->compiler = json_text_at(one, "backend");
        answer->over_compiler = pair_of(experiment, "best", name, json_text_at(one, "name"));
    }
}

static double distance_of(const json_t *pair) {
    const double speed = json_number_at(pair, "speed");
    return speed > 0.0 ? fabs(log(speed)) : (double)INFINITY;
}

static int by_distance(const void *a, const void *b) {
    const double x = distance_of(*(const json_t *const *)a), y = distance_of(*(const json_t *const *)b);
    return (x > y) - (x < y);
}

static int list_rivals(struct answer *answer, const json_t *experiment) {
    const json_t *pairs = json_object_get(experiment, "pairs");
    size_t i;
    json_t *pair;
    answer->rivals = calloc(json_array_size(pairs) + 1, sizeof *answer->rivals);
    if (!answer->rivals) return -1;
    json_array_foreach(pairs, i, pair) {
        if (text_is(pair, "family", "best") && !text_is(pair, "verdict", "withheld"))
            answer->rivals[answer->rival_count++] = pair;
    }
    qsort(answer->rivals, answer->rival_count, sizeof *answer->rivals, by_distance);
    for (size_t k = 0; k < answer->epoch_count && answer->rival_count > 0; k++)
        if (strcmp(json_text_at(answer->epochs[k].facts, "name"), json_text_at(answer->rivals[0], "subject")) == 0)
            answer->subject = answer->epochs[k].job;
    return 0;
}

/* The folds of a job on several cores. */
static const json_t *folds_of(const json_t *experiment, const char *job, const char *placement) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(experiment, "cases"), i, one) {
        if (text_is(one, "kind", "folds") && !json_known_at(one, "control_of") && text_is(one, "job", job) &&
            json_number_at(one, "workers") > 1.0 && (!placement || text_is(one, "placement", placement)))
            return one;
    }
    return NULL;
}

/* Of the best job, else of the one that the epochs compare with the others. */
static void find_folds(struct answer *answer, const json_t *folds) {
    if (answer->best && folds_of(folds, answer->best->job, NULL)) answer->folds_job = answer->best->job;
    if (!answer->folds_job && answer->subject && folds_of(folds, answer->subject, NULL))
        answer->folds_job = answer->subject;
    if (!answer->folds_job || !answer->best || strcmp(answer->folds_job, answer->best->job) != 0) return;
    const json_t *cores = folds_of(folds, answer->folds_job, "all-cores");
    if (!cores || json_known_at(cores, "unusable")) return;
    answer->cores_pair = pair_of(folds, "contention", json_text_at(cores, "name"), NULL);
    if (answer->cores_pair) answer->cores = cores;
}

/* The group of the ten digits, if it is faster than one after the other beyond what is told apart. */
static void find_digits(struct answer *answer, const json_t *digits) {
    const char *best = json_text_at(digits, "best");
    const json_t *pair = pair_of(digits, "group", best, NULL);
    size_t i;
    json_t *one;
    if (!pair || !text_is(pair, "verdict", "faster")) return;
    json_array_foreach(json_object_get(digits, "cases"), i, one) {
        if (!text_is(one, "name", best) || json_known_at(one, "unusable")) continue;
        answer->digits = one;
        answer->digits_pair = pair;
    }
}

/* True if there are A/A twins and all are quiet. Those of the ten digits answer for the ten digits alone. */
static bool all_quiet(const json_t *facts) {
    size_t e, i, twins = 0;
    json_t *experiment, *control;
    json_array_foreach(json_object_get(facts, "experiments"), e, experiment) {
        if (text_is(experiment, "name", "digits")) continue;
        json_array_foreach(json_object_get(experiment, "controls"), i, control) {
            if (!text_is(control, "state", "quiet")) return false;
            twins++;
        }
    }
    return twins > 0;
}

int answer_make(struct answer *answer, const json_t *facts, struct error *err) {
    const json_t *epochs = experiment_of(facts, "epochs"), *folds = experiment_of(facts, "folds");
    const json_t *times = json_object_get(json_object_get(facts, "verdict"), "times");
    *answer = (struct answer){.quiet = all_quiet(facts), .metrics = judge_metrics(facts)};
    answer->told_apart[0] = json_number_at(json_object_get(epochs, "usable"), "above");
    answer->told_apart[1] = json_number_at(json_object_get(folds, "usable"), "above");
    answer->counted =
        !json_known_at(json_object_get(json_object_get(epochs, "clock"), "counters_missing"), "cycles_reason");
    count_receipts(answer, facts);
    if (list_epochs(answer, epochs) != 0 || list_rivals(answer, epochs) != 0) {
        answer_free(answer);
        return fail_program(err, "out of memory for the answer");
    }
    find_best(answer, epochs);
    find_folds(answer, folds);
    find_digits(answer, experiment_of(facts, "digits"));
    answer->usable = answer->best && json_known_at(times, "state") && !text_is(times, "state", "not usable") &&
                     !text_is(json_object_get(epochs, "usable"), "state", "not usable") &&
                     json_is_true(json_object_get(json_object_get(facts, "verdict"), "correct"));
    return 0;
}

void answer_free(struct answer *answer) {
    free(answer->epochs);
    free(answer->rivals);
    *answer = (struct answer){0};
}
