#include "measure/roof.h"

#include "base/pages.h"
#include "machine/clock.h"
#include "machine/sysfs.h"

#include <stdlib.h>
#include <string.h>

enum {
    LINE = 64,
    PAGE = 4096,
    BLOCK = 4096 /* bytes of one call of a read kernel: a call costs little beside it */
};

const char *const roof_level_names[ROOF_LEVELS] = {"L1", "L2", "last-level", "memory"};

/* `into_l2` is a constant where this is inlined: the instruction names its cache. */
static inline __attribute__((always_inline)) void read_rows(struct row_roof *roof, bool into_l2) {
    const size_t width = roof->width;
    uint64_t sum = 0;
    for (size_t i = 0; i < roof->n; i++) {
        if (roof->ahead > 0 && i + roof->ahead < roof->n) {
            const uint8_t *ahead = roof->pixels + roof->row[i + roof->ahead] * roof->stride;
            for (size_t k = 0; k < width; k += LINE) {
                if (into_l2) {
                    __builtin_prefetch(ahead + k, 0, 2);
                } else {
                    __builtin_prefetch(ahead + k);
                }
            }
        }
        sum ^= roof->read(roof->pixels + roof->row[i] * roof->stride, width);
    }
    roof->sink ^= sum;
}

void row_roof_run(void *context) {
    struct row_roof *roof = context;
    if (roof->into_l2) {
        read_rows(roof, true);
    } else {
        read_rows(roof, false);
    }
}

void row_roof_tune(struct row_roof *roof, unsigned tries) {
    static const struct {
        size_t ahead;
        bool into_l2;
    } choices[] = {{8, false}, {16, false}, {32, false}, {64, true}, {128, true}};
    enum { CHOICES = sizeof choices / sizeof *choices };
    uint64_t least = UINT64_MAX;
    size_t best = 0;
    for (unsigned try = 0; try < tries; try++) {
        for (size_t c = 0; c < CHOICES; c++) {
            roof->ahead = choices[c].ahead;
            roof->into_l2 = choices[c].into_l2;
            uint64_t start = now_ns();
            row_roof_run(roof);
            uint64_t taken = now_ns() - start;
            if (taken >= least) continue;
            least = taken;
            best = c;
        }
    }
    roof->ahead = choices[best].ahead;
    roof->into_l2 = choices[best].into_l2;
}

int level_roof_new(struct level_roof *roof, size_t bytes, size_t least, read_u8_fn *read, struct error *err) {
    *roof = (struct level_roof){.bytes = bytes, .read = read, .passes = (least + bytes - 1) / bytes};
    roof->buffer = pages_new(bytes);
    if (!roof->buffer) return fail_program(err, "read roof: no memory for %zu bytes", bytes);
    memset(roof->buffer, 1, bytes); /* else every page would be the one page of zeros */
    return 0;
}

void level_roof_run(void *context) {
    struct level_roof *roof = context;
    uint64_t sum = 0;
    for (size_t pass = 0; pass < roof->passes; pass++) {
        for (size_t at = 0; at < roof->bytes; at += BLOCK) {
            if (roof->ahead > 0 && at + roof->ahead + BLOCK <= roof->bytes)
                for (size_t k = 0; k < BLOCK; k += LINE)
                    __builtin_prefetch(roof->buffer + at + roof->ahead + k);
            sum ^= roof->read(roof->buffer + at, roof->bytes - at < BLOCK ? roof->bytes - at : BLOCK);
        }
    }
    roof->sink ^= sum;
}

void level_roof_tune(struct level_roof *roof, unsigned tries) {
    static const size_t choices[] = {0, (size_t)2 * BLOCK};
    uint64_t least = UINT64_MAX;
    size_t best = 0;
    for (unsigned try = 0; try < tries; try++) {
        for (size_t c = 0; c < sizeof choices / sizeof *choices; c++) {
            roof->ahead = choices[c];
            uint64_t start = now_ns();
            level_roof_run(roof);
            uint64_t taken = now_ns() - start;
            if (taken >= least) continue;
            least = taken;
            best = choices[c];
        }
    }
    roof->ahead = best;
}

