/* SPDX-License-Identifier: MIT */
/* Measures one benchmark: wall time, hardware counters where the machine has them, and disturbances. For bench/ only.
 */
#ifndef SGDMARK_BENCH_METER_H
#define SGDMARK_BENCH_METER_H

extern "C" {
#include "machine/disturbance.h"
}

#include <benchmark/benchmark.h>
#include <string>

namespace sgdmark {

class Meter {
  public:
    /* Starts. Make it before the loop over the state: its system calls must not be timed. */
    Meter();

    /* Stops after `rows` rows of `width` stored features, of which `bytes` bytes were read. Sets the counters
     * items_per_second, bytes_per_second and ns_per_row, and cycles_per_pixel and instructions_per_pixel where the
     * machine can count them. Rates divide by wall time; Google Benchmark's own divide by CPU time, unless a benchmark
     * asks for real time and has "/real_time" appended to its name. Sets the label to what disturbed the benchmark
     * ("switch, steal"). Returns the seconds per row. */
    double stop(benchmark::State &state, double rows, double width, double bytes);

    /* "cycles, instructions", or why the machine cannot count them. */
    static std::string hardware_counters();

  private:
    void label_disturbances(benchmark::State &state) const;

    snapshot before = {};
    double begin;
};

} // namespace sgdmark

#endif
