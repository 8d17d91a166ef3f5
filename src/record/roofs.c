#include "record/roofs.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
    AHEAD = 16, /* as the training loop */
    CACHE_LINE = 64,
    HOT_ROWS = 16, /* with the weights well inside the first-level cache */
    TRIAL_ROWS = 512
};

struct read_roof {
    const struct dataset *ds;
    const struct example *first; /* the order before the first epoch */
    const uint32_t *permutation;
    size_t n;
    unsigned epochs, done;
    struct example *order[2];
    const struct example *now;
    read_u8_fn *read;
    volatile uint64_t sum; /* keeps the reads alive */
};

struct mix_roof {
    enum engine engine;
    dot_u8f32_fn *dot;
    size_t width, rows;
    uint8_t *hot; /* [HOT_ROWS][width] */
    float *w32;
    double *w64;
    volatile double sum;
};

struct read_roof *read_roof_new(const struct examples *examples, const uint32_t *permutation, unsigned epochs,
                                const struct backend *backend, struct error *err) {
    struct read_roof *roof = calloc(1, sizeof *roof);
    if (roof) {
        *roof = (struct read_roof){.ds = examples->ds,
                                   .first = examples->at,
                                   .permutation = permutation,
                                   .n = examples->n,
                                   .epochs = epochs,
                                   .read = backend->read_u8};
        for (int i = 0; i < 2; i++)
            roof->order[i] = malloc(roof->n * sizeof *roof->order[i]);
        if (roof->order[0] && roof->order[1]) return roof;
    }
    read_roof_free(roof);
    fail(err, "out of memory for %zu rows", examples->n);
    return NULL;
}

void read_roof_free(struct read_roof *roof) {
    if (!roof) return;
    free(roof->order[0]);
    free(roof->order[1]);
    free(roof);
}

static void next_order(void *context) {
    struct read_roof *roof = context;
    const struct example *last = roof->done % roof->epochs == 0 ? roof->first : roof->now;
    struct example *order = roof->order[roof->done++ % 2];
    for (size_t i = 0; i < roof->n; i++)
        order[i] = last[roof->permutation[i]];
    roof->now = order;
}

static void read_rows(void *context) {
    struct read_roof *roof = context;
    const struct dataset *ds = roof->ds;
    const size_t n = roof->n, width = ds->width;
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *ahead = ds->pixels + roof->now[i + AHEAD < n ? i + AHEAD : n - 1].row * ds->stride;
        for (size_t k = 0; k < width; k += CACHE_LINE)
            __builtin_prefetch(ahead + k);
        sum ^= roof->read(ds->pixels + roof->now[i].row * ds->stride, width);
    }
    roof->sum = sum;
}

void read_roof_arm(struct read_roof *roof, struct arm *arm) {
    arm->prepare = next_order;
    arm->run = read_rows;
    arm->context = roof;
}

static void mix(void *context) {
    struct mix_roof *roof = context;
    double sum = 0.0;
    for (size_t i = 0; i < roof->rows; i++) {
        const uint8_t *x = roof->hot + i % HOT_ROWS * roof->width;
        sum += roof->engine == ENGINE_F32 ? (double)roof->dot(roof->w32, x, roof->width)
                                          : dot_u8f64_reference(roof->w64, x, roof->width);
    }
    roof->sum = sum;
}

static void choose_rows(struct mix_roof *roof) {
    double best = 1.0;
    roof->rows = TRIAL_ROWS;
    for (int i = 0; i < 5; i++) {
        double begin = seconds_now();
        mix(roof);
        double spent = seconds_now() - begin;
        best = spent < best ? spent : best;
    }
    double rows = 2e-3 / (best / TRIAL_ROWS);
    roof->rows = rows < TRIAL_ROWS ? TRIAL_ROWS : (size_t)rows;
}

struct mix_roof *mix_roof_new(const struct dataset *ds, enum engine engine, const struct backend *backend,
                              struct error *err) {
    struct mix_roof *roof = calloc(1, sizeof *roof);
    size_t lines = (ds->width * sizeof(double) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    if (roof) {
        *roof = (struct mix_roof){.engine = engine, .dot = backend->dot_u8f32, .width = ds->width};
        roof->hot = malloc(HOT_ROWS * ds->width);
        roof->w32 = aligned_alloc(CACHE_LINE, lines);
        roof->w64 = aligned_alloc(CACHE_LINE, lines);
    }
    if (!roof || !roof->hot || !roof->w32 || !roof->w64) {
        mix_roof_free(roof);
        fail(err, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < HOT_ROWS; i++)
        memcpy(roof->hot + i * ds->width, ds->pixels + i % ds->n * ds->stride, ds->width);
    for (size_t k = 0; k < ds->width; k++) {
        roof->w64[k] = (double)(k % 7) - 3.0;
        roof->w32[k] = (float)roof->w64[k];
    }
    choose_rows(roof);
    return roof;
}

void mix_roof_free(struct mix_roof *roof) {
    if (!roof) return;
    free(roof->hot);
    free(roof->w32);
    free(roof->w64);
    free(roof);
}

void mix_roof_arm(struct mix_roof *roof, struct arm *arm) {
    arm->prepare = NULL;
    arm->run = mix;
    arm->context = roof;
}

double mix_roof_rows(const struct mix_roof *roof) {
    return (double)roof->rows;
}
