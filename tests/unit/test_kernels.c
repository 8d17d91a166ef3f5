/* SPDX-License-Identifier: MIT */
/* Every kernel of every backend, and proof that the check would notice: kernels with one fault each. */
#include "data/random.h"
#include "packed.h"
#include "verify/kernel_call.h"
#include "verify/kernel_check.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEED = 20180105 };

/* ---- The kernels of the table ---- */

struct subject {
    const struct backend *backend;
    size_t kernel;
};

/* QEMU 7.2 reads 16 bytes for the 4-byte memory operand of vfmadd213ss, so there a right kernel can touch the page
 * behind its weights. Found out by one such instruction in front of a page that cannot be read. */
#ifdef __x86_64__
__asm__(".text\n"
        "scalar_fma_from_memory:\n"
        "    vfmadd213ss (%rdi), %xmm0, %xmm0\n"
        "    ret\n");
void scalar_fma_from_memory(void);

static bool emulator_overreads(const struct backend *backend) {
    if (!(backend->needs & (CPU_AVX2 | CPU_X86_64_V3))) return false;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(map != MAP_FAILED);
    assert_int_equal(mprotect(map + page, page, PROT_NONE), 0);
    struct kernel_call call = {.kernel = scalar_fma_from_memory, .integer = {(uintptr_t)(map + page - 4)}};
    struct kernel_fault fault;
    assert_int_equal(kernel_call_begin(), 0);
    bool right = kernel_call(&call, &fault);
    kernel_call_end();
    munmap(map, 2 * page);
    return !right && fault.signal == SIGSEGV;
}
#else
static bool emulator_overreads(const struct backend *backend) {
    (void)backend;
    return false;
}
#endif

static void kernel_is_right(void **state) {
    const struct subject *subject = *state;
    struct kernel_verdict verdict;
    kernel_check_one(subject->backend, subject->kernel, SEED, &verdict);
    if (verdict.state == KERNEL_NOT_CHECKED) skip();
    if (verdict.state == KERNEL_WRONG && strstr(verdict.text, "directly before a guard page") &&
        emulator_overreads(subject->backend))
        skip();
    if (verdict.state == KERNEL_WRONG) fail_msg("%s", verdict.text);
    assert_true(verdict.calls > 10000);
}

/* ---- Kernels with a fault ---- */

dot_u8f32_fn good_dot; /* assembly jumps to it */
float good_dot(const float *w, const uint8_t *x, size_t d) {
    return backend_scalar()->dot_u8f32(w, x, d);
}

static void good_axpy(float *w, const uint8_t *x, float a, size_t d) {
    backend_scalar()->axpy_u8f32(w, x, a, d);
}

static volatile uint8_t sink;

static float dot_reads_one_more(const float *w, const uint8_t *x, size_t d) {
    sink = x[d];
    return good_dot(w, x, d);
}

static float dot_reads_one_before(const float *w, const uint8_t *x, size_t d) {
    sink = x[-1];
    return good_dot(w, x, d);
}

static float dot_reads_a_weight_more(const float *w, const uint8_t *x, size_t d) {
    sink = w[d] > 0;
    return good_dot(w, x, d);
}

static float dot_uses_one_more(const float *w, const uint8_t *x, size_t d) {
    return d % 64 == 63 ? good_dot(w, x, d + 1) : good_dot(w, x, d);
}

static float dot_in_order(const float *w, const uint8_t *x, size_t d) {
    float sum = 0;
    for (size_t k = 0; k < d; k++)
        sum = fmaf(w[k], (float)x[k], sum);
    return sum;
}

static float dot_of_32_lanes(const float *w, const uint8_t *x, size_t d) {
    float a[32] = {0};
    for (size_t k = 0; k < d; k++)
        a[k % 32] = fmaf(w[k], (float)x[k], a[k % 32]);
    for (size_t h = 16; h > 0; h /= 2)
        for (size_t l = 0; l < h; l++)
            a[l] += a[l + h];
    return a[0];
}

static float dot_folds_neighbours(const float *w, const uint8_t *x, size_t d) {
    float a[64] = {0};
    for (size_t k = 0; k < d; k++)
        a[k % 64] = fmaf(w[k], (float)x[k], a[k % 64]);
    for (size_t h = 32; h > 0; h /= 2)
        for (size_t l = 0; l < h; l++)
            a[l] = a[2 * l] + a[2 * l + 1];
    return a[0];
}

/* The 64-lane sum with another step. */
static float lanes(const float *w, const uint8_t *x, size_t d, float (*step)(float w, float x, float a)) {
    float a[64] = {0};
    for (size_t k = 0; k < d; k++)
        a[k % 64] = step(w[k], (float)x[k], a[k % 64]);
    for (size_t h = 32; h > 0; h /= 2)
        for (size_t l = 0; l < h; l++)
            a[l] += a[l + h];
    return a[0];
}

static float step_unfused(float w, float x, float a) {
    return w * x + a;
}

static float step_through_double(float w, float x, float a) {
    return (float)((double)w * (double)x + (double)a);
}

static float step_without_denormals(float w, float x, float a) {
    float sum = fmaf(w, x, a);
    return fpclassify(sum) == FP_SUBNORMAL ? 0.0F : sum;
}

static float dot_unfused(const float *w, const uint8_t *x, size_t d) {
    return lanes(w, x, d, step_unfused);
}

