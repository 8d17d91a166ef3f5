/* SPDX-License-Identifier: MIT */
#include "measure/roof.h"

#include "base/pages.h"
#include "learn/fit.h"
#include "machine/clock.h"
#include "machine/sysfs.h"
#include "machine/topology.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE = 64,
    PAGE = 4096,
    TUNING_TRIES = 9,  /* of each choice: by 5, twice as many starts took a slow distance beside other programs */
    PART_ROWS = 65536, /* at most, of a given order in a sample: all 60,000 rows of MNIST, about a millisecond */
    LEAST_ROWS = 2048, /* in a sample: tens of microseconds, against tens of nanoseconds to read the clock */
    LEAST_CALLS = 256,
    SAMPLE_NS = 2000000, /* of a compute roof */
    BLOCK = 4096         /* bytes that a level roof reads with one call: the call itself costs little beside it */
};

/* ---- Read roof. */

struct distance {
    size_t rows; /* 0: no prefetch */
    bool into_l2;
};
static const struct distance distances[] = {{0, false}, {8, false}, {16, false}, {32, false}, {64, true}, {128, true}};
enum { DISTANCES = sizeof distances / sizeof *distances };

struct read_roof {
    struct row_view view;
    read_u8_fn *read;
    const uint32_t *order; /* [rows] what a sample reads, as indexes of the view */
    size_t rows, passes;
    struct distance distance;
    uint64_t sink;  /* exclusive or of what the last sample read */
    uint64_t right; /* of all rows, as the scalar backend reads them */

    struct read_roof_spec spec; /* of epochs; spec.permutation is NULL for a given order */
    uint32_t *orders[2];        /* of this epoch and the one before; orders[0] alone: the given order */
    size_t parts;               /* of the given order, one a sample */
    unsigned done;              /* calls of read_roof_next */

    uint8_t *whole; /* the rows of FORM_WHOLE */
    size_t whole_bytes;
};

/* `into_l2` is a constant wherever this is inlined: the prefetch instruction names its cache. */
static inline __attribute__((always_inline)) void read_rows(struct read_roof *roof, bool into_l2) {
    const struct row_view view = roof->view;
    const size_t distance = roof->distance.rows;
    uint64_t sum = 0;
    for (size_t i = 0; i < roof->rows; i++) {
        if (distance > 0 && i + distance < roof->rows) {
            const uint8_t *later = view.at + roof->order[i + distance] * view.stride;
            for (size_t k = 0; k < view.width; k += LINE) {
                if (into_l2) {
                    __builtin_prefetch(later + k, 0, 2);
                } else {
                    __builtin_prefetch(later + k);
                }
            }
        }
        sum ^= roof->read(view.at + roof->order[i] * view.stride, view.width);
    }
    roof->sink ^= sum;
}

void read_roof_run(struct read_roof *roof) {
    roof->sink = 0;
    for (size_t pass = 0; pass < roof->passes; pass++) {
        if (roof->distance.into_l2) {
            read_rows(roof, true);
        } else {
            read_rows(roof, false);
        }
    }
}

/* Where the reading of this row of the data set begins, as an index of the view. */
static uint32_t read_index(const struct read_roof *roof, const struct dataset *ds, enum row_form form, uint32_t row) {
    return row_view_read_from(&roof->view, row_view_index(ds, form, row));
}

/* The first epoch of a fit permutes the row list as it is, each later one the order of the epoch before. */
static void next_epoch(struct read_roof *roof) {
    const struct read_roof_spec *spec = &roof->spec;
    const uint32_t *last = roof->done % spec->epochs == 0 ? NULL : roof->order;
    uint32_t *order = roof->orders[roof->done % 2];
    for (size_t i = 0; i < roof->rows; i++) {
        uint32_t from = spec->permutation[i];
        order[i] = last ? last[from] : read_index(roof, spec->row_list->ds, spec->form, spec->row_list->at[from].row);
    }
    roof->order = order;
}

