/* SPDX-License-Identifier: MIT */
/* The kernels and the table of backends. kernels/README.md holds the contract in full. */
#ifndef SGDMARK_KERNELS_H
#define SGDMARK_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* dot_u8f32: the 64-lane reduction of w[d] and x[d]. Lane l (0..63) starts at +0 and takes k = l, l+64, l+128, ... in
 * that order, each by a[l] = fmaf(w[k], (float)x[k], a[l]); then for h = 32, 16, 8, 4, 2, 1: a[i] = a[i] + a[i+h] for
 * i < h. Returns a[0]. Reads exactly d weights and d bytes. */
typedef float dot_u8f32_fn(const float *w, const uint8_t *x, size_t d);

/* dot_prefetch_u8f32: dot_u8f32, with prefetches between the multiplications, a cache line at a time: the d bytes at
 * l1_row into L1 and, unless l2_row is NULL, the d bytes at l2_row into L2. */
typedef float dot_prefetch_u8f32_fn(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row,
                                    const uint8_t *l2_row);

/* 8-byte row descriptor: index, first stored feature, label. */
struct row_ref {
    uint32_t row;
    uint16_t start;
    uint8_t positive;
};

/* Rows in order: the d pixels of row i begin at x + at[i].row * stride. */
struct batch {
    const uint8_t *x;
    size_t stride, d;
    const struct row_ref *at; /* [n] */
    size_t n;
};

/* The decision of a row is wscale times its dot product, plus the intercept. */
struct linear_model {
    const float *w; /* of every feature */
    double wscale, intercept;
};

/* decision_u8f32: decision[i] = (double)dot_u8f32(w + at[i].start, pixels of row i, d) * wscale + intercept for i < n,
 * the product rounded, then the sum. Prefetches the row decision_prefetch(d) later into L1; the caller prefetches the
 * first rows. */
typedef void decision_u8f32_fn(double *decision, const struct batch *batch, const struct linear_model *model);

/* A row that several models use at once: its pixels, the feature of x[0], and the rows to prefetch meanwhile. l2_row
 * may be NULL. */
struct shared_row {
    const uint8_t *x;
    size_t start, d;
    const uint8_t *l1_row, *l2_row;
};

enum { MODELS_MOST = 12 };

/* dot_many_u8f32: dot[m] = (double)dot_u8f32(w[m] + start, x, d) for m < models, models <= MODELS_MOST. Each pixel is
 * read and converted once for as many models as the registers hold. Prefetches as dot_prefetch_u8f32 does. */
typedef void dot_many_u8f32_fn(double *dot, const float *const *w, size_t models, const struct shared_row *row);

/* Prefetch distance in rows: 12 KiB in flight, at most 16 rows. */
static inline size_t decision_prefetch(size_t bytes) {
    size_t fit = 12288 / (bytes + 1) + 1;
    return fit < 16 ? fit : 16;
}

/* axpy_u8f32: w[k] = fmaf(a, (float)x[k], w[k]) for k < d. */
typedef void axpy_u8f32_fn(float *w, const uint8_t *x, float a, size_t d);

/* dot_u8i16: the sum of w[k] * x[k] over k < d, exactly, in any order. */
typedef int64_t dot_u8i16_fn(const int16_t *w, const uint8_t *x, size_t d);

/* dot_prefetch_u8i16: dot_u8i16, with the prefetches of dot_prefetch_u8f32. */
typedef int64_t dot_prefetch_u8i16_fn(const int16_t *w, const uint8_t *x, size_t d, const uint8_t *l1_row,
                                      const uint8_t *l2_row);

/* dot_many_u8i16: dot[m] = dot_u8i16(w[m] + start, x, d), which a double holds exactly; as dot_many_u8f32. */
typedef void dot_many_u8i16_fn(double *dot, const int16_t *const *w, size_t models, const struct shared_row *row);

/* axpy_u8i16: w[k] = w[k] + a * x[k] for k < d, modulo 2^16; a is 1 or -1. */
typedef void axpy_u8i16_fn(int16_t *w, const uint8_t *x, int a, size_t d);