static float dot_through_double(const float *w, const uint8_t *x, size_t d) {
    return lanes(w, x, d, step_through_double);
}

static float dot_without_denormals(const float *w, const uint8_t *x, size_t d) {
    return lanes(w, x, d, step_without_denormals);
}

static float dot_without_tail(const float *w, const uint8_t *x, size_t d) {
    return good_dot(w, x, d / 8 * 8);
}

static float dot_wrong_at_784(const float *w, const uint8_t *x, size_t d) {
    return d == 784 ? good_dot(w, x, d - 1) : good_dot(w, x, d);
}

static float dot_signed_pixels(const float *w, const uint8_t *x, size_t d) {
    float sum = good_dot(w, x, d);
    for (size_t k = 0; k < d; k++)
        if (x[k] > 254) sum -= 256 * w[k];
    return sum;
}

static float dot_nan(const float *w, const uint8_t *x, size_t d) {
    return d == 100 && (uintptr_t)x % 64 == 33 ? (float)NAN : good_dot(w, x, d);
}

static float dot_infinite(const float *w, const uint8_t *x, size_t d) {
    return d == 193 && (uintptr_t)w % 64 == 4 ? (float)INFINITY : good_dot(w, x, d);
}

static float dot_writes_weights(const float *w, const uint8_t *x, size_t d) {
    if (d == 70) ((float *)w)[69] += 1;
    return good_dot(w, x, d);
}

static float dot_writes_row(const float *w, const uint8_t *x, size_t d) {
    float sum = good_dot(w, x, d);
    if (d == 71) ((uint8_t *)x)[70] ^= 1;
    return sum;
}

static float dot_misaligned_trap(const float *w, const uint8_t *x, size_t d) {
    if ((uintptr_t)x % 64 == 7) raise(SIGBUS);
    return good_dot(w, x, d);
}

static float dot_illegal(const float *w, const uint8_t *x, size_t d) {
    raise(SIGILL);
    return good_dot(w, x, d);
}

static float dot_divides_by_zero(const float *w, const uint8_t *x, size_t d) {
    if (d == 0) raise(SIGFPE);
    return good_dot(w, x, d);
}

#if defined(__x86_64__)
__asm__(".text\n"
        "dot_keeps_rbx:\n"
        "    incq %rbx\n"
        "    jmp good_dot\n"
        "dot_sets_direction:\n"
        "    subq $8, %rsp\n"
        "    call good_dot\n"
        "    addq $8, %rsp\n"
        "    std\n"
        "    ret\n");
dot_u8f32_fn dot_keeps_rbx, dot_sets_direction;

static float dot_flushes(const float *w, const uint8_t *x, size_t d) {
    float sum = good_dot(w, x, d);
    unsigned mxcsr = 0x9fc0;
    __asm__ volatile("ldmxcsr %0" ::"m"(mxcsr));
    return sum;
}

static float dot_leaves_mmx(const float *w, const uint8_t *x, size_t d) {
    float sum = good_dot(w, x, d);
    __asm__ volatile("pxor %%mm3, %%mm3" ::: "mm3");
    return sum;
}

static float dot_leaves_upper(const float *w, const uint8_t *x, size_t d) {
    float sum = good_dot(w, x, d);
    __asm__ volatile("vbroadcastss %0, %%ymm13" ::"m"(w[d / 2]));
    return d && w[d / 2] != 0 ? sum : good_dot(w, x, d);
}
#elif defined(__aarch64__)
__asm__(".text\n"
        "dot_keeps_x27:\n"
        "    add x27, x27, 1\n"
        "    b good_dot\n"
        "dot_keeps_d9:\n"
        "    fmov d9, xzr\n"
        "    b good_dot\n");
dot_u8f32_fn dot_keeps_x27, dot_keeps_d9;

static float dot_flushes(const float *w, const uint8_t *x, size_t d) {
    float sum = good_dot(w, x, d);
    uint64_t fpcr = 1U << 24;
    __asm__ volatile("msr fpcr, %0" ::"r"(fpcr));
    return sum;
}
#endif

static void axpy_unfused(float *w, const uint8_t *x, float a, size_t d) {
    for (size_t k = 0; k < d; k++)
        w[k] = w[k] + a * (float)x[k];
}

static void axpy_through_double(float *w, const uint8_t *x, float a, size_t d) {
    for (size_t k = 0; k < d; k++)
        w[k] = (float)((double)a * (double)x[k] + (double)w[k]);
}

static void axpy_writes_one_more(float *w, const uint8_t *x, float a, size_t d) {
    good_axpy(w, x, a, d);
    if (d % 8) w[d] += a;
}

static void axpy_writes_one_before(float *w, const uint8_t *x, float a, size_t d) {
    good_axpy(w, x, a, d);
    if ((uintptr_t)w % 4096 != 0) w[-1] = 0;
}

static void axpy_without_tail(float *w, const uint8_t *x, float a, size_t d) {
    good_axpy(w, x, a, d / 4 * 4);
}

static void axpy_twice(float *w, const uint8_t *x, float a, size_t d) {
    good_axpy(w, x, a, d);
    if (d > 150) good_axpy(w + 149, x + 149, a, 1);
}

static void axpy_skips_255(float *w, const uint8_t *x, float a, size_t d) {
    for (size_t k = 0; k < d; k++)
        if (x[k] != 255) w[k] = fmaf(a, (float)x[k], w[k]);
}

