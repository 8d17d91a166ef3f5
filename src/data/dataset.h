/* SPDX-License-Identifier: MIT */
/* Labelled rows of uint8 features in memory. */
#ifndef SGDMARK_DATA_DATASET_H
#define SGDMARK_DATA_DATASET_H

#include "base/error.h"
#include "base/pages.h"
#include "data/packed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The part of the data set that a job uses. */
enum split { SPLIT_TRAIN, SPLIT_TEST, SPLIT_ALL };
extern const char *const split_names[]; /* "train", "test", "all", NULL */

enum { START_STEP_BITS = 4 }; /* cropped rows start at multiples of 16 */

enum { CLASSES = 10 }; /* labels are digits, 0 to 9 */

/* Rows are cropped: of a row's d features only `width` consecutive ones are stored, from feature `start[row]` on. All
 * others are zero. On data without a common empty border, width == d and every start is 0. Skipping zeros changes no
 * bit of any result (kernels/README.md says why). Every row fits a row code (data/row_code.h). */
struct dataset {
    size_t n;                  /* rows */
    size_t n_train;            /* the first n_train rows are the training split, the others the test split */
    size_t d;                  /* features of a row */
    size_t width;              /* features stored of a row, 1..d */
    size_t stride;             /* bytes from one cropped row to the next */
    uint8_t *pixels;           /* n cropped rows without gaps, 64-byte aligned, on pages of the kind `pages` names */
    uint16_t *start;           /* [n] first feature of each cropped row; start[i] + width <= d */
    uint8_t *labels;           /* [n], 0..9 */
    uint32_t *place;           /* [n] where row i of the files is now; NULL: rows are in file order */
    struct packed_rows packed; /* the same rows without zero groups, if packed_make was called */
    size_t image_height, image_width; /* height * width == d where rows are images; else 1 x d */
    enum page_kind pages;             /* that the pixels lie on (data/row_pages.h) */
    bool synthetic;
    char name[256];  /* --data, completed with the defaults: "synthetic:n=60000,d=784,seed=1"; of IDX files found by
                        a search, where they are: as --data it names the same files */
    char files[512]; /* the names of the IDX files that were read, with commas between them */
    char pixels_sha256[65]; /* of the n x d feature bytes in file order (train then test), lower-case hex */
    char labels_sha256[65]; /* of the n label bytes */
};

/* Loads a data set and crops its rows. `spec` is a folder in or below which the IDX files lie (data/idx_find.h), or
 * "synthetic[:n=N,d=D,seed=S]" (60000, 784, 1; n counts the training split, the test split has max(10, n/6) rows more).
 * Only the files of `split` are read. Returns 0, or -1 with one line that names the file and the fault; then there is
 * nothing to free. */
int dataset_load(struct dataset *ds, const char *spec, enum split split, struct error *err);

/* Loads the images of one IDX file, plain or .gz, without their labels, which are all 0; for the rest as dataset_load.
 */
int dataset_load_images(struct dataset *ds, const char *path, struct error *err);

/* Reorders the rows of a data set just loaded: row k becomes what row order[k] was. order[n] is a permutation.
 * Predictions then read memory sequentially, which is fastest. Returns 0, or -1 with the reason. */
int dataset_arrange(struct dataset *ds, const uint32_t *order, struct error *err);

/* Where row i of the files is now. */
size_t dataset_place(const struct dataset *ds, size_t i);

/* Fills in pixels_sha256 and labels_sha256 (apart from loading: hashing MNIST's 47 MB takes longer than reading them).
 */
void dataset_hash(struct dataset *ds);

/* Frees what dataset_load allocated. */
void dataset_free(struct dataset *ds);

/* Copies all d features of row i to out[d], zeros included. */
void dataset_row(const struct dataset *ds, size_t i, uint8_t *out);

/* For the readers: allocates n rows of d features, all zero (width = stride = d, starts 0, images of
 * 1 x d). Refuses more than the memory available and tells both sizes; ds->name names the data. */
int dataset_allocate(struct dataset *ds, size_t n, size_t d, struct error *err);

/* For the readers, once all rows are in place: crops the rows to the smallest common width, moves them together inside
 * the same mapping and returns the rest of it to the system. Data without an empty border stay as they are. */
void dataset_crop(struct dataset *ds);

/* The readers behind dataset_load. When one fails, dataset_load frees what it allocated. */
int idx_load(struct dataset *ds, const char *folder, enum split split, struct error *err);
int idx_load_images(struct dataset *ds, const char *path, struct error *err);
int synthetic_load(struct dataset *ds, const char *spec, enum split split, struct error *err);

#endif
