/* SPDX-License-Identifier: MIT */
/* The notebook's job with the textbook's seed, and what is known about its outcome: numbers that the textbook printed,
 * and hashes that are the same on every machine. On that job they are checks. */
#ifndef SGDMARK_VERIFY_PUBLISHED_H
#define SGDMARK_VERIFY_PUBLISHED_H

#include "verify/check_list.h"
#include "verify/notebook.h"

#include <stdbool.h>
#include <stdint.h>

enum { PUBLISHED_FOLDS = 3, PUBLISHED_ENGINES = ENGINE_INT + 1 };

struct published {
    const char *pixels_sha256, *labels_sha256; /* of the training images and labels of MNIST */
    uint64_t permutation_hash;                 /* of the notebook's order (data/order.h) */
    /* What the textbook printed, whose permutation has seed 42, with scikit-learn 0.19. */
    double fold_accuracy[PUBLISHED_FOLDS], never_accuracy[PUBLISHED_FOLDS];
    struct confusion confusion;
    double precision, recall, f1;
    const char *decision, *own_decision; /* of its digit and of the notebook's (verify/notebook.h), with 8 decimals */
    double roc_auc;
    double precision_at_threshold, recall_at_threshold; /* 70000 */
    /* Ours; f64's and int's are those of scikit-learn's own arrays. */
    uint64_t fingerprint[PUBLISHED_ENGINES], update_hash;
};
extern const struct published published;

/* What the notebook itself printed in January 2018. It shuffled the same rows without a seed, so this is one draw,
 * which nobody can repeat: no check. */
struct printed {
    double fold_accuracy[PUBLISHED_FOLDS], never_accuracy[PUBLISHED_FOLDS];
    struct confusion confusion;
    double precision, recall, f1;
    const char *mistaken_for; /* the class that one-versus-all over ten classes takes its digit for, and the decision */
};
extern const struct printed printed;

/* Is this the notebook's job? Pixels and labels are MNIST's training set by their hashes, its order is asked for, and
 * every hyper-parameter has its default. The order itself is one of the checks. Call dataset_hash(&job->ds) before. */
bool is_published_job(const struct job *job, const struct job_spec *spec, unsigned folds);

/* Adds what contradicts the table, and the number of checks made: the order of the rows, the notebook's own steps, and
 * the metrics of every verified job; of those that promise bits also fingerprint and update hash. Call it for the
 * published job only. Returns 0, or -1 when memory runs out. */
int published_check(struct check_list *checks, const struct job *job, const struct job_spec *spec,
                    const struct verified_jobs *jobs, const struct notebook *notebook, struct error *err);

#endif