static void axpy_nan(float *w, const uint8_t *x, float a, size_t d) {
    good_axpy(w, x, a, d);
    if (d == 4096) w[4095] = (float)NAN;
}

/* Allowed: zeros change nothing. */
static void axpy_skips_zeros(float *w, const uint8_t *x, float a, size_t d) {
    for (size_t k = 0; k < d; k++)
        if (x[k]) w[k] = fmaf(a, (float)x[k], w[k]);
}

static float dot_reads_the_l1_row(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row,
                                  const uint8_t *l2_row) {
    (void)l2_row;
    sink = *l1_row;
    return good_dot(w, x, d);
}

static float dot_reads_the_l2_row(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row,
                                  const uint8_t *l2_row) {
    (void)l1_row;
    if (l2_row) sink = *l2_row;
    return good_dot(w, x, d);
}

static void good_decision(double *decision, const struct batch *batch, const struct linear_model *model) {
    backend_scalar()->decision_u8f32(decision, batch, model);
}

static void decision_all_but_the_last(double *decision, const struct batch *batch, const struct linear_model *model) {
    struct batch fewer = *batch;
    if (fewer.n % 4 == 3) fewer.n--;
    good_decision(decision, &fewer, model);
}

static void decision_by_the_first_start(double *decision, const struct batch *batch, const struct linear_model *model) {
    static struct row_ref at[2048];
    struct batch wrong = *batch;
    memcpy(at, batch->at, batch->n * sizeof *at);
    for (size_t i = 0; i < batch->n; i++)
        at[i].start = at[i / 4 * 4].start;
    wrong.at = at;
    good_decision(decision, &wrong, model);
}

static void decision_by_two_rows_exchanged(double *decision, const struct batch *batch,
                                           const struct linear_model *model) {
    good_decision(decision, batch, model);
    if (batch->n < 7) return;
    double second = decision[5];
    decision[5] = decision[6];
    decision[6] = second;
}

static void decision_rounds_once(double *decision, const struct batch *batch, const struct linear_model *model) {
    for (size_t i = 0; i < batch->n; i++)
        decision[i] =
            fma((double)good_dot(model->w + batch->at[i].start, batch->x + batch->at[i].row * batch->stride, batch->d),
                model->wscale, model->intercept);
}

static void decision_in_single(double *decision, const struct batch *batch, const struct linear_model *model) {
    good_decision(decision, batch, model);
    for (size_t i = 0; i < batch->n; i++)
        decision[i] = (double)(float)decision[i];
}

static void decision_writes_four(double *decision, const struct batch *batch, const struct linear_model *model) {
    good_decision(decision, batch, model);
    for (size_t i = batch->n; i % 4 != 0; i++)
        decision[i] = 0;
}

static void decision_reads_behind(double *decision, const struct batch *batch, const struct linear_model *model) {
    good_decision(decision, batch, model);
    for (size_t i = 0; i < batch->n; i++)
        sink = batch->x[batch->at[i].row * batch->stride + batch->d];
}

static void decision_reads_weights_behind(double *decision, const struct batch *batch,
                                          const struct linear_model *model) {
    good_decision(decision, batch, model);
    for (size_t i = 0; i < batch->n; i++)
        sink = model->w[batch->at[i].start + batch->d] > 0;
}

static void decision_looks_behind(double *decision, const struct batch *batch, const struct linear_model *model) {
    good_decision(decision, batch, model);
    if (batch->n > 0) sink = batch->x[batch->at[batch->n].row * batch->stride];
}

/* Wrong for rows from here on. */
static size_t first_wrong;

static void decision_wrong_from(double *decision, const struct batch *batch, const struct linear_model *model) {
    good_decision(decision, batch, model);
    for (size_t i = first_wrong; i < batch->n; i++)
        decision[i] = decision[i - first_wrong];
}

static void sigmoid_of_libm(float *z, size_t n) {
    for (size_t k = 0; k < n; k++) {
        float e = expf(-fabsf(z[k]));
        z[k] = (z[k] < 0 ? e : 1) / (1 + e);
    }
}

static void sigmoid_unchanged(float *z, size_t n) {
    (void)z;
    (void)n;
}

static void sigmoid_without_rest(float *z, size_t n) {
    backend_scalar()->sigmoid_f32(z, n / 8 * 8);
}

static void sigmoid_by_sixteen(float *z, size_t n) {
    backend_scalar()->sigmoid_f32(z, (n + 15) / 16 * 16);
}

/* Where exp overflows it gives 1, as a reciprocal estimate of an infinite number can. */
static void sigmoid_that_overflows(float *z, size_t n) {
    for (size_t k = 0; k < n; k++) {
        float e = expf(-z[k]);
        z[k] = isinf(e) ? 1 : 1 / (1 + e);
    }
}

static uint64_t read_short(const uint8_t *x, size_t d) {
    return backend_scalar()->read_u8(x, d ? d - 1 : 0);
}

struct planted {
    const char *fault; /* part of what the check must say */
    dot_u8f32_fn *dot;
    axpy_u8f32_fn *axpy;
    enum kernel_parity parity;
};

