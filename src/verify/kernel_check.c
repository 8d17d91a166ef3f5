#include "verify/kernel_check.h"

#include "data/random.h"
#include "verify/kernel_call.h"

#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The widest backend takes 64 pixels at a time: every length up to three such steps and one, and some long rows;
 * for the integer kernels, whose sums it fills, the longest that a data set can have. */
enum { STEP = 64, SHORT_LENGTHS = 3 * STEP + 2, LONG = 4096, LONGEST = UINT16_MAX };
/* The same in whole blocks, and what a packed row of so many takes if none of its groups is left out. */
enum { LONGEST_BLOCKS = MOST_BLOCKS * BLOCK_PIXELS, LONGEST_PACKED = LONGEST_BLOCKS + 2 * MOST_BLOCKS };
static const size_t long_lengths[] = {255, 576, 784, LONG, LONGEST};
enum { LENGTHS = SHORT_LENGTHS + sizeof long_lengths / sizeof *long_lengths };

/* Bytes of poison on either side of what a kernel gets: no pixel and no weight that leaves a result as it was. */
enum { MARGIN = 256, ROW_POISON = 0xaa, NAN_POISON = 0xff };

enum pixels { PIXELS_ZERO, PIXELS_FULL, PIXELS_ALTERNATING, PIXELS_ONE_HOT, PIXELS_RANDOM, PIXELS_RUNS, PIXELS_KINDS };
static const char *const pixels_words[PIXELS_KINDS] = {"zero", "255", "alternating", "one-hot", "random", "random-run"};

enum weights {
    WEIGHTS_EXACT, /* small integers: sums are exact in any order */
    WEIGHTS_UNIFORM,
    WEIGHTS_MIXED, /* magnitudes 2^-12 to 2^12 */
    WEIGHTS_DENORMAL,
    WEIGHTS_ZERO, /* +0 and -0 */
    WEIGHTS_HUGE, /* as large as no sum of them overflows */
    WEIGHTS_TIES, /* sums that a detour through float64 rounds wrongly */
    WEIGHTS_OVERFLOWING,
    WEIGHTS_KINDS
};
static const char *const weights_words[WEIGHTS_KINDS] = {[WEIGHTS_EXACT] = "small integer",
                                                         [WEIGHTS_UNIFORM] = "uniform",
                                                         [WEIGHTS_MIXED] = "mixed",
                                                         [WEIGHTS_DENORMAL] = "denormal",
                                                         [WEIGHTS_ZERO] = "+-0",
                                                         [WEIGHTS_HUGE] = "huge",
                                                         [WEIGHTS_TIES] = "tie",
                                                         [WEIGHTS_OVERFLOWING] = "overflowing"};

enum { COMBINATIONS = PIXELS_KINDS * WEIGHTS_KINDS };

/* What a kernel's weights are. */
enum type { TYPE_F32, TYPE_I16, TYPE_F64, TYPE_PLANES, TYPE_U8 /* no weights but pixels to be unpacked */ };
static const size_t type_size[] = {[TYPE_F32] = sizeof(float),
                                   [TYPE_I16] = sizeof(int16_t),
                                   [TYPE_F64] = sizeof(double),
                                   [TYPE_PLANES] = 2 * sizeof(int8_t),
                                   [TYPE_U8] = sizeof(uint8_t)};
enum { LARGEST_TYPE = sizeof(double) };

/* A kernel that takes many rows gets some that lie a byte apart, each with weights of its own: row and start go up to
 * SLIDE, so the last of both end where their memory ends. */
enum { SLIDE = 7, MOST_ROWS = 8, DECISIONS = MOST_ROWS + 8 };

struct inputs {
    size_t length; /* that the kernel is told */
    size_t d;      /* pixels and weights that there are */
    enum pixels pixels;
    enum weights weights;
    enum type type;
    uint8_t x[LONGEST_BLOCKS];
    /* What is put where the kernel reads the row: x, or x packed. */
    const uint8_t *row;
    size_t row_bytes;
    uint8_t packed[LONGEST_PACKED];
    union {
        float f32[LONGEST_BLOCKS];
        int16_t i16[LONGEST_BLOCKS];
        double f64[LONGEST_BLOCKS];
        int8_t planes[2 * LONGEST_BLOCKS];
        uint8_t u8[LONGEST_BLOCKS];
    } w;
    /* axpy's factor */
    float a_f32;
    int a_i16;
    double a_f64;
    /* Of many rows */
    size_t n;
    struct row_ref at[MOST_ROWS + 1];
    double wscale, intercept;
};