static void next_part(struct read_roof *roof) {
    roof->order = roof->orders[0] + roof->done % roof->parts * roof->rows;
}

void read_roof_next(struct read_roof *roof) {
    if (roof->spec.permutation) {
        next_epoch(roof);
    } else {
        next_part(roof);
    }
    roof->done++;
}

/* What one pass over all rows gives in whatever order, and an even number of passes cancels. */
static uint64_t xor_of_rows(const struct read_roof *roof) {
    const struct row_list *list = roof->spec.row_list;
    uint64_t sum = 0;
    for (size_t i = 0; i < roof->rows; i++) {
        const uint32_t row = read_index(roof, list->ds, roof->spec.form, list->at[i].row);
        sum ^= backend_scalar()->read_u8(roof->view.at + row * roof->view.stride, roof->view.width);
    }
    return sum;
}

int read_roof_check(const struct read_roof *roof, struct error *err) {
    const uint64_t right = roof->passes % 2 ? roof->right : 0;
    if (roof->sink == right) return 0;
    return fail_as(err, ERROR_CHECK, "the rows read give the exclusive or %016" PRIx64 ", not %016" PRIx64, roof->sink,
                   right);
}

static void tune_reading(struct read_roof *roof) {
    uint64_t least = UINT64_MAX;
    size_t best = 0;
    for (unsigned try = 0; try < TUNING_TRIES; try++) {
        for (size_t c = 0; c < DISTANCES; c++) {
            roof->distance = distances[c];
            read_roof_next(roof);
            uint64_t start = now_ns();
            read_roof_run(roof);
            uint64_t taken = now_ns() - start;
            if (taken >= least) continue;
            least = taken;
            best = c;
        }
    }
    roof->distance = distances[best];
    roof->done = 0;
}

/* The rows with their empty border. Returns 0, or -1 without memory. */
static int make_whole(struct read_roof *roof, const struct dataset *ds) {
    const size_t stride = (ds->d + LINE - 1) / LINE * LINE;
    roof->whole_bytes = ds->n * stride;
    roof->whole = pages_new(roof->whole_bytes);
    if (!roof->whole) return -1;
    for (size_t i = 0; i < ds->n; i++)
        dataset_row(ds, i, roof->whole + i * stride);
    roof->view = (struct row_view){roof->whole, stride, ds->d, ds->d, (uint32_t)(ds->n - 1)};
    return 0;
}

/* A roof that knows its rows but has no order of them yet. */
static struct read_roof *roof_of_rows(const struct dataset *ds, enum row_form form, read_u8_fn *read) {
    struct read_roof *roof = calloc(1, sizeof *roof);
    if (!roof) return NULL;
    roof->read = read;
    if (form != FORM_WHOLE) {
        roof->view = row_view_of(ds, form);
    } else if (make_whole(roof, ds) != 0) {
        free(roof);
        return NULL;
    }
    return roof;
}

static struct read_roof *no_memory(struct read_roof *roof, size_t rows, struct error *err) {
    read_roof_free(roof);
    fail_program(err, "read roof: out of memory for %zu rows", rows);
    return NULL;
}

static size_t passes_of(size_t rows) {
    return rows < LEAST_ROWS ? (LEAST_ROWS + rows - 1) / rows : 1;
}

struct read_roof *read_roof_new(const struct read_roof_spec *spec, struct error *err) {
    const size_t n = spec->row_list->n;
    struct read_roof *roof = roof_of_rows(spec->row_list->ds, spec->form, spec->read);
    if (!roof) return no_memory(NULL, n, err);
    roof->spec = *spec;
    roof->rows = n;
    roof->passes = passes_of(n);
    for (int i = 0; i < 2; i++)
        roof->orders[i] = malloc(n * sizeof *roof->orders[i]);
    if (!roof->orders[0] || !roof->orders[1]) return no_memory(roof, n, err);
    roof->right = xor_of_rows(roof);
    tune_reading(roof);
    roof->passes = 1;
    return roof;
}

