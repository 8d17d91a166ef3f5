/* SPDX-License-Identifier: MIT */
/* What differs between versions of Google Benchmark, which has no macro for its version. For bench/ only. */
#ifndef SGDMARK_BENCH_LIBRARY_H
#define SGDMARK_BENCH_LIBRARY_H

#include <benchmark/benchmark.h>
#include <type_traits>

namespace sgdmark {

/* From 1.8 on a run says `skipped`, and --benchmark_min_time wants a unit; before that it says `error_occurred`. */
template <class Run, class = void> struct has_skipped : std::false_type {};
template <class Run> struct has_skipped<Run, std::void_t<decltype(Run::skipped)>> : std::true_type {};

const bool says_skipped = has_skipped<benchmark::BenchmarkReporter::Run>::value;

/* Did the benchmark end before it was timed? */
template <class Run> bool was_skipped(const Run &run) {
    if constexpr (has_skipped<Run>::value)
        return static_cast<bool>(run.skipped);
    else
        return run.error_occurred;
}

} // namespace sgdmark

#endif
