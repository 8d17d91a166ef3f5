/* The fixed training loop: scikit-learn's SGDClassifier with hinge loss, L2 penalty and the 'optimal' rate.
 * Formulas: the arithmetic is that of sklearn/linear_model/_sgd_fast.pyx (1.2) for tol=None. */
#ifndef SGDMARK_LEARN_FIT_H
#define SGDMARK_LEARN_FIT_H

#include "base/error.h"
#include "base/hash.h"
#include "data/dataset.h"
#include "kernels.h"
#include "learn/hyper.h"
#include "learn/integer.h"

#include <stddef.h>
#include <stdint.h>

/* What is learnt from, in order. */
struct row_list {
    const struct dataset *ds;
    const struct row_ref *at; /* [n]; start is ds->start[row], positive 1 where the label is the digit sought */
    size_t n;
};

/* Fills at[n] for rows row[0..n-1]. */
void row_refs_fill(struct row_ref *at, const struct dataset *ds, const uint32_t *row, size_t n, unsigned positive);

/* A trained linear classifier. */
struct model {
    size_t d;
    double *coef; /* [d] */
    double intercept;
    unsigned epochs;
    uint32_t *updates;    /* [epochs] weight updates in each epoch */
    uint64_t update_hash; /* of the sequence of (epoch, position) at which the weights changed */
    uint64_t fingerprint; /* FNV-1a 64 of coef and intercept */
    double seconds;       /* the fit alone */
    /* Engine f32 predicts with the weights it trained. */
    float *w;      /* [d] or NULL */
    double wscale; /* coef[k] == (double)w[k] * wscale */
    /* Engine int predicts with its integers: coef = W times `unit` but for rounding. A decision within `slack` of 0 is
     * made with coef. */
    struct integer_weights integer; /* .low is NULL with other engines */
    double unit, slack;
};

/* Allocates a model's arrays for d features. Returns 0, or -1 with the reason; model_free releases it. */
int model_new(struct model *model, size_t d, const struct hyper *hyper, struct error *err);
void model_free(struct model *model);

/* Whether the engine can do fits on up to n examples with these settings: 0, or -1 with the reason. */
int engine_possible(const struct hyper *hyper, size_t n, struct error *err);

/* Whether fits and decisions with this engine and backend read the rows that the data set has packed. */
bool reads_packed(const struct dataset *ds, enum engine engine, const struct backend *backend);

/* Bytes that they read of a row, on average. */
double row_bytes(const struct dataset *ds, enum engine engine, const struct backend *backend);

/* The working memory of a fit. Only trainer_new allocates; nothing else here makes a system call, so the caller may
 * time any part. */
struct trainer;

/* Room for fits of up to `most` examples with d features. `backend` serves engines f32 and int; int on a backend with
 * PARITY_BITS ends in the bits of f64. NULL and the reason on failure, which settings without an integer form are to
 * engine int; trainer_free releases it. */
struct trainer *trainer_new(size_t most, size_t d, const struct hyper *hyper, const struct backend *backend,
                            struct error *err);
void trainer_free(struct trainer *trainer);

/* Starts a fit: weights zero, the first epoch next. `permutation` is epoch_permutation(examples->n, ...); both stay the
 * caller's and must outlive the fit. */
void trainer_start(struct trainer *trainer, const struct row_list *row_list, const uint32_t *permutation);
/* Runs the next epoch: every example once, in this epoch's order. At most hyper->epochs of them. */
void trainer_epoch(struct trainer *trainer);
/* The same for engine f32, and decision[i] gets the decision value of the example visited at position i, [n]. */
void trainer_epoch_traced(struct trainer *trainer, double *decision);
/* In place of trainer_epoch: only reads the rows of the next epoch, in its order, which no epoch can beat. Returns the
 * exclusive or of what read_u8 gives. */
uint64_t trainer_read(struct trainer *trainer);
/* The row of the data set that was visited at `position` of the last epoch; not for packed rows. */
uint32_t trainer_visited(const struct trainer *trainer, size_t position);
/* The model after the epochs run so far, into arrays of model_new. Fails when a weight is not finite. */
int trainer_model(const struct trainer *trainer, struct model *model, struct error *err);

/* All of it in one call, the drawing of the epoch permutation included; model_free releases the model. */
int fit(struct model *model, const struct row_list *row_list, const struct hyper *hyper, const struct backend *backend,
        struct error *err);

/* decision[k] = <w, x> + intercept for every example, summed in the engine's own order. True is decision > 0; engine
 * int's values are within rounding of f64's, and on the same side of 0. */
void decision_function(double *decision, const struct model *model, const struct row_list *row_list,
                       const struct backend *backend);

/* In place of decision_function: only reads the rows, as trainer_read does. */
uint64_t row_list_read(const struct row_list *row_list, enum engine engine, const struct backend *backend);

/* The seed of the epoch shuffle for random_state = seed. */
uint32_t epoch_seed(uint32_t seed, enum compat compat);

/* Fills pi[n] with the permutation that one epoch shuffle applies: order_1 = pi, order_k[i] = order_(k-1)[pi[i]].
 * It depends on n and the seed alone, so folds of one size share it. */
void epoch_permutation(uint32_t *pi, size_t n, uint32_t shuffle_seed);

#endif
