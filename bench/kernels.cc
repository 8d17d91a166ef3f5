/* kernel/: single kernels, on one row in the L1 cache or on many rows in a cache level of this machine. */
#include "families.h"
#include "meter.h"
#include "roofs.h"

extern "C" {
#include "data/dataset.h"
#include "data/random.h"
}

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <vector>

namespace sgdmark {

namespace {

const size_t row_lengths[] = {16, 64, 100, 256, 784, 1024, 3072, 4096};
const size_t image_pixels = 784;

/* An array that begins on a cache line. */
template <class T> class Aligned {
  public:
    void resize(size_t n) {
        storage.resize(n + 64 / sizeof(T));
        first = storage.data();
        while (reinterpret_cast<uintptr_t>(first) % 64 != 0)
            first++;
    }
    T *data() { return first; }

  private:
    std::vector<T> storage;
    T *first = nullptr;
};

/* Rows to read, in shuffled order, and weights of each type. */
class Rows {
  public:
    /* Returns NULL with the reason when they do not fit the memory. */
    static std::shared_ptr<Rows> make(size_t n, size_t d, error *err) {
        auto rows = std::shared_ptr<Rows>(new Rows());
        snprintf(rows->ds.name, sizeof rows->ds.name, "rows for a kernel");
        if (dataset_allocate(&rows->ds, n, d, err) != 0) return nullptr;
        rows->fill();
        return rows;
    }
    Rows(const Rows &) = delete;
    Rows &operator=(const Rows &) = delete;
    ~Rows() { dataset_free(&ds); }

    size_t d() const { return ds.d; }
    const dataset &all() const { return ds; }
    const std::vector<uint32_t> &shuffled() const { return order; }
    float *floats() { return f32.data(); }
    int16_t *integers() { return i16.data(); }
    double *doubles() { return f64.data(); }
    /* So many rows are decided in one call, */
    static const size_t together = 64;
    /* those that come from a place of the order on, with room for their decisions. */
    batch decided(size_t at) const { return {ds.pixels, ds.stride, ds.d, examples.data() + at, together}; }
    double *decisions() { return decision.data(); }
    /* The pixels of the row that comes at a place of the order, and of the one `distance` later: the order is kept that
     * much longer. */
    const uint8_t *row(size_t at) const { return ds.pixels + order[at] * ds.stride; }
    const uint8_t *ahead(size_t at) const { return ds.pixels + order[at + distance] * ds.stride; }

  private:
    static const size_t distance = 16;

    Rows() = default;

    void fill() {
        random_state random;
        random_seed(&random, 1);
        size_t bytes = ds.n * ds.stride;
        size_t drawn = std::min(bytes, size_t{1} << 20);
        for (size_t k = 0; k < drawn; k++)
            ds.pixels[k] = static_cast<uint8_t>(random_uint32(&random) >> 24);
        for (size_t k = drawn; k < bytes; k += drawn) /* the same again: no kernel knows its row from another */
            memcpy(ds.pixels + k, ds.pixels, std::min(drawn, bytes - k));
        order.resize(ds.n + distance);
        random_permutation(&random, order.data(), ds.n);
        for (size_t k = 0; k < distance; k++)
            order[ds.n + k] = order[k % ds.n];
        examples.resize(ds.n + together);
        for (size_t k = 0; k < examples.size(); k++)
            examples[k].row = order[k % ds.n];
        decision.resize(together);
        f32.resize(ds.d);
        i16.resize(ds.d);
        f64.resize(ds.d);
        for (size_t k = 0; k < ds.d; k++) {
            f32.data()[k] = static_cast<float>(random_uint32(&random)) * 0x1p-32F - 0.5F;
            i16.data()[k] = static_cast<int16_t>(random_uint32(&random) >> 16);
            f64.data()[k] = static_cast<double>(f32.data()[k]);
        }
    }

