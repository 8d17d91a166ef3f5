/* What a run took: wall time, and the processor's counters where there are any; and what disturbed it. For bench/ only.
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
    /* Starts. Outside of the loop over the state, so no system call of it is timed. */
    Meter();

    /* Stops, and gives the state its counters for `rows` rows of `width` pixels, of which `bytes` bytes are read:
     * items_per_second, bytes_per_second, ns_per_row; cycles_per_pixel and instructions_per_pixel where they can be
     * counted. The rates are those of wall time: Google Benchmark's own divide by CPU time unless a benchmark asks for
     * real time, and then it appends "/real_time" to the name. The label says what disturbed the run ("switch, steal").
     * Returns the seconds that a row took. */
    double stop(benchmark::State &state, double rows, double width, double bytes);

    /* "cycles, instructions", or why they are missing. */
    static std::string counted();

  private:
    void label(benchmark::State &state) const;

    snapshot before = {};
    double begin;
};

} // namespace sgdmark

#endif