/* What a right kernel returns and leaves in w, and how far a PARITY_TOLERANCE one may be from it. */
struct expected {
    double real, real_slack;
    double decision[MOST_ROWS], decision_slack[MOST_ROWS];
    uint64_t integer;
    double w[LONGEST_BLOCKS], w_slack[LONGEST_BLOCKS];
};

struct work;

enum result { RESULT_NONE, RESULT_REAL, RESULT_INTEGER, RESULT_DECISIONS };

/* How one kernel is called and what is expected of it. */
struct kernel_kind {
    void (*(*pointer)(const struct backend *backend))(void);
    void (*arguments)(struct kernel_call *call, const struct work *work);
    void (*plain)(struct kernel_call *call); /* see struct kernel_call */
    void (*expect)(struct expected *expected, const struct inputs *inputs);
    enum type type;
    enum result result;
    bool packed; /* it reads a packed row */
    bool many;   /* it takes many rows */
};

/* Memory between two pages that cannot be touched. */
struct fence {
    unsigned char *map, *first, *end;
    size_t mapped;
};

struct work {
    const struct backend *backend;
    const struct kernel_kind *kind;
    uint32_t seed;
    struct kernel_verdict *verdict;
    struct random_state random;
    struct inputs inputs;
    struct expected expected;
    struct fence row_fence, weights_fence;
    /* The call under way. */
    size_t place;
    unsigned char *row, *weights;
    struct batch batch;
    struct linear_model model;
    double decision[DECISIONS];
};

/* Where row and weights stand: the row at each of the 64 offsets in a cache line (the weights at each of those that
 * their type can have), then both directly behind a guard page, then both directly before one. */
enum { PLACE_START = 64, PLACE_END, PLACES };

static size_t row_offset(size_t place) {
    return place;
}

static size_t weights_offset(size_t place, enum type type) {
    return place * 5 % (64 / type_size[type]) * type_size[type];
}

static size_t decision_offset(size_t place) {
    return place % 4;
}

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