struct read_roof *read_roof_of_order(const struct read_order_spec *spec, struct error *err) {
    struct read_roof *roof = roof_of_rows(spec->ds, spec->form, spec->read);
    if (roof) roof->orders[0] = malloc(spec->n * sizeof *roof->orders[0]);
    if (!roof || !roof->orders[0]) return no_memory(roof, spec->n, err);
    for (size_t i = 0; i < spec->n; i++)
        roof->orders[0][i] = read_index(roof, spec->ds, spec->form, spec->row[i]);
    roof->parts = (spec->n + PART_ROWS - 1) / PART_ROWS;
    roof->rows = spec->n / roof->parts;
    roof->passes = passes_of(roof->rows);
    tune_reading(roof);
    return roof;
}

void read_roof_free(struct read_roof *roof) {
    if (!roof) return;
    free(roof->orders[0]);
    free(roof->orders[1]);
    if (roof->whole) pages_free(roof->whole, roof->whole_bytes);
    free(roof);
}

size_t read_roof_rows(const struct read_roof *roof) {
    return roof->passes * roof->rows;
}

double read_roof_row_bytes(const struct read_roof *roof) {
    return (double)roof->view.width;
}

/* ---- Compute roof. */

enum compute_kind compute_kind_of(enum engine engine, enum row_form form) {
    if (form == FORM_PACKED) return COMPUTE_PACKED;
    return engine == ENGINE_INT ? COMPUTE_INTEGER : COMPUTE_F32;
}

size_t compute_features(const struct dataset *ds, enum row_form form) {
    switch (form) {
    case FORM_PACKED:
        return ds->packed.blocks * BLOCK_PIXELS;
    case FORM_WHOLE:
        return ds->d;
    default:
        return ds->width;
    }
}

/* The sum is an integer that stays in a register over a call. A sum of floats would be stored in each call, and the
 * store would delay the next call's loads by 4K aliasing. */