/* axpy_u8f64: w[k] = w[k] + (double)x[k] * a for k < d, the product rounded, then the sum: scikit-learn's update. */
typedef void axpy_u8f64_fn(double *w, const uint8_t *x, double a, size_t d);

/* sigmoid_f32: z[k] = 1 / (1 + exp(-z[k])) for k < n, the probability that goes with a decision value of the log loss.
 * With e = exp(-|z|) of transcendental.h it is 1 / (1 + e), and e / (1 + e) where z is below 0; sum and quotient are
 * rounded to float32. So nothing overflows, z may be infinite, and at 0 it is 0.5. */
typedef void sigmoid_f32_fn(float *z, size_t n);

/* read_u8: the kernel of the read roof. Reads x[d] with the backend's widest loads; returns the exclusive or of the
 * 8-byte little-endian words of x, the last one padded with zeros. */
typedef uint64_t read_u8_fn(const uint8_t *x, size_t d);

/* A packed row leaves out the groups of four pixels that are all zero. Pixels form blocks of 64; the last block is
 * padded with zeros. The row begins with a little-endian 16-bit mask per block: bit g says that pixels 4g to 4g + 3 are
 * kept. The kept groups follow in order.
 *
 * Its weights are integers in two planes of bytes. Block b lies at w + 128 b: 64 high bytes, then 64 low bytes. A
 * weight is 256 high + low, both signed: -32896 to 32639. */
enum { BLOCK_PIXELS = 64, GROUP_PIXELS = 4, MOST_BLOCKS = 1024, PLANES_MOST = 32639 };

/* dot_packed: the exact sum of weight times pixel over a packed row of at most MOST_BLOCKS blocks. Prefetches the first
 * `lines` cache lines of the packed row at l1_row into L1, or one more; lines <= blocks. */
typedef int64_t dot_packed_fn(const int8_t *w, const uint8_t *row, size_t blocks, const uint8_t *l1_row, size_t lines);

/* dot_many_packed: dot[m] = dot_packed(w[m] + 2 start, x, d / 64), which a double holds exactly, for m < models; x is a
 * packed row of d pixels, start and d whole blocks. Prefetches the first `lines` cache lines of l1_row into L1. */
typedef void dot_many_packed_fn(double *dot, const int8_t *const *w, size_t models, const struct shared_row *row,
                                size_t lines);

/* axpy_planes: adds a * x[k] to weight k, k < 64 blocks; a is 1 or -1, x[] are plain pixels. Modulo 2^16. */
typedef void axpy_planes_fn(int8_t *w, const uint8_t *x, int a, size_t blocks);

/* unpack_u8: writes the 64 * blocks plain pixels of a packed row to x[]. */
typedef void unpack_u8_fn(uint8_t *x, const uint8_t *row, size_t blocks);

/* Every kernel, as X(kernel, suffix). Table and prototypes follow from these lists, check and benchmark from
 * src/verify/kernel_spec.def; a kernel without a line there does not compile. Backends with a common base share
 * SHARED_KERNELS. PACKED_KERNELS are NULL where packing does not pay. */
#define SHARED_KERNELS(X, suffix)                                                                                      \
    X(dot_u8f32, suffix)                                                                                               \
    X(dot_prefetch_u8f32, suffix)                                                                                      \
    X(dot_many_u8f32, suffix)                                                                                          \
    X(decision_u8f32, suffix)                                                                                          \
    X(axpy_u8f32, suffix)                                                                                              \
    X(axpy_u8i16, suffix)                                                                                              \
    X(axpy_u8f64, suffix)                                                                                              \
    X(sigmoid_f32, suffix)                                                                                             \
    X(read_u8, suffix)
#define PACKED_KERNELS(X, suffix)                                                                                      \
    X(dot_packed, suffix)                                                                                              \
    X(dot_many_packed, suffix)                                                                                         \
    X(axpy_planes, suffix)                                                                                             \
    X(unpack_u8, suffix)
