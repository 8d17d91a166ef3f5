/* SPDX-License-Identifier: MIT */
#include "verify/soak_block.h"

#include "base/hash.h"
#include "base/pages.h"
#include "data/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Pixels of an MNIST image, and the same in whole blocks. */
enum { LENGTH = 784, BLOCKS_LENGTH = 832, SEED = 20180105 };

/* What a row is drawn with and what must come out of it. */
struct draw {
    struct inputs in;
    struct expected expected;
};

static size_t whole_lines(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

static bool in_blocks(enum weights_type type) {
    return type == WEIGHTS_PLANES || type == WEIGHTS_U8;
}

/* ---- Inputs and answers ---- */

/* Of four rows one is full of random pixels, three have runs of ink as digits have. */
static void draw_pixels(uint8_t *x, size_t length, size_t row, struct random_state *random) {
    bool ink = false;
    for (size_t k = 0; k < length; k++) {
        const uint32_t bits = random_uint32(random);
        if (bits >> 28 == 0) ink = !ink;
        x[k] = row % 4 == 0 || ink ? (uint8_t)bits : 0;
    }
}

/* Fills in what row `row` is called with; with RESULT_DECISIONS, what all are. */
static void draw_row(const struct soak_block *block, struct draw *draw, size_t row) {
    struct inputs *in = &draw->in;
    struct random_state random;
    const bool decisions = block->spec->result == RESULT_DECISIONS;
    in->type = block->spec->type;
    in->form = block->spec->row;
    in->length = in->d = in->stride = block->length;
    in->many = block->spec->result == RESULT_MANY;
    in->n = decisions ? SOAK_ROWS : in->many ? block->models : 0;
    if (decisions) in->d += SLIDE;
    if (in->many) in->d += (MODELS_MOST + 1) * model_step(in);
    in->pixels = PIXELS_GIVEN;
    in->weights = block->pattern == 0 ? WEIGHTS_UNIFORM : WEIGHTS_MIXED;
    for (uint32_t r = 0; r < (decisions ? SOAK_ROWS : 1); r++) {
        random_seed(&random, SEED + (uint32_t)row + r);
        draw_pixels(in->x + r * block->length, block->length, row + r, &random);
        in->at[r] = (struct row_ref){.row = r, .start = (uint16_t)(r % (SLIDE + 1))};
    }
    /* The same weights for every row, unless the kernel changes them. */
    random_seed(&random, SEED + (block->writes ? (uint32_t)row : 0));
    inputs_draw(in, &random);
    block->spec->expect(&draw->expected, in);
}

static void put_weight(unsigned char *to, enum weights_type type, size_t k, double value) {
    unsigned char *at = to + k * weight_size[type];
    const float f32 = (float)value;
    const int16_t i16 = (int16_t)(type == WEIGHTS_F64 ? 0 : type == WEIGHTS_F32 ? 0 : (int)value);
    switch (type) {
    case WEIGHTS_F32:
        memcpy(at, &f32, sizeof f32);
        break;
    case WEIGHTS_I16:
        memcpy(at, &i16, sizeof i16);
        break;
    case WEIGHTS_F64:
        memcpy(at, &value, sizeof value);
        break;
    case WEIGHTS_PLANES: /* 256 high + low, low from -128 to 127 */
        at = to + k / BLOCK_PIXELS * 2 * BLOCK_PIXELS + k % BLOCK_PIXELS;
        at[BLOCK_PIXELS] = (unsigned char)(i16 & 0xff);
        at[0] = (unsigned char)((i16 - (int8_t)at[BLOCK_PIXELS]) / 256);
        break;
    default:
        *at = (unsigned char)i16;
        break;
    }
}

/* Puts what must come out of a row to where soak_block_run puts what comes out. */
static void put_answers(const struct soak_block *block, const struct draw *draw, size_t row) {
    unsigned char *to = block->memory + block->answers_at + row * block->answer_room;
    const struct expected *expected = &draw->expected;
    const float real = (float)expected->real;
    switch (block->spec->result) {
    case RESULT_REAL:
        memcpy(to, &real, sizeof real);
        break;
    case RESULT_INTEGER:
        memcpy(to, &expected->integer, sizeof expected->integer);
        break;
    case RESULT_DECISIONS:
        memcpy(to, expected->decision, SOAK_ROWS * sizeof *expected->decision);
        break;
    case RESULT_MANY:
        memcpy(to, expected->decision, block->models * sizeof *expected->decision);
        break;
    case RESULT_NONE:
        for (size_t k = 0; k < draw->in.d; k++)
            put_weight(to, block->spec->type, k, expected->w[k]);
        break;
    }
}

static void put_row(struct soak_block *block, const struct draw *draw, size_t row) {
    const struct inputs *in = &draw->in;
    memcpy(block->memory + row * block->row_room, in->row, in->row_bytes);
    if (row == 0 || block->writes)
        memcpy(block->memory + block->weights_at + row * block->weights_room, &in->w, in->d * weight_size[in->type]);
    put_answers(block, draw, row);
    if (row > 0) return;
    block->factor_f32 = in->factor_f32;
    block->factor_f64 = in->factor_f64;
    block->sign = in->sign;
    block->wscale = in->wscale;
    block->intercept = in->intercept;
    memcpy(block->at, in->at, sizeof block->at);
    for (size_t m = 0; m < block->models && in->many; m++)
        block->many[m] = block->memory + block->weights_at + model_offset(in, m) * weight_size[in->type];
}

/* ---- The layout ---- */

static size_t answer_size(const struct soak_block *block) {
    switch (block->spec->result) {
    case RESULT_REAL:
        return sizeof(float);
    case RESULT_INTEGER:
        return sizeof(uint64_t);
    case RESULT_DECISIONS:
        return sizeof(double);
    case RESULT_MANY:
        return block->models * sizeof(double);
    default:
        return block->weights_room;
    }
}

static void lay_out(struct soak_block *block) {
    const enum weights_type type = block->spec->type;
    const bool many = block->spec->result == RESULT_MANY;
    const size_t step = type == WEIGHTS_PLANES ? BLOCK_PIXELS : 1;
    size_t d = block->length;
    if (block->spec->result == RESULT_DECISIONS) d += SLIDE;
    if (many) d += (MODELS_MOST + 1) * step;
    block->weights_room = whole_lines(d * weight_size[type]);
    block->row_room = whole_lines(block->length + 2 * BLOCKS_LENGTH / BLOCK_PIXELS);
    block->answer_room = answer_size(block);
    block->weights_at = SOAK_ROWS * block->row_room;
    block->answers_at = block->weights_at + (block->writes ? SOAK_ROWS : 1) * block->weights_room;
    block->bytes = block->answers_at + SOAK_ROWS * block->answer_room;
}

static int fill(struct soak_block *block, struct error *err) {
    struct draw *draw = calloc(1, sizeof *draw); /* megabytes, of which short rows touch little */
    if (!draw) return fail_program(err, "out of memory for the inputs of %s", kernel_names[block->kernel]);
    const size_t draws = block->spec->result == RESULT_DECISIONS ? 1 : SOAK_ROWS;
    for (size_t row = 0; row < draws; row++) {
        draw_row(block, draw, row);
        put_row(block, draw, row);
        /* The factors of row 0 serve all rows, as kernels take one: draw the answer again with them. */
        if (row == 0 || !block->writes) continue;
        draw->in.factor_f32 = block->factor_f32;
        draw->in.factor_f64 = block->factor_f64;
        draw->in.sign = block->sign;
        block->spec->expect(&draw->expected, &draw->in);
        put_answers(block, draw, row);
    }
    free(draw);
    return 0;
}

int soak_block_make(struct soak_block *block, size_t kernel, unsigned pattern, struct error *err) {
    const struct kernel_spec *spec = kernel_specs[kernel];
    *block = (struct soak_block){.kernel = kernel, .pattern = pattern, .spec = spec};
    block->length = in_blocks(spec->type) ? BLOCKS_LENGTH : LENGTH;
    block->models = spec->result == RESULT_MANY ? MODELS_MOST : 1;
    block->writes = spec->result == RESULT_NONE;
    lay_out(block);
    block->memory = pages_new(block->bytes);
    if (!block->memory) return fail_program(err, "out of memory for the rows of %s", kernel_names[kernel]);
    if (fill(block, err) != 0) return -1;
    block->hash = soak_block_hash(block);
    return 0;
}

int soak_block_restore(struct soak_block *block, struct error *err) {
    memset(block->memory, 0, block->bytes);
    return fill(block, err);
}

void soak_block_free(struct soak_block *block) {
    pages_free(block->memory, block->bytes);
    block->memory = NULL;
}

uint64_t soak_block_hash(const struct soak_block *block) {
    return fnv1a(FNV_START, block->memory, block->bytes);
}

size_t soak_block_results(const struct soak_block *block) {
    return SOAK_ROWS * block->answer_room;
}

const unsigned char *soak_block_answers(const struct soak_block *block) {
    return block->memory + block->answers_at;
}

uint64_t soak_block_multiplications(const struct soak_block *block) {
    switch (block->kernel) {
    case KERNEL_sigmoid_f32: /* the exponential's reduction and polynomial make eight at least */
        return (uint64_t)SOAK_ROWS * block->length * 8;
    case KERNEL_read_u8:
    case KERNEL_unpack_u8:
        return 0;
    default:
        return (uint64_t)SOAK_ROWS * block->models * block->length;
    }
}

uint64_t soak_block_calls(const struct soak_block *block) {
    return block->spec->result == RESULT_DECISIONS ? 1 : SOAK_ROWS;
}

/* ---- The calls ---- */

static const uint8_t *row_of(const struct soak_block *block, size_t row) {
    return block->memory + row % SOAK_ROWS * block->row_room;
}

void soak_block_run(const struct soak_block *block, const struct backend *backend, unsigned char *results) {
    const struct batch batch = {row_of(block, 0), block->length, block->length, block->at, SOAK_ROWS};
    unsigned char *weights = block->memory + block->weights_at;
    const struct linear_model model = {(const float *)(const void *)weights, block->wscale, block->intercept};
    struct shared_row shared = {.d = block->length};
    struct operands operands = {.weights = weights,
                                .length = block->length,
                                .blocks = block->length / BLOCK_PIXELS,
                                .lines = block->length / BLOCK_PIXELS,
                                .factor_f32 = block->factor_f32,
                                .factor_f64 = block->factor_f64,
                                .sign = block->sign,
                                .batch = &batch,
                                .model = &model,
                                .many_f32 = (const float *const *)(const void *)block->many,
                                .many_i16 = (const int16_t *const *)(const void *)block->many,
                                .many_planes = (const int8_t *const *)(const void *)block->many,
                                .models = block->models,
                                .shared_row = &shared};
    struct kernel_call call = {.kernel = block->spec->pointer(backend)};
    const size_t calls = soak_block_calls(block);
    if (block->writes) memcpy(results, weights, SOAK_ROWS * block->weights_room);
    for (size_t row = 0; row < calls; row++) {
        unsigned char *to = results + row * block->answer_room;
        operands.row = shared.x = row_of(block, row);
        operands.l1_row = shared.l1_row = row_of(block, row + 1);
        operands.l2_row = shared.l2_row = row_of(block, row + 2);
        if (block->writes) operands.weights = to;
        operands.decision = (double *)(void *)to;
        block->spec->plain(&call, &operands);
        if (block->spec->result == RESULT_REAL) memcpy(to, &call.real.f32, sizeof call.real.f32);
        if (block->spec->result == RESULT_INTEGER) memcpy(to, &call.integer_result, sizeof call.integer_result);
    }
}

/* ---- Comparisons ---- */

/* The numbers that a row's results hold: how many, and the type of one as its bytes and whether it is real. */
static struct soak_difference result_type(const struct soak_block *block) {
    struct soak_difference type = {.bytes = 8, .real = block->spec->result != RESULT_INTEGER};
    if (block->spec->result == RESULT_REAL) type.bytes = sizeof(float);
    if (block->spec->result != RESULT_NONE) return type;
    type.bytes = block->spec->type == WEIGHTS_PLANES ? 1 : (unsigned)weight_size[block->spec->type];
    type.real = block->spec->type == WEIGHTS_F32 || block->spec->type == WEIGHTS_F64;
    return type;
}

struct soak_difference soak_block_difference(const struct soak_block *block, const unsigned char *answers,
                                             const unsigned char *results) {
    struct soak_difference found = result_type(block);
    size_t at = 0;
    while (at + found.bytes < soak_block_results(block) && memcmp(results + at, answers + at, found.bytes) == 0)
        at += found.bytes;
    memcpy(&found.got, results + at, found.bytes); /* little-endian, as everywhere here */
    memcpy(&found.right, answers + at, found.bytes);
    found.row = at / block->answer_room;
    found.element = at % block->answer_room / found.bytes;
    return found;
}

static bool is_near(double got, double want, double slack) {
    return isnan(want) ? isnan(got) : isinf(want) ? got == want : fabs(got - want) <= slack;
}

static bool row_near(const struct soak_block *block, const struct draw *draw, const unsigned char *results) {
    const struct expected *want = &draw->expected;
    float real;
    double decision;
    switch (block->spec->result) {
    case RESULT_REAL:
        memcpy(&real, results, sizeof real);
        return is_near((double)real, want->real, want->real_slack);
    case RESULT_INTEGER:
        return memcmp(results, &want->integer, sizeof want->integer) == 0;
    case RESULT_DECISIONS:
    case RESULT_MANY:
        for (size_t i = 0; i < draw->in.n; i++) {
            memcpy(&decision, results + i * sizeof decision, sizeof decision);
            if (!is_near(decision, want->decision[i], want->decision_slack[i])) return false;
        }
        return true;
    default:
        for (size_t k = 0; k < draw->in.d; k++)
            if (!is_near(weight_at(results, block->spec->type, k), want->w[k], want->w_slack[k])) return false;
        return true;
    }
}

int soak_block_near(const struct soak_block *block, const unsigned char *results, bool *near, struct error *err) {
    struct draw *draw = calloc(1, sizeof *draw);
    if (!draw) return fail_program(err, "out of memory for the inputs of %s", kernel_names[block->kernel]);
    *near = true;
    for (size_t row = 0; row < soak_block_calls(block) && *near; row++) {
        draw_row(block, draw, row);
        draw->in.factor_f32 = block->factor_f32;
        draw->in.factor_f64 = block->factor_f64;
        draw->in.sign = block->sign;
        block->spec->expect(&draw->expected, &draw->in);
        *near = row_near(block, draw, results + row * block->answer_room);
    }
    free(draw);
    return 0;
}
