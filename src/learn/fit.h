/* The fixed training loop: scikit-learn's SGDClassifier with hinge loss, L2 penalty and the 'optimal' rate.
 * Formulas: the arithmetic is that of sklearn/linear_model/_sgd_fast.pyx (1.2) for tol=None. */
#ifndef SGDMARK_LEARN_FIT_H
#define SGDMARK_LEARN_FIT_H

#include "base/error.h"
#include "data/dataset.h"
#include "kernels.h"

#include <stddef.h>
#include <stdint.h>

/* The number type of the weights in the hot loop. */
enum engine { ENGINE_F32, ENGINE_F64 };

/* Which scikit-learn's seeds and folds are reproduced: before 0.21, or from 0.22 on. */
enum compat { COMPAT_0_19, COMPAT_1_2 };

struct hyper {
    enum engine engine;
    enum compat compat;
    double alpha;
    unsigned epochs;
    uint32_t seed; /* random_state */
};

/* What is learnt from: example k is row `row[k]` of the data set, positive when labels[row[k]] == positive. */
struct examples {
    const struct dataset *ds;
    const uint32_t *row; /* [n] */
    size_t n;
    unsigned positive; /* the digit that counts as True */
    /* The epoch permutation (epoch_permutation of n and the hyper-parameters' seed) where the caller has it already, as
     * folds of one size share it; NULL: the fit draws it. */
    const uint32_t *permutation; /* [n] */
};

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
};

/* One fit under way. The caller may time each epoch: trainer_epoch allocates nothing and makes no system call. */
struct trainer;

/* Prepares a fit (weights zero, epoch order drawn). `backend` serves engine f32. NULL and the reason on failure. */
struct trainer *trainer_new(const struct examples *examples, const struct hyper *hyper, const struct backend *backend,
                            struct error *err);
/* Back to before the first epoch. */
void trainer_reset(struct trainer *trainer);
/* Runs the next epoch: every example once, in this epoch's order. */
void trainer_epoch(struct trainer *trainer);
/* The model after the epochs run so far; fails when a weight is not finite. model_free releases it. */
int trainer_model(const struct trainer *trainer, struct model *model, struct error *err);
void trainer_free(struct trainer *trainer);

/* All epochs in one call. */
int fit(struct model *model, const struct examples *examples, const struct hyper *hyper, const struct backend *backend,
        struct error *err);
void model_free(struct model *model);

/* decision[k] = <w, x> + intercept for rows row[0..n-1], summed in the engine's own order. True is decision > 0. */
void decide(double *decision, const struct model *model, const struct dataset *ds, const uint32_t *row, size_t n,
            const struct backend *backend);

/* The seed of the epoch shuffle for random_state = seed. */
uint32_t epoch_seed(uint32_t seed, enum compat compat);

/* Fills pi[n] with the permutation that one epoch shuffle applies: order_1 = pi, order_k[i] = order_(k-1)[pi[i]]. */
void epoch_permutation(uint32_t *pi, size_t n, uint32_t shuffle_seed);

/* FNV-1a 64-bit, continued from `hash` (start with FNV_START). */
#define FNV_START 14695981039346656037ULL
uint64_t fnv1a(uint64_t hash, const void *bytes, size_t length);

#endif
