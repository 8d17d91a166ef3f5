/* SPDX-License-Identifier: MIT */
/* points.npz: the points of a sweep as arrays for NumPy. */
#ifndef SGDMARK_RECORD_SWEEP_NPZ_H
#define SGDMARK_RECORD_SWEEP_NPZ_H

#include "record/point_set.h"

/* Writes the points that are there, in their order, as arrays with one item per point: "point"; each parameter that
 * varies by its name (float64, int64, or bytes for names); "failed"; each metric (NaN where it is not defined);
 * "fold_accuracy" of shape (points, folds), NaN behind the last fold; "confusion" of shape (points, 2, 2);
 * "fingerprint" (uint64). Returns 0, or -1 with the reason. */
int sweep_npz_write(const struct point_set *set, const char *path, struct error *err);

#endif
