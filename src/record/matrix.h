/* SPDX-License-Identifier: MIT */
/* Tables of one number in two directions, shown as heat maps: backends by placements, benchmarks by runs. */
#ifndef SGDMARK_RECORD_MATRIX_H
#define SGDMARK_RECORD_MATRIX_H

#include "base/error.h"
#include "record/load.h"

#include <stddef.h>

/* Colours of a heat map, from 0, the slowest, up. */
enum { HEAT_LEVELS = 8, HEAT_NONE = -1 };

struct matrix {
    size_t rows, columns;
    const char **row_names, **column_names; /* of the file, or the caller's */
    double *values;                         /* [rows][columns]; NAN: not timed, or not usable */
    int *levels;                            /* [rows][columns] HEAT_NONE or a level */
};

/* Folds per second of each engine and backend on each placement; levels over all. Without folds it has no rows. */
int matrix_placements(struct matrix *matrix, const json_t *facts, struct error *err);

/* Million rows per second of each epoch and placement (rows) in each run (columns), which trained the same; levels
 * within each row. Times that a run calls not usable are left out. names[count] are those of the runs. */
int matrix_runs(struct matrix *matrix, const struct result_file *const *files, const char *const *names, size_t count,
                struct error *err);

void matrix_free(struct matrix *matrix);

#endif
