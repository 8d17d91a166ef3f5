/* SPDX-License-Identifier: MIT */
/* The self-check before work: right backends pass, and a backend with one planted fault is refused for the kernels that
 * the engine calls, at the shapes of the job. */
#include "verify/self_check.h"

#include "learn/job.h"
#include "packed.h"
#include "setup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct job job;

static int open_job(void **state) {
    (void)state;
    struct job_spec spec;
    job_spec_defaults(&spec);
    spec.rows.data = "synthetic:n=400,d=400,seed=3";
    struct error err;
    return job_open(&job, &spec, &err);
}

static int close_job(void **state) {
    (void)state;
    job_close(&job);
    return 0;
}

static struct backend planted_backend(void) {
    struct backend backend = plain_backend();
    backend.name = "planted";
    return backend;
}

/* The backend is refused, and the line says so. */
static void expect_refused(const struct backend *backend, enum engine engine, const char *kernel, const char *what) {
    struct self_check done;
    struct error err = {.text = ""};
    assert_int_equal(self_check(backend, engine, &job.row_list, &done, &err), -1);
    assert_int_equal(err.kind, ERROR_CHECK);
    char begin[128];
    snprintf(begin, sizeof begin, "%s/planted fails its self-check and does no work: planted %s: length ",
             engine_names[engine], kernel);
    if (strncmp(err.text, begin, strlen(begin)) != 0) fail_msg("'%s' does not begin: %s", begin, err.text);
    if (!strstr(err.text, what)) fail_msg("'%s' is not in: %s", what, err.text);
}

static void right_backends_pass(void **state) {
    (void)state;
    static const enum engine engines[] = {ENGINE_F32, ENGINE_F64, ENGINE_INT};
    for (size_t i = 0; i < backend_count; i++) {
        if (backend_state(&backends[i]) != BACKEND_OK) continue;
        for (size_t e = 0; e < sizeof engines / sizeof *engines; e++) {
            struct self_check done;
            struct error err;
            if (self_check(&backends[i], engines[e], &job.row_list, &done, &err) != 0) fail_msg("%s", err.text);
            assert_true(done.calls >= 100 && done.seconds > 0);
        }
    }
}

static void decision_wrong_from_64(double *decision, const struct batch *batch, const struct linear_model *model) {
    backend_scalar()->decision_u8f32(decision, batch, model);
    for (size_t i = 64; i < batch->n; i++)
        decision[i] = decision[i - 64];
}

static float dot_wrong_at_the_width(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row,
                                    const uint8_t *l2_row) {
    return backend_scalar()->dot_prefetch_u8f32(w, x, d, l1_row, l2_row) + (d == job.ds.width ? 1.0F : 0.0F);
}

static void axpy_leaves_the_last_out(float *w, const uint8_t *x, float a, size_t d) {
    backend_scalar()->axpy_u8f32(w, x, a, d - 1);
}

static void axpy_f64_leaves_the_last_out(double *w, const uint8_t *x, double a, size_t d) {
    backend_scalar()->axpy_u8f64(w, x, a, d - 1);
}

static void axpy_i16_adds(int16_t *w, const uint8_t *x, int a, size_t d) {
    (void)a;
    backend_scalar()->axpy_u8i16(w, x, 1, d);
}

static int64_t dot_packed_leaves_a_block_out(const int8_t *w, const uint8_t *row, size_t blocks, const uint8_t *l1_row,
                                             size_t lines) {
    return plain_dot_packed(w, row, lines ? blocks - 1 : blocks, l1_row, lines);
}

static int64_t dot_i16_in_32_bits(const int16_t *w, const uint8_t *x, size_t d) {
    return (int32_t)backend_scalar()->dot_u8i16(w, x, d) / 2 * 2;
}

static uint64_t read_nothing(const uint8_t *x, size_t d) {
    (void)x, (void)d;
    return 0;
}

