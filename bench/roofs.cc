/* SPDX-License-Identifier: MIT */
#include "roofs.h"

extern "C" {
#include "base/clock.h"
}

#include <algorithm>

namespace sgdmark {

namespace {

const size_t samples = 9;          /* before a benchmark, and as many after it */
const size_t compute_calls = 2048; /* in a sample: some tens of microseconds */

/* Keeps the smaller time; 0 is none. */
void keep_best(double &best, double seconds) {
    if (best == 0 || seconds < best) best = seconds;
}

} // namespace

Roofs::Roofs(const dataset &its_ds, const std::vector<uint32_t> &order, const backend &its_backend, row_form its_form)
    : ds(its_ds), kernels(its_backend), form(its_form) {
    const read_order_spec spec = {&ds, form, order.data(), order.size(), kernels.read_u8};
    reading = read_roof_of_order(&spec, &err);
    failed = !reading;
}

Roofs::~Roofs() {
    read_roof_free(reading);
    compute_roof_free(&computing);
}

void Roofs::sample_reading() {
    for (size_t i = 0; reading && i < samples; i++) {
        read_roof_next(reading);
        const double begin = seconds_now();
        read_roof_run(reading);
        keep_best(read_seconds, (seconds_now() - begin) / static_cast<double>(read_roof_rows(reading)));
    }
}

void Roofs::sample_computing(engine engine) {
    if (!computing.row) {
        const size_t d = compute_features(&ds, form);
        if (failed || compute_roof_new(&computing, &kernels, compute_kind_of(engine, form), d, &err) != 0) {
            failed = true;
            return;
        }
        computing.calls = std::min(computing.calls, compute_calls);
    }
    for (size_t i = 0; i < samples; i++) {
        const double begin = seconds_now();
        compute_roof_run(&computing);
        keep_best(compute_seconds, (seconds_now() - begin) / static_cast<double>(computing.calls));
    }
}

void Roofs::count(benchmark::State &state, double seconds) const {
    if (failed) state.SkipWithError(err.text);
    if (read_seconds > 0) state.counters["percent_of_read_roof"] = 100 * read_seconds / seconds;
    if (compute_seconds > 0) state.counters["percent_of_compute_roof"] = 100 * compute_seconds / seconds;
}

} // namespace sgdmark
