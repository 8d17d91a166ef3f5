/* SPDX-License-Identifier: MIT */
/* The families of benchmarks. For bench/ only. */
#ifndef SGDMARK_BENCH_FAMILIES_H
#define SGDMARK_BENCH_FAMILIES_H

#include "bench.h"

#include <benchmark/benchmark.h>
#include <functional>
#include <map>
#include <set>
#include <string>

namespace sgdmark {

/* Times as many iterations as the state asks for. */
using Body = std::function<void(benchmark::State &)>;

class Registry {
  public:
    /* Takes every benchmark or, if `its_names` is not NULL, those with one of these names, which then run the job's
     * number of iterations. */
    explicit Registry(const bench_job &its_job, const std::set<std::string> *its_names = nullptr)
        : job(its_job), names(its_names) {}

    /* Registers a benchmark under this name. Its body is not run if the subject fails its check. */
    void add(const std::string &name, const bench_subject &subject, const Body &body, benchmark::TimeUnit unit);

    /* The subject of a benchmark; NULL if there is no benchmark of this name. */
    const bench_subject *find(const std::string &name) const;

    const bench_job &job;

  private:
    const std::set<std::string> *names;
    std::map<std::string, const bench_subject *> subjects;
};

/* The text, escaped so that it can be shown (escape_text). */
std::string plain_text(const char *text);

void register_kernels(Registry &registry);
void register_epochs(Registry &registry);
void register_rows(Registry &registry);

} // namespace sgdmark

#endif
