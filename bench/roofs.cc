#include "roofs.h"

extern "C" {
#include "base/clock.h"
}

#include <algorithm>

namespace sgdmark {

namespace {

const size_t most_rows = 32768; /* of a sample: 26 MB, some milliseconds */
const size_t least_rows = 2048; /* some tens of microseconds */
const size_t hot_rows = 16;     /* stay in the L1 cache */
const size_t tries = 3;
const size_t distances[] = {0, 16, 64}; /* of the prefetched row from the one that is read; 0: none is prefetched */

void keep_best(double &best, double seconds) {
    if (best == 0 || seconds < best) best = seconds;
}

} // namespace

Roofs::Roofs(const dataset &its_rows, const std::vector<uint32_t> &its_order, const backend &its_kernels)
    : rows(its_rows), order(its_order), kernels(its_kernels), weights(its_rows.width, 1.0F) {}

/* Reads the rows at begin..end-1 of the order. */
void Roofs::read(size_t begin, size_t end, size_t ahead) const {
    const size_t line = 64;
    uint64_t sum = 0;
    for (size_t i = begin; i < end; i++) {
        for (size_t k = 0; ahead > 0 && k < rows.width; k += line)
            __builtin_prefetch(rows.pixels + order[std::min(i + ahead, end - 1)] * rows.stride + k);
        sum ^= kernels.read_u8(rows.pixels + order[i] * rows.stride, rows.width);
    }
    benchmark::DoNotOptimize(sum);
}

void Roofs::sample_reading() {
    const size_t n = std::min(order.size(), most_rows);
    const size_t turns = (least_rows + n - 1) / n;
    for (size_t i = 0; i < tries; i++) {
        for (size_t ahead : distances) {
            if (at + n > order.size()) at = 0;
            double begin = seconds_now();
            for (size_t turn = 0; turn < turns; turn++)
                read(at, at + n, ahead);
            keep_best(reading, (seconds_now() - begin) / static_cast<double>(turns * n));
            at += n;
        }
    }
}

void Roofs::sample_computing() {
    const size_t hot = std::min(order.size(), hot_rows);
    for (size_t i = 0; i < tries; i++) {
        double begin = seconds_now();
        for (size_t row = 0; row < least_rows; row++)
            benchmark::DoNotOptimize(
                kernels.dot_u8f32(weights.data(), rows.pixels + order[row % hot] * rows.stride, rows.width));
        keep_best(computing, (seconds_now() - begin) / static_cast<double>(least_rows));
    }
}

void Roofs::count(benchmark::State &state, double seconds) const {
    state.counters["percent_of_roof"] = 100 * std::max(reading, computing) / seconds;
    state.SetLabel(reading >= computing ? "roof: read" : "roof: compute");
}

} // namespace sgdmark
