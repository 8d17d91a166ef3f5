/* SPDX-License-Identifier: MIT */
/* train and cv with --digit all: one classifier of ten digits. */
#ifndef SGDMARK_CLI_CLASSES_H
#define SGDMARK_CLI_CLASSES_H

#include "cli/options.h"
#include "machine/placement.h"

#include <stdbool.h>

/* Files to write; NULL: not asked for. `json` may be "-". */
struct class_outputs {
    const char *json, *png;
    const char *coef, *save;            /* of train */
    const char *predictions, *decision; /* of cv */
};

/* Trains on each backend, prints and writes. The arrays, the model and the picture are those of the last backend.
 * Returns 0, or -1 with the reason. */
int train_classes(struct job *job, const struct job_options *options, const struct backend_list *chosen,
                  const struct class_outputs *outputs, struct error *err);

/* Cross-validates. topology and placement: where the workers are that share the fits; NULL: the calling thread. */
struct class_folds {
    unsigned folds;
    const struct topology *topology;
    const struct placement *placement;
};
int cross_validate_classes(struct job *job, const struct job_options *options, const struct backend_list *chosen,
                           const struct class_folds *folds, const struct class_outputs *outputs, struct error *err);

/* Writes decision values as float64 (n, 10), digits as int64 (n,). Return 0, or -1 with the reason. */
int write_decisions(const char *path, const double *decision, size_t n, struct error *err);
int write_digits(const char *path, const int64_t *digit, size_t n, struct error *err);

#endif