void level_roof_free(struct level_roof *roof) {
    pages_free(roof->buffer, roof->bytes);
    *roof = (struct level_roof){0};
}

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

int mix_roof_new(struct mix_roof *roof, const struct backend *backend, enum mix mix, size_t d, size_t calls,
                 struct error *err) {
    *roof = (struct mix_roof){.backend = backend, .mix = mix, .d = d, .calls = calls};
    roof->weights = aligned_alloc(LINE, (d * sizeof(float) + LINE) / LINE * LINE);
    roof->integers = aligned_alloc(LINE, (d * sizeof(int16_t) + LINE) / LINE * LINE);
    roof->row = calloc(1, d + d / BLOCK_PIXELS * sizeof(uint16_t) + 1);
    if (!roof->weights || !roof->integers || !roof->row) {
        mix_roof_free(roof);
        return fail_program(err, "mix roof: out of memory");
    }
    for (size_t k = 0; k < d; k++) {
        roof->weights[k] = (float)k / (float)d;
        roof->integers[k] = (int16_t)k;
        roof->row[k] = (uint8_t)k;
    }
    return 0;
}

/* Sums of integers stay in registers over a call. One of floats would be stored, and a store holds up the loads of the
 * next call at the same place of another page. */
static uint64_t bits_of(float number) {
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* `mix` and `ahead` are constants where this is inlined. */
static inline __attribute__((always_inline)) uint64_t dot_once(const struct mix_roof *roof, enum mix mix, bool ahead) {
    const struct backend *backend = roof->backend;
    const uint8_t *row = roof->row;
    const size_t d = roof->d;
    if (mix == MIX_PACKED)
        return (uint64_t)backend->dot_packed((const int8_t *)roof->integers, row, d / BLOCK_PIXELS, row, 0);
    if (mix == MIX_INTEGER)
        return (uint64_t)(ahead ? backend->dot_prefetch_u8i16(roof->integers, row, d, row, NULL)
                                : backend->dot_u8i16(roof->integers, row, d));
    return bits_of(ahead ? backend->dot_prefetch_u8f32(roof->weights, row, d, row, NULL)
                         : backend->dot_u8f32(roof->weights, row, d));
}

static inline __attribute__((always_inline)) void repeat(struct mix_roof *roof, enum mix mix, bool ahead) {
    uint64_t sum = 0;
    for (size_t i = 0; i < roof->calls; i++)
        sum += dot_once(roof, mix, ahead);
    roof->sink += sum;
}

void mix_roof_run(void *context) {
    struct mix_roof *roof = context;
    switch (roof->mix) {
    case MIX_F32:
        roof->ahead ? repeat(roof, MIX_F32, true) : repeat(roof, MIX_F32, false);
        break;
    case MIX_INTEGER:
        roof->ahead ? repeat(roof, MIX_INTEGER, true) : repeat(roof, MIX_INTEGER, false);
        break;
    case MIX_PACKED:
        repeat(roof, MIX_PACKED, true);
        break;
    }
}

void mix_roof_tune(struct mix_roof *roof, unsigned tries) {
    uint64_t least[2] = {UINT64_MAX, UINT64_MAX};
    for (unsigned try = 0; try < 2 * tries; try++) {
        roof->ahead = try % 2 != 0;
        uint64_t start = now_ns();
        mix_roof_run(roof);
        uint64_t taken = now_ns() - start;
        if (taken < least[roof->ahead]) least[roof->ahead] = taken;
    }
    roof->ahead = least[true] < least[false];
}

void mix_roof_free(struct mix_roof *roof) {
    free(roof->weights);
    free(roof->integers);
    free(roof->row);
    *roof = (struct mix_roof){0};
}
