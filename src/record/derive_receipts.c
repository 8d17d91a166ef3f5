/* SPDX-License-Identifier: MIT */
/* Derives again what receipts, processes and verdict say, and compares them with one another. */
#include "base/json.h"
#include "learn/folds.h"
#include "learn/hyper_table.h"
#include "learn/metrics.h"
#include "record/derive_private.h"
#include "record/load_private.h"
#include "record/run_facts.h"
#include "verify/parity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char by_confusion[] = "its confusion matrix gives";

enum { NO_LEVEL = PARITY_NONE - 1 };

/* The level of parity that a text names, or NO_LEVEL: a receipt of kernels. */
static int level_of(const json_t *receipt, const char *key) {
    for (int level = PARITY_NONE; level <= PARITY_L2; level++)
        if (strcmp(json_text_at(receipt, key), parity_words((enum parity_level)level)) == 0) return level;
    return NO_LEVEL;
}

static const json_t *receipts_of(const struct result_file *file) {
    return json_object_get(json_object_get(file->facts, "receipts"), "parity");
}

json_t *index_jobs(const struct result_file *file) {
    json_t *index = json_object();
    size_t i;
    json_t *receipt;
    json_array_foreach(receipts_of(file), i, receipt) {
        char name[2 * MAX_NAME + 2];
        snprintf(name, sizeof name, "%s/%s", json_text_at(receipt, "engine"), json_text_at(receipt, "backend"));
        if (level_of(receipt, "needed") == NO_LEVEL || json_object_get(index, name)) continue;
        json_put(index, name, json_integer((json_int_t)i));
    }
    return index;
}

const json_t *receipt_of(const struct contents *contents, const char *job) {
    const json_t *index = json_object_get(contents->jobs, job);
    return index ? json_array_get(receipts_of(contents->file), (size_t)json_integer_value(index)) : NULL;
}

/* ---- Confusion matrices. */

int read_confusion(struct confusion *to, const json_t *value, const char *where, const struct reader *reader) {
    uint64_t *const cells[2][2] = {{&to->tn, &to->fp}, {&to->fn, &to->tp}};
    for (size_t truth = 0; truth < 2; truth++)
        for (size_t predicted = 0; predicted < 2; predicted++) {
            const json_t *row = json_array_get(value, truth), *cell = json_array_get(row, predicted);
            const json_int_t count = json_integer_value(cell);
            if (!json_is_integer(cell) || count < 0 || count > UINT32_MAX || json_array_size(row) != 2 ||
                json_array_size(value) != 2)
                return fault(reader, where, "confusion", "is not [[tn, fp], [fn, tp]]");
            *cells[truth][predicted] = (uint64_t)count;
        }
    return 0;
}

/* Right predictions of all folds, from the accuracy of each and its number of rows. */
static double right_of(const json_t *accuracies, const size_t *rows, size_t folds) {
    double right = 0;
    for (size_t f = 0; f < folds; f++)
        right += json_number_value(json_array_get(accuracies, f)) * (double)rows[f];
    return right;
}

/* Are the fold accuracies those of so many right predictions? */
static int check_folds(const struct contents *contents, const json_t *object, const char *where,
                       const struct confusion *c) {
    const json_t *accuracies = json_object_get(object, "fold_accuracy");
    const json_t *hyper = json_object_get(json_object_get(contents->file->facts, "workload"), "hyper");
    const size_t folds = json_array_size(accuracies);
    const size_t count[2] = {c->tn + c->fp, c->fn + c->tp};
    const enum compat compat = strcmp(json_text_at(hyper, "compat"), "0.19") == 0 ? COMPAT_0_19 : COMPAT_1_2;
    if (folds == 0 || (json_int_t)folds != json_integer_value(json_object_get(hyper, "folds")))
        return fault(contents->reader, where, "fold_accuracy", "does not hold one number per fold");
    size_t *rows = calloc(folds, sizeof *rows);
    if (!rows) return no_memory(contents->reader);
    int bad = stratified_fold_sizes(rows, count, (unsigned)folds, compat, contents->reader->err);
    const double right = bad ? 0 : right_of(accuracies, rows, folds);
    free(rows);
    if (bad) return -1;
    if (fabs(right - (double)(c->tn + c->tp)) <= 1e-6) return 0;
    return fault(contents->reader, where, "fold_accuracy", "differs from its confusion matrix");
}

/* ---- Receipts. */

static int check_scores(const struct contents *contents, const json_t *receipt, const char *where) {
    struct confusion c = {0};
    const json_t *workload = json_object_get(contents->file->facts, "workload");
    if (!json_object_get(receipt, "confusion")) return 0;
    if (read_confusion(&c, json_object_get(receipt, "confusion"), where, contents->reader) != 0 ||
        same_made(contents->reader, where, receipt, "accuracy", json_number(accuracy_score(&c)), by_confusion) != 0)
        return -1;
    if (!json_is_object(workload)) return 0;
    const uint64_t rows = c.tn + c.fp + c.fn + c.tp;
    if (rows != (uint64_t)json_integer_value(json_object_get(workload, "n")))
        return fault(contents->reader, where, "confusion", "does not count every row of the workload once");
    return check_folds(contents, receipt, where, &c);
}

