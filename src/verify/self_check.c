/* SPDX-License-Identifier: MIT */
#include "verify/self_check.h"

#include "base/clock.h"
#include "data/random.h"
#include "verify/kernel_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The kernels that fits and predictions call (learn/trainer.c, predict.c, integer.c). */
static const int of_f32[] = {KERNEL_dot_prefetch_u8f32, KERNEL_dot_many_u8f32, KERNEL_axpy_u8f32,
                             KERNEL_decision_u8f32};
static const int of_f64[] = {KERNEL_axpy_u8f64};
static const int of_int[] = {KERNEL_dot_u8i16, KERNEL_dot_prefetch_u8i16, KERNEL_dot_many_u8i16, KERNEL_axpy_u8i16,
                             KERNEL_axpy_u8f64};
static const int of_packed[] = {KERNEL_dot_packed, KERNEL_dot_many_packed, KERNEL_axpy_planes, KERNEL_unpack_u8,
                                KERNEL_axpy_u8f64};

struct kernel_set {
    const int *kernel;
    size_t count;
};
#define KERNEL_SET(list) ((struct kernel_set){list, sizeof(list) / sizeof *(list)})

static struct kernel_set kernels_used(enum engine engine, bool packed) {
    if (engine == ENGINE_F32) return KERNEL_SET(of_f32);
    if (engine == ENGINE_F64) return KERNEL_SET(of_f64);
    return packed ? KERNEL_SET(of_packed) : KERNEL_SET(of_int);
}

/* Rows from all parts of the job, in memory of their own. */
struct sample {
    uint8_t *pixels, *whole; /* [n][length]; [d] */
    struct row_ref *at;
    struct kernel_rows rows;
};

/* Copies row `row` of the data set: as it is cropped, or unpacked from the packed row's first feature on. */
static void copy_row(struct sample *sample, size_t i, const struct row_list *list, const struct row_ref *ref,
                     bool packed) {
    const struct dataset *ds = list->ds;
    const size_t length = sample->rows.length;
    uint8_t *to = sample->pixels + i * length;
    sample->at[i] = *ref;
    if (!packed) {
        memcpy(to, ds->pixels + ref->row * ds->stride, length);
        return;
    }
    const size_t start = ds->packed.rows[ref->row].start, left = start < ds->d ? ds->d - start : 0;
    dataset_row(ds, ref->row, sample->whole);
    memset(to, 0, length);
    memcpy(to, sample->whole + start, left < length ? left : length);
    sample->at[i].start = (uint16_t)start;
}

static void sample_free(struct sample *sample) {
    free(sample->pixels);
    free(sample->whole);
    free(sample->at);
}

static int sample_take(struct sample *sample, const struct row_list *list, bool packed, struct error *err) {
    const struct dataset *ds = list->ds;
    const size_t length = packed ? ds->packed.blocks * BLOCK_PIXELS : ds->width, most = kernel_rows_most(length);
    const size_t n = list->n < most ? list->n : most;
    *sample =
        (struct sample){.pixels = malloc(n * length), .whole = malloc(ds->d), .at = calloc(n, sizeof *sample->at)};
    if (!sample->pixels || !sample->whole || !sample->at) {
        sample_free(sample);
        return fail_program(err, "out of memory for %zu rows", n);
    }
    sample->rows = (struct kernel_rows){sample->pixels, sample->at, n, length, ds->d};
    for (size_t i = 0; i < n; i++)
        copy_row(sample, i, list, &list->at[i * list->n / n], packed);
    return 0;
}

/* The sum of engine f64, each product and each sum rounded on its own: the volatile keeps the compiler from fusing or
 * reordering them. */
static double expected_f64(const double *w, const uint8_t *x, size_t d) {
    volatile double sum = 0.0;
    for (size_t k = 0; k < d; k++) {
        volatile double product = w[k] * (double)x[k];
        sum = sum + product;
    }
    return sum;
}

