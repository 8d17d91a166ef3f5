/* SPDX-License-Identifier: MIT */
/* The families of benchmarks. For bench/ only. */
#ifndef SGDMARK_BENCH_FAMILIES_H
#define SGDMARK_BENCH_FAMILIES_H

#include "bench.h"

#include <benchmark/benchmark.h>
#include <functional>
#include <map>
#include <string>

namespace sgdmark {

/* Times as many iterations as the state asks for. */
using Body = std::function<void(benchmark::State &)>;

class Registry {
  public:
    explicit Registry(const bench_job &its_job) : job(its_job) {}

    /* Registers a benchmark under this name. Its body is not run if the subject fails its check. */
    void add(const std::string &name, const bench_subject &subject, const Body &body, benchmark::TimeUnit unit);

    /* The subject of a benchmark; NULL if there is no benchmark of this name. */
    const bench_subject *find(const std::string &name) const;

    const bench_job &job;

  private:
    std::map<std::string, const bench_subject *> subjects;
};

void register_kernels(Registry &registry);
void register_epochs(Registry &registry);
void register_rows(Registry &registry);

} // namespace sgdmark

#endif
