/* SPDX-License-Identifier: MIT */
/* What each kernel is called with and what must come out: kernel_spec.def as a table. For kernel_check.c. */
#ifndef SGDMARK_VERIFY_KERNEL_SPEC_H
#define SGDMARK_VERIFY_KERNEL_SPEC_H

#include "verify/kernel_call.h"
#include "verify/kernel_check.h"
#include "verify/kernel_inputs.h"

/* What a kernel can be called with. The types decide which registers the operands take. */
struct operands {
    void *weights;
    const uint8_t *row, *l1_row, *l2_row;
    size_t length, blocks; /* of the row, in pixels and in blocks */
    size_t lines;          /* to prefetch of l1_row */
    float factor_f32;
    double factor_f64;
    int sign; /* 1 or -1 */
    double *decision;
    const struct batch *batch;
    const struct linear_model *model;
    /* Of many models: their weights, how many there are, and the row that they share. */
    const float *const *many_f32;
    const int16_t *const *many_i16;
    const int8_t *const *many_planes;
    size_t models;
    const struct shared_row *shared_row;
};

/* What a right kernel returns and leaves in w, and the slack that a PARITY_TOLERANCE kernel has. */
struct expected {
    double real, real_slack;
    double decision[MOST_ROWS], decision_slack[MOST_ROWS];
    uint64_t integer;
    double w[LONGEST_WEIGHTS], w_slack[LONGEST_WEIGHTS];
};

enum result { RESULT_NONE, RESULT_REAL, RESULT_INTEGER, RESULT_DECISIONS, RESULT_MANY };

struct kernel_spec {
    void (*(*pointer)(const struct backend *backend))(void);
    void (*load)(struct kernel_call *call, const struct operands *operands); /* fills integer[] and real */
    plain_call_fn *plain;
    void (*expect)(struct expected *expected, const struct inputs *inputs);
    enum weights_type type;
    enum input_form row;
    enum result result;
};

/* In the order of KERNEL_LIST. */
extern const struct kernel_spec *const kernel_specs[KERNEL_COUNT];

#endif
