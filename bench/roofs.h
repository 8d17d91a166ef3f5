/* SPDX-License-Identifier: MIT */
/* The roofs of a benchmark (measure/roof.h), sampled right before and after it on the same rows. For bench/ only. */
#ifndef SGDMARK_BENCH_ROOFS_H
#define SGDMARK_BENCH_ROOFS_H

#include "bench.h"

extern "C" {
#include "measure/roof.h"
}

#include <benchmark/benchmark.h>
#include <vector>

namespace sgdmark {

/* Samples are short and the fastest one counts: a disturbance only makes a roof slower. */
class Roofs {
  public:
    /* For rows of `its_ds`, stored in `its_form` and read in `order`, which is not empty. */
    Roofs(const dataset &its_ds, const std::vector<uint32_t> &order, const backend &its_backend,
          row_form its_form = FORM_CROPPED);
    Roofs(const Roofs &) = delete;
    Roofs &operator=(const Roofs &) = delete;
    ~Roofs();

    /* Reads the rows, in each sample the next part of the order. */
    void sample_reading();
    /* Multiplies as the engine's training loop does. */
    void sample_computing(engine engine);

    /* Sets the counters percent_of_read_roof and percent_of_compute_roof of the roofs that were sampled: seconds that
     * the roof needs per row, in percent of the `seconds` that the benchmark needed per row. Skips the benchmark with
     * the reason if there was no memory for a roof. */
    void count(benchmark::State &state, double seconds) const;

  private:
    const dataset &ds;
    const backend &kernels;
    const row_form form;
    read_roof *reading = nullptr;
    compute_roof computing = {};
    double read_seconds = 0, compute_seconds = 0; /* per row; 0: not sampled */
    error err = {};
    bool failed = false;
};

} // namespace sgdmark

#endif
