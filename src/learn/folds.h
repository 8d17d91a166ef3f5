/* SPDX-License-Identifier: MIT */
/* StratifiedKFold and KFold, without shuffling. */
#ifndef SGDMARK_LEARN_FOLDS_H
#define SGDMARK_LEARN_FOLDS_H

#include "base/error.h"
#include "learn/fit.h"

/* Fills fold_of[n] with the test fold (0..folds-1) of every row, given class_of[n], numbers below `classes`; the
 * algorithm of scikit-learn up to 0.21 (COMPAT_0_19) or from 0.22 on. Fails when every class has fewer rows than folds.
 * Where only some have, some folds test none of their rows, and scikit-learn warns. */
int stratified_folds(uint16_t *fold_of, const uint8_t *class_of, size_t n, unsigned classes, unsigned folds,
                     enum compat compat, struct error *err);

/* The same for KFold: consecutive blocks of the rows, the first n % folds of them one row longer. scikit-learn uses it
 * for an estimator that is no classifier. Fails when there are fewer rows than folds. */
int plain_folds(uint16_t *fold_of, size_t n, unsigned folds, struct error *err);

/* The number of rows of each fold of stratified_folds of two classes, size[folds], given how many rows of each there
 * are. Returns 0, or -1 when memory runs out. */
int stratified_fold_sizes(size_t *size, const size_t count[2], unsigned folds, enum compat compat, struct error *err);

#endif
