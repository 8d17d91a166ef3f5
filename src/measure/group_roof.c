/* SPDX-License-Identifier: MIT */
#include "measure/group_roof.h"

#include "base/memory.h"
#include "machine/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64, TUNING_TRIES = 9, LEAST_CALLS = 64, SAMPLE_NS = 2000000 };

/* Weights of fits, as the kernel of each kind takes them. */
union weights {
    const float *f32[MODELS_MOST];
    const int16_t *i16[MODELS_MOST];
    const int8_t *planes[MODELS_MOST];
};

static union weights weights_of(const struct group_roof *roof) {
    union weights weights;
    for (size_t m = 0; m < roof->models; m++) {
        if (roof->kind == COMPUTE_F32)
            weights.f32[m] = roof->weights[m];
        else if (roof->kind == COMPUTE_INTEGER)
            weights.i16[m] = roof->weights[m];
        else
            weights.planes[m] = roof->weights[m];
    }
    return weights;
}

/* An integer sum stays in a register, as in a compute roof (roof.c). */
static uint64_t bits_of(double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

void group_roof_run(void *context) {
    struct group_roof *roof = context;
    const struct backend *backend = roof->backend;
    const struct shared_row row = {roof->row, 0, roof->d, roof->row, NULL};
    const union weights weights = weights_of(roof);
    uint64_t sum = 0;
    for (size_t i = 0; i < roof->calls; i++) {
        double dot[MODELS_MOST];
        if (roof->kind == COMPUTE_F32)
            backend->dot_many_u8f32(dot, weights.f32, roof->models, &row);
        else if (roof->kind == COMPUTE_INTEGER)
            backend->dot_many_u8i16(dot, weights.i16, roof->models, &row);
        else
            backend->dot_many_packed(dot, weights.planes, roof->models, &row, 0);
        for (size_t m = 0; m < roof->models; m++)
            sum += bits_of(dot[m]);
    }
    roof->sink = sum;
}

int group_roof_check(void *context, struct error *err) {
    const struct group_roof *roof = context;
    const uint64_t right = roof->right * roof->calls;
    if (roof->sink == right) return 0;
    return fail_as(err, ERROR_CHECK, "%zu rows, %zu dot products each, add up to %016" PRIx64 ", not %016" PRIx64,
                   roof->calls, roof->models, roof->sink, right);
}

/* The dot product with one model by itself. */
static double dot_alone(const struct group_roof *roof, size_t m) {
    const union weights weights = weights_of(roof);
    if (roof->kind == COMPUTE_F32) return (double)backend_scalar()->dot_u8f32(weights.f32[m], roof->row, roof->d);
    if (roof->kind == COMPUTE_INTEGER) return (double)backend_scalar()->dot_u8i16(weights.i16[m], roof->row, roof->d);
    return (double)roof->backend->dot_packed(weights.planes[m], roof->row, roof->d / BLOCK_PIXELS, roof->row, 0);
}

static void tune(struct group_roof *roof) {
    uint64_t least = UINT64_MAX;
    roof->calls = LEAST_CALLS;
    for (unsigned try = 0; try < TUNING_TRIES; try++) {
        const uint64_t start = now_ns();
        group_roof_run(roof);
        const uint64_t taken = now_ns() - start;
        if (taken < least) least = taken;
    }
    const double calls = (double)SAMPLE_NS * LEAST_CALLS / (double)(least + 1);
    if (calls > LEAST_CALLS) roof->calls = (size_t)calls;
}

/* Each model has weights of its own, so that the results tell models apart. */
static void fill(struct group_roof *roof, size_t stride) {
    for (size_t m = 0; m < roof->models; m++) {
        uint8_t *at = roof->memory + m * stride;
        for (size_t k = 0; k < roof->d; k++) {
            const float real = (float)(k + m) / (float)(roof->d + m);
            const int16_t integer = (int16_t)((k + m * 7) % 1000);
            if (roof->kind == COMPUTE_F32)
                memcpy(at + k * sizeof real, &real, sizeof real);
            else
                memcpy(at + k * sizeof integer, &integer, sizeof integer);
        }
        roof->weights[m] = at;
        roof->right += bits_of(dot_alone(roof, m));
    }
}

int group_roof_new(struct group_roof *roof, const struct backend *backend, enum compute_kind kind, size_t d,
                   size_t models, struct error *err) {
    /* The weights follow each other closely: ten times 2.3 KB fit an L1 cache of 32 KB. Each at a page's start,
     * they would meet in the same sets. */
    const size_t stride = (d * (kind == COMPUTE_F32 ? sizeof(float) : sizeof(int16_t)) / LINE + 2) * LINE;
    *roof = (struct group_roof){.backend = backend, .kind = kind, .d = d, .models = models};
    roof->memory = weights_alloc(models * stride, 0);
    roof->row = calloc(1, d + d / BLOCK_PIXELS * sizeof(uint16_t) + 1);
    if (!roof->memory || !roof->row) {
        group_roof_free(roof);
        return fail_program(err, "group roof: out of memory for %zu models", models);
    }
    for (size_t k = 0; k < d; k++)
        roof->row[k] = (uint8_t)k;
    fill(roof, stride);
    tune(roof);
    return 0;
}

void group_roof_free(struct group_roof *roof) {
    weights_free(roof->memory);
    free(roof->row);
    *roof = (struct group_roof){0};
}