static void wrong_kernels_are_refused(void **state) {
    (void)state;
    struct backend backend = planted_backend();
    backend.decision_u8f32 = decision_wrong_from_64;
    expect_refused(&backend, ENGINE_F32, "decision_u8f32", " of 2");
    backend.axpy_u8f32 = axpy_leaves_the_last_out;
    expect_refused(&backend, ENGINE_F32, "axpy_u8f32", "; again: sgdmark kernels --verify --isa planted --kernel axpy");
    backend.dot_prefetch_u8f32 = dot_wrong_at_the_width;
    expect_refused(&backend, ENGINE_F32, "dot_prefetch_u8f32", "the result is ");
    backend.axpy_u8f64 = axpy_f64_leaves_the_last_out;
    backend.axpy_u8i16 = axpy_i16_adds;
    backend.dot_u8i16 = dot_i16_in_32_bits;
    expect_refused(&backend, ENGINE_INT, "dot_u8i16", "the result is ");
    backend.dot_u8i16 = backend_scalar()->dot_u8i16;
    expect_refused(&backend, ENGINE_INT, "axpy_u8i16", "w[");
    backend.axpy_u8i16 = backend_scalar()->axpy_u8i16;
    expect_refused(&backend, ENGINE_INT, "axpy_u8f64", "w[");
}

static void wrong_kernels_for_packed_rows_are_refused(void **state) {
    (void)state;
    struct backend backend = planted_backend();
    const struct backend *list[] = {&backend};
    struct self_check done;
    struct error err;
    assert_int_equal(job_pack(&job, &(struct backend_list){list, 1}, &err), 0);
    assert_true(reads_packed(&job.ds, ENGINE_INT, &backend));
    assert_int_equal(self_check(&backend, ENGINE_INT, &job.row_list, &done, &err), 0);
    backend.dot_packed = dot_packed_leaves_a_block_out;
    expect_refused(&backend, ENGINE_INT, "dot_packed", "the result is ");
}

static void sigmoid_without_the_last(float *z, size_t n) {
    backend_scalar()->sigmoid_f32(z, n - n % 2);
}

static void wrong_sigmoids_are_refused_where_they_are_used(void **state) {
    (void)state;
    struct backend backend = planted_backend();
    struct self_check done = {.calls = 5};
    struct error err;
    assert_int_equal(self_check_sigmoid(&backend, &done, &err), 0);
    assert_true(done.calls > 15 && done.seconds > 0);
    backend.sigmoid_f32 = sigmoid_without_the_last;
    assert_int_equal(self_check(&backend, ENGINE_F32, &job.row_list, &done, &err), 0);
    assert_int_equal(self_check_sigmoid(&backend, &done, &err), -1);
    assert_int_equal(err.kind, ERROR_CHECK);
    assert_non_null(strstr(err.text, "f32/planted fails its self-check and does no work: planted sigmoid_f32"));
}

static void kernels_that_the_engine_does_not_call_do_not_matter(void **state) {
    (void)state;
    struct backend backend = planted_backend();
    struct self_check done;
    struct error err;
    backend.read_u8 = read_nothing;
    backend.axpy_u8i16 = axpy_i16_adds;
    backend.axpy_u8f64 = axpy_f64_leaves_the_last_out;
    assert_int_equal(self_check(&backend, ENGINE_F32, &job.row_list, &done, &err), 0);
    backend = planted_backend();
    backend.axpy_u8f32 = axpy_leaves_the_last_out;
    assert_int_equal(self_check(&backend, ENGINE_INT, &job.row_list, &done, &err), 0);
    assert_int_equal(self_check(&backend, ENGINE_F64, &job.row_list, &done, &err), 0);
}

/* Wrong on the pixels of the job's first row alone, which nothing draws. */
static float dot_wrong_on_a_row(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row,
                                const uint8_t *l2_row) {
    bool that_row = d == job.ds.width && memcmp(x, job.ds.pixels + job.at[0].row * job.ds.stride, d) == 0;
    return backend_scalar()->dot_prefetch_u8f32(w, x, d, l1_row, l2_row) + (that_row ? 1.0F : 0.0F);
}

static void rows_of_the_job_are_tried(void **state) {
    (void)state;
    struct backend backend = planted_backend();
    backend.dot_prefetch_u8f32 = dot_wrong_on_a_row;
    expect_refused(&backend, ENGINE_F32, "dot_prefetch_u8f32", "only on rows of this job: the same command repeats it");
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_backends_pass),
        cmocka_unit_test(wrong_kernels_are_refused),
        cmocka_unit_test(wrong_sigmoids_are_refused_where_they_are_used),
        cmocka_unit_test(kernels_that_the_engine_does_not_call_do_not_matter),
        cmocka_unit_test(rows_of_the_job_are_tried),
        cmocka_unit_test(wrong_kernels_for_packed_rows_are_refused),
    };
    return cmocka_run_group_tests_name("self_check", tests, open_job, close_job);
}