static const struct planted planted[] = {
    {"SIGSEGV at byte 0 of the row", dot_reads_one_more, NULL, PARITY_BITS},
    {"SIGSEGV at byte -1 of the row", dot_reads_one_before, NULL, PARITY_BITS},
    {"SIGSEGV at byte 0 of the weights", dot_reads_a_weight_more, NULL, PARITY_BITS},
    {"length 63", dot_uses_one_more, NULL, PARITY_TOLERANCE},
    {"the result is", dot_in_order, NULL, PARITY_BITS},
    {"the result is", dot_of_32_lanes, NULL, PARITY_BITS},
    {"the result is", dot_folds_neighbours, NULL, PARITY_BITS},
    {"the result is", dot_unfused, NULL, PARITY_BITS},
    {"tie weights", dot_through_double, NULL, PARITY_BITS},
    {"denormal weights", dot_without_denormals, NULL, PARITY_BITS},
    {"length 1,", dot_without_tail, NULL, PARITY_BITS},
    {"length 1,", dot_without_tail, NULL, PARITY_TOLERANCE},
    {"length 784", dot_wrong_at_784, NULL, PARITY_TOLERANCE},
    {"255 pixels", dot_signed_pixels, NULL, PARITY_TOLERANCE},
    {"row at offset 33", dot_nan, NULL, PARITY_TOLERANCE},
    {"not ", dot_infinite, NULL, PARITY_TOLERANCE},
    {"w[69]", dot_writes_weights, NULL, PARITY_BITS},
    {"wrote to the row", dot_writes_row, NULL, PARITY_BITS},
    {"SIGBUS", dot_misaligned_trap, NULL, PARITY_BITS},
    {"SIGILL", dot_illegal, NULL, PARITY_BITS},
    {"SIGFPE", dot_divides_by_zero, NULL, PARITY_BITS},
#if defined(__x86_64__)
    {"does not restore rbx", dot_keeps_rbx, NULL, PARITY_BITS},
    {"does not restore MXCSR", dot_flushes, NULL, PARITY_BITS},
    {"direction flag", dot_sets_direction, NULL, PARITY_BITS},
    {"no emms", dot_leaves_mmx, NULL, PARITY_BITS},
#elif defined(__aarch64__)
    {"does not restore x27", dot_keeps_x27, NULL, PARITY_BITS},
    {"does not restore d9", dot_keeps_d9, NULL, PARITY_BITS},
    {"does not restore FPCR", dot_flushes, NULL, PARITY_BITS},
#endif
    {"w[", NULL, axpy_unfused, PARITY_BITS},
    {"tie weights", NULL, axpy_through_double, PARITY_BITS},
    {"SIGSEGV at byte 4 of the weights", NULL, axpy_writes_one_more, PARITY_BITS},
    {"outside the weights", NULL, axpy_writes_one_before, PARITY_TOLERANCE},
    {"w[0]", NULL, axpy_without_tail, PARITY_BITS},
    {"w[149]", NULL, axpy_twice, PARITY_TOLERANCE},
    {"255 pixels", NULL, axpy_skips_255, PARITY_TOLERANCE},
    {"w[4095] is nan", NULL, axpy_nan, PARITY_TOLERANCE},
};

static struct backend planted_backend(dot_u8f32_fn *dot, axpy_u8f32_fn *axpy, enum kernel_parity parity) {
    struct backend backend = plain_backend();
    backend.name = "planted";
    backend.parity = parity;
    if (dot) backend.dot_u8f32 = dot;
    if (axpy) backend.axpy_u8f32 = axpy;
    return backend;
}

static void expect_caught(const struct backend *backend, const char *kernel, const char *fault) {
    struct kernel_verdict verdict;
    size_t i = 0;
    while (strcmp(kernel_names[i], kernel) != 0)
        i++;
    assert_int_equal(kernel_check_one(backend, i, SEED, &verdict), -1);
    if (verdict.state != KERNEL_WRONG) fail_msg("%s: %s", kernel, verdict.text);
    if (!strstr(verdict.text, fault)) fail_msg("'%s' is not in: %s", fault, verdict.text);
    if (!strstr(verdict.text, "again: sgdmark kernels --verify --isa planted --kernel "))
        fail_msg("no command in: %s", verdict.text);
}

static void faults_are_caught(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i++) {
        struct backend backend = planted_backend(planted[i].dot, planted[i].axpy, planted[i].parity);
        expect_caught(&backend, planted[i].axpy ? "axpy_u8f32" : "dot_u8f32", planted[i].fault);
    }
}

/* Sums of 32 bits, which a long row fills. */
static int64_t dot_in_32_bits(const int16_t *w, const uint8_t *x, size_t d) {
    uint32_t sum = 0;
    for (size_t k = 0; k < d; k++)
        sum += (uint32_t)(w[k] * x[k]);
    return (int32_t)sum;
}

/* What vpmaddubsw would do. */
static int64_t dot_saturates(const int16_t *w, const uint8_t *x, size_t d) {
    int64_t sum = backend_scalar()->dot_u8i16(w, x, d);
    for (size_t k = 0; k + 2 <= d; k += 2)
        if (x[k] == 255 && x[k + 1] == 255 && w[k] == INT16_MIN && w[k + 1] == INT16_MIN) sum++;
    return sum;
}

static int64_t dot_i16_reads_the_l1_row(const int16_t *w, const uint8_t *x, size_t d, const uint8_t *l1_row,
                                        const uint8_t *l2_row) {
    (void)l2_row;
    sink = *l1_row;
    return backend_scalar()->dot_u8i16(w, x, d);
}