static int check_f64(const struct sample *sample, uint32_t seed, struct self_check *done, struct error *err) {
    const struct kernel_rows *rows = &sample->rows;
    struct random_state random;
    double *w = malloc(rows->length * sizeof *w);
    if (!w) return fail_program(err, "out of memory for %zu weights", rows->length);
    random_seed(&random, seed);
    for (size_t k = 0; k < rows->length; k++)
        w[k] = ((double)random_uint32(&random) - 0x1p31) * (1.0 / 3.0);
    int bad = 0;
    for (size_t i = 0; i < rows->n && !bad; i++) {
        const uint8_t *x = rows->pixels + i * rows->length;
        double got = dot_u8f64_reference(w, x, rows->length), want = expected_f64(w, x, rows->length);
        done->calls++;
        /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): compares bits on purpose */
        if (memcmp(&got, &want, sizeof got) != 0)
            bad = fail_as(err, ERROR_CHECK,
                          "engine f64 fails its self-check and does no work: dot_u8f64_reference on row %u of the job "
                          "is %a, not %a; the same command repeats it",
                          rows->at[i].row, got, want);
    }
    free(w);
    return bad;
}

static int refuse(const struct backend *backend, enum engine engine, const struct kernel_verdict *verdict,
                  struct error *err) {
    if (verdict->state == KERNEL_NOT_CHECKED)
        return fail_program(err, "the self-check of %s/%s cannot run: %.600s", engine_names[engine], backend->name,
                            verdict->text);
    return fail_as(err, ERROR_CHECK, "%s/%s fails its self-check and does no work: %.700s", engine_names[engine],
                   backend->name, verdict->text);
}

static uint32_t new_seed(void) {
    return (uint32_t)((uint64_t)(seconds_now() * 1e6) & UINT32_MAX);
}

static int check_kernels(const struct backend *backend, enum engine engine, const struct kernel_set *set,
                         const struct kernel_rows *rows, struct self_check *done, struct error *err) {
    const uint32_t seed = new_seed();
    for (size_t i = 0; i < set->count; i++) {
        struct kernel_verdict verdict;
        const size_t kernel = (size_t)set->kernel[i];
        if (kernel_check_length(backend, kernel, rows->length, seed, &verdict) != 0)
            return refuse(backend, engine, &verdict, err);
        done->calls += verdict.calls;
        if (kernel_check_rows(backend, kernel, rows, seed, &verdict) != 0)
            return refuse(backend, engine, &verdict, err);
        done->calls += verdict.calls;
    }
    return 0;
}

int self_check(const struct backend *backend, enum engine engine, const struct row_list *rows, struct self_check *done,
               struct error *err) {
    const double begin = seconds_now();
    const struct backend *used = engine == ENGINE_F64 ? backend_scalar() : backend;
    const bool packed = reads_packed(rows->ds, engine, used);
    const struct kernel_set set = kernels_used(engine, packed);
    struct sample sample;
    *done = (struct self_check){0};
    if (sample_take(&sample, rows, packed, err) != 0) return -1;
    int bad = check_kernels(used, engine, &set, &sample.rows, done, err);
    /* Engine int decides in float64 what is close to the margin. */
    if (!bad && engine != ENGINE_F32) bad = check_f64(&sample, 1, done, err);
    sample_free(&sample);
    done->seconds = seconds_now() - begin;
    return bad;
}

int self_check_sigmoid(const struct backend *backend, struct self_check *done, struct error *err) {
    enum { LENGTH = 777 }; /* whole vectors of every width, and a rest */
    const double begin = seconds_now();
    struct kernel_verdict verdict;
    int bad = kernel_check_length(backend, KERNEL_sigmoid_f32, LENGTH, new_seed(), &verdict);
    done->calls += verdict.calls;
    done->seconds += seconds_now() - begin;
    return bad ? refuse(backend, ENGINE_F32, &verdict, err) : 0;
}
