/* SPDX-License-Identifier: MIT */
#include "collector.h"

#include "library.h"

namespace sgdmark {

namespace {

std::unique_ptr<benchmark::BenchmarkReporter> make_writer(const std::string &format) {
    if (format == "json") return std::make_unique<benchmark::JSONReporter>();
    if (format == "console") return std::make_unique<benchmark::ConsoleReporter>(benchmark::ConsoleReporter::OO_None);
        /* Deprecated, but it is what --benchmark_out_format=csv means as long as Google Benchmark has it. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    return std::make_unique<benchmark::CSVReporter>();
#pragma GCC diagnostic pop
}

} // namespace

Collector::Collector(const Registry &its_registry, const std::string &format)
    : registry(its_registry), writer(make_writer(format)) {
    writer->SetOutputStream(&written);
    writer->SetErrorStream(&written);
}

bool Collector::ReportContext(const Context &context) {
    return writer->ReportContext(context);
}

/* All repetitions of one benchmark and their aggregates. */
void Collector::ReportRuns(const std::vector<Run> &runs) {
    std::vector<Run> in_ns(runs);
    for (Run &run : in_ns) {
        run.time_unit = benchmark::kNanosecond;
        run.run_name.iterations.clear(); /* a choice of the run, no part of the name */
    }
    writer->ReportRuns(in_ns);
    hand_over(in_ns);
}

void Collector::Finalize() {
    writer->Finalize();
}

void Collector::hand_over(const std::vector<Run> &runs) const {
    const double ns_per_second = 1e9;
    std::vector<double> seconds;
    std::vector<double> cpu_seconds;
    std::vector<const char *> disturbed;
    const Run *last = nullptr;
    for (const Run &run : runs) {
        if (run.run_type != Run::RT_Iteration || was_skipped(run)) continue;
        seconds.push_back(run.GetAdjustedRealTime() / ns_per_second);
        cpu_seconds.push_back(run.GetAdjustedCPUTime() / ns_per_second);
        disturbed.push_back(run.report_label.empty() ? nullptr : run.report_label.c_str());
        last = &run;
    }
    if (!last) return;
    std::string name = last->benchmark_name();
    bench_series series = {};
    series.name = name.c_str();
    series.subject = registry.find(name);
    series.seconds = seconds.data();
    series.cpu_seconds = cpu_seconds.data();
    series.disturbed = disturbed.data();
    series.n = seconds.size();
    series.iterations = static_cast<uint64_t>(last->iterations);
    registry.job.timed(registry.job.context, &series);
}

} // namespace sgdmark
