/* SPDX-License-Identifier: MIT */
#include "learn/folds.h"

#include <stdlib.h>

/* How many rows of each class the folds test: quota[f * classes + c]. */
struct quotas {
    size_t *quota;
    unsigned classes, folds;
};

static int quotas_new(struct quotas *quotas, unsigned classes, unsigned folds, struct error *err) {
    *quotas = (struct quotas){calloc((size_t)folds * classes + 1, sizeof *quotas->quota), classes, folds};
    return quotas->quota ? 0 : fail_program(err, "out of memory");
}

static size_t *quota_at(const struct quotas *quotas, size_t fold, size_t class) {
    return &quotas->quota[fold * quotas->classes + class];
}

/* sklearn/model_selection/_split.py up to 0.21: each class goes through KFold on its own, so the first count % folds
 * folds get one row more. */
static void quota_per_class(const struct quotas *quotas, const size_t *count) {
    for (size_t f = 0; f < quotas->folds; f++)
        for (size_t c = 0; c < quotas->classes; c++)
            *quota_at(quotas, f, c) = count[c] / quotas->folds + (f < count[c] % quotas->folds);
}

/* From 0.22 on: the labels, encoded by first appearance, are sorted. Fold f gets those at positions f, f + folds,
 * f + 2*folds, ..., so fold sizes differ by one at most. appeared[] lists the classes by first appearance. */
static void quota_interleaved(const struct quotas *quotas, const size_t *count, const uint8_t *appeared) {
    size_t position = 0;
    for (unsigned k = 0; k < quotas->classes; k++) {
        const size_t end = position + count[appeared[k]];
        /* The fold of a position is position % folds. */
        for (size_t f = 0; f < quotas->folds; f++) {
            const size_t up_to_end = end > f ? (end - f - 1) / quotas->folds + 1 : 0;
            const size_t up_to_begin = position > f ? (position - f - 1) / quotas->folds + 1 : 0;
            *quota_at(quotas, f, appeared[k]) = up_to_end - up_to_begin;
        }
        position = end;
    }
}

int stratified_fold_sizes(size_t *size, const size_t count[2], unsigned folds, enum compat compat, struct error *err) {
    static const uint8_t whichever[] = {0, 1};
    struct quotas quotas;
    if (quotas_new(&quotas, 2, folds, err) != 0) return -1;
    if (compat == COMPAT_0_19)
        quota_per_class(&quotas, count);
    else
        quota_interleaved(&quotas, count, whichever);
    for (unsigned f = 0; f < folds; f++)
        size[f] = *quota_at(&quotas, f, 0) + *quota_at(&quotas, f, 1);
    free(quotas.quota);
    return 0;
}

/* Lists the classes by first appearance, and counts their rows. Classes without a row come last. */
static void list_classes(uint8_t *appeared, size_t *count, const uint8_t *class_of, size_t n, unsigned classes) {
    unsigned listed = 0;
    for (size_t i = 0; i < n; i++)
        if (count[class_of[i]]++ == 0) appeared[listed++] = class_of[i];
    for (unsigned c = 0; c < classes; c++)
        if (count[c] == 0) appeared[listed++] = (uint8_t)c;
}

static int check_members(const size_t *count, unsigned classes, unsigned folds, struct error *err) {
    size_t most = 0;
    for (unsigned c = 0; c < classes; c++)
        most = count[c] > most ? count[c] : most;
    if (most >= folds) return 0;
    if (classes == 2)
        return fail(
            err,
            "%u folds need at least as many rows of one class, and there are only %zu positive and %zu negative "
            "rows (another --folds or --limit)",
            folds, count[1], count[0]);
    return fail(err,
                "%u folds need at least as many rows of one class, and of none are there more than %zu (another "
                "--folds or --limit)",
                folds, most);
}

/* The next member of each class goes to the first fold whose quota of it is left. */
static void deal(uint16_t *fold_of, const uint8_t *class_of, size_t n, const struct quotas *quotas) {
    unsigned fold[UINT8_MAX + 1] = {0}; /* of each class */
    for (size_t i = 0; i < n; i++) {
        const unsigned c = class_of[i];
        while (*quota_at(quotas, fold[c], c) == 0)
            fold[c]++;
        --*quota_at(quotas, fold[c], c);
        fold_of[i] = (uint16_t)fold[c];
    }
}

int stratified_folds(uint16_t *fold_of, const uint8_t *class_of, size_t n, unsigned classes, unsigned folds,
                     enum compat compat, struct error *err) {
    uint8_t appeared[UINT8_MAX + 1] = {0};
    size_t count[UINT8_MAX + 1] = {0};
    struct quotas quotas;
    list_classes(appeared, count, class_of, n, classes);
    if (check_members(count, classes, folds, err) != 0 || quotas_new(&quotas, classes, folds, err) != 0) return -1;
    if (compat == COMPAT_0_19)
        quota_per_class(&quotas, count);
    else
        quota_interleaved(&quotas, count, appeared);
    deal(fold_of, class_of, n, &quotas);
    free(quotas.quota);
    return 0;
}

int plain_folds(uint16_t *fold_of, size_t n, unsigned folds, struct error *err) {
    if (n < folds) return fail(err, "%u folds need at least as many rows, and there are only %zu", folds, n);
    for (size_t i = 0, f = 0, end = 0; i < n; i++) {
        if (i == end) end += n / folds + (f++ < n % folds);
        fold_of[i] = (uint16_t)(f - 1);
    }
    return 0;
}