/* What two jobs have in common at each level, from L0 on. */
static int check_reference(const struct contents *contents, const json_t *receipt, const char *where, int level) {
    static const struct {
        int level;
        const char *key;
    } common[] = {{PARITY_L0, "fold_accuracy"},
                  {PARITY_L0, "confusion"},
                  {PARITY_L0, "accuracy"},
                  {PARITY_L1, "update_hash"},
                  {PARITY_L2, "fingerprint"}};
    const char *name = json_text_at(receipt, "reference");
    const json_t *reference = receipt_of(contents, name);
    char source[64];
    if (strncmp(name, "itself", strlen("itself")) == 0) return 0;
    if (!reference) return fault(contents->reader, where, "reference", "names a job without a receipt");
    for (size_t i = 0; i < COUNT(common); i++) {
        snprintf(source, sizeof source, "its reference has at %.20s", parity_words((enum parity_level)level));
        if (common[i].level <= level && same_member(contents->reader, where, receipt, common[i].key,
                                                    json_object_get(reference, common[i].key), source) != 0)
            return -1;
    }
    return 0;
}

static int check_receipt(const struct contents *contents, const json_t *receipt, const char *where) {
    const int needed = level_of(receipt, "needed"), reached = level_of(receipt, "reached");
    const json_t *deviation = json_object_get(receipt, "max_deviation");
    const json_t *tolerance = json_object_get(receipt, "tolerance");
    const bool passed = json_is_true(json_object_get(receipt, "passed"));
    if (needed == NO_LEVEL) return 0; /* of kernels */
    if (reached == NO_LEVEL) return fault(contents->reader, where, "reached", "is no level of parity");
    if (passed && reached < needed)
        return fault(contents->reader, where, "passed", "is true, but less was reached than needed");
    if (passed && json_is_number(tolerance) &&
        !(json_is_number(deviation) && json_number_value(deviation) <= json_number_value(tolerance)))
        return fault(contents->reader, where, "passed", "is true, but the deviation is above the tolerance");
    if (check_scores(contents, receipt, where) != 0) return -1;
    return check_reference(contents, receipt, where, reached);
}

/* Checks that a case was timed with the prefetch distances of its receipt. An A/A case has its own. */
static int check_prefetch(const struct contents *contents, const json_t *one) {
    const char *job = json_text_at(one, "job");
    const json_t *receipt = receipt_of(contents, job);
    char what[MAX_NAME + 64];
    if (strcmp(json_text_at(one, "kind"), case_kind_names[CASE_EPOCH]) != 0 || json_text_at(one, "control_of")[0])
        return 0;
    if (receipt && strcmp(json_text_at(receipt, "prefetch"), json_text_at(one, "prefetch")) == 0) return 0;
    snprintf(what, sizeof what, "of %.40s has another prefetch distance than %s was timed with", job,
             json_text_at(one, "name"));
    return fault(contents->reader, "receipts", "parity", what);
}

static int check_all_prefetch(const struct contents *contents) {
    size_t i, c;
    json_t *experiment, *one;
    json_array_foreach(json_object_get(contents->file->facts, "experiments"), i, experiment) {
        json_array_foreach(json_object_get(experiment, "cases"), c, one) {
            if (check_prefetch(contents, one) != 0) return -1;
        }
    }
    return 0;
}

/* ---- Processes and verdict. */

/* A process is done if and only if it timed rounds. */
static int check_processes(const struct contents *contents, const struct whole *whole) {
    const json_t *processes = json_object_get(contents->file->facts, "processes");
    const size_t count = json_array_size(processes);
    if (!processes) return 0;
    size_t done = 0;
    for (size_t k = 0; k < count; k++) {
        const json_t *one = json_array_get(processes, k);
        char number[24], where[MOST_WHERE];
        snprintf(number, sizeof number, "%zu", k);
        snprintf(where, sizeof where, "processes[%zu]", k);
        const bool timed = json_object_get(whole->timed, number) != NULL;
        done += timed;
        if (same_made(contents->reader, where, one, "index", json_integer((json_int_t)k), "its place gives") != 0 ||
            same_made(contents->reader, where, one, "status", json_string(timed ? "done" : "failed"),
                      "its rounds give") != 0)
            return -1;
    }
    if (done == json_object_size(whole->timed)) return 0;
    return fault(contents->reader, "", "processes", "lack one that timed rounds");
}

static int check_verdict(const struct contents *contents, const struct whole *whole) {
    const json_t *verdict = json_object_get(contents->file->facts, "verdict");
    const json_t *failures = json_object_get(verdict, "failures"), *checks = json_object_get(verdict, "checks");
    static const char by_checks[] = "receipts, failures and roofs give", by_experiments[] = "the experiments give";
    bool correct = whole->correct && json_array_size(failures) == 0;
    size_t i;
    json_t *receipt;
    if (!verdict) return 0;
    json_array_foreach(receipts_of(contents->file), i, receipt) {
        correct = correct && json_is_true(json_object_get(receipt, "passed"));
    }
    if (!json_is_array(failures)) return fault(contents->reader, "verdict", "failures", "is not a list");
    if (!json_is_integer(checks) || json_integer_value(checks) < (json_int_t)json_array_size(failures))
        return fault(contents->reader, "verdict", "checks", "is not the number of all checks");
    if (same_made(contents->reader, "verdict", verdict, "correct", json_boolean(correct), by_checks) != 0 ||
        same_made(contents->reader, "verdict", verdict, "text", json_string(correct_text(correct)), by_checks) != 0)
        return -1;
    if (!whole->known) return 0;
    return same_made(contents->reader, "verdict", verdict, "times", usable_json(&whole->usable), by_experiments);
}

int derive_receipts(const struct contents *contents, const struct whole *whole) {
    size_t i;
    json_t *receipt;
    json_array_foreach(receipts_of(contents->file), i, receipt) {
        char where[MOST_WHERE];
        snprintf(where, sizeof where, "receipts.parity[%zu]", i);
        if (check_receipt(contents, receipt, where) != 0) return -1;
    }
    if (check_all_prefetch(contents) != 0 || check_notebook(contents) != 0 || check_processes(contents, whole) != 0)
        return -1;
    return check_verdict(contents, whole);
}
