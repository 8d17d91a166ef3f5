/* SPDX-License-Identifier: MIT */
/* The families epoch/, cv/ and rows/: the training loop that every other command runs. */
#include "families.h"
#include "meter.h"
#include "roofs.h"

extern "C" {
#include "data/dataset.h"
#include "learn/cv.h"
#include "learn/prefetch_choice.h"
}

#include <algorithm>
#include <memory>
#include <numeric>
#include <vector>

namespace sgdmark {

namespace {

template <class T, void (*release)(T *)> struct Release {
    void operator()(T *object) const { release(object); }
};
using Trainer = std::unique_ptr<trainer, Release<trainer, trainer_free>>;
using FoldWorker = std::unique_ptr<fold_worker, Release<fold_worker, fold_worker_free>>;

std::vector<uint32_t> whole_permutation(const row_list &rows, const hyper &hyper) {
    std::vector<uint32_t> permutation(rows.n);
    hyper_permutation(permutation.data(), rows.n, &hyper);
    return permutation;
}

/* The rows of the first epoch in its order, for the read roof. A million of them fit no core's caches. */
std::vector<uint32_t> first_rows(const row_list &rows, const std::vector<uint32_t> &permutation) {
    const size_t most = 1000000;
    std::vector<uint32_t> order(std::min(rows.n, most));
    for (size_t i = 0; i < order.size(); i++)
        order[i] = rows.at[permutation[i]].row;
    return order;
}

/* The form of the rows that the subject reads. */
row_form form_of(const dataset *ds, const bench_subject &subject) {
    return reads_packed(ds, subject.engine, subject.backend) ? FORM_PACKED : FORM_CROPPED;
}

/* Engine f64 has no dot-product kernel, so it has no compute roof. */
void sample_roofs(Roofs &roofs, const bench_subject &subject) {
    roofs.sample_reading();
    if (subject.engine != ENGINE_F64) roofs.sample_computing(subject.engine);
}

/* Runs a fit and returns its epochs. */
unsigned run_fit(trainer *trainer, const row_list &rows, const std::vector<uint32_t> &permutation) {
    unsigned epochs = 0;
    for (trainer_start(trainer, &rows, permutation.data()); trainer_more(trainer); epochs++)
        trainer_epoch(trainer);
    return epochs;
}

/* One iteration is one epoch. Whole fits are run, so that each epoch of a fit counts the same: the early ones update
 * the weights more often. A fit starts by clearing the weights, which takes next to no time. */
void time_epochs(benchmark::State &state, const row_list &rows, hyper hyper, const bench_subject &subject) {
    error err;
    hyper.engine = subject.engine;
    std::vector<uint32_t> permutation = whole_permutation(rows, hyper);
    prefetch_choose(&hyper, &rows, subject.backend, nullptr);
    Trainer trainer(trainer_new(rows.n, rows.ds->d, &hyper, subject.backend, &err));
    if (!trainer) {
        state.SkipWithError(err.text);
        return;
    }
    Roofs roofs(*rows.ds, first_rows(rows, permutation), *subject.backend, form_of(rows.ds, subject));
    sample_roofs(roofs, subject);
    const unsigned epochs = hyper_may_stop(&hyper) ? run_fit(trainer.get(), rows, permutation) : hyper.epochs;
    Meter meter;
    while (state.KeepRunningBatch(epochs))
        run_fit(trainer.get(), rows, permutation);
    double seconds =
        meter.stop(state, static_cast<double>(state.iterations()) * static_cast<double>(rows.n),
                   static_cast<double>(rows.ds->width), row_bytes(rows.ds, subject.engine, subject.backend));
    sample_roofs(roofs, subject);
    roofs.count(state, seconds);
}

/* Owns the plan that the folds share. */
class Plan {
  public:
    Plan() = default;
    Plan(const Plan &) = delete;
    Plan &operator=(const Plan &) = delete;
    ~Plan() { cv_plan_free(&plan); }
    cv_plan plan = {};
};

void time_folds(benchmark::State &state, const bench_job &job, const bench_subject &subject) {
    error err;
    hyper hyper = job.hyper;
    hyper.engine = subject.engine;
    Plan shared;
    FoldWorker worker;
    prefetch_choose(&hyper, job.row_list, subject.backend, nullptr);
    if (cv_plan_make(&shared.plan, job.row_list, job.folds, ESTIMATOR_SGD, &hyper, &err) == 0)
        worker.reset(fold_worker_new(&shared.plan, subject.backend, &err));
    int bad = worker ? 0 : -1;
    std::vector<double> decision(job.row_list->n);
    const dataset *ds = job.row_list->ds;
    Roofs roofs(*ds, first_rows(*job.row_list, whole_permutation(*job.row_list, hyper)), *subject.backend,
                form_of(ds, subject));
    sample_roofs(roofs, subject);
    /* Each row trains every fold but one, in each of its epochs, and is predicted in that one. */
    double visits = 0;
    Meter meter;
    while (!bad && state.KeepRunning()) {
        for (unsigned fold = 0; fold < job.folds && !bad; fold++) {
            fold_result result = {};
            bad = fold_worker_run(worker.get(), fold, &result, &err);
            const double tested = static_cast<double>(shared.plan.tested[fold]);
            visits += (static_cast<double>(job.row_list->n) - tested) * result.epochs + tested;
            fold_worker_decisions(worker.get(), 0, decision.data());
            benchmark::DoNotOptimize(result);
        }
    }
    if (bad) {
        state.SkipWithError(err.text);
        return;
    }
    double seconds =
        meter.stop(state, visits, static_cast<double>(ds->width), row_bytes(ds, subject.engine, subject.backend));
    sample_roofs(roofs, subject);
    roofs.count(state, seconds);
}

/* Synthetic rows for one n at a time: the largest take gigabytes. */
class SyntheticRows {
  public:
    SyntheticRows() = default;
    SyntheticRows(const SyntheticRows &) = delete;
    SyntheticRows &operator=(const SyntheticRows &) = delete;
    ~SyntheticRows() { dataset_free(&ds); }

