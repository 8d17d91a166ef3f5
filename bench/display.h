/* SPDX-License-Identifier: MIT */
/* The reporter of the screen: Google Benchmark's own, with the names of benchmarks as they are listed, and with JSON
 * that is UTF-8 whatever the host is called. For bench/ only. */
#ifndef SGDMARK_BENCH_DISPLAY_H
#define SGDMARK_BENCH_DISPLAY_H

#include <benchmark/benchmark.h>
#include <memory>
#include <sstream>
#include <vector>

namespace sgdmark {

class Display : public benchmark::BenchmarkReporter {
  public:
    explicit Display(bool its_json);

    bool ReportContext(const Context &context) override;
    void ReportRuns(const std::vector<Run> &runs) override;
    void Finalize() override;

  private:
    void show();

    bool json;
    std::ostringstream piece; /* of the JSON: whole lines that are not yet shown */
    std::unique_ptr<benchmark::BenchmarkReporter> inner;
};

} // namespace sgdmark

#endif
