/* SPDX-License-Identifier: MIT */
/* A block of calls of one kernel, on rows in the cache, with the answer that every core must give. For soak.c. */
#ifndef SGDMARK_VERIFY_SOAK_BLOCK_H
#define SGDMARK_VERIFY_SOAK_BLOCK_H

#include "base/error.h"
#include "verify/kernel_spec.h"

#include <stdbool.h>

/* Rows of a block; one call for each, but one for all of decision_u8f32. Even blocks have uniform weights, odd ones
 * weights of mixed magnitudes. */
enum { SOAK_ROWS = 16, SOAK_PATTERNS = 2 };

struct soak_block {
    size_t kernel;
    unsigned pattern;
    const struct kernel_spec *spec;
    size_t length; /* pixels of a row that the kernel is told */
    size_t models; /* that share a row; 1 */
    bool writes;   /* its results are weights, which it changes: each row has weights of its own */
    /* Offsets into `memory`: rows, weights, answers; a row, a set of weights, the results of a row take a room each. */
    unsigned char *memory;
    size_t bytes, row_room, weights_at, weights_room, answers_at, answer_room;
    float factor_f32;
    double factor_f64, wscale, intercept;
    int sign;
    struct row_ref at[SOAK_ROWS];
    const void *many[MODELS_MOST];
    uint64_t hash; /* of all that the block holds */
};

/* Draws the block's inputs and computes its answers by the reference of the kernel check. The same in every build and
 * on every machine; where soak_known_answer is not 0, that is its hash. Returns 0, or -1 when memory runs out;
 * soak_block_free releases it. */
int soak_block_make(struct soak_block *block, size_t kernel, unsigned pattern, struct error *err);
void soak_block_free(struct soak_block *block);

/* Draws the block again in the same place, after its memory has changed. */
int soak_block_restore(struct soak_block *block, struct error *err);

/* The hash that the block must have; 0: none is known (sigmoid_f32, where SLEEF is of another class). */
uint64_t soak_known_answer(size_t kernel, unsigned pattern);

/* The hash of the block as it is in memory now. */
uint64_t soak_block_hash(const struct soak_block *block);

/* Bytes of all results, and the answers. */
size_t soak_block_results(const struct soak_block *block);
const unsigned char *soak_block_answers(const struct soak_block *block);

/* Multiplications in one run of the block, of weights and pixels but for sigmoid_f32; 0: the kernel makes none. Calls
 * of the kernel. */
uint64_t soak_block_multiplications(const struct soak_block *block);
uint64_t soak_block_calls(const struct soak_block *block);

/* Runs the block: results[soak_block_results()], on a page. Memory outside `results` is not written. */
void soak_block_run(const struct soak_block *block, const struct backend *backend, unsigned char *results);

/* Are all results within the tolerance of the kernel check (for backends without a promise of bits)? Returns 0, or -1
 * when memory runs out. */
int soak_block_near(const struct soak_block *block, const unsigned char *results, bool *near, struct error *err);

/* The first result that differs from the answer. */
struct soak_difference {
    size_t row, element;
    unsigned bytes;
    bool real;
    uint64_t got, right;
};
struct soak_difference soak_block_difference(const struct soak_block *block, const unsigned char *answers,
                                             const unsigned char *results);

#endif