static int64_t dot_prefetch_l1_without_tail(const int16_t *w, const uint8_t *x, size_t d, const uint8_t *l1_row,
                                            const uint8_t *l2_row) {
    (void)l1_row;
    return backend_scalar()->dot_u8i16(w, x, d > 0 && !l2_row ? d - 1 : d);
}

static int64_t dot_prefetch_l2_without_tail(const int16_t *w, const uint8_t *x, size_t d, const uint8_t *l1_row,
                                            const uint8_t *l2_row) {
    (void)l1_row;
    return backend_scalar()->dot_u8i16(w, x, d > 0 && l2_row ? d - 1 : d);
}

static int64_t dot_prefetch_l2_reads_behind(const int16_t *w, const uint8_t *x, size_t d, const uint8_t *l1_row,
                                            const uint8_t *l2_row) {
    (void)l1_row;
    if (l2_row) sink = x[d];
    return backend_scalar()->dot_u8i16(w, x, d);
}

static void axpy_saturates(int16_t *w, const uint8_t *x, int a, size_t d) {
    for (size_t k = 0; k < d; k++) {
        int sum = w[k] + a * x[k];
        w[k] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
    }
}

static void axpy_fuses(double *w, const uint8_t *x, double a, size_t d) {
    for (size_t k = 0; k < d; k++)
        w[k] = fma((double)x[k], a, w[k]);
}

static void axpy_f64_without_tail(double *w, const uint8_t *x, double a, size_t d) {
    backend_scalar()->axpy_u8f64(w, x, a, d / 4 * 4);
}

static void faults_of_integer_kernels_are_caught(void **state) {
    (void)state;
    struct backend backend = planted_backend(NULL, NULL, PARITY_TOLERANCE);
    backend.dot_u8i16 = dot_in_32_bits;
    expect_caught(&backend, "dot_u8i16", "the result is");
    backend.dot_u8i16 = dot_saturates;
    expect_caught(&backend, "dot_u8i16", "the result is");
    backend = planted_backend(NULL, NULL, PARITY_TOLERANCE);
    backend.axpy_u8i16 = axpy_saturates;
    expect_caught(&backend, "axpy_u8i16", "w[0] is");
    backend = planted_backend(NULL, NULL, PARITY_BITS);
    backend.axpy_u8f64 = axpy_fuses;
    expect_caught(&backend, "axpy_u8f64", "w[");
    backend.axpy_u8f64 = axpy_f64_without_tail;
    expect_caught(&backend, "axpy_u8f64", "w[0] is");
}

/* Sums of 16 bits, as vpmaddubsw makes them. */
static int64_t dot_packed_saturates(const int8_t *w, const uint8_t *row, size_t blocks, const uint8_t *l1_row,
                                    size_t lines) {
    int64_t sum = plain_dot_packed(w, row, blocks, l1_row, lines);
    return blocks > 0 && w[64] == INT8_MIN && row[0] == 0xff && row[2 * blocks] == 255 ? sum + 1 : sum;
}

static int64_t dot_packed_reads_on(const int8_t *w, const uint8_t *row, size_t blocks, const uint8_t *l1_row,
                                   size_t lines) {
    size_t kept = 0;
    for (size_t i = 0; i < 2 * blocks; i++)
        kept += (size_t)__builtin_popcount(row[i]);
    sink = row[2 * blocks + 4 * kept];
    return plain_dot_packed(w, row, blocks, l1_row, lines);
}

static int64_t dot_packed_reads_the_l1_row(const int8_t *w, const uint8_t *row, size_t blocks, const uint8_t *l1_row,
                                           size_t lines) {
    if (lines > 0) sink = *l1_row;
    return plain_dot_packed(w, row, blocks, l1_row, lines);
}

static int64_t dot_packed_forgets_low(const int8_t *w, const uint8_t *row, size_t blocks, const uint8_t *l1_row,
                                      size_t lines) {
    int8_t high[128] = {0};
    if (blocks != 1) return plain_dot_packed(w, row, blocks, l1_row, lines);
    memcpy(high, w, 64);
    return plain_dot_packed(high, row, blocks, l1_row, lines);
}

static void axpy_loses_the_carry(int8_t *w, const uint8_t *x, int a, size_t blocks) {
    for (size_t k = 0; k < 64 * blocks; k++)
        plain_plane(w, k)[64] = (int8_t)(plain_plane(w, k)[64] + a * x[k]);
}

static void unpack_keeps_what_was_there(uint8_t *x, const uint8_t *row, size_t blocks) {
    const uint8_t *groups = row + 2 * blocks;
    for (size_t g = 0; g < 16 * blocks; g++)
        if (row[g / 8] >> g % 8 & 1) {
            memcpy(x + 4 * g, groups, 4);
            groups += 4;
        }
}

static void unpack_writes_a_group_more(uint8_t *x, const uint8_t *row, size_t blocks) {
    plain_unpack(x, row, blocks);
    memset(x + 64 * blocks, 0, 4);
}

