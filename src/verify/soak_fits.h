/* SPDX-License-Identifier: MIT */
/* Whole fits with a known answer: every decision value and the trained model. For soak.c. */
#ifndef SGDMARK_VERIFY_SOAK_FITS_H
#define SGDMARK_VERIFY_SOAK_FITS_H

#include "learn/fit.h"

#include <stdbool.h>

/* Room for what is wrong with an answer. */
enum { SOAK_WRONG_TEXT = 192 };

/* What a fit must give. With engine int the decision values are its exact sums. */
struct soak_answer {
    double *decision; /* [epochs][n] */
    unsigned epochs;
    uint64_t fingerprint;
};

/* The rows, their order, and the answer of each engine on its scalar backend. */
struct soak_fits {
    struct row_list rows;
    struct hyper hyper;
    uint32_t *permutation;              /* [n] */
    uint32_t *visited;                  /* [epochs][n] the row of the data set at each position */
    struct soak_answer answer[ENGINES]; /* decision is NULL where the engine has no form for these hyper-parameters */
    uint64_t hash;                      /* of rows and labels in memory */
    struct dataset built_in;            /* n is 0 if the rows are the caller's */
    struct row_ref *at;                 /* of the built-in rows */
};

/* Trains the answers on the calling thread. rows, hyper: NULL for those that are built in, whose fingerprints are
 * known: a fingerprint that differs is told in wrong[]. Packs the built-in rows. Returns 0, or -1 with the reason;
 * soak_fits_free releases it. */
int soak_fits_make(struct soak_fits *fits, const struct row_list *rows, const struct hyper *hyper,
                   char wrong[SOAK_WRONG_TEXT], struct error *err);
void soak_fits_free(struct soak_fits *fits);

/* The first thing that is wrong with a fit. */
struct soak_fit_outcome {
    bool wrong;
    unsigned epoch;      /* from 0 */
    bool model;          /* not a decision but the trained model; got and right are its fingerprints */
    uint32_t row;        /* of the data set */
    uint64_t got, right; /* bits of the decision values */
};

/* Runs one fit and compares it; trace[n] is room for one epoch. Returns 0, or -1 when it could not run. */
int soak_fit_run(const struct soak_fits *fits, enum engine engine, const struct backend *backend,
                 const struct soak_answer *answer, double *trace, struct soak_fit_outcome *outcome, struct error *err);
/* The answer of a backend without a promise of bits: what comes out twice. Fits that differ are told in wrong[].
 * soak_answer_free releases it. */
int soak_fit_take(const struct soak_fits *fits, enum engine engine, const struct backend *backend,
                  struct soak_answer *taken, char wrong[SOAK_WRONG_TEXT], struct error *err);
void soak_answer_free(struct soak_answer *answer);

/* The hash of the rows as they are in memory now. */
uint64_t soak_fits_hash(const struct soak_fits *fits);

/* Multiplications of weights and pixels in the margin tests of one fit. */
uint64_t soak_fit_multiplications(const struct soak_fits *fits, enum engine engine);

/* The fingerprint that the fits of the built-in rows must have. */
uint64_t soak_known_fingerprint(enum engine engine);

#endif
