/* SPDX-License-Identifier: MIT */
/* Trained models as .npz files. */
#ifndef SGDMARK_LEARN_MODEL_FILE_H
#define SGDMARK_LEARN_MODEL_FILE_H

#include "learn/job.h"
#include "learn/model.h"

#include <stddef.h>
#include <stdint.h>

enum { MODEL_FORMAT = 1, MODEL_CLASSES = CLASSES };

/* A trained classifier, with all that predictions need, and what training can go on from. K models: one for
 * a digit or not, or ten for one digit against the others each.
 *
 * The arrays of the file, with scikit-learn's names where it has such an attribute:
 *   sgdmark_model   int64 ()        MODEL_FORMAT
 *   params          text            JSON: digit and hyper-parameters (hyper_json)
 *   engine, dtype   text            number type of the weights; type of the features, "uint8"
 *   classes_        bool (2,) or int64 (10,)
 *   coef_           float64 (K, d)
 *   intercept_      float64 (K,)
 *   n_iter_, t_     int64 (), float64 ()   epochs done; 1 + the rows that they visited
 *   fingerprint, update_hash        uint64 (K,)
 *   w, wscale       float32 (K, d), float64 (K,)              engine f32: coef_ is w times wscale
 *   integer, unit, slack, width     int64 (K, d), float64 (K,) twice, int64 ()   engine int (struct model); integer is
 *                                   absent where the integers were lost
 *   average_coef_, standard_coef_, average_intercept_, standard_intercept_   float64 as coef_, intercept_: all or none;
 *                                   of averaging, to go on training */
struct saved_model {
    unsigned digit; /* the positive class of a single model */
    struct hyper hyper;
    size_t d, count;      /* features; K */
    struct model *models; /* [count] */
    uint64_t n_iter;
    double t;
    size_t width; /* stored features of the rows trained on: engine int's slack holds for no wider rows */
    /* [count * d] and [count], or NULL. */
    double *average_coef, *standard_coef, *average_intercept, *standard_intercept;
};

/* Writes the file, whole or not at all. The models stay the caller's. Returns 0, or -1 with the reason. */
int model_save(const char *path, const struct saved_model *saved, struct error *err);

/* Reads a file. Whatever does not fit, is missing, is not finite or contradicts another array is refused. Returns 0, or
 * -1 with one line; saved_model_free releases the model. model_parse reads from memory. */
int model_load(struct saved_model *saved, const char *path, struct error *err);
int model_parse(struct saved_model *saved, const char *path, const uint8_t *bytes, size_t length, struct error *err);
void saved_model_free(struct saved_model *saved);

/* Makes the models ready for the rows of a data set: engine int's slack grows with wider rows than it was made for.
 * Returns 0, or -1 where the rows have another number of features. `path` names the model. */
int saved_model_fit_rows(struct saved_model *saved, const char *path, const struct dataset *ds, struct error *err);

#endif