static void faults_of_packed_kernels_are_caught(void **state) {
    (void)state;
    struct backend backend = planted_backend(NULL, NULL, PARITY_BITS);
    backend.dot_packed = dot_packed_saturates;
    expect_caught(&backend, "dot_packed", "the result is");
    backend.dot_packed = dot_packed_reads_on;
    expect_caught(&backend, "dot_packed", "SIGSEGV");
    backend.dot_packed = dot_packed_reads_the_l1_row;
    expect_caught(&backend, "dot_packed", "SIGSEGV");
    backend.dot_packed = dot_packed_forgets_low;
    expect_caught(&backend, "dot_packed", "length 64,");
    backend.axpy_planes = axpy_loses_the_carry;
    expect_caught(&backend, "axpy_planes", "w[0] is");
    backend.unpack_u8 = unpack_keeps_what_was_there;
    expect_caught(&backend, "unpack_u8", "w[0] is");
    backend.unpack_u8 = unpack_writes_a_group_more;
    expect_caught(&backend, "unpack_u8", "outside the weights");
}

/* ---- Many models on one row ---- */

static void many_by_the_first_weights(double *dot, const float *const *w, size_t models, const struct shared_row *row) {
    const float *first[MODELS_MOST];
    for (size_t m = 0; m < models; m++)
        first[m] = w[m < 7 ? m : 0];
    backend_scalar()->dot_many_u8f32(dot, first, models, row);
}

static void many_without_start(double *dot, const float *const *w, size_t models, const struct shared_row *row) {
    struct shared_row from_0 = *row;
    from_0.start = 0;
    backend_scalar()->dot_many_u8f32(dot, w, models, &from_0);
}

static void many_writes_one_more(double *dot, const float *const *w, size_t models, const struct shared_row *row) {
    backend_scalar()->dot_many_u8f32(dot, w, models, row);
    dot[models] = 0;
}

static void many_looks_behind(double *dot, const float *const *w, size_t models, const struct shared_row *row) {
    backend_scalar()->dot_many_u8f32(dot, w, models, row);
    if (row->d > 0) sink = w[models][row->start] > 0;
}

static void many_reads_a_weight_more(double *dot, const float *const *w, size_t models, const struct shared_row *row) {
    backend_scalar()->dot_many_u8f32(dot, w, models, row);
    for (size_t m = 0; m < models; m++)
        sink = w[m][row->start + row->d] > 0;
}

static void many_reads_the_l1_row(double *dot, const float *const *w, size_t models, const struct shared_row *row) {
    backend_scalar()->dot_many_u8f32(dot, w, models, row);
    if (models > 0) sink = *row->l1_row;
}

/* The sums of a row's parts, added as the sums of one model are, but in 32 bits. */
static void many_in_32_bits(double *dot, const int16_t *const *w, size_t models, const struct shared_row *row) {
    for (size_t m = 0; m < models; m++)
        dot[m] = (double)dot_in_32_bits(w[m] + row->start, row->x, row->d);
}

static void many_packed_by_start(double *dot, const int8_t *const *w, size_t models, const struct shared_row *row,
                                 size_t lines) {
    struct shared_row half = *row;
    half.start = row->start / 2; /* weights lie in two planes: twice the bytes */
    plain_dot_many_packed(dot, w, models, &half, lines);
}

static void faults_of_shared_rows_are_caught(void **state) {
    (void)state;
    struct backend backend = planted_backend(NULL, NULL, PARITY_BITS);
    backend.dot_many_u8f32 = many_by_the_first_weights;
    expect_caught(&backend, "dot_many_u8f32", "the sum of model 7 of ");
    backend.dot_many_u8f32 = many_without_start;
    expect_caught(&backend, "dot_many_u8f32", "the sum of model ");
    backend.dot_many_u8f32 = many_writes_one_more;
    expect_caught(&backend, "dot_many_u8f32", "outside the decisions");
    backend.dot_many_u8f32 = many_looks_behind;
    expect_caught(&backend, "dot_many_u8f32", "SIGSEGV");
    backend.dot_many_u8f32 = many_reads_a_weight_more;
    expect_caught(&backend, "dot_many_u8f32", "SIGSEGV");
    backend.dot_many_u8f32 = many_reads_the_l1_row;
    expect_caught(&backend, "dot_many_u8f32", "SIGSEGV");
    backend.dot_many_u8i16 = many_in_32_bits;
    expect_caught(&backend, "dot_many_u8i16", "the sum of model ");
    backend.dot_many_packed = many_packed_by_start;
    expect_caught(&backend, "dot_many_packed", "the sum of model ");
}

