/* SPDX-License-Identifier: MIT */
#include "verify/kernel_inputs.h"

#include "data/random.h"

#include <float.h>
#include <math.h>
#include <string.h>

const char *const pixels_words[PIXELS_KINDS + 1] = {"zero",   "255",        "alternating", "one-hot",
                                                    "random", "random-run", "the job's"};
const char *const weights_words[WEIGHTS_KINDS] = {[WEIGHTS_EXACT] = "small integer",
                                                  [WEIGHTS_UNIFORM] = "uniform",
                                                  [WEIGHTS_MIXED] = "mixed",
                                                  [WEIGHTS_DENORMAL] = "denormal",
                                                  [WEIGHTS_ZERO] = "+-0",
                                                  [WEIGHTS_HUGE] = "huge",
                                                  [WEIGHTS_TIES] = "tie",
                                                  [WEIGHTS_OVERFLOWING] = "overflowing"};

const size_t weight_size[WEIGHTS_TYPES] = {[WEIGHTS_F32] = sizeof(float),
                                           [WEIGHTS_I16] = sizeof(int16_t),
                                           [WEIGHTS_F64] = sizeof(double),
                                           [WEIGHTS_PLANES] = 2 * sizeof(int8_t),
                                           [WEIGHTS_U8] = sizeof(uint8_t)};

double weight_at(const void *weights, enum weights_type type, size_t k) {
    const unsigned char *at = (const unsigned char *)weights + k * weight_size[type];
    float f32;
    int16_t i16;
    double f64;
    switch (type) {
    case WEIGHTS_F32:
        memcpy(&f32, at, sizeof f32);
        return (double)f32;
    case WEIGHTS_I16:
        memcpy(&i16, at, sizeof i16);
        return i16;
    case WEIGHTS_PLANES:
        at = (const unsigned char *)weights + k / BLOCK_PIXELS * 2 * BLOCK_PIXELS + k % BLOCK_PIXELS;
        return 256 * (int8_t)at[0] + (int8_t)at[BLOCK_PIXELS];
    case WEIGHTS_U8:
        return *at;
    default:
        memcpy(&f64, at, sizeof f64);
        return f64;
    }
}

static uint32_t below(struct random_state *random, uint32_t end) {
    return random_masked(random, end - 1);
}

static void draw_pixels(struct inputs *in, struct random_state *random) {
    size_t hot = in->d ? below(random, (uint32_t)in->d) : 0, run = 0;
    bool ink = false;
    for (size_t k = 0; k < in->d; k++) {
        if (run-- == 0) {
            run = below(random, 24);
            ink = !ink;
        }
        uint8_t any = (uint8_t)below(random, 256);
        const uint8_t choice[PIXELS_KINDS] = {0, 255, k % 2 ? 255 : 0, k == hot ? any | 1 : 0, any, ink ? any : 0};
        in->x[k] = choice[in->pixels];
    }
}

/* A number of magnitude [1, 2) * 2^exponent. */
static float draw_scaled(struct random_state *random, int exponent) {
    uint32_t bits = random_uint32(random);
    float magnitude = ldexpf(1.0F + (float)(bits & 0x7fffff) * 0x1p-23F, exponent);
    return bits >> 31 ? -magnitude : magnitude;
}

static float draw_weight(const struct inputs *in, struct random_state *random) {
    float sign = random_uint32(random) & 1 ? -1.0F : 1.0F;
    switch (in->weights) {
    case WEIGHTS_EXACT:
        return sign * (float)below(random, 9);
    case WEIGHTS_UNIFORM:
        return sign * (float)below(random, 1 << 24) * 0x1p-24F;
    case WEIGHTS_MIXED:
        return draw_scaled(random, (int)below(random, 25) - 12);
    case WEIGHTS_DENORMAL:
        return sign * (float)below(random, 1 << 23) * FLT_TRUE_MIN;
    case WEIGHTS_ZERO:
        return sign * 0.0F;
    case WEIGHTS_HUGE: /* 2^107 * 255 * 4096 < 2^127 */
        return draw_scaled(random, 106 - (int)below(random, 4));
    default:
        return draw_scaled(random, 127 - (int)below(random, 4));
    }
}

/* 65 * 16519105 = 2^30 + 1. So 65 + 65 * 16519105 * 2^-48 (a lane) and 1 + 65 * 16519105 * 2^-54 (axpy) lie above the
 * middle of two float32 numbers by so little that float64 rounds them to the middle, and from there it goes down. */
static void make_ties(struct inputs *in) {
    for (size_t k = 0; k < in->d; k++) {
        if (in->x[k]) in->x[k] = 65;
        in->w.f32[k] = k / 64 % 2 ? 16519105 * 0x1p-48F : 1.0F;
    }
    in->factor_f32 = 16519105 * 0x1p-54F;
}

static void draw_f32(struct inputs *in, struct random_state *random) {
    for (size_t k = 0; k < in->d; k++)
        in->w.f32[k] = draw_weight(in, random);
    in->factor_f32 = draw_weight(in, random);
    if (in->weights == WEIGHTS_TIES) make_ties(in);
}