    /* NULL and the reason if they do not fit the memory. */
    const row_list *get(size_t n, error *err) {
        if (n == now.n) return &now;
        now = {};
        at.clear();
        at.shrink_to_fit();
        dataset_free(&ds);
        std::string spec = "synthetic:n=" + std::to_string(n);
        snprintf(ds.name, sizeof ds.name, "%s", spec.c_str());
        /* Not packed: packing stops at 64 MiB, and rows should be as long for every n. */
        if (synthetic_load(&ds, spec.c_str(), SPLIT_TRAIN, err) != 0) {
            dataset_free(&ds);
            return nullptr;
        }
        std::vector<uint32_t> in_order(n);
        std::iota(in_order.begin(), in_order.end(), 0);
        at.resize(n);
        row_refs_fill(at.data(), &ds, in_order.data(), n, positive_digit);
        now.ds = &ds;
        now.at = at.data();
        now.n = n;
        return &now;
    }

  private:
    static const unsigned positive_digit = 5;
    dataset ds = {};
    std::vector<row_ref> at;
    row_list now = {};
};

/* Rows: from 25 kB, which fit every L1 cache, to 6.3 GB. Those above last_short_size need a filter. */
const size_t sizes[] = {32, 125, 500, 2000, 8000, 32000, 125000, 500000, 2000000, 8000000};
const size_t last_short_size = 125000;

} // namespace

void register_epochs(Registry &registry) {
    const bench_job &job = registry.job;
    for (size_t i = 0; i < job.subject_count; i++) {
        const bench_subject &subject = job.subjects[i];
        const std::string tail = std::string(subject.engine_name) + "/" + subject.backend_name;
        registry.add(
            "epoch/" + tail, subject,
            [&job, &subject](benchmark::State &state) { time_epochs(state, *job.row_list, job.hyper, subject); },
            benchmark::kMillisecond);
        registry.add(
            "cv/" + tail, subject, [&job, &subject](benchmark::State &state) { time_folds(state, job, subject); },
            benchmark::kMillisecond);
    }
}

void register_rows(Registry &registry) {
    const bench_job &job = registry.job;
    auto rows = std::make_shared<SyntheticRows>();
    for (size_t n : sizes) {
        if (n > last_short_size && !job.long_ones) break;
        for (size_t i = 0; i < job.subject_count; i++) {
            const bench_subject &subject = job.subjects[i];
            std::string name =
                std::string("rows/") + subject.engine_name + "/" + subject.backend_name + "/n:" + std::to_string(n);
            auto body = [&job, &subject, rows, n](benchmark::State &state) {
                error err;
                if (const row_list *list = rows->get(n, &err))
                    time_epochs(state, *list, job.hyper, subject);
                else
                    state.SkipWithError(err.text);
            };
            registry.add(name, subject, body, benchmark::kNanosecond);
        }
    }
}

} // namespace sgdmark