static uint64_t bits_of(float number) {
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* `kind` and `prefetching` are constants wherever this is inlined. */
static inline __attribute__((always_inline)) uint64_t dot_once(const struct compute_roof *roof, enum compute_kind kind,
                                                               bool prefetching) {
    const struct backend *backend = roof->backend;
    const uint8_t *row = roof->row;
    const size_t d = roof->d;
    if (kind == COMPUTE_PACKED)
        return (uint64_t)backend->dot_packed((const int8_t *)roof->integers, row, d / BLOCK_PIXELS, row, 0);
    if (kind == COMPUTE_INTEGER)
        return (uint64_t)(prefetching ? backend->dot_prefetch_u8i16(roof->integers, row, d, row, NULL)
                                      : backend->dot_u8i16(roof->integers, row, d));
    return bits_of(prefetching ? backend->dot_prefetch_u8f32(roof->weights, row, d, row, NULL)
                               : backend->dot_u8f32(roof->weights, row, d));
}

static inline __attribute__((always_inline)) void repeat(struct compute_roof *roof, enum compute_kind kind,
                                                         bool prefetching) {
    uint64_t sum = 0;
    for (size_t i = 0; i < roof->calls; i++)
        sum += dot_once(roof, kind, prefetching);
    roof->sink = sum;
}

void compute_roof_run(void *context) {
    struct compute_roof *roof = context;
    switch (roof->kind) {
    case COMPUTE_F32:
        roof->prefetching ? repeat(roof, COMPUTE_F32, true) : repeat(roof, COMPUTE_F32, false);
        break;
    case COMPUTE_INTEGER:
        roof->prefetching ? repeat(roof, COMPUTE_INTEGER, true) : repeat(roof, COMPUTE_INTEGER, false);
        break;
    case COMPUTE_PACKED:
        repeat(roof, COMPUTE_PACKED, true);
        break;
    }
}

int compute_roof_check(void *context, struct error *err) {
    const struct compute_roof *roof = context;
    const uint64_t right = roof->right * roof->calls;
    if (roof->sink == right) return 0;
    return fail_as(err, ERROR_CHECK, "%zu dot products add up to %016" PRIx64 ", not %016" PRIx64, roof->calls,
                   roof->sink, right);
}

/* The result of one call by the scalar backend, if the backend promises its bits and it has the kernel. */
static uint64_t right_result(struct compute_roof *roof) {
    struct compute_roof reference = *roof;
    if (roof->backend->parity == PARITY_BITS && roof->kind != COMPUTE_PACKED) reference.backend = backend_scalar();
    reference.calls = 1;
    reference.prefetching = roof->kind == COMPUTE_PACKED;
    compute_roof_run(&reference);
    return reference.sink;
}

/* The kernel, then the calls of a sample. */
static void tune_computing(struct compute_roof *roof) {
    uint64_t least[2] = {UINT64_MAX, UINT64_MAX};
    roof->calls = LEAST_CALLS;
    for (unsigned try = 0; try < 2 * TUNING_TRIES; try++) {
        roof->prefetching = try % 2 != 0;
        uint64_t start = now_ns();
        compute_roof_run(roof);
        uint64_t taken = now_ns() - start;
        if (taken < least[roof->prefetching]) least[roof->prefetching] = taken;
    }
    roof->prefetching = least[true] < least[false];
    const double calls = (double)SAMPLE_NS * LEAST_CALLS / (double)(least[roof->prefetching] + 1);
    if (calls > LEAST_CALLS) roof->calls = (size_t)calls;
}

int compute_roof_new(struct compute_roof *roof, const struct backend *backend, enum compute_kind kind, size_t d,
                     struct error *err) {
    *roof = (struct compute_roof){.backend = backend, .kind = kind, .d = d};
    roof->weights = aligned_alloc(LINE, (d * sizeof(float) + LINE) / LINE * LINE);
    roof->integers = aligned_alloc(LINE, (d * sizeof(int16_t) + LINE) / LINE * LINE);
    roof->row = calloc(1, d + d / BLOCK_PIXELS * sizeof(uint16_t) + 1);
    if (!roof->weights || !roof->integers || !roof->row) {
        compute_roof_free(roof);
        return fail_program(err, "compute roof: out of memory");
    }
    for (size_t k = 0; k < d; k++) {
        roof->weights[k] = (float)k / (float)d;
        roof->integers[k] = (int16_t)k;
        roof->row[k] = (uint8_t)k;
    }
    roof->right = right_result(roof);
    tune_computing(roof);
    return 0;
}

void compute_roof_free(struct compute_roof *roof) {
    free(roof->weights);
    free(roof->integers);
    free(roof->row);
    *roof = (struct compute_roof){0};
}

/* ---- Level roof. */

void level_roof_run(void *context) {
    struct level_roof *roof = context;
    uint64_t sum = 0;
    for (size_t pass = 0; pass < roof->passes; pass++) {
        for (size_t at = 0; at < roof->bytes; at += BLOCK) {
            if (roof->prefetch_distance > 0 && at + roof->prefetch_distance + BLOCK <= roof->bytes)
                for (size_t k = 0; k < BLOCK; k += LINE)
                    __builtin_prefetch(roof->buffer + at + roof->prefetch_distance + k);
            sum ^= roof->read(roof->buffer + at, roof->bytes - at < BLOCK ? roof->bytes - at : BLOCK);
        }
    }
    roof->sink = sum;
}

int level_roof_check(const struct level_roof *roof, struct error *err) {
    if (roof->sink == roof->right) return 0;
    return fail_as(err, ERROR_CHECK, "the bytes read give the exclusive or %016" PRIx64 ", not %016" PRIx64, roof->sink,
                   roof->right);
}

static void tune_level(struct level_roof *roof) {
    static const size_t choices[] = {0, (size_t)2 * BLOCK};
    uint64_t least = UINT64_MAX;
    size_t best = 0;
    for (unsigned try = 0; try < TUNING_TRIES; try++) {
        for (size_t c = 0; c < sizeof choices / sizeof *choices; c++) {
            roof->prefetch_distance = choices[c];
            uint64_t start = now_ns();
            level_roof_run(roof);
            uint64_t taken = now_ns() - start;
            if (taken >= least) continue;
            least = taken;
            best = choices[c];
        }
    }
    roof->prefetch_distance = best;
}

/* Writes every page, as pages that were never written all map to the one zero page, and bytes whose exclusive or shows
 * when some were not read: equal bytes cancel out. Knuth's generator (MMIX). */
static void fill(uint8_t *buffer, size_t bytes) {
    uint64_t word = 1;
    for (size_t at = 0; at < bytes; at++) {
        if (at % sizeof word == 0) word = word * 6364136223846793005U + 1442695040888963407U;
        buffer[at] = (uint8_t)(word >> 56);
        word = word << 8 | word >> 56;
    }
}

int level_roof_new(struct level_roof *roof, size_t bytes, size_t least, read_u8_fn *read, struct error *err) {
    /* An odd number of passes: what each of an even number leaves out would cancel. */
    *roof = (struct level_roof){.bytes = bytes, .read = read, .passes = (least + bytes - 1) / bytes | 1};
    roof->buffer = pages_new(bytes);
    if (!roof->buffer) return fail_program(err, "level roof: no memory for %zu bytes", bytes);
    fill(roof->buffer, bytes);
    struct level_roof reference = *roof;
    reference.read = backend_scalar()->read_u8;
    reference.passes = 1;
    level_roof_run(&reference);
    roof->right = reference.sink;
    tune_level(roof);
    return 0;
}

void level_roof_free(struct level_roof *roof) {
    pages_free(roof->buffer, roof->bytes);
    *roof = (struct level_roof){0};
}

const char *const roof_level_names[ROOF_LEVELS] = {"L1", "L2", "last-level", "memory"};

/* A quarter of the memory that the system has free. */
static uint64_t memory_limit(void) {
    char text[4096];
    if (sysfs_read(text, sizeof text, "/proc/meminfo") != 0) return 0;
    const char *found = strstr(text, "MemAvailable:");
    return found ? strtoull(found + strlen("MemAvailable:"), NULL, 10) * 1024 / 4 : 0;
}

static uint64_t wanted_bytes(const struct topology_summary *summary, enum roof_level level) {
    uint64_t most = (uint64_t)1 << 30;
    uint64_t free_memory;
    switch (level) {
    case ROOF_L1:
        return summary->l1_bytes / 2;
    case ROOF_L2:
        return summary->l2_bytes / 2;
    case ROOF_LAST:
        if (summary->last_cache_level <= 2) return 0;
        most = summary->last_cache_bytes / summary->last_cache_cores / 2;
        return summary->l2_bytes > 0 && summary->l2_bytes * 8 < most ? summary->l2_bytes * 8 : most;
    case ROOF_MEMORY:
        if (summary->last_cache_bytes == 0) return 0;
        if (summary->last_cache_bytes * 4 < most) most = summary->last_cache_bytes * 4;
        free_memory = memory_limit();
        return free_memory < most ? free_memory : most;
    default:
        return 0;
    }
}

size_t roof_level_bytes(const struct topology *topology, enum roof_level level) {
    struct topology_summary summary;
    topology_summarize(topology, &summary);
    uint64_t below = level == ROOF_LAST ? summary.l2_bytes : level == ROOF_MEMORY ? summary.last_cache_bytes : 0;
    if (level == ROOF_L2) below = summary.l1_bytes;
    uint64_t bytes = wanted_bytes(&summary, level) / PAGE * PAGE;
    return bytes > below ? (size_t)bytes : 0;
}
