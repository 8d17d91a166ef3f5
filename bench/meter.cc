/* SPDX-License-Identifier: MIT */
#include "meter.h"

extern "C" {
#include "base/clock.h"
#include "machine/binding.h"
#include "machine/counters.h"
#include "machine/disturbance.h"
#include "machine/perf_control.h"
}

#include <cmath>

namespace sgdmark {

namespace {

/* Watches the thread that runs all benchmarks. */
class Watch {
  public:
    Watch() {
        counters_open(&hardware, PASS_MAIN);
        watched = monitor_open(&disturbances, current_pu(), nullptr) == 0;
    }
    Watch(const Watch &) = delete;
    Watch &operator=(const Watch &) = delete;
    ~Watch() {
        counters_close(&hardware);
        if (watched) monitor_close(&disturbances);
    }
    counters hardware;
    monitor disturbances = {};
    bool watched;
};

const Watch &watch() {
    static Watch opened;
    return opened;
}

} // namespace

Meter::Meter() {
    if (watch().watched) monitor_read(&watch().disturbances, &before);
    perf_control_enter(nullptr);
    counters_start(&watch().hardware);
    begin = seconds_now();
}

double Meter::stop(benchmark::State &state, double rows, double width, double bytes) {
    double seconds = seconds_now() - begin;
    counters_stop(&watch().hardware);
    perf_control_leave();
    counter_values values;
    counter_values_clear(&values);
    counters_read(&watch().hardware, &values);

    state.counters["items_per_second"] = rows / seconds;
    state.counters["bytes_per_second"] =
        benchmark::Counter(rows * bytes / seconds, benchmark::Counter::kDefaults, benchmark::Counter::kIs1024);
    state.counters["ns_per_row"] = seconds * 1e9 / rows;
    if (std::isfinite(values.value[COUNTER_CYCLES]))
        state.counters["cycles_per_pixel"] = values.value[COUNTER_CYCLES] / (rows * width);
    if (std::isfinite(values.value[COUNTER_INSTRUCTIONS]))
        state.counters["instructions_per_pixel"] = values.value[COUNTER_INSTRUCTIONS] / (rows * width);
    label_disturbances(state);
    return seconds / rows;
}

void Meter::label_disturbances(benchmark::State &state) const {
    if (!watch().watched) return;
    snapshot after;
    char text[128];
    monitor_read(&watch().disturbances, &after);
    disturbance_text(disturbance_between(&before, &after).flags, text, sizeof text);
    state.SetLabel(text);
}

std::string Meter::hardware_counters() {
    std::string available;
    std::string missing;
    for (int which : {COUNTER_CYCLES, COUNTER_INSTRUCTIONS}) {
        const char *name = counter_names[which];
        if (watch().hardware.fd[which] >= 0)
            available += (available.empty() ? "" : ", ") + std::string(name);
        else
            missing += (missing.empty() ? "" : "; ") + (std::string(name) + ": " + watch().hardware.reason[which]);
    }
    if (missing.empty()) return available;
    return available.empty() ? missing : available + "; " + missing;
}

} // namespace sgdmark
