/* SPDX-License-Identifier: MIT */
/* Registers all benchmarks and runs Google Benchmark twice: it lists those that match the filter, then times them. */
#include "bench.h"

#include "collector.h"
#include "display.h"
#include "families.h"
#include "library.h"
#include "meter.h"

extern "C" {
#include "base/json.h"
}

#include <cstdlib>
#include <iostream>
#include <memory>
#include <set>
#include <sstream>
#include <vector>

namespace sgdmark {

void Registry::add(const std::string &name, const bench_subject &subject, const Body &body, benchmark::TimeUnit unit) {
    if (names && names->count(name) == 0) return;
    subjects[name] = &subject;
    auto run = [this, &subject, body](benchmark::State &state) {
        if (const char *why = job.check(job.context, &subject))
            state.SkipWithError(plain_text(why).c_str());
        else
            body(state);
    };
    auto *registered = benchmark::RegisterBenchmark(name.c_str(), run);
    registered->Unit(unit);
    if (names && job.iterations > 0) registered->Iterations(static_cast<benchmark::IterationCount>(job.iterations));
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

bool context_lost;

char program[] = "sgdmark";

/* Returns 0, or -1 with the reason if Google Benchmark does not know a flag. */
int initialize(std::vector<char *> flags, error *err) {
    flags.insert(flags.begin(), program);
    int count = static_cast<int>(flags.size());
    flags.push_back(nullptr);
    benchmark::Initialize(&count, flags.data());
    return count == 1 ? 0 : fail(err, "Google Benchmark refuses '%s'", flags[1]);
}

/* Sets the minimum time as this version of Google Benchmark takes it. */
std::string min_time(double seconds) {
    char number[REAL_TEXT];
    format_real(number, seconds);
    return std::string("--benchmark_min_time=") + number + (says_skipped ? "s" : "");
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

void register_all(Registry &registry) {
    register_kernels(registry);
    register_epochs(registry);
    register_rows(registry);
}

std::set<std::string> lines(const std::string &text) {
    std::set<std::string> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        all.insert(line);
    return all;
}

/* Times what is registered. With `format`, *text is what goes to the file. */
int time_all(const Registry &registry, const bench_job &job, const char *format, char **text, error *err) {
    Display display(job.json_on_screen);
    if (!format) {
        benchmark::RunSpecifiedBenchmarks(&display);
        return 0;
    }
    Collector collector(registry, format);
    benchmark::RunSpecifiedBenchmarks(&display, &collector);
    *text = json_repair(collector.text().c_str());
    return *text ? 0 : fail_program(err, "out of memory for the result");
}

} // namespace

std::string plain_text(const char *text) {
    std::unique_ptr<char, decltype(&free)> escaped(escape_text(text, true), free);
    return escaped ? escaped.get() : "out of memory for a message";
}

} // namespace sgdmark

void bench_context(const char *key, const char *value) {
    using namespace sgdmark;
    std::unique_ptr<char, decltype(&free)> plain_key(escape_text(key, true), free);
    std::unique_ptr<char, decltype(&free)> plain_value(escape_text(value, true), free);
    if (plain_key && plain_value)
        benchmark::AddCustomContext(plain_key.get(), plain_value.get());
    else
        context_lost = true;
}

int bench_run(const bench_job *job, char **flags, size_t flag_count, bool listing, const char *format, char **text,
              error *err) {
    using namespace sgdmark;
    static char list[] = "--benchmark_list_tests=true";
    static char run[] = "--benchmark_list_tests=false";
    static char every[] = "--benchmark_filter="; /* of those that are registered then */
    /* Google Benchmark takes a file reporter only with a file to open; the collector keeps the text itself. */
    static char nowhere[] = "--benchmark_out=/dev/null";
    static char no_file[] = "--benchmark_out=";
    std::string seconds = min_time(job->min_seconds);

    std::vector<char *> all(flags, flags + flag_count);
    all.push_back(&seconds[0]);
    all.push_back(list);
    all.push_back(format ? nowhere : no_file);
    std::string text_of_names;
    Registry listed(*job);
    register_all(listed);
    if (initialize(all, err) != 0 || matching(text_of_names, err) != 0) return -1;
    if (listing) {
        std::cout << text_of_names << std::flush;
        return 0;
    }
    /* Registered anew: a number of iterations becomes part of a name that the filter sees. */
    const std::set<std::string> names = lines(text_of_names);
    benchmark::ClearRegisteredBenchmarks();
    Registry chosen(*job, &names);
    register_all(chosen);
    if (job->prepare(job->context, names.size(), err) != 0 || initialize({run, every}, err) != 0) return -1;
    bench_context("hardware_counters", Meter::hardware_counters().c_str());
    if (context_lost) return fail_program(err, "out of memory for the context");
    return time_all(chosen, *job, format, text, err);
}
