/* SPDX-License-Identifier: MIT */
/* Registers all benchmarks and runs Google Benchmark twice: it lists those that match the filter, then times them. */
#include "bench.h"

#include "collector.h"
#include "families.h"
#include "meter.h"

extern "C" {
#include "base/text.h"
}

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <sstream>
#include <vector>

namespace sgdmark {

void Registry::add(const std::string &name, const bench_subject &subject, const Body &body, benchmark::TimeUnit unit) {
    subjects[name] = &subject;
    auto run = [this, &subject, body](benchmark::State &state) {
        if (const char *why = job.check(job.context, &subject))
            state.SkipWithError(why);
        else
            body(state);
    };
    benchmark::RegisterBenchmark(name.c_str(), run)->Unit(unit);
}

const bench_subject *Registry::find(const std::string &name) const {
    auto found = subjects.find(name);
    return found == subjects.end() ? nullptr : found->second;
}

namespace {

/* A reporter that shows nothing. */
class Silent : public benchmark::BenchmarkReporter {
  public:
    bool ReportContext(const Context & /*context*/) override { return true; }
    void ReportRuns(const std::vector<Run> & /*runs*/) override {}
};

char program[] = "sgdmark";

/* Returns 0, or -1 with the reason if Google Benchmark does not know a flag. */
int initialize(std::vector<char *> flags, error *err) {
    flags.insert(flags.begin(), program);
    int count = static_cast<int>(flags.size());
    flags.push_back(nullptr);
    benchmark::Initialize(&count, flags.data());
    return count == 1 ? 0 : fail(err, "Google Benchmark refuses '%s'", flags[1]);
}

/* The names that match the filter, one a line. */
int matching(std::string &names, error *err) {
    std::ostringstream list;
    std::ostringstream errors;
    Silent silent;
    silent.SetOutputStream(&list);
    silent.SetErrorStream(&errors);
    if (benchmark::RunSpecifiedBenchmarks(&silent) > 0) {
        names = list.str();
        return 0;
    }
    std::string why = errors.str();
    return fail(err, "--benchmark_filter: %s (--benchmark_list_tests lists the names)",
                why.substr(0, why.find('\n')).c_str());
}

} // namespace
} // namespace sgdmark

void bench_context(const char *key, const char *value) {
    char *shown = printable_text(value); /* Google Benchmark prints it as it is */
    benchmark::AddCustomContext(key, shown ? shown : "?");
    free(shown);
}

int bench_run(const bench_job *job, char **flags, size_t flag_count, bool listing, const char *format, char **text,
              error *err) {
    using namespace sgdmark;
    static char list[] = "--benchmark_list_tests=true";
    static char run[] = "--benchmark_list_tests=false";
    /* Google Benchmark takes a file reporter only with a file to open; the collector keeps the text itself. */
    static char nowhere[] = "--benchmark_out=/dev/null";
    static char no_file[] = "--benchmark_out=";

    Registry registry(*job);
    register_kernels(registry);
    register_epochs(registry);
    register_rows(registry);

    std::vector<char *> all(flags, flags + flag_count);
    all.push_back(list);
    all.push_back(format ? nowhere : no_file);
    std::string names;
    if (initialize(all, err) != 0 || matching(names, err) != 0) return -1;
    if (listing) {
        std::cout << names << std::flush;
        return 0;
    }
    if (job->prepare(job->context, err) != 0 || initialize({run}, err) != 0) return -1;
    bench_context("hardware_counters", Meter::hardware_counters().c_str());
    std::unique_ptr<benchmark::BenchmarkReporter> display(benchmark::CreateDefaultDisplayReporter());
    if (!format) {
        benchmark::RunSpecifiedBenchmarks(display.get());
        return 0;
    }
    Collector collector(registry, format);
    benchmark::RunSpecifiedBenchmarks(display.get(), &collector);
    *text = strdup(collector.text().c_str());
    return *text ? 0 : fail_program(err, "out of memory for the result");
}
