/* SPDX-License-Identifier: MIT */
/* Finds the IDX files of a data set among the names and folders in which people have them. */
#ifndef SGDMARK_DATA_IDX_FIND_H
#define SGDMARK_DATA_IDX_FIND_H

#include "base/error.h"
#include "data/dataset.h"

#include <stdbool.h>

/* What a file holds. */
enum idx_role { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, IDX_ROLES };

/* Does a job on this split read such files? */
bool idx_needs(enum split split, enum idx_role role);

struct idx_found {
    char *set;             /* where they were found; as --data it names the same files */
    char *path[IDX_ROLES]; /* of those that the split needs; others may be NULL */
    size_t names;          /* where the names in their folder begin in these paths */
};

/* Finds the files of the split that `spec` names: a folder, or a folder and what the names of the files begin with,
 * such as EMNIST/raw/emnist-digits.
 *
 * A name is train-images-idx3-ubyte, train-labels-idx1-ubyte, and the same with t10k or test in place of train;
 * QMNIST's labels end in idx2-int. Small and capital letters, '-', '.' and '_' count as equal; .gz may follow, and
 * anything with one of these three signs at its end may come before: emnist-digits-train-images-idx3-ubyte.gz. A folder
 * of such a name is not the file, but may hold it. A plain file wins over a .gz, and the first name above over its
 * other spellings.
 *
 * The folder itself is searched first, then its folders, three levels down (MNIST/raw). The first level with a complete
 * set gives it; one with several is an error that lists them. Returns 0, or -1 with one line; idx_found_free releases
 * what was found, in either case. */
int idx_find(struct idx_found *found, const char *spec, enum split split, struct error *err);
void idx_found_free(struct idx_found *found);

#endif