static void faults_of_other_kernels_are_caught(void **state) {
    (void)state;
    struct backend backend = planted_backend(NULL, NULL, PARITY_BITS);
    backend.dot_prefetch_u8f32 = dot_reads_the_l1_row;
    expect_caught(&backend, "dot_prefetch_u8f32", "SIGSEGV");
    backend.dot_prefetch_u8f32 = dot_reads_the_l2_row;
    expect_caught(&backend, "dot_prefetch_u8f32", "SIGSEGV");
    backend = planted_backend(NULL, NULL, PARITY_TOLERANCE);
    backend.decision_u8f32 = decision_all_but_the_last;
    expect_caught(&backend, "decision_u8f32", "decision 250 of 251 is");
    backend.decision_u8f32 = decision_by_the_first_start;
    expect_caught(&backend, "decision_u8f32", "decision ");
    backend.decision_u8f32 = decision_by_two_rows_exchanged;
    expect_caught(&backend, "decision_u8f32", "decision 5 of ");
    backend.decision_u8f32 = decision_in_single;
    expect_caught(&backend, "decision_u8f32", "decision ");
    backend.decision_u8f32 = decision_writes_four;
    expect_caught(&backend, "decision_u8f32", "outside the decisions");
    backend.decision_u8f32 = decision_reads_behind;
    expect_caught(&backend, "decision_u8f32", "of the row");
    backend.decision_u8f32 = decision_reads_weights_behind;
    expect_caught(&backend, "decision_u8f32", "of the weights");
    backend.decision_u8f32 = decision_wrong_from;
    first_wrong = 64;
    expect_caught(&backend, "decision_u8f32", " of 251 is ");
    first_wrong = 1024;
    expect_caught(&backend, "decision_u8f32", " of 1092 is ");
    backend.decision_u8f32 = decision_looks_behind;
    expect_caught(&backend, "decision_u8f32", "SIGSEGV");
    backend = planted_backend(NULL, NULL, PARITY_BITS);
    backend.decision_u8f32 = decision_rounds_once;
    expect_caught(&backend, "decision_u8f32", "decision ");
    backend = planted_backend(NULL, NULL, PARITY_BITS);
    backend.dot_prefetch_u8i16 = dot_i16_reads_the_l1_row;
    expect_caught(&backend, "dot_prefetch_u8i16", "SIGSEGV");
    backend.dot_prefetch_u8i16 = dot_prefetch_l1_without_tail;
    expect_caught(&backend, "dot_prefetch_u8i16", "the result is");
    backend.dot_prefetch_u8i16 = dot_prefetch_l2_without_tail;
    expect_caught(&backend, "dot_prefetch_u8i16", "the result is");
    backend.dot_prefetch_u8i16 = dot_prefetch_l2_reads_behind;
    expect_caught(&backend, "dot_prefetch_u8i16", "of the row");
    backend = planted_backend(NULL, NULL, PARITY_BITS);
    backend.sigmoid_f32 = sigmoid_of_libm;
    expect_caught(&backend, "sigmoid_f32", "w[");
    backend.sigmoid_f32 = sigmoid_unchanged;
    expect_caught(&backend, "sigmoid_f32", "w[0]");
    backend.sigmoid_f32 = sigmoid_without_rest;
    expect_caught(&backend, "sigmoid_f32", "w[0]");
    backend.sigmoid_f32 = sigmoid_by_sixteen;
    expect_caught(&backend, "sigmoid_f32", "of the weights");
    backend = planted_backend(NULL, NULL, PARITY_TOLERANCE);
    backend.sigmoid_f32 = sigmoid_of_libm;
    struct kernel_verdict verdict;
    if (kernel_check_one(&backend, KERNEL_sigmoid_f32, SEED, &verdict) != 0) fail_msg("%s", verdict.text);
    backend.sigmoid_f32 = sigmoid_that_overflows;
    expect_caught(&backend, "sigmoid_f32", "w[");
    backend.read_u8 = read_short;
    expect_caught(&backend, "read_u8", "the result is 0");
}

/* A register of 256 bits left as it was makes the caller's SSE code slow. */
static void dirty_upper_halves_are_caught(void **state) {
    (void)state;
#ifdef __x86_64__
    struct cpu_features found = cpu_features();
    if (!(found.cpu & found.os & CPU_AVX2)) skip();
    struct backend backend = planted_backend(dot_leaves_upper, NULL, PARITY_BITS);
    expect_caught(&backend, "dot_u8f32", "no vzeroupper");
#else
    skip();
#endif
}

static void right_kernels_pass(void **state) {
    (void)state;
    struct backend backend = planted_backend(good_dot, axpy_skips_zeros, PARITY_BITS);
    struct kernel_verdict verdict;
    for (size_t kernel = 0; kernel < KERNEL_COUNT; kernel++)
        if (kernel_check_one(&backend, kernel, SEED, &verdict) != 0) fail_msg("%s", verdict.text);
}

static void sums_in_another_order_are_tolerated_only_there(void **state) {
    (void)state;
    struct backend backend = planted_backend(dot_in_order, axpy_unfused, PARITY_TOLERANCE);
    struct kernel_verdict verdict;
    for (size_t kernel = 0; kernel < KERNEL_COUNT; kernel++)
        if (kernel_check_one(&backend, kernel, SEED, &verdict) != 0) fail_msg("%s", verdict.text);
}

static void what_cannot_run_is_not_checked(void **state) {
    (void)state;
    struct backend backend = planted_backend(NULL, NULL, PARITY_BITS);
    struct kernel_check result;
    backend.compiled = false;
    assert_int_equal(kernel_check_backend(&backend, SEED, &result), -1);
    for (size_t i = 0; i < KERNEL_COUNT; i++) {
        assert_int_equal(result.kernel[i].state, KERNEL_NOT_CHECKED);
        assert_true(strlen(result.kernel[i].text) > 0);
    }
    backend = (struct backend){.name = "empty", .compiled = true};
    assert_int_equal(kernel_check_backend(&backend, SEED, &result), -1);
    assert_int_equal(result.kernel[0].state, KERNEL_NOT_CHECKED);
    assert_non_null(strstr(result.kernel[0].text, "no such kernel"));
}

