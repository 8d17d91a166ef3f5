/* SPDX-License-Identifier: MIT */
/* The reporter of a result file: keeps the text that Google Benchmark makes and hands the times to bench_job.timed. For
 * bench/ only. */
#ifndef SGDMARK_BENCH_COLLECTOR_H
#define SGDMARK_BENCH_COLLECTOR_H

#include "families.h"

#include <memory>
#include <sstream>
#include <vector>

namespace sgdmark {

class Collector : public benchmark::BenchmarkReporter {
  public:
    /* `format`: "json", "csv" or "console". */
    Collector(const Registry &its_registry, const std::string &format);

    bool ReportContext(const Context &context) override;
    void ReportRuns(const std::vector<Run> &runs) override;
    void Finalize() override;

    std::string text() const { return written.str(); }

  private:
    void hand_over(const std::vector<Run> &runs) const;

    const Registry &registry;
    std::ostringstream written;
    std::unique_ptr<benchmark::BenchmarkReporter> writer;
};

} // namespace sgdmark

#endif
