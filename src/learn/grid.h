/* SPDX-License-Identifier: MIT */
/* A grid of parameters: every combination of some values of each, in the order of scikit-learn's ParameterGrid. Any
 * hyper-parameter can vary, and the seed of the order of the rows. */
#ifndef SGDMARK_LEARN_GRID_H
#define SGDMARK_LEARN_GRID_H

#include "base/error.h"
#include "learn/hyper_table.h"

#include <jansson.h>
#include <stddef.h>

/* Parameters are those of hyper_table, by enum hyper_id, and this one. */
enum { GRID_ORDER_SEED = HYPER_COUNT, GRID_PARAMETERS };

enum { VALUE_TEXT = 64 }; /* of the text of a name or a value */

/* More points, or values of one parameter, are refused. */
enum { GRID_MOST = 1000000 };

/* A parameter that varies, and its values in the order given. */
struct axis {
    unsigned parameter;
    size_t count;
    double *value; /* [count], each once */
};

/* Points count from 0. The axes are sorted by name; the last one varies fastest. An empty grid has one point. */
struct grid {
    struct axis axis[GRID_PARAMETERS];
    size_t axes, points;
};

void grid_init(struct grid *grid);
void grid_free(struct grid *grid);

/* Adds an axis from text: "alpha=1e-6,1e-5" or, for whole numbers, with ranges, "order-seed=0..99,200". The name is
 * the key in result files, with underscores or dashes. Returns 0, or -1 with the reason: the name is unknown or there
 * already, a value is wrong or there twice, or there are too many. */
int grid_vary(struct grid *grid, const char *text, struct error *err);

/* The axis as grid_vary takes it, in its shortest form: "order-seed=0..99,200". The caller frees it; NULL when memory
 * runs out. */
char *axis_text(const struct axis *axis);

/* The key of a parameter in result files, "order_seed". */
const char *parameter_name(unsigned parameter);

/* The same with dashes, as --vary lists it: "order-seed". */
void parameter_word(char text[VALUE_TEXT], unsigned parameter);

/* Does this parameter vary? */
bool grid_varies(const struct grid *grid, unsigned parameter);

/* The value of axis number `axis` at a point. */
double grid_value(const struct grid *grid, size_t point, size_t axis);

/* Sets the parameters that vary to their values at a point. */
void grid_apply(const struct grid *grid, size_t point, struct job_spec *spec, unsigned *folds);

/* A value of a parameter as JSON, as result files have it; NULL when memory runs out. */
json_t *parameter_json(unsigned parameter, double value);

/* The same as text: as JSON writes it, or without quotes. Both return 0, or -1 when memory runs out. */
int parameter_json_text(char text[VALUE_TEXT], unsigned parameter, double value);
int parameter_text(char text[VALUE_TEXT], unsigned parameter, double value);

#endif