#define OWN_KERNELS(X, suffix)                                                                                         \
    X(dot_u8i16, suffix)                                                                                               \
    X(dot_prefetch_u8i16, suffix)                                                                                      \
    X(dot_many_u8i16, suffix)
#define KERNEL_LIST(X, suffix) SHARED_KERNELS(X, suffix) OWN_KERNELS(X, suffix) PACKED_KERNELS(X, suffix)

/* What a backend promises about its results. */
enum kernel_parity {
    PARITY_BITS,     /* the same bits as the scalar backend */
    PARITY_TOLERANCE /* the same sums within rounding: compiled with fast-math */
};

enum kernel_arch { ARCH_ANY, ARCH_X86_64, ARCH_AARCH64 };

/* Bits of struct backend.needs and of what cpu_features finds. */
enum cpu_feature {
    CPU_AVX2 = 1 << 0,       /* AVX2 and FMA */
    CPU_X86_64_V3 = 1 << 1,  /* the psABI level: AVX2, FMA, BMI1, BMI2, F16C, LZCNT, MOVBE */
    CPU_AVX512 = 1 << 2,     /* AVX-512 F, BW, DQ, VL */
    CPU_X86_64_V4 = 1 << 3,  /* the psABI level: v3 and AVX-512 F, BW, CD, DQ, VL */
    CPU_AVX512VNNI = 1 << 4, /* vpdpbusd on zmm */
    CPU_AVXVNNI = 1 << 5,    /* vpdpbusd on ymm, VEX form */
    CPU_NEON = 1 << 6,       /* Advanced SIMD */
    CPU_DOTPROD = 1 << 7,    /* sdot, udot */
    CPU_I8MM = 1 << 8        /* usdot, smmla */
};

/* One ISA's set of kernels. */
struct backend {
    const char *name;
    const char *base; /* suffix of the backend whose SHARED_KERNELS it uses; its own suffix if it has all kernels */
    const char *suffix;
    enum kernel_parity parity;
    enum kernel_arch arch;
    unsigned needs;     /* enum cpu_feature bits */
    const char *levels; /* the same as text: "AVX2, FMA" */
    const char *flags;  /* compiler flags of its file, beside those of every file */
    bool compiled;      /* false: for another architecture, and the kernels are NULL */
#define KERNEL_FIELD(kernel, unused) kernel##_fn *kernel;
    KERNEL_LIST(KERNEL_FIELD, )
#undef KERNEL_FIELD
};

/* What the processor and the operating system offer, as enum cpu_feature bits. A backend can run where both hold. */
struct cpu_features {
    unsigned cpu; /* the instructions exist (CPUID, HWCAP) */
    unsigned os;  /* the kernel saves the registers they use (OSXSAVE and XCR0; on Arm the same as cpu) */
};
struct cpu_features cpu_features(void);

/* All backends of registry.def, in its order, those of other architectures included (kernel pointers NULL). */
extern const struct backend backends[];
extern const size_t backend_count;

/* Why a backend can or cannot run here. */
enum backend_state { BACKEND_OK, BACKEND_NOT_COMPILED, BACKEND_NO_CPU, BACKEND_NO_OS };
enum backend_state backend_state(const struct backend *backend);

/* The state in words, naming what is missing: "runs here", "not compiled: for aarch64", "the CPU lacks AVX-512 ...". */
void backend_reason(const struct backend *backend, char *text, size_t size);

/* The backend called `name`, or NULL. Its state is not looked at. */
const struct backend *backend_find(const char *name);

/* The backend that `--isa auto` takes: the last one in registry.def that promises the scalar bits and runs here. */
const struct backend *backend_best(void);

/* The backend whose SHARED_KERNELS `backend` uses; itself if it has all kernels. */
const struct backend *backend_base(const struct backend *backend);

/* The scalar backend, the reference of engine f32. */
const struct backend *backend_scalar(void);

/* The sum of engine f64 in scikit-learn's order: products rounded, then sums, strictly by index. Its update is the
 * scalar backend's axpy_u8f64. */
double dot_u8f64_reference(const double *w, const uint8_t *x, size_t d);

#ifdef __cplusplus
}
#endif

#endif
