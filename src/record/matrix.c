/* SPDX-License-Identifier: MIT */
#include "record/matrix.h"

#include "record/figure.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 1000, MOST_COLUMNS = 256 };

static int matrix_make(struct matrix *matrix, struct error *err) {
    *matrix = (struct matrix){.row_names = calloc(MOST_ROWS, sizeof(char *)),
                              .column_names = calloc(MOST_COLUMNS, sizeof(char *)),
                              .values = calloc((size_t)MOST_ROWS * MOST_COLUMNS, sizeof(double)),
                              .levels = calloc((size_t)MOST_ROWS * MOST_COLUMNS, sizeof(int))};
    if (matrix->row_names && matrix->column_names && matrix->values && matrix->levels) return 0;
    matrix_free(matrix);
    return fail_program(err, "out of memory for a table");
}

void matrix_free(struct matrix *matrix) {
    free(matrix->row_names);
    free(matrix->column_names);
    free(matrix->values);
    free(matrix->levels);
    *matrix = (struct matrix){0};
}

/* The place of a name in the list, where it is put if it is new and there is room. */
static size_t place_of(const char **names, size_t *count, size_t most, const char *name) {
    size_t i = 0;
    while (i < *count && strcmp(names[i], name) != 0)
        i++;
    if (i == *count && *count < most) names[(*count)++] = name;
    return i;
}

static bool is_timed(const json_t *one) {
    const char *kind = figure_text(one, "kind");
    return (strcmp(kind, "epoch") == 0 || strcmp(kind, "folds") == 0 || strcmp(kind, "digits") == 0) &&
           !json_is_string(json_object_get(one, "control_of")) && !json_is_string(json_object_get(one, "unusable"));
}

/* Levels of values[count]: equal steps of the logarithm below the largest, down to half of it. */
static void set_levels(const double *values, int *levels, size_t count) {
    const double lowest = log(0.5);
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i])) largest = fmax(largest, values[i]);
    for (size_t i = 0; i < count; i++) {
        levels[i] = HEAT_NONE;
        if (!(values[i] > 0.0)) continue;
        const double share = 1.0 - log(values[i] / largest) / lowest;
        levels[i] = share <= 0.0 ? 0 : (int)lround(share * (HEAT_LEVELS - 1));
    }
}

static void clear_values(struct matrix *matrix) {
    for (size_t i = 0; i < (size_t)MOST_ROWS * MOST_COLUMNS; i++)
        matrix->values[i] = (double)NAN;
}

/* Moves the rows together, which were filled in MOST_COLUMNS apart. */
static void close_up(struct matrix *matrix) {
    for (size_t row = 0; row < matrix->rows; row++)
        memmove(&matrix->values[row * matrix->columns], &matrix->values[row * MOST_COLUMNS],
                matrix->columns * sizeof(double));
}

int matrix_placements(struct matrix *matrix, const json_t *facts, struct error *err) {
    const json_t *folds = figure_find(json_object_get(facts, "experiments"), "name", "folds");
    size_t i;
    json_t *one;
    if (matrix_make(matrix, err) != 0) return -1;
    clear_values(matrix);
    json_array_foreach(json_object_get(folds, "cases"), i, one) {
        if (!is_timed(one)) continue;
        const size_t row = place_of(matrix->row_names, &matrix->rows, MOST_ROWS, figure_text(one, "job"));
        const size_t column =
            place_of(matrix->column_names, &matrix->columns, MOST_COLUMNS, figure_text(one, "placement"));
        if (row < MOST_ROWS && column < MOST_COLUMNS)
            matrix->values[row * MOST_COLUMNS + column] =
                figure_number(json_object_get(one, "rates"), "folds_per_second");
    }
    close_up(matrix);
    set_levels(matrix->values, matrix->levels, matrix->rows * matrix->columns);
    return 0;
}

static void add_run(struct matrix *matrix, const json_t *facts, size_t column) {
    size_t e, i;
    json_t *experiment, *one;
    json_array_foreach(json_object_get(facts, "experiments"), e, experiment) {
        json_array_foreach(json_object_get(experiment, "cases"), i, one) {
            if (!is_timed(one)) continue;
            const size_t row = place_of(matrix->row_names, &matrix->rows, MOST_ROWS, figure_text(one, "name"));
            if (row < MOST_ROWS) /* 1000 / ns is 1e6 / s */
                matrix->values[row * MOST_COLUMNS + column] =
                    1e3 / figure_number(json_object_get(one, "rates"), "ns_per_row");
        }
    }
}

int matrix_runs(struct matrix *matrix, const struct result_file *const *files, const char *const *names, size_t count,
                struct error *err) {
    if (matrix_make(matrix, err) != 0) return -1;
    clear_values(matrix);
    matrix->columns = count < MOST_COLUMNS ? count : MOST_COLUMNS;
    for (size_t i = 0; i < matrix->columns; i++) {
        matrix->column_names[i] = names[i];
        add_run(matrix, files[i]->facts, i);
    }
    close_up(matrix);
    for (size_t row = 0; row < matrix->rows; row++)
        set_levels(&matrix->values[row * matrix->columns], &matrix->levels[row * matrix->columns], matrix->columns);
    return 0;
}
