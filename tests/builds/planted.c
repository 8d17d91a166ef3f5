/* SPDX-License-Identifier: MIT */
/* Faults of a core, planted at run time: wrappers of every kernel, linked by ld's --wrap, that flip one bit of a result.
 * tools/test-builds writes planted.list, a line PLANT(kernel, suffix) for each kernel in the program.
 *
 * $PLANT says which: words with blanks between them.
 *   kernel=NAME suffix=NAME   of these only ("*", which is the default: of all)
 *   pu=N                      on this PU only, by OS index
 *   every=N                   once in so many multiplications (pixels, where there are none; eight for a sigmoid) of a kernel there
 *   bit=N                     of the result, counted from 0, modulo its width
 *   busy=1                    only while another PU runs kernels too
 *   after=S                   only after so many seconds of the process
 *   memory=1                  not the result: a bit of a row that the kernel reads changes, once, and stays so
 */
#include "kernels.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PUS_MOST = 1024 };

static struct {
    char kernel[64], suffix[64];
    int pu, busy, memory;
    unsigned bit;
    double every, after;
} plan = {.kernel = "*", .suffix = "*", .pu = -1};

/* One kernel of one backend. `done` counts on the chosen PU only, which one thread at a time is bound to. */
struct plant {
    const char *kernel, *suffix;
    int chosen; /* 0: not looked at yet; 1: yes; -1: no */
    double done;
    unsigned fires;
};

/* Calls of kernels on each PU, a cache line apart. */
static struct {
    _Alignas(64) atomic_uint calls;
} active[PUS_MOST];
static double begin;

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

__attribute__((constructor)) static void read_plan(void) {
    const char *text = getenv("PLANT");
    char word[128];
    int used = 0;
    begin = seconds();
    while (text && sscanf(text, "%127s%n", word, &used) == 1) {
        text += used;
        char *value = strchr(word, '=');
        if (!value) continue;
        *value++ = 0;
        if (strcmp(word, "kernel") == 0) snprintf(plan.kernel, sizeof plan.kernel, "%s", value);
        if (strcmp(word, "suffix") == 0) snprintf(plan.suffix, sizeof plan.suffix, "%s", value);
        if (strcmp(word, "pu") == 0) plan.pu = atoi(value);
        if (strcmp(word, "every") == 0) plan.every = atof(value);
        if (strcmp(word, "bit") == 0) plan.bit = (unsigned)atoi(value);
        if (strcmp(word, "busy") == 0) plan.busy = atoi(value);
        if (strcmp(word, "after") == 0) plan.after = atof(value);
        if (strcmp(word, "memory") == 0) plan.memory = atoi(value);
    }
}

/* Does another PU run a kernel in the next 100 us? */
static int another_is_busy(void) {
    static unsigned before[PUS_MOST];
    for (int pu = 0; pu < PUS_MOST; pu++)
        before[pu] = atomic_load_explicit(&active[pu].calls, memory_order_relaxed);
    const double until = seconds() + 1e-4;
    while (seconds() < until)
        for (int pu = 0; pu < PUS_MOST; pu++)
            if (pu != plan.pu && atomic_load_explicit(&active[pu].calls, memory_order_relaxed) != before[pu]) return 1;
    return 0;
}

/* Is this call one of the wrong ones? */
static int due(struct plant *plant, size_t work) {
    const int pu = sched_getcpu();
    if (pu >= 0 && pu < PUS_MOST) {
        const unsigned calls = atomic_load_explicit(&active[pu].calls, memory_order_relaxed);
        atomic_store_explicit(&active[pu].calls, calls + 1, memory_order_relaxed);
    }
    if (pu != plan.pu || plan.every <= 0) return 0;
    if (plant->chosen == 0)
        plant->chosen = (strcmp(plan.kernel, "*") == 0 || strcmp(plan.kernel, plant->kernel) == 0) &&
                                (strcmp(plan.suffix, "*") == 0 || strcmp(plan.suffix, plant->suffix) == 0)
                            ? 1
                            : -1;
    if (plant->chosen < 0) return 0;
    plant->done += (double)work;
    if (plant->done < plan.every || seconds() - begin < plan.after) return 0;
    plant->done = 0;
    if ((plan.busy && !another_is_busy()) || (plan.memory && plant->fires > 0)) return 0;
    plant->fires++;
    return 1;
}

static void flip(void *value, size_t bytes) {
    ((unsigned char *)value)[plan.bit / 8 % bytes] ^= (unsigned char)(1U << plan.bit % 8);
}

/* One of the results in an array, another one each time; or a byte of the row. */
static void flip_one(const struct plant *plant, void *values, size_t count, size_t bytes, const uint8_t *row) {
    if (plan.memory && row)
        ((uint8_t *)row)[5] ^= 0x10;
    else if (count > 0)
        flip((char *)values + (plant->fires - 1) * 7 % count * bytes, bytes);
}

