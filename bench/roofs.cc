#include "roofs.h"

extern "C" {
#include "base/clock.h"
}

#include <algorithm>

namespace sgdmark {

namespace {

const size_t most_rows = 32768; /* of a sample: 26 MB, some milliseconds */
const size_t least_rows = 2048; /* some tens of microseconds */
const size_t tries = 3;

/* How the reading roof brings rows into the caches: not at all, or so many rows ahead. */
struct Prefetch {
    size_t ahead;
    bool into_l2;
};
const Prefetch prefetches[] = {{0, false}, {16, false}, {64, true}};

/* Seconds of `turns` runs. */
template <class Roof> double timed(void (*run)(void *), Roof &roof, size_t turns) {
    double begin = seconds_now();
    for (size_t i = 0; i < turns; i++)
        run(&roof);
    return seconds_now() - begin;
}

void keep_best(double &best, double seconds) {
    if (best == 0 || seconds < best) best = seconds;
}

} // namespace

Roofs::Roofs(const dataset &ds, const std::vector<uint32_t> &its_order, const backend &its_kernels, bool packed)
    : order(its_order), kernels(its_kernels), blocks(packed ? ds.packed.blocks : 0) {
    rows.pixels = packed ? ds.packed.bytes : ds.pixels;
    rows.width = packed ? ds.packed.size / ds.n / PACKED_LINE * PACKED_LINE : ds.width;
    rows.stride = packed ? static_cast<size_t>(PACKED_LINE) : ds.stride;
    rows.read = kernels.read_u8;
}

Roofs::~Roofs() {
    mix_roof_free(&mix);
}

void Roofs::sample_reading() {
    rows.n = std::min(order.size(), most_rows);
    const size_t turns = (least_rows + rows.n - 1) / rows.n;
    for (size_t i = 0; i < tries; i++) {
        for (const Prefetch &prefetch : prefetches) {
            if (at + rows.n > order.size()) at = 0;
            rows.row = order.data() + at;
            rows.ahead = prefetch.ahead;
            rows.into_l2 = prefetch.into_l2;
            keep_best(reading, timed(row_roof_run, rows, turns) / static_cast<double>(turns * rows.n));
            at += rows.n;
        }
    }
}

void Roofs::sample_computing(engine engine) {
    error err;
    const bool packed = blocks > 0;
    const enum mix of = packed ? MIX_PACKED : engine == ENGINE_INT ? MIX_INTEGER : MIX_F32;
    if (!mix.row) {
        if (mix_roof_new(&mix, &kernels, of, packed ? blocks * BLOCK_PIXELS : rows.width, least_rows, &err) != 0)
            return;
        mix_roof_tune(&mix, 5);
    }
    for (size_t i = 0; i < tries; i++)
        keep_best(computing, timed(mix_roof_run, mix, 1) / static_cast<double>(least_rows));
}

void Roofs::count(benchmark::State &state, double seconds) const {
    if (reading > 0) state.counters["percent_of_read_roof"] = 100 * reading / seconds;
    if (computing > 0) state.counters["percent_of_compute_roof"] = 100 * computing / seconds;
}

} // namespace sgdmark
