/* SPDX-License-Identifier: MIT */
#include "verify/kernel_spec.h"

#include "transcendental.h"

#include <float.h>
#include <math.h>

/* ---- The reference: fmaf of the C library at every step, the lanes summed by recursion. ---- */

static float lane_sum(const float *w, const uint8_t *x, size_t d, size_t lane) {
    float sum = 0.0F;
    for (size_t k = lane; k < d; k += 64)
        sum = fmaf(w[k], (float)x[k], sum);
    return sum;
}

/* a[i] after the halves h, h being 64 before the first. */
static float folded(const float *w, const uint8_t *x, size_t d, size_t i, size_t h) {
    if (h == 64) return lane_sum(w, x, d, i);
    return folded(w, x, d, i, 2 * h) + folded(w, x, d, i + h, 2 * h);
}

static void expect_weights_kept(struct expected *expected, const struct inputs *in) {
    for (size_t k = 0; k < in->d; k++) {
        expected->w[k] = weight_at(&in->w, in->type, k);
        expected->w_slack[k] = 0;
    }
}

/* Two sums of the same d products in any two orders, fused or not, differ by at most 2 gamma_d sum|w x|,
 * gamma_d = d u / (1 - d u), u = 2^-24 (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., (3.5)), plus
 * what underflow rounds away in each product. */
static double dot_slack(const struct inputs *in, const float *w, const uint8_t *x) {
    if (in->weights == WEIGHTS_EXACT) return 0;
    double sum = 0, du = (double)in->length * 0x1p-24;
    for (size_t k = 0; k < in->length; k++)
        sum += fabs((double)w[k] * x[k]);
    return 2 * du / (1 - du) * sum + (double)in->length * (double)FLT_TRUE_MIN;
}

static void expect_dot_u8f32(struct expected *expected, const struct inputs *in) {
    expect_weights_kept(expected, in);
    expected->real = (double)folded(in->w.f32, in->x, in->length, 0, 1);
    expected->real_slack = dot_slack(in, in->w.f32, in->x);
}

static void expect_dot_many_f32(struct expected *expected, const struct inputs *in) {
    expect_weights_kept(expected, in);
    for (size_t m = 0; m < in->n; m++) {
        const float *w = in->w.f32 + model_offset(in, m);
        expected->decision[m] = (double)folded(w, in->x, in->length, 0, 1);
        expected->decision_slack[m] = dot_slack(in, w, in->x);
    }
}

/* The volatile keeps the product from being fused; fused or not, it is off by u of itself and of the sum, u = 2^-53. */
static void expect_one_decision(struct expected *expected, const struct inputs *in, size_t i) {
    const float *w = in->w.f32 + in->at[i].start;
    const uint8_t *x = in->x + in->at[i].row * in->stride;
    volatile double product = (double)folded(w, x, in->length, 0, 1) * in->wscale;
    expected->decision[i] = product + in->intercept;
    double size = fabs(product) + fabs(in->intercept);
    expected->decision_slack[i] = in->weights == WEIGHTS_EXACT ? 0 : dot_slack(in, w, x) * in->wscale + 0x1p-51 * size;
}

/* Drawn rows are at (SLIDE + 1)^2 places at most, so each place is computed once. */
static void expect_decision_u8f32(struct expected *expected, const struct inputs *in) {
    size_t seen[SLIDE + 1][SLIDE + 1] = {0}; /* 1 + the first row there; 0: none yet */
    expect_weights_kept(expected, in);
    for (size_t i = 0; i < in->n; i++) {
        size_t *first = in->pixels == PIXELS_GIVEN ? NULL : &seen[in->at[i].row][in->at[i].start];
        if (first && *first > 0) {
            expected->decision[i] = expected->decision[*first - 1];
            expected->decision_slack[i] = expected->decision_slack[*first - 1];
            continue;
        }
        if (first) *first = i + 1;
        expect_one_decision(expected, in, i);
    }
}

/* Product and sum rounded apart are off by u|a x| + u|a x + w| and what underflow takes. */
static void expect_axpy_u8f32(struct expected *expected, const struct inputs *in) {
    for (size_t k = 0; k < in->d; k++) {
        expected->w[k] = (double)fmaf(in->factor_f32, (float)in->x[k], in->w.f32[k]);
        double size = fabs((double)in->factor_f32 * in->x[k]) + fabs((double)in->w.f32[k]);
        expected->w_slack[k] = in->weights == WEIGHTS_EXACT ? 0 : 0x1p-22 * size + (double)FLT_TRUE_MIN;
    }
}

static void expect_axpy_u8i16(struct expected *expected, const struct inputs *in) {
    for (size_t k = 0; k < in->d; k++) {
        int sum = in->w.i16[k] + in->sign * in->x[k];
        expected->w[k] = sum > INT16_MAX ? sum - 65536 : sum < INT16_MIN ? sum + 65536 : sum;
        expected->w_slack[k] = 0;
    }
}

/* With the weights from `first` on. */
static int64_t integer_sum(const struct inputs *in, size_t first) {
    int64_t sum = 0;
    for (size_t k = in->length; k-- > 0;)
        sum += (int64_t)weight_at(&in->w, in->type, first + k) * in->x[k];
    return sum;
}

static void expect_dot_integer(struct expected *expected, const struct inputs *in) {
    expect_weights_kept(expected, in);
    expected->integer = (uint64_t)integer_sum(in, 0);
}