#define PLANT(kernel, suffix) PLANT_##kernel(kernel, suffix)
#define BEGIN(kernel, suffix, work)                                                                                    \
    static struct plant plant = {#kernel, #suffix, 0, 0, 0};                                                           \
    const int wrong = due(&plant, work)
#define NAMES(kernel, suffix)                                                                                          \
    kernel##_fn __real_##kernel##_##suffix;                                                                            \
    kernel##_fn __wrap_##kernel##_##suffix

/* Kernels that return a sum; those that change their weights; those that write decisions. */
#define RETURNS(kernel, suffix, result, work, row, parameters, arguments)                                              \
    NAMES(kernel, suffix);                                                                                             \
    result __wrap_##kernel##_##suffix parameters {                                                                     \
        BEGIN(kernel, suffix, work);                                                                                   \
        result value = __real_##kernel##_##suffix arguments;                                                           \
        if (wrong) flip_one(&plant, &value, 1, sizeof value, row);                                                     \
        return value;                                                                                                  \
    }
#define WRITES(kernel, suffix, values, count, bytes, work, row, parameters, arguments)                                 \
    NAMES(kernel, suffix);                                                                                             \
    void __wrap_##kernel##_##suffix parameters {                                                                       \
        BEGIN(kernel, suffix, work);                                                                                   \
        __real_##kernel##_##suffix arguments;                                                                          \
        if (wrong) flip_one(&plant, values, count, bytes, row);                                                        \
    }

#define AHEAD const uint8_t *l1, const uint8_t *l2
#define PLANT_dot_u8f32(k, s)          RETURNS(k, s, float, d, x, (const float *w, const uint8_t *x, size_t d), (w, x, d))
#define PLANT_dot_prefetch_u8f32(k, s) RETURNS(k, s, float, d, x, (const float *w, const uint8_t *x, size_t d, AHEAD), (w, x, d, l1, l2))
#define PLANT_dot_u8i16(k, s)          RETURNS(k, s, int64_t, d, x, (const int16_t *w, const uint8_t *x, size_t d), (w, x, d))
#define PLANT_dot_prefetch_u8i16(k, s) RETURNS(k, s, int64_t, d, x, (const int16_t *w, const uint8_t *x, size_t d, AHEAD), (w, x, d, l1, l2))
#define PLANT_read_u8(k, s)            RETURNS(k, s, uint64_t, d, x, (const uint8_t *x, size_t d), (x, d))
#define PLANT_dot_packed(k, s)         RETURNS(k, s, int64_t, 64 * blocks, NULL, (const int8_t *w, const uint8_t *row, size_t blocks, const uint8_t *l1, size_t lines), (w, row, blocks, l1, lines))
#define PLANT_dot_many_u8f32(k, s)     WRITES(k, s, dot, models, 8, models * row->d, row->x, (double *dot, const float *const *w, size_t models, const struct shared_row *row), (dot, w, models, row))
#define PLANT_dot_many_u8i16(k, s)     WRITES(k, s, dot, models, 8, models * row->d, row->x, (double *dot, const int16_t *const *w, size_t models, const struct shared_row *row), (dot, w, models, row))
#define PLANT_dot_many_packed(k, s)    WRITES(k, s, dot, models, 8, models * row->d, NULL, (double *dot, const int8_t *const *w, size_t models, const struct shared_row *row, size_t lines), (dot, w, models, row, lines))
#define PLANT_decision_u8f32(k, s)     WRITES(k, s, decision, batch->n, 8, batch->n * batch->d, batch->x, (double *decision, const struct batch *batch, const struct linear_model *model), (decision, batch, model))
#define PLANT_axpy_u8f32(k, s)         WRITES(k, s, w, d, 4, d, x, (float *w, const uint8_t *x, float a, size_t d), (w, x, a, d))
#define PLANT_axpy_u8i16(k, s)         WRITES(k, s, w, d, 2, d, x, (int16_t *w, const uint8_t *x, int a, size_t d), (w, x, a, d))
#define PLANT_axpy_u8f64(k, s)         WRITES(k, s, w, d, 8, d, x, (double *w, const uint8_t *x, double a, size_t d), (w, x, a, d))
#define PLANT_axpy_planes(k, s)        WRITES(k, s, w, 128 * blocks, 1, 64 * blocks, x, (int8_t *w, const uint8_t *x, int a, size_t blocks), (w, x, a, blocks))
#define PLANT_unpack_u8(k, s)          WRITES(k, s, x, 64 * blocks, 1, 64 * blocks, NULL, (uint8_t *x, const uint8_t *row, size_t blocks), (x, row, blocks))
#define PLANT_sigmoid_f32(k, s)        WRITES(k, s, z, n, 4, 8 * n, NULL, (float *z, size_t n), (z, n))

/* Engine f64's sum, which no backend has. */
typedef double dot_u8f64_fn(const double *w, const uint8_t *x, size_t d);
#define PLANT_dot_u8f64(k, s)          RETURNS(k, s, double, d, x, (const double *w, const uint8_t *x, size_t d), (w, x, d))

#include "planted.list"
