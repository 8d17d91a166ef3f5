/* The limits of the machine for a run, timed right before and after it on the same rows. For bench/ only. */
#ifndef SGDMARK_BENCH_ROOFS_H
#define SGDMARK_BENCH_ROOFS_H

#include "bench.h"

#include <benchmark/benchmark.h>
#include <vector>

namespace sgdmark {

/* Samples are short, and the best one counts: a disturbance makes a roof lower than it is. */
class Roofs {
  public:
    /* Rows of its_rows in the order of its_order, which is not empty; both must outlive this. */
    Roofs(const dataset &its_rows, const std::vector<uint32_t> &its_order, const backend &its_kernels);

    /* Reading the rows and nothing else, without and with prefetching; each time a part of the order further on. */
    void sample_reading();
    /* dot_u8f32 on a few of the rows, which stay in the L1 cache as the weights do. */
    void sample_computing();

    /* Gives the state `percent_of_roof`: what the slower of the sampled roofs takes for a row, in percent of the
     * `seconds` that the run took for one. The label names that roof. */
    void count(benchmark::State &state, double seconds) const;

  private:
    void read(size_t begin, size_t end, size_t ahead) const;

    const dataset &rows;
    const std::vector<uint32_t> &order;
    const backend &kernels;
    std::vector<float> weights;
    size_t at = 0;
    double reading = 0, computing = 0; /* seconds for a row; 0: not sampled */
};

} // namespace sgdmark

#endif
