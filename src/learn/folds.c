/* SPDX-License-Identifier: MIT */
#include "learn/folds.h"

#include <stdlib.h>

/* sklearn/model_selection/_split.py up to 0.21: each class goes through KFold on its own, so the first count % folds
 * folds get one row more. */
static void quota_per_class(size_t *quota, const size_t count[2], unsigned folds) {
    for (size_t f = 0; f < folds; f++)
        for (size_t c = 0; c < 2; c++)
            quota[2 * f + c] = count[c] / folds + (f < count[c] % folds);
}

/* From 0.22 on: the labels, encoded by first appearance, are sorted. Fold f gets those at positions f, f + folds,
 * f + 2*folds, ..., so fold sizes differ by one at most. */
static void quota_interleaved(size_t *quota, const size_t count[2], unsigned first_class, unsigned folds) {
    size_t n = count[0] + count[1], first_count = count[first_class];
    for (unsigned f = 0; f < folds; f++) {
        size_t total = f < n ? (n - f - 1) / folds + 1 : 0;
        size_t of_first = f < first_count ? (first_count - f - 1) / folds + 1 : 0;
        quota[2 * f + first_class] = of_first;
        quota[2 * f + (1 - first_class)] = total - of_first;
    }
}

int stratified_fold_sizes(size_t *size, const size_t count[2], unsigned folds, enum compat compat, struct error *err) {
    size_t *quota = calloc(folds, 2 * sizeof *quota);
    if (!quota) return fail_program(err, "out of memory");
    if (compat == COMPAT_0_19)
        quota_per_class(quota, count, folds);
    else
        quota_interleaved(quota, count, 0, folds); /* whichever class comes first */
    for (unsigned f = 0; f < folds; f++)
        size[f] = quota[(size_t)2 * f] + quota[(size_t)2 * f + 1];
    free(quota);
    return 0;
}

int stratified_folds(uint16_t *fold_of, const uint8_t *is_positive, size_t n, unsigned folds, enum compat compat,
                     struct error *err) {
    size_t count[2] = {0, 0};
    for (size_t i = 0; i < n; i++)
        count[is_positive[i]]++;
    if (count[0] < folds && count[1] < folds)
        return fail(
            err,
            "%u folds need at least as many rows of one class, and there are only %zu positive and %zu negative "
            "rows (another --folds or --limit)",
            folds, count[1], count[0]);
    size_t *quota = calloc(folds, 2 * sizeof *quota);
    if (!quota) return fail_program(err, "out of memory");
    if (compat == COMPAT_0_19)
        quota_per_class(quota, count, folds);
    else
        quota_interleaved(quota, count, is_positive[0], folds);
    unsigned fold[2] = {0, 0};
    for (size_t i = 0; i < n; i++) {
        unsigned c = is_positive[i];
        while (quota[2 * fold[c] + c] == 0)
            fold[c]++;
        quota[2 * fold[c] + c]--;
        fold_of[i] = (uint16_t)fold[c];
    }
    free(quota);
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
