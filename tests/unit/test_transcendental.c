/* SPDX-License-Identifier: MIT */
/* The exponential and the sigmoid over all float32 exponents: their errors within what is promised, the same bits from
 * every backend that promises bits. SIGMOID_STEP=1 tries every float32 number instead of one in 4,099. */
#include "transcendental.h"
#include "verify/sigmoid_error.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The hash of all results, by the class of SLEEF's functions; measured, and the same on x86-64 and aarch64. */
static const struct golden {
    const char *class;
    uint32_t step;
    uint64_t n, hash;
} golden[] = {{"no-fma", SIGMOID_STEP, 1043716, 0x596b7d4d7f5e88be}};

static uint32_t step_asked(void) {
    const char *text = getenv("SIGMOID_STEP");
    const long step = text ? strtol(text, NULL, 10) : SIGMOID_STEP;
    return step > 0 && step <= SIGMOID_STEP ? (uint32_t)step : SIGMOID_STEP;
}

static const struct golden *golden_of_build(void) {
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++)
        if (strcmp(golden[i].class, TRANSCENDENTAL_CLASS) == 0 && golden[i].step == step_asked()) return &golden[i];
    return NULL;
}

static void same_bits_on_every_instruction_set(void **state) {
    (void)state;
    const struct sigmoid_error scalar = sigmoid_measure(backend_scalar()->sigmoid_f32, step_asked());
    print_message("scalar: %.3f ulp at most, at %.9g, of %llu numbers; hash %016llx, class %s\n", scalar.ulp,
                  (double)scalar.at, (unsigned long long)scalar.n, (unsigned long long)scalar.hash,
                  TRANSCENDENTAL_CLASS);
    for (size_t i = 0; i < backend_count; i++) {
        if (backends[i].parity != PARITY_BITS || backend_state(&backends[i]) != BACKEND_OK) continue;
        const struct sigmoid_error other = sigmoid_measure(backends[i].sigmoid_f32, step_asked());
        if (other.hash != scalar.hash)
            fail_msg("%s: hash %016llx, not %016llx of scalar", backends[i].name, (unsigned long long)other.hash,
                     (unsigned long long)scalar.hash);
    }
}

static void bits_are_the_golden_ones(void **state) {
    (void)state;
    const struct golden *known = golden_of_build();
    if (!known) {
        print_message("no golden bits are known of class %s in this step\n", TRANSCENDENTAL_CLASS);
        skip();
    }
    const struct sigmoid_error scalar = sigmoid_measure(backend_scalar()->sigmoid_f32, known->step);
    assert_int_equal(scalar.n, known->n);
    assert_int_equal(scalar.hash, known->hash);
}

static void errors_are_within_their_bounds(void **state) {
    (void)state;
    enum { TOLERATED = 16 };
    for (size_t i = 0; i < backend_count; i++) {
        if (backend_state(&backends[i]) != BACKEND_OK) continue;
        const bool bits = backends[i].parity == PARITY_BITS;
        const struct sigmoid_error error = sigmoid_measure(backends[i].sigmoid_f32, bits ? step_asked() : SIGMOID_STEP);
        print_message("%s: %.3f ulp at most, at %.9g\n", backends[i].name, error.ulp, (double)error.at);
        if (bits && !(error.ulp <= SIGMOID_BOUND)) fail_msg("%s: %g ulp", backends[i].name, error.ulp);
        /* Below FLT_MIN the compiler's own loop may give 0. */
        if (!bits && !(error.ulp <= TOLERATED) && error.at > -87.0F)
            fail_msg("%s: %g ulp", backends[i].name, error.ulp);
    }
}

/* SLEEF's own promise, for the scalar form, whose bits the vector forms have. */
static void exponential_is_within_one_unit(void **state) {
    (void)state;
    double most = 0.0;
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += step_asked()) {
        const uint32_t pattern = (uint32_t)bits;
        float x;
        memcpy(&x, &pattern, sizeof x);
        if (!(x >= -104.0F && x <= 88.7F)) continue; /* beyond, the result is 0 or infinite */
        const double want = portable_exp((double)x);
        int exponent = 0;
        frexp(want, &exponent);
        const double unit = ldexp(1.0, (exponent > FLT_MIN_EXP ? exponent : FLT_MIN_EXP) - FLT_MANT_DIG);
        const double off = fabs((double)portable_expf(x) - want) / unit;
        if (off > most) most = off;
    }
    print_message("expf: %.4f ulp at most\n", most);
    assert_true(most > 0.3 && most <= 1.0);
}

static void limits_are_exact(void **state) {
    (void)state;
    for (size_t i = 0; i < backend_count; i++) {
        if (backends[i].parity != PARITY_BITS || backend_state(&backends[i]) != BACKEND_OK) continue;
        float z[] = {INFINITY, -INFINITY, 0.0F, -0.0F, FLT_MAX, -FLT_MAX, NAN, FLT_TRUE_MIN, -200.0F};
        backends[i].sigmoid_f32(z, sizeof z / sizeof *z);
        const float want[] = {1.0F, 0.0F, 0.5F, 0.5F, 1.0F, 0.0F, NAN, 0.5F, 0.0F};
        for (size_t k = 0; k < sizeof z / sizeof *z; k++)
            assert_true(z[k] == want[k] || (isnan(z[k]) && isnan(want[k])));
    }
}

/* The measure itself notices: a sigmoid of libm's float32 that overflows, and one that rounds to half of the digits. */
static void coarse(float *z, size_t n) {
    backend_scalar()->sigmoid_f32(z, n);
    for (size_t k = 0; k < n; k++)
        z[k] *= 1.0F + 0x1p-20F;
}
static void undefined_at_infinity(float *z, size_t n) {
    for (size_t k = 0; k < n; k++)
        z[k] = isinf(z[k]) ? NAN : 1.0F / (1.0F + expf(-z[k]));
}
static void faults_are_measured(void **state) {
    (void)state;
    assert_true(sigmoid_measure(coarse, SIGMOID_STEP).ulp > 8.0);
    assert_true(isinf(sigmoid_measure(undefined_at_infinity, 1U << 23).ulp));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits_on_every_instruction_set),
        cmocka_unit_test(bits_are_the_golden_ones),
        cmocka_unit_test(errors_are_within_their_bounds),
        cmocka_unit_test(exponential_is_within_one_unit),
        cmocka_unit_test(limits_are_exact),
        cmocka_unit_test(faults_are_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
