/* SPDX-License-Identifier: MIT */
/* Inputs of a kernel, drawn so that they find what it may get wrong. */
#ifndef SGDMARK_VERIFY_KERNEL_INPUTS_H
#define SGDMARK_VERIFY_KERNEL_INPUTS_H

#include "kernels.h"

struct random_state;

/* The kinds that are drawn, and rows that are given. */
enum pixels {
    PIXELS_ZERO,
    PIXELS_FULL,
    PIXELS_ALTERNATING,
    PIXELS_ONE_HOT,
    PIXELS_RANDOM,
    PIXELS_RUNS,
    PIXELS_KINDS,
    PIXELS_GIVEN = PIXELS_KINDS
};
extern const char *const pixels_words[PIXELS_KINDS + 1];

enum weights {
    WEIGHTS_EXACT, /* small integers: sums are exact in any order */
    WEIGHTS_UNIFORM,
    WEIGHTS_MIXED, /* magnitudes 2^-12 to 2^12 */
    WEIGHTS_DENORMAL,
    WEIGHTS_ZERO, /* +0 and -0 */
    WEIGHTS_HUGE, /* as large as possible without an overflow of their sum */
    WEIGHTS_TIES, /* sums that rounding to float64 first gets wrong */
    WEIGHTS_OVERFLOWING,
    WEIGHTS_KINDS
};
extern const char *const weights_words[WEIGHTS_KINDS];

/* What a kernel's weights are; U8: no weights but pixels that it writes. */
enum weights_type { WEIGHTS_F32, WEIGHTS_I16, WEIGHTS_F64, WEIGHTS_PLANES, WEIGHTS_U8, WEIGHTS_TYPES };
extern const size_t weight_size[WEIGHTS_TYPES];

enum input_form { ROW_CROPPED, ROW_PACKED, ROW_ABSENT };

/* The longest row that a data set can have, the same in whole blocks, and what it takes packed if no group is left out.
 */
enum { LONGEST = UINT16_MAX };
enum { LONGEST_BLOCKS = MOST_BLOCKS * BLOCK_PIXELS, LONGEST_PACKED = LONGEST_BLOCKS + 2 * MOST_BLOCKS };

/* Decisions get rows that lie up to SLIDE bytes apart, each with weights of its own: row and start go up to SLIDE, so
 * the last of both end where their memory ends. Kernels that work in parts of 1024 rows meet two parts. GIVEN_PIXELS:
 * room for the rows that are given, all together. */
enum { SLIDE = 7, FEW_ROWS = 8, MOST_ROWS = 1100, GIVEN_PIXELS = 1 << 18 };

/* Many models share a row; the weights of each begin at another place of one array, up to MODELS_MOST + 1 pixels or
 * blocks on. */
enum { LONGEST_WEIGHTS = LONGEST_BLOCKS + (MODELS_MOST + 1) * BLOCK_PIXELS };

/* Poison: no pixel and no weight that leaves a result as it was. */
enum { ROW_POISON = 0xaa, NAN_POISON = 0xff };

struct inputs {
    /* Given. */
    size_t length; /* that the kernel is told */
    size_t d;      /* pixels and weights that there are */
    enum pixels pixels;
    enum weights weights;
    enum weights_type type;
    enum input_form form;
    size_t n;  /* of decisions: rows, at most MOST_ROWS; of many: models, at most MODELS_MOST */
    bool many; /* models share the row */
    /* Given with PIXELS_GIVEN, otherwise drawn. */
    uint8_t x[GIVEN_PIXELS];                 /* the plain pixels, of all rows */
    size_t stride;                           /* of decisions: bytes between rows in x */
    struct row_ref at[MOST_ROWS + FEW_ROWS]; /* of decisions */
    /* Drawn. */
    const uint8_t *row; /* what the kernel reads: x or packed */
    size_t row_bytes;
    uint8_t packed[LONGEST_PACKED];
    union {
        float f32[LONGEST_WEIGHTS];
        int16_t i16[LONGEST_WEIGHTS];
        double f64[LONGEST_WEIGHTS];
        int8_t planes[2 * LONGEST_WEIGHTS];
        uint8_t u8[LONGEST_WEIGHTS];
    } w;
    float factor_f32;
    double factor_f64;
    int sign;
    double wscale, intercept; /* of decisions */
};

/* Draws what is not given. */
void inputs_draw(struct inputs *inputs, struct random_state *random);

/* Weights between one model's first and the next place where another's may begin: 1, or a block. */
size_t model_step(const struct inputs *inputs);
/* The first weight of model m of many: another one for each model, model_step or more from the array's begin. */
size_t model_offset(const struct inputs *inputs, size_t m);

/* Weight k of an array of the type; double holds all of its values. */
double weight_at(const void *weights, enum weights_type type, size_t k);

#endif