static void expect_dot_many_integer(struct expected *expected, const struct inputs *in) {
    expect_weights_kept(expected, in);
    for (size_t m = 0; m < in->n; m++) {
        expected->decision[m] = (double)integer_sum(in, model_offset(in, m));
        expected->decision_slack[m] = 0;
    }
}

static void expect_axpy_planes(struct expected *expected, const struct inputs *in) {
    for (size_t k = 0; k < in->d; k++) {
        double sum = weight_at(&in->w, in->type, k) + in->sign * in->x[k];
        expected->w[k] = sum > PLANES_MOST ? sum - 65536 : sum < PLANES_MOST - 65535 ? sum + 65536 : sum;
        expected->w_slack[k] = 0;
    }
}

static void expect_unpack_u8(struct expected *expected, const struct inputs *in) {
    for (size_t k = 0; k < in->d; k++) {
        expected->w[k] = in->x[k];
        expected->w_slack[k] = 0;
    }
}

/* The volatile keeps the product from being fused. Fused, it is off by u|a x| and u of the sum, u = 2^-53. */
static void expect_axpy_u8f64(struct expected *expected, const struct inputs *in) {
    for (size_t k = 0; k < in->d; k++) {
        volatile double product = in->x[k] * in->factor_f64;
        expected->w[k] = in->w.f64[k] + product;
        double size = fabs(product) + fabs(in->w.f64[k]);
        expected->w_slack[k] = in->weights == WEIGHTS_EXACT ? 0 : 0x1p-51 * size;
    }
}

/* By definition with SLEEF's scalar exponential; how far that is from the truth, sigmoid_error.h measures. A loop with
 * another exponential is off by some ulp of it, of the sum and of the quotient, and may give 0 below FLT_MIN. */
static void expect_sigmoid_f32(struct expected *expected, const struct inputs *in) {
    for (size_t k = 0; k < in->d; k++) {
        const float z = in->w.f32[k], e = portable_expf(z < 0.0F ? z : -z), upper = 1.0F / (1.0F + e);
        expected->w[k] = (double)(z < 0.0F ? e / (1.0F + e) : upper);
        expected->w_slack[k] = 0x1p-20 * expected->w[k] + (double)FLT_MIN;
    }
}

static void expect_read_u8(struct expected *expected, const struct inputs *in) {
    expect_weights_kept(expected, in);
    expected->integer = 0;
    for (size_t k = 0; k < in->d; k++)
        expected->integer ^= (uint64_t)in->x[k] << k % 8 * 8;
}

/* ---- The calls, from kernel_spec.def ---- */

/* The next free register of each class. */
struct registers {
    struct kernel_call *call;
    size_t integers;
};

static void put_integer(struct registers *to, uint64_t value) {
    to->call->integer[to->integers++] = value;
}

static void put_int(struct registers *to, int value) {
    put_integer(to, (uint64_t)(int64_t)value);
}

static void put_pointer(struct registers *to, const void *value) {
    put_integer(to, (uintptr_t)value);
}

static void put_float(struct registers *to, float value) {
    to->call->real.f32 = value;
}

static void put_double(struct registers *to, double value) {
    to->call->real.f64 = value;
}

#define IN(operand)                                                                                                    \
    _Generic(operands->operand, size_t                                                                                 \
             : put_integer, int                                                                                        \
             : put_int, float                                                                                          \
             : put_float, double                                                                                       \
             : put_double, default                                                                                     \
             : put_pointer)(&to, operands->operand)
#define KERNEL(name, its_weights, its_row, its_result, reference, ...)                                                 \
    static void load_##name(struct kernel_call *call, const struct operands *operands) {                               \
        struct registers to = {call, 0};                                                                               \
        __VA_ARGS__;                                                                                                   \
    }
#include "verify/kernel_spec.def"
#undef KERNEL
#undef IN

#define RETURN_NONE(value)      value
#define RETURN_REAL(value)      call->real.f32 = value
#define RETURN_INTEGER(value)   call->integer_result = (uint64_t)value
#define RETURN_DECISIONS(value) value
#define RETURN_MANY(value)      value

#define IN(operand) operands->operand
#define KERNEL(name, its_weights, its_row, its_result, reference, ...)                                                 \
    static void plain_##name(struct kernel_call *call, const struct operands *operands) {                              \
        RETURN_##its_result(((name##_fn *)call->kernel)(__VA_ARGS__));                                                 \
    }                                                                                                                  \
    static void (*pointer_##name(const struct backend *backend))(void) {                                               \
        return (void (*)(void))backend->name;                                                                          \
    }                                                                                                                  \
    static const struct kernel_spec spec_##name = {.pointer = pointer_##name,                                          \
                                                   .load = load_##name,                                                \
                                                   .plain = plain_##name,                                              \
                                                   .expect = expect_##reference,                                       \
                                                   .type = WEIGHTS_##its_weights,                                      \
                                                   .row = ROW_##its_row,                                               \
                                                   .result = RESULT_##its_result};
#include "verify/kernel_spec.def"
#undef KERNEL
#undef IN

#define SPEC(kernel, unused) &spec_##kernel,
const struct kernel_spec *const kernel_specs[KERNEL_COUNT] = {KERNEL_LIST(SPEC, )};

#define NAME(kernel, unused) #kernel,
const char *const kernel_names[KERNEL_COUNT] = {KERNEL_LIST(NAME, )};