/* A whole row of the largest or the smallest number is what fills a 32-bit sum first. */
static int16_t draw_integer(const struct inputs *in, struct random_state *random) {
    int any = (int)below(random, 65536) - 32768;
    switch (in->weights) {
    case WEIGHTS_EXACT:
        return (int16_t)(any % 9);
    case WEIGHTS_MIXED:
        return (int16_t)(any / (1 << below(random, 16)));
    case WEIGHTS_ZERO:
        return 0;
    case WEIGHTS_HUGE:
        return INT16_MAX;
    case WEIGHTS_OVERFLOWING:
        return INT16_MIN;
    default:
        return (int16_t)any;
    }
}

static void draw_i16(struct inputs *in, struct random_state *random) {
    for (size_t k = 0; k < in->d; k++)
        in->w.i16[k] = draw_integer(in, random);
    in->sign = random_uint32(random) & 1 ? 1 : -1;
}

/* The float32 weights with more digits, so that a product has to be rounded. */
static double draw_longer(const struct inputs *in, struct random_state *random) {
    double weight = (double)draw_weight(in, random);
    return in->weights == WEIGHTS_EXACT ? weight : weight * (1 + random_uint32(random) * 0x1p-56);
}

static void draw_f64(struct inputs *in, struct random_state *random) {
    for (size_t k = 0; k < in->d; k++)
        in->w.f64[k] = draw_longer(in, random);
    in->factor_f64 = draw_longer(in, random);
}

/* The largest and the smallest byte in both planes fill their sums first. */
static void draw_planes(struct inputs *in, struct random_state *random) {
    for (size_t k = 0; k < in->d; k++) {
        int weight = draw_integer(in, random), high = weight / 256, low = weight % 128;
        if (in->weights == WEIGHTS_HUGE) high = low = INT8_MAX;
        if (in->weights == WEIGHTS_OVERFLOWING) high = low = INT8_MIN;
        int8_t *at = in->w.planes + k / BLOCK_PIXELS * 2 * BLOCK_PIXELS + k % BLOCK_PIXELS;
        at[0] = (int8_t)high;
        at[BLOCK_PIXELS] = (int8_t)low;
    }
    in->sign = random_uint32(random) & 1 ? 1 : -1;
}

static void draw_u8(struct inputs *in, struct random_state *random) {
    for (size_t k = 0; k < in->d; k++)
        in->w.u8[k] = (uint8_t)below(random, 256);
}

/* Packs x, pixel by pixel. */
static void pack_row(struct inputs *in) {
    size_t end = in->length / BLOCK_PIXELS * 2;
    memset(in->packed, 0, end);
    for (size_t first = 0; first < in->length; first += GROUP_PIXELS) {
        const uint8_t *x = in->x + first;
        if (!(x[0] | x[1] | x[2] | x[3])) continue;
        size_t group = first / GROUP_PIXELS;
        in->packed[group / 8] |= (uint8_t)(1 << group % 8);
        memcpy(in->packed + end, x, GROUP_PIXELS);
        end += GROUP_PIXELS;
    }
    in->row = in->packed;
    in->row_bytes = end;
}

/* Every place of a row meets every start within 64 rows; then they meet in another order, so that a row taken for the
 * one 64, 512 or 1024 before it shows. */
static void choose_rows(struct inputs *in) {
    in->stride = 1;
    for (uint32_t i = 0; i < in->n; i++)
        in->at[i] = (struct row_ref){.row = (SLIDE + i * 5 + i / 8 + i / 512 * 3) % (SLIDE + 1),
                                     .start = (uint16_t)((2 + i * 5 + i / 64 * 3 + i / 512) % (SLIDE + 1))};
}

/* Behind the rows stands what no kernel may look at. Products of small integers by 0.75 are exact. */
static void draw_model(struct inputs *in) {
    memset(in->at + in->n, NAN_POISON, FEW_ROWS * sizeof *in->at);
    in->wscale = in->weights == WEIGHTS_EXACT ? 0.75 : 1.0 / 3.0;
    in->intercept = -0.5;
}

size_t model_step(const struct inputs *in) {
    return in->type == WEIGHTS_PLANES ? BLOCK_PIXELS : 1;
}

/* 5 and MODELS_MOST + 1 have no common factor, so no two models share a place. */
size_t model_offset(const struct inputs *in, size_t m) {
    return (1 + m * 5 % (MODELS_MOST + 1)) * model_step(in);
}

void inputs_draw(struct inputs *in, struct random_state *random) {
    static void (*const draw[])(struct inputs * in, struct random_state * random) = {[WEIGHTS_F32] = draw_f32,
                                                                                     [WEIGHTS_I16] = draw_i16,
                                                                                     [WEIGHTS_F64] = draw_f64,
                                                                                     [WEIGHTS_PLANES] = draw_planes,
                                                                                     [WEIGHTS_U8] = draw_u8};
    if (in->pixels != PIXELS_GIVEN) {
        draw_pixels(in, random);
        choose_rows(in);
    }
    draw[in->type](in, random);
    draw_model(in);
    in->row = in->x;
    in->row_bytes = in->d;
    if (in->many)
        in->row_bytes = in->length;
    else if (in->pixels == PIXELS_GIVEN && in->n > 0)
        in->row_bytes = in->n * in->stride;
    if (in->form == ROW_PACKED) pack_row(in);
}