/* Weight k of an array of the type; every value that it can have is one of double. */
static double weight_at(const void *weights, enum type type, size_t k) {
    const unsigned char *at = (const unsigned char *)weights + k * type_size[type];
    float f32;
    int16_t i16;
    double f64;
    switch (type) {
    case TYPE_F32:
        memcpy(&f32, at, sizeof f32);
        return (double)f32;
    case TYPE_I16:
        memcpy(&i16, at, sizeof i16);
        return i16;
    case TYPE_PLANES:
        at = (const unsigned char *)weights + k / BLOCK_PIXELS * 2 * BLOCK_PIXELS + k % BLOCK_PIXELS;
        return 256 * (int8_t)at[0] + (int8_t)at[BLOCK_PIXELS];
    case TYPE_U8:
        return *at;
    default:
        memcpy(&f64, at, sizeof f64);
        return f64;
    }
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

/* The volatile keeps the product from being fused; fused or not, it is off by u of itself and of the sum, u = 2^-53. */
static void expect_decision_u8f32(struct expected *expected, const struct inputs *in) {
    expect_weights_kept(expected, in);
    for (size_t i = 0; i < in->n; i++) {
        const float *w = in->w.f32 + in->at[i].start;
        const uint8_t *x = in->x + in->at[i].row;
        volatile double product = (double)folded(w, x, in->length, 0, 1) * in->wscale;
        expected->decision[i] = product + in->intercept;
        double size = fabs(product) + fabs(in->intercept);
        expected->decision_slack[i] =
            in->weights == WEIGHTS_EXACT ? 0 : dot_slack(in, w, x) * in->wscale + 0x1p-51 * size;
    }
}

/* Product and sum rounded apart are off by u|a x| + u|a x + w| and what underflow takes. */
static void expect_axpy_u8f32(struct expected *expected, const struct inputs *in) {
    for (size_t k = 0; k < in->d; k++) {
        expected->w[k] = (double)fmaf(in->a_f32, (float)in->x[k], in->w.f32[k]);
        double size = fabs((double)in->a_f32 * in->x[k]) + fabs((double)in->w.f32[k]);
        expected->w_slack[k] = in->weights == WEIGHTS_EXACT ? 0 : 0x1p-22 * size + (double)FLT_TRUE_MIN;
    }
}

static void expect_dot_u8i16(struct expected *expected, const struct inputs *in) {
    expect_weights_kept(expected, in);
    int64_t sum = 0;
    for (size_t k = in->d; k-- > 0;)
        sum += (int64_t)in->w.i16[k] * in->x[k];
    expected->integer = (uint64_t)sum;
}

static void expect_axpy_u8i16(struct expected *expected, const struct inputs *in) {
    for (size_t k = 0; k < in->d; k++) {
        int sum = in->w.i16[k] + in->a_i16 * in->x[k];
        expected->w[k] = sum > INT16_MAX ? sum - 65536 : sum < INT16_MIN ? sum + 65536 : sum;
        expected->w_slack[k] = 0;
    }
}

static void expect_dot_packed(struct expected *expected, const struct inputs *in) {
    expect_weights_kept(expected, in);
    int64_t sum = 0;
    for (size_t k = in->d; k-- > 0;)
        sum += (int64_t)weight_at(&in->w, in->type, k) * in->x[k];
    expected->integer = (uint64_t)sum;
}

static void expect_axpy_planes(struct expected *expected, const struct inputs *in) {
    for (size_t k = 0; k < in->d; k++) {
        double sum = weight_at(&in->w, in->type, k) + in->a_i16 * in->x[k];
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
        volatile double product = in->x[k] * in->a_f64;
        expected->w[k] = in->w.f64[k] + product;
        double size = fabs(product) + fabs(in->w.f64[k]);
        expected->w_slack[k] = in->weights == WEIGHTS_EXACT ? 0 : 0x1p-51 * size;
    }
}

static void expect_read_u8(struct expected *expected, const struct inputs *in) {
    expect_weights_kept(expected, in);
    expected->integer = 0;
    for (size_t k = 0; k < in->d; k++)
        expected->integer ^= (uint64_t)in->x[k] << k % 8 * 8;
}

/* ---- The kernels: one entry for each of KERNEL_LIST, or this does not compile. ---- */

static void arguments_dot_u8f32(struct kernel_call *call, const struct work *work) {
    call->integer[0] = (uintptr_t)work->weights;
    call->integer[1] = (uintptr_t)work->row;
    call->integer[2] = work->inputs.d;
}

static void plain_dot_u8f32(struct kernel_call *call) {
    call->real.f32 = ((dot_u8f32_fn *)call->kernel)((const float *)call->integer[0], (const uint8_t *)call->integer[1],
                                                    (size_t)call->integer[2]);
}

/* The rows to come are guard pages: they may be asked for, not read. Every other time there is no far one. */
static void arguments_dot_prefetch_u8f32(struct kernel_call *call, const struct work *work) {
    const uintptr_t guard = (uintptr_t)work->row_fence.end;
    const size_t turn = work->place + (size_t)work->inputs.pixels + (size_t)work->inputs.weights;
    arguments_dot_u8f32(call, work);
    call->integer[3] = guard;
    call->integer[4] = turn % 2 ? guard : 0;
}

static void plain_dot_prefetch_u8f32(struct kernel_call *call) {
    call->real.f32 = ((dot_prefetch_u8f32_fn *)call->kernel)(
        (const float *)call->integer[0], (const uint8_t *)call->integer[1], (size_t)call->integer[2],
        (const uint8_t *)call->integer[3], (const uint8_t *)call->integer[4]);
}

static void expect_dot_prefetch_u8f32(struct expected *expected, const struct inputs *in) {
    expect_dot_u8f32(expected, in);
}

static void arguments_decision_u8f32(struct kernel_call *call, const struct work *work) {
    call->integer[0] = (uintptr_t)(work->decision + decision_offset(work->place));
    call->integer[1] = (uintptr_t)&work->batch;
    call->integer[2] = (uintptr_t)&work->model;
}

static void plain_decision_u8f32(struct kernel_call *call) {
    ((decision_u8f32_fn *)call->kernel)((double *)call->integer[0], (const struct batch *)call->integer[1],
                                        (const struct linear_model *)call->integer[2]);
}

static void arguments_axpy_u8f32(struct kernel_call *call, const struct work *work) {
    arguments_dot_u8f32(call, work);
    call->real.f32 = work->inputs.a_f32;
}

static void plain_axpy_u8f32(struct kernel_call *call) {
    ((axpy_u8f32_fn *)call->kernel)((float *)call->integer[0], (const uint8_t *)call->integer[1], call->real.f32,
                                    (size_t)call->integer[2]);
}

static void arguments_dot_u8i16(struct kernel_call *call, const struct work *work) {
    arguments_dot_u8f32(call, work);
}

static void plain_dot_u8i16(struct kernel_call *call) {
    call->integer_result = (uint64_t)((dot_u8i16_fn *)call->kernel)(
        (const int16_t *)call->integer[0], (const uint8_t *)call->integer[1], (size_t)call->integer[2]);
}

static void arguments_dot_prefetch_u8i16(struct kernel_call *call, const struct work *work) {
    arguments_dot_prefetch_u8f32(call, work);
}

static void plain_dot_prefetch_u8i16(struct kernel_call *call) {
    call->integer_result = (uint64_t)((dot_prefetch_u8i16_fn *)call->kernel)(
        (const int16_t *)call->integer[0], (const uint8_t *)call->integer[1], (size_t)call->integer[2],
        (const uint8_t *)call->integer[3], (const uint8_t *)call->integer[4]);
}

static void expect_dot_prefetch_u8i16(struct expected *expected, const struct inputs *in) {
    expect_dot_u8i16(expected, in);
}

static void arguments_axpy_u8i16(struct kernel_call *call, const struct work *work) {
    arguments_dot_u8f32(call, work);
    call->integer[2] = (uint64_t)(int64_t)work->inputs.a_i16;
    call->integer[3] = work->inputs.d;
}

static void plain_axpy_u8i16(struct kernel_call *call) {
    ((axpy_u8i16_fn *)call->kernel)((int16_t *)call->integer[0], (const uint8_t *)call->integer[1],
                                    (int)(int64_t)call->integer[2], (size_t)call->integer[3]);
}

/* Of the row to come, a guard page, so many lines may be asked for. */
static void arguments_dot_packed(struct kernel_call *call, const struct work *work) {
    const size_t blocks = work->inputs.d / BLOCK_PIXELS;
    arguments_dot_u8f32(call, work);
    call->integer[2] = blocks;
    call->integer[3] = (uintptr_t)work->row_fence.end;
    call->integer[4] = (work->place + (size_t)work->inputs.pixels) % (blocks + 1);
}

static void plain_dot_packed(struct kernel_call *call) {
    call->integer_result = (uint64_t)((dot_packed_fn *)call->kernel)(
        (const int8_t *)call->integer[0], (const uint8_t *)call->integer[1], (size_t)call->integer[2],
        (const uint8_t *)call->integer[3], (size_t)call->integer[4]);
}

static void arguments_axpy_planes(struct kernel_call *call, const struct work *work) {
    arguments_axpy_u8i16(call, work);
    call->integer[3] = work->inputs.d / BLOCK_PIXELS;
}

static void plain_axpy_planes(struct kernel_call *call) {
    ((axpy_planes_fn *)call->kernel)((int8_t *)call->integer[0], (const uint8_t *)call->integer[1],
                                     (int)(int64_t)call->integer[2], (size_t)call->integer[3]);
}

static void arguments_unpack_u8(struct kernel_call *call, const struct work *work) {
    arguments_dot_u8f32(call, work);
    call->integer[2] = work->inputs.d / BLOCK_PIXELS;
}

static void plain_unpack_u8(struct kernel_call *call) {
    ((unpack_u8_fn *)call->kernel)((uint8_t *)call->integer[0], (const uint8_t *)call->integer[1],
                                   (size_t)call->integer[2]);
}

static void arguments_axpy_u8f64(struct kernel_call *call, const struct work *work) {
    arguments_dot_u8f32(call, work);
    call->real.f64 = work->inputs.a_f64;
}

static void plain_axpy_u8f64(struct kernel_call *call) {
    ((axpy_u8f64_fn *)call->kernel)((double *)call->integer[0], (const uint8_t *)call->integer[1], call->real.f64,
                                    (size_t)call->integer[2]);
}

static void arguments_read_u8(struct kernel_call *call, const struct work *work) {
    call->integer[0] = (uintptr_t)work->row;
    call->integer[1] = work->inputs.d;
}

static void plain_read_u8(struct kernel_call *call) {
    call->integer_result = ((read_u8_fn *)call->kernel)((const uint8_t *)call->integer[0], (size_t)call->integer[1]);
}

enum {
    RESULT_OF_dot_u8f32 = RESULT_REAL,
    RESULT_OF_dot_prefetch_u8f32 = RESULT_REAL,
    RESULT_OF_decision_u8f32 = RESULT_DECISIONS,
    RESULT_OF_axpy_u8f32 = RESULT_NONE,
    RESULT_OF_dot_u8i16 = RESULT_INTEGER,
    RESULT_OF_dot_prefetch_u8i16 = RESULT_INTEGER,
    RESULT_OF_axpy_u8i16 = RESULT_NONE,
    RESULT_OF_axpy_u8f64 = RESULT_NONE,
    RESULT_OF_dot_packed = RESULT_INTEGER,
    RESULT_OF_axpy_planes = RESULT_NONE,
    RESULT_OF_unpack_u8 = RESULT_NONE,
    RESULT_OF_read_u8 = RESULT_INTEGER
};

enum {
    TYPE_OF_dot_u8f32 = TYPE_F32,
    TYPE_OF_dot_prefetch_u8f32 = TYPE_F32,
    TYPE_OF_decision_u8f32 = TYPE_F32,
    TYPE_OF_axpy_u8f32 = TYPE_F32,
    TYPE_OF_dot_u8i16 = TYPE_I16,
    TYPE_OF_dot_prefetch_u8i16 = TYPE_I16,
    TYPE_OF_axpy_u8i16 = TYPE_I16,
    TYPE_OF_axpy_u8f64 = TYPE_F64,
    TYPE_OF_dot_packed = TYPE_PLANES,
    TYPE_OF_axpy_planes = TYPE_PLANES,
    TYPE_OF_unpack_u8 = TYPE_U8,
    TYPE_OF_read_u8 = TYPE_F32 /* it has none */
};

/* Those that read a packed row. */
enum {
    PACKED_IN_dot_u8f32 = false,
    PACKED_IN_dot_prefetch_u8f32 = false,
    PACKED_IN_decision_u8f32 = false,
    PACKED_IN_axpy_u8f32 = false,
    PACKED_IN_dot_u8i16 = false,
    PACKED_IN_dot_prefetch_u8i16 = false,
    PACKED_IN_axpy_u8i16 = false,
    PACKED_IN_axpy_u8f64 = false,
    PACKED_IN_read_u8 = false,
    PACKED_IN_dot_packed = true,
    PACKED_IN_axpy_planes = false,
    PACKED_IN_unpack_u8 = true
};

#define POINTER(kernel, unused)                                                                                        \
    static void (*pointer_##kernel(const struct backend *backend))(void) {                                             \
        return (void (*)(void))backend->kernel;                                                                        \
    }
KERNEL_LIST(POINTER, )

#define KIND(kernel, unused)                                                                                           \
    {.pointer = pointer_##kernel,                                                                                      \
     .arguments = arguments_##kernel,                                                                                  \
     .plain = plain_##kernel,                                                                                          \
     .expect = expect_##kernel,                                                                                        \
     .type = (enum type)TYPE_OF_##kernel,                                                                              \
     .result = (enum result)RESULT_OF_##kernel,                                                                        \
     .packed = PACKED_IN_##kernel,                                                                                     \
     .many = (int)RESULT_OF_##kernel == (int)RESULT_DECISIONS},
static const struct kernel_kind kinds[KERNEL_COUNT] = {KERNEL_LIST(KIND, )};

#define NAME(kernel, unused) #kernel,
const char *const kernel_names[KERNEL_COUNT] = {KERNEL_LIST(NAME, )};

/* ---- Inputs ---- */

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
    in->a_f32 = 16519105 * 0x1p-54F;
}

static void draw_f32(struct inputs *in, struct random_state *random) {
    for (size_t k = 0; k < in->d; k++)
        in->w.f32[k] = draw_weight(in, random);
    in->a_f32 = draw_weight(in, random);
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
    in->a_i16 = random_uint32(random) & 1 ? 1 : -1;
}

/* The float32 weights with more digits, so that a product has to be rounded. */
static double draw_longer(const struct inputs *in, struct random_state *random) {
    double weight = (double)draw_weight(in, random);
    return in->weights == WEIGHTS_EXACT ? weight : weight * (1 + random_uint32(random) * 0x1p-56);
}

static void draw_f64(struct inputs *in, struct random_state *random) {
    for (size_t k = 0; k < in->d; k++)
        in->w.f64[k] = draw_longer(in, random);
    in->a_f64 = draw_longer(in, random);
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
    in->a_i16 = random_uint32(random) & 1 ? 1 : -1;
}

static void draw_u8(struct inputs *in, struct random_state *random) {
    for (size_t k = 0; k < in->d; k++)
        in->w.u8[k] = (uint8_t)below(random, 256);
}

/* Packs x, pixel by pixel. */
static void pack_row(struct inputs *in) {
    size_t end = in->d / BLOCK_PIXELS * 2;
    memset(in->packed, 0, end);
    for (size_t first = 0; first < in->d; first += GROUP_PIXELS) {
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

/* From five to MOST_ROWS rows, at times none; behind them stands what no kernel may look at. Products of small integers
 * by 0.75 are exact. */
static void choose_rows(struct inputs *in) {
    in->n = in->length % 64 == 32 ? 0 : 5 + in->length % 4;
    memset(in->at, NAN_POISON, sizeof in->at);
    for (uint32_t i = 0; i < in->n; i++)
        in->at[i] =
            (struct row_ref){.row = (SLIDE + i * 5) % (SLIDE + 1), .start = (uint16_t)((2 + i * 5) % (SLIDE + 1))};
    in->wscale = in->weights == WEIGHTS_EXACT ? 0.75 : 1.0 / 3.0;
    in->intercept = -0.5;
}

static void draw_inputs(struct inputs *in, bool packed, struct random_state *random) {
    static void (*const draw[])(struct inputs * in, struct random_state * random) = {[TYPE_F32] = draw_f32,
                                                                                     [TYPE_I16] = draw_i16,
                                                                                     [TYPE_F64] = draw_f64,
                                                                                     [TYPE_PLANES] = draw_planes,
                                                                                     [TYPE_U8] = draw_u8};
    draw_pixels(in, random);
    draw[in->type](in, random);
    in->row = in->x;
    in->row_bytes = in->d;
    choose_rows(in);
    if (packed) pack_row(in);
}

/* ---- Memory ---- */

static int fence_make(struct fence *fence, size_t room) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    room = (room + page - 1) / page * page;
    fence->mapped = room + 2 * page;
    fence->map = mmap(NULL, fence->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fence->map == MAP_FAILED) return -1;
    fence->first = fence->map + page;
    fence->end = fence->first + room;
    if (mprotect(fence->first, room, PROT_READ | PROT_WRITE) == 0) return 0;
    munmap(fence->map, fence->mapped);
    return -1;
}

static void fence_free(struct fence *fence) {
    munmap(fence->map, fence->mapped);
}

static size_t room_before(const struct fence *fence, const unsigned char *at) {
    size_t room = (size_t)(at - fence->first);
    return room < MARGIN ? room : MARGIN;
}

static size_t room_behind(const struct fence *fence, const unsigned char *end) {
    size_t room = (size_t)(fence->end - end);
    return room < MARGIN ? room : MARGIN;
}

/* Copies the content to its place and surrounds it with poison. */
static unsigned char *put(const struct fence *fence, size_t place, size_t offset, const void *content, size_t length,
                          int poison) {
    unsigned char *at = fence->first + MARGIN + offset;
    if (place == PLACE_START) at = fence->first;
    if (place == PLACE_END) at = fence->end - length;
    memset(at - room_before(fence, at), poison, room_before(fence, at));
    memcpy(at, content, length);
    memset(at + length, poison, room_behind(fence, at + length));
    return at;
}

static bool is_all(const unsigned char *at, size_t length, int poison) {
    return length == 0 || (*at == poison && memcmp(at, at + 1, length - 1) == 0);
}

static bool around_is(const struct fence *fence, const unsigned char *at, size_t length, int poison) {
    size_t before = room_before(fence, at);
    return is_all(at - before, before, poison) && is_all(at + length, room_behind(fence, at + length), poison);
}

/* ---- Verdicts ---- */

/* Says what is wrong, where, and how to see it again; always false. */
__attribute__((format(printf, 2, 3))) static bool wrong(struct work *work, const char *format, ...) {
    struct kernel_verdict *verdict = work->verdict;
    const struct inputs *in = &work->inputs;
    char what[320], where[64];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (work->place == PLACE_START)
        snprintf(where, sizeof where, "directly behind a guard page");
    else if (work->place == PLACE_END)
        snprintf(where, sizeof where, "directly before a guard page");
    else
        snprintf(where, sizeof where, "row at offset %zu, weights at %zu", row_offset(work->place),
                 weights_offset(work->place, in->type));
    verdict->state = KERNEL_WRONG;
    snprintf(verdict->text, sizeof verdict->text,
             "%s %s: length %zu, %s, %s pixels, %s weights: %s; again: sgdmark kernels --verify --isa %s --kernel %s "
             "--seed %u",
             work->backend->name, verdict->kernel, in->length, where, pixels_words[in->pixels],
             weights_words[in->weights], what, work->backend->name, verdict->kernel, work->seed);
    return false;
}

/* The same number, -0 and +0 told apart. */
static bool same_bits(double a, double b) {
    uint64_t bits_of_a, bits_of_b;
    memcpy(&bits_of_a, &a, sizeof a);
    memcpy(&bits_of_b, &b, sizeof b);
    return bits_of_a == bits_of_b;
}

static bool same(const struct work *work, double got, double want, double slack) {
    if (isnan(got) || isnan(want)) return isnan(got) && isnan(want);
    if (work->backend->parity == PARITY_BITS) return same_bits(got, want);
    if (isinf(got) || isinf(want)) return got == want;
    return fabs(got - want) <= slack;
}

static bool judge_weights(struct work *work) {
    const struct inputs *in = &work->inputs;
    const struct expected *expected = &work->expected;
    for (size_t k = 0; k < in->d; k++) {
        double got = weight_at(work->weights, in->type, k), before = weight_at(&in->w, in->type, k);
        if (same(work, got, expected->w[k], expected->w_slack[k])) continue;
        /* A kernel may skip zeros, and fmaf(a, 0, -0) is +0. */
        if (in->type != TYPE_U8 && in->x[k] == 0 && same_bits(got, before)) continue;
        return wrong(work, "w[%zu] is %a (%.9g), not %a (%.9g)", k, got, got, expected->w[k], expected->w[k]);
    }
    return true;
}

static bool judge_decisions(struct work *work) {
    const struct inputs *in = &work->inputs;
    const struct expected *expected = &work->expected;
    const double *decision = work->decision + decision_offset(work->place);
    const unsigned char *begin = (const unsigned char *)work->decision, *end = begin + sizeof work->decision;
    const unsigned char *first = (const unsigned char *)decision, *last = (const unsigned char *)(decision + in->n);
    for (size_t i = 0; i < in->n; i++)
        if (!same(work, decision[i], expected->decision[i], expected->decision_slack[i]))
            return wrong(work, "decision %zu of %zu is %a (%.9g), not %a (%.9g)", i, in->n, decision[i], decision[i],
                         expected->decision[i], expected->decision[i]);
    if (!is_all(begin, (size_t)(first - begin), NAN_POISON) || !is_all(last, (size_t)(end - last), NAN_POISON))
        return wrong(work, "it wrote outside the decisions");
    return true;
}

static bool judge(struct work *work, const struct kernel_call *call) {
    const struct inputs *in = &work->inputs;
    const struct expected *expected = &work->expected;
    double real = (double)call->real.f32;
    if (work->kind->result == RESULT_REAL && !same(work, real, expected->real, expected->real_slack))
        return wrong(work, "the result is %a (%.9g), not %a (%.9g)", real, real, expected->real, expected->real);
    if (work->kind->result == RESULT_INTEGER && call->integer_result != expected->integer)
        return wrong(work, "the result is %#llx, not %#llx", (unsigned long long)call->integer_result,
                     (unsigned long long)expected->integer);
    if (work->kind->result == RESULT_DECISIONS && !judge_decisions(work)) return false;
    if (!judge_weights(work)) return false;
    if (memcmp(work->row, in->row, in->row_bytes) != 0) return wrong(work, "it wrote to the row");
    if (!around_is(&work->row_fence, work->row, in->row_bytes, ROW_POISON))
        return wrong(work, "it wrote outside the row");
    if (!around_is(&work->weights_fence, work->weights, in->d * type_size[in->type], NAN_POISON))
        return wrong(work, "it wrote outside the weights");
    return true;
}

static bool judge_fault(struct work *work, const struct kernel_fault *fault) {
    if (!fault->signal) return wrong(work, "it does not restore %s", fault->changed);
    const struct fence *fences[] = {&work->row_fence, &work->weights_fence};
    const unsigned char *content[] = {work->row, work->weights};
    for (int i = 0; i < 2; i++) {
        uintptr_t map = (uintptr_t)fences[i]->map;
        if (fault->address < map || fault->address >= map + fences[i]->mapped) continue;
        return wrong(work, "SIG%s at byte %td of the %s", sigabbrev_np(fault->signal),
                     (ptrdiff_t)(fault->address - (uintptr_t)content[i]), i ? "weights" : "row");
    }
    return wrong(work, "SIG%s at address %#zx", sigabbrev_np(fault->signal), (size_t)fault->address);
}

/* ---- The calls ---- */

static bool check_place(struct work *work, size_t place) {
    const struct inputs *in = &work->inputs;
    work->place = place;
    work->row = put(&work->row_fence, place, row_offset(place), in->row, in->row_bytes, ROW_POISON);
    work->weights = put(&work->weights_fence, place, weights_offset(place, in->type), &in->w,
                        in->d * type_size[in->type], NAN_POISON);
    work->batch = (struct batch){work->row, 1, in->length, in->at, in->n};
    work->model = (struct linear_model){(const float *)(const void *)work->weights, in->wscale, in->intercept};
    memset(work->decision, NAN_POISON, sizeof work->decision);
    struct kernel_call call = {.kernel = work->kind->pointer(work->backend), .plain = work->kind->plain};
    work->kind->arguments(&call, work);
    struct kernel_fault fault;
    if (!kernel_call(&call, &fault)) return judge_fault(work, &fault);
    work->verdict->calls++;
    return judge(work, &call);
}

/* Every combination of inputs meets the guard pages; those whose turn it is, one in eight, meet all 64 offsets. */
static bool check_length(struct work *work, size_t turn, size_t d) {
    struct inputs *in = &work->inputs;
    in->length = d;
    in->d = work->kind->many ? d + SLIDE : d;
    in->type = work->kind->type;
    for (size_t c = 0; c < COMBINATIONS; c++) {
        in->pixels = (enum pixels)(c % PIXELS_KINDS);
        in->weights = (enum weights)(c / PIXELS_KINDS);
        /* Whether a sum in another order overflows too is chance. */
        if (in->type == TYPE_F32 && in->weights == WEIGHTS_OVERFLOWING && work->backend->parity != PARITY_BITS)
            continue;
        draw_inputs(in, work->kind->packed, &work->random);
        work->kind->expect(&work->expected, in);
        bool everywhere = (c + turn) % 8 == 0 && d <= LONG;
        for (size_t place = everywhere ? 0 : PLACE_START; place < PLACES; place++)
            if (!check_place(work, place)) return false;
    }
    return true;
}

static void check_lengths(struct work *work) {
    random_seed(&work->random, work->seed);
    for (size_t i = 0; i < LENGTHS; i++) {
        size_t d = i < SHORT_LENGTHS ? i : long_lengths[i - SHORT_LENGTHS];
        enum type type = work->kind->type;
        if (d == LONGEST && (type == TYPE_F32 || type == TYPE_F64)) continue;
        if (type == TYPE_PLANES || type == TYPE_U8) d = (d + BLOCK_PIXELS - 1) / BLOCK_PIXELS * BLOCK_PIXELS;
        if (!check_length(work, i, d)) return;
    }
}

static int not_checked(struct kernel_verdict *verdict, const char *why) {
    verdict->state = KERNEL_NOT_CHECKED;
    snprintf(verdict->text, sizeof verdict->text, "%s", why);
    return -1;
}

int kernel_check_one(const struct backend *backend, size_t kernel, uint32_t seed, struct kernel_verdict *verdict) {
    *verdict = (struct kernel_verdict){.kernel = kernel_names[kernel]};
    if (backend_state(backend) != BACKEND_OK) {
        char reason[160];
        backend_reason(backend, reason, sizeof reason);
        return not_checked(verdict, reason);
    }
    if (!kinds[kernel].pointer(backend)) return not_checked(verdict, "the backend has no such kernel");
    struct work *work = malloc(sizeof *work);
    if (!work) return not_checked(verdict, "out of memory");
    *work = (struct work){.backend = backend, .kind = &kinds[kernel], .seed = seed, .verdict = verdict};
    size_t room = LONGEST_PACKED + STEP + 2 * MARGIN;
    bool fenced = false, ready = false;
    if (fence_make(&work->row_fence, room) == 0) {
        fenced = fence_make(&work->weights_fence, room * LARGEST_TYPE) == 0;
        ready = fenced && kernel_call_begin() == 0;
        if (ready) {
            check_lengths(work);
            kernel_call_end();
        }
        if (fenced) fence_free(&work->weights_fence);
        fence_free(&work->row_fence);
    }
    free(work);
    if (!ready) return not_checked(verdict, "the system gives no memory for guard pages");
    return verdict->state == KERNEL_RIGHT ? 0 : -1;
}

size_t kernels_of(const struct backend *backend) {
    return KERNEL_COUNT - (backend->dot_packed ? 0 : PACKED_COUNT);
}

int kernel_check_backend(const struct backend *backend, uint32_t seed, struct kernel_check *result) {
    int bad = 0;
    *result = (struct kernel_check){0};
    for (size_t kernel = 0; kernel < kernels_of(backend); kernel++)
        bad |= kernel_check_one(backend, kernel, seed, &result->kernel[kernel]);
    return bad;
}