    dataset ds = {};
    std::vector<uint32_t> order;
    std::vector<row_ref> examples;
    Aligned<double> decision;
    Aligned<float> f32;
    Aligned<int16_t> i16;
    Aligned<double> f64;
};

/* Where a run is, in integers of its own: they stay in registers over a call. Had they to be stored, each store would
 * hold up the loads of the next call at the same place of another page. */
class Walk {
  public:
    explicit Walk(size_t rows) : n(rows) {}
    size_t next(size_t rows = 1) {
        const size_t now = at;
        at = at + rows < n ? at + rows : 0;
        return now;
    }
    /* Whether it is the second, the fourth, ... call. */
    bool back() { return (calls++ & 1) != 0; }
    /* Keeps a result from being left out. */
    void keep(float result) {
        uint32_t bits;
        memcpy(&bits, &result, sizeof bits);
        sum ^= bits;
    }
    void keep(int64_t result) { sum ^= static_cast<uint64_t>(result); }
    void keep(uint64_t result) { sum ^= result; }
    uint64_t kept() const { return sum; }

  private:
    size_t n, at = 0, calls = 0;
    uint64_t sum = 0;
};

const float step = 0x1p-10F; /* of an update */

/* One call of each kernel. A kernel of a type that has none here does not compile. */
inline void call(dot_u8f32_fn *dot, Rows &rows, Walk &walk) {
    walk.keep(dot(rows.floats(), rows.row(walk.next()), rows.d()));
}
inline void call(dot_prefetch_u8f32_fn *dot, Rows &rows, Walk &walk) {
    const size_t at = walk.next();
    walk.keep(dot(rows.floats(), rows.row(at), rows.d(), rows.ahead(at), nullptr));
}
/* There and back again, so that the weights stay what they are. */
inline void call(axpy_u8f32_fn *axpy, Rows &rows, Walk &walk) {
    axpy(rows.floats(), rows.row(walk.next()), walk.back() ? -step : step, rows.d());
}
inline void call(dot_u8i16_fn *dot, Rows &rows, Walk &walk) {
    walk.keep(dot(rows.integers(), rows.row(walk.next()), rows.d()));
}
inline void call(dot_prefetch_u8i16_fn *dot, Rows &rows, Walk &walk) {
    const size_t at = walk.next();
    walk.keep(dot(rows.integers(), rows.row(at), rows.d(), rows.ahead(at), nullptr));
}
inline void call(axpy_u8i16_fn *axpy, Rows &rows, Walk &walk) {
    axpy(rows.integers(), rows.row(walk.next()), walk.back() ? -1 : 1, rows.d());
}
inline void call(axpy_u8f64_fn *axpy, Rows &rows, Walk &walk) {
    axpy(rows.doubles(), rows.row(walk.next()), static_cast<double>(walk.back() ? -step : step), rows.d());
}
inline void call(read_u8_fn *read, Rows &rows, Walk &walk) {
    walk.keep(read(rows.row(walk.next()), rows.d()));
}

inline void call(decision_u8f32_fn *decide, Rows &rows, Walk &walk) {
    const batch now = rows.decided(walk.next(Rows::together));
    const linear_model by = {rows.floats(), 0.5, 0.25};
    decide(rows.decisions(), &now, &by);
}

template <class Kernel> void repeat(benchmark::State &state, Kernel *kernel, Rows &rows, Walk &walk) {
    for (auto _ : state)
        call(kernel, rows, walk);
}
/* An iteration is a row here, too. */
void repeat(benchmark::State &state, decision_u8f32_fn *kernel, Rows &rows, Walk &walk) {
    while (state.KeepRunningBatch(Rows::together))
        call(kernel, rows, walk);
}

template <class Kernel> double time_kernel(benchmark::State &state, Kernel *kernel, Rows &rows) {
    Walk walk(rows.all().n);
    Meter meter;
    repeat(state, kernel, rows, walk);
    benchmark::DoNotOptimize(walk.kept());
    const double d = static_cast<double>(rows.d());
    return meter.stop(state, static_cast<double>(state.iterations()), d, d);
}

/* The same between samples of the reading roof. */
template <class Kernel> void time_against_roof(benchmark::State &state, Kernel *kernel, Rows &rows, const backend &on) {
    Roofs roofs(rows.all(), rows.shuffled(), on);
    roofs.sample_reading();
    double seconds = time_kernel(state, kernel, rows);
    roofs.sample_reading();
    roofs.count(state, seconds);
}
/* This one is the roof. */
void time_against_roof(benchmark::State &state, read_u8_fn *read, Rows &rows, const backend & /*on*/) {
    time_kernel(state, read, rows);
}

/* Where a working set lies: an index of bench_job.level_bytes. */
const char *const where_names[] = {"L1", "L2", "LLC", "memory"};
const size_t wheres = std::size(where_names);

/* The rows of one working set at a time: the largest has a gigabyte. */
class WorkingSet {
  public:
    explicit WorkingSet(const bench_job &its_job) : job(its_job) {}

