/* The limits of the machine for a run, timed right before and after it on the same rows. For bench/ only. */
#ifndef SGDMARK_BENCH_ROOFS_H
#define SGDMARK_BENCH_ROOFS_H

#include "bench.h"

extern "C" {
#include "measure/roof.h"
}

#include <benchmark/benchmark.h>
#include <vector>

namespace sgdmark {

/* Samples are short, and the best one counts: a disturbance makes a roof lower than it is. */
class Roofs {
  public:
    /* Rows of ds in the order of its_order, which is not empty and must outlive this. With `packed` its packed rows,
     * as many whole lines of each as they have on average; the order then tells the lines at which they begin. */
    Roofs(const dataset &ds, const std::vector<uint32_t> &its_order, const backend &its_kernels, bool packed = false);
    Roofs(const Roofs &) = delete;
    Roofs &operator=(const Roofs &) = delete;
    ~Roofs();

    /* Reading the rows and nothing else, without and with prefetching; each time a part of the order further on. */
    void sample_reading();
    /* The engine's dot product on a row and weights that stay in the L1 cache. */
    void sample_computing(engine engine);

    /* Gives the state percent_of_read_roof and percent_of_compute_roof, those that were sampled: what the roof alone
     * takes for a row, in percent of the `seconds` that the run took for one. The higher one binds. */
    void count(benchmark::State &state, double seconds) const;

  private:
    row_roof rows = {};
    mix_roof mix = {};
    const std::vector<uint32_t> &order;
    const backend &kernels;
    const size_t blocks; /* of the packed rows; 0: none are read */
    size_t at = 0;
    double reading = 0, computing = 0; /* seconds for a row; 0: not sampled */
};

} // namespace sgdmark

#endif
