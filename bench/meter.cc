#include "meter.h"

extern "C" {
#include "base/clock.h"
#include "machine/counters.h"
}

#include <cmath>

namespace sgdmark {

namespace {

/* Opened once, for the thread that runs all benchmarks. */
class Hardware {
  public:
    Hardware() { counters_open(&group, PASS_MAIN); }
    Hardware(const Hardware &) = delete;
    Hardware &operator=(const Hardware &) = delete;
    ~Hardware() { counters_close(&group); }
    counters group;
};

const counters &hardware() {
    static Hardware opened;
    return opened.group;
}

} // namespace

Meter::Meter() {
    counters_start(&hardware());
    begin = seconds_now();
}

double Meter::stop(benchmark::State &state, double rows, double width) {
    double seconds = seconds_now() - begin;
    counters_stop(&hardware());
    counter_values values;
    counter_values_clear(&values);
    counters_read(&hardware(), &values);

    state.counters["items_per_second"] = rows / seconds;
    state.counters["bytes_per_second"] =
        benchmark::Counter(rows * width / seconds, benchmark::Counter::kDefaults, benchmark::Counter::kIs1024);
    state.counters["ns_per_row"] = seconds * 1e9 / rows;
    if (std::isfinite(values.value[COUNTER_CYCLES]))
        state.counters["cycles_per_pixel"] = values.value[COUNTER_CYCLES] / (rows * width);
    if (std::isfinite(values.value[COUNTER_INSTRUCTIONS]))
        state.counters["instructions_per_pixel"] = values.value[COUNTER_INSTRUCTIONS] / (rows * width);
    return seconds / rows;
}

std::string Meter::counted() {
    std::string there;
    std::string missing;
    for (int which : {COUNTER_CYCLES, COUNTER_INSTRUCTIONS}) {
        const char *name = counter_names[which];
        if (hardware().fd[which] >= 0)
            there += (there.empty() ? "" : ", ") + std::string(name);
        else
            missing += (missing.empty() ? "" : "; ") + (std::string(name) + ": " + hardware().reason[which]);
    }
    if (missing.empty()) return there;
    return there.empty() ? missing : there + "; " + missing;
}

} // namespace sgdmark