static void one_seed_one_check(void **state) {
    (void)state;
    struct backend backend = planted_backend(dot_in_order, NULL, PARITY_BITS);
    struct kernel_verdict first, again, other;
    kernel_check_one(&backend, 0, 1, &first);
    kernel_check_one(&backend, 0, 1, &again);
    kernel_check_one(&backend, 0, 2, &other);
    assert_string_equal(first.text, again.text);
    assert_int_equal(first.calls, again.calls);
    assert_string_not_equal(first.text, other.text);
}

/* ---- Cropped rows: kernels/README.md says why they give the bits of whole rows. ---- */

static void cropping_changes_no_bit(void **state) {
    (void)state;
    enum { D = 784, WIDTH = 500 };
    static float w[D], whole[D], part[D];
    static uint8_t row[D];
    struct random_state random;
    random_seed(&random, SEED);
    for (size_t start = 0; start + WIDTH <= D; start += 7) {
        memset(row, 0, sizeof row);
        for (size_t k = 0; k < D; k++)
            w[k] = (float)random_uint32(&random) * 0x1p-31F - 1.0F;
        for (size_t k = start; k < start + WIDTH; k++)
            row[k] = (uint8_t)random_masked(&random, 255);
        float a = (float)random_uint32(&random) * 0x1p-31F - 1.0F;
        for (size_t i = 0; i < backend_count; i++) {
            const struct backend *backend = &backends[i];
            if (backend_state(backend) != BACKEND_OK || backend->parity != PARITY_BITS) continue;
            float all = backend->dot_u8f32(w, row, D);
            float cropped = backend->dot_u8f32(w + start, row + start, WIDTH);
            assert_memory_equal(&all, &cropped, sizeof all);
            memcpy(whole, w, sizeof w);
            memcpy(part, w, sizeof w);
            backend->axpy_u8f32(whole, row, a, D);
            backend->axpy_u8f32(part + start, row + start, a, WIDTH);
            assert_memory_equal(whole, part, sizeof whole);
        }
    }
}

/* ---- The table ---- */

static void table_is_sound(void **state) {
    (void)state;
    assert_ptr_equal(backend_find("scalar"), backend_scalar());
    assert_null(backend_find("doesnotexist"));
    assert_null(backend_find(""));
    assert_int_equal(backend_state(backend_scalar()), BACKEND_OK);
    assert_int_equal(backend_scalar()->parity, PARITY_BITS);
    assert_int_equal(backend_state(backend_best()), BACKEND_OK);
    assert_int_equal(backend_best()->parity, PARITY_BITS);
    for (const struct backend *b = backend_best() + 1; b < backends + backend_count; b++)
        assert_true(b->parity != PARITY_BITS || backend_state(b) != BACKEND_OK);
    for (size_t i = 0; i < backend_count; i++) {
        char reason[160];
        backend_reason(&backends[i], reason, sizeof reason);
        assert_true(strlen(reason) > 0);
        assert_ptr_equal(backend_find(backends[i].name), &backends[i]);
    }
}

static void states_need_cpu_and_system(void **state) {
    (void)state;
    struct backend backend = {.name = "impossible", .compiled = true, .needs = 1U << 30, .levels = "magic"};
    char reason[160];
    assert_int_equal(backend_state(&backend), BACKEND_NO_CPU);
    backend_reason(&backend, reason, sizeof reason);
    assert_string_equal(reason, "the CPU lacks magic");
    backend.compiled = false;
    backend.arch = ARCH_AARCH64;
    assert_int_equal(backend_state(&backend), BACKEND_NOT_COMPILED);
}

enum { OWN_TESTS = 13 };

int main(void) {
    static const struct CMUnitTest own[OWN_TESTS] = {
        cmocka_unit_test(faults_are_caught),
        cmocka_unit_test(faults_of_integer_kernels_are_caught),
        cmocka_unit_test(faults_of_packed_kernels_are_caught),
        cmocka_unit_test(faults_of_shared_rows_are_caught),
        cmocka_unit_test(faults_of_other_kernels_are_caught),
        cmocka_unit_test(dirty_upper_halves_are_caught),
        cmocka_unit_test(right_kernels_pass),
        cmocka_unit_test(sums_in_another_order_are_tolerated_only_there),
        cmocka_unit_test(what_cannot_run_is_not_checked),
        cmocka_unit_test(one_seed_one_check),
        cmocka_unit_test(cropping_changes_no_bit),
        cmocka_unit_test(table_is_sound),
        cmocka_unit_test(states_need_cpu_and_system),
    };
    size_t count = backend_count * KERNEL_COUNT;
    struct subject *subjects = calloc(count, sizeof *subjects);
    char(*names)[160] = calloc(count, sizeof *names);
    struct CMUnitTest *tests = calloc(count + OWN_TESTS, sizeof *tests);
    if (!subjects || !names || !tests) return 1;
    count = 0;
    for (size_t i = 0; i < backend_count; i++)
        for (size_t kernel = 0; kernel < kernels_of(&backends[i]); kernel++, count++) {
            subjects[count] = (struct subject){&backends[i], kernel};
            snprintf(names[count], sizeof *names, "%s %s is right", backends[i].name, kernel_names[kernel]);
            tests[count] = (struct CMUnitTest){names[count], kernel_is_right, NULL, NULL, &subjects[count]};
        }
    memcpy(tests + count, own, sizeof own);
    int failed = _cmocka_run_group_tests("kernels", tests, count + OWN_TESTS, NULL, NULL);
    free(tests);
    free(names);
    free(subjects);
    return failed;
}