    /* Returns NULL with the reason when there is no such level or not enough memory. */
    Rows *get(size_t where, error *err) {
        if (rows && where == now) return rows.get();
        rows.reset();
        const size_t weights = image_pixels * sizeof(double);
        size_t bytes = job.level_bytes[where];
        if (where == 0) bytes -= std::min(bytes, weights);
        if (bytes < image_pixels) {
            fail(err, "this machine lists no %s, or none that is clear of the next smaller level", where_names[where]);
            return nullptr;
        }
        now = where;
        rows = Rows::make(bytes / image_pixels, image_pixels, err);
        return rows.get();
    }

  private:
    const bench_job &job;
    size_t now = 0;
    std::shared_ptr<Rows> rows;
};

template <class Kernel>
void register_lengths(Registry &registry, const std::string &name, const bench_subject &subject, Kernel *kernel) {
    for (size_t d : row_lengths) {
        auto body = [kernel, d](benchmark::State &state) {
            error err;
            if (auto rows = Rows::make(1, d, &err))
                time_kernel(state, kernel, *rows);
            else
                state.SkipWithError(err.text);
        };
        registry.add(name + "/d:" + std::to_string(d), subject, body, benchmark::kNanosecond);
    }
}

template <class Kernel>
void register_working_set(Registry &registry, const std::string &name, const bench_subject &subject, Kernel *kernel,
                          size_t where, const std::shared_ptr<WorkingSet> &set) {
    auto body = [kernel, where, set, &subject](benchmark::State &state) {
        error err;
        if (Rows *rows = set->get(where, &err))
            time_against_roof(state, kernel, *rows, *subject.backend);
        else
            state.SkipWithError(err.text);
    };
    registry.add(name + "/d:" + std::to_string(image_pixels) + "/ws:" + where_names[where], subject, body,
                 benchmark::kNanosecond);
}

std::string kernel_name(const char *kernel, const bench_subject &subject) {
    return std::string("kernel/") + kernel + "/" + subject.backend_name;
}

/* A backend of engine int only: it shares the others' kernels but for one. */
bool has_one_of_its_own(const bench_subject &subject) {
    return subject.engine == ENGINE_INT && backend_base(subject.backend) != subject.backend;
}

} // namespace

/* Size by size, so that each is made once. */
void register_kernels(Registry &registry) {
    const bench_job &job = registry.job;
    for (size_t i = 0; i < job.subject_count; i++) {
        const bench_subject &subject = job.subjects[i];
#define LENGTHS(kernel, unused)                                                                                        \
    register_lengths(registry, kernel_name(#kernel, subject), subject, subject.backend->kernel);
        if (subject.engine == ENGINE_F32) {
            SHARED_KERNELS(LENGTHS, ) OWN_KERNELS(LENGTHS, )
        }
        if (has_one_of_its_own(subject)) {
            OWN_KERNELS(LENGTHS, )
        }
#undef LENGTHS
    }
    auto set = std::make_shared<WorkingSet>(job);
    for (size_t where = 0; where < wheres; where++) {
        for (size_t i = 0; i < job.subject_count; i++) {
            const bench_subject &subject = job.subjects[i];
#define IN_SET(kernel, unused)                                                                                         \
    register_working_set(registry, kernel_name(#kernel, subject), subject, subject.backend->kernel, where, set);
            if (subject.engine == ENGINE_F32) {
                SHARED_KERNELS(IN_SET, ) OWN_KERNELS(IN_SET, )
            }
            if (has_one_of_its_own(subject)) {
                OWN_KERNELS(IN_SET, )
            }
#undef IN_SET
        }
    }
}

} // namespace sgdmark
