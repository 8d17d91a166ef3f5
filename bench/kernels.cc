/* SPDX-License-Identifier: MIT */
/* kernel/: single kernels, on one row in the L1 cache or on many rows in a cache level of this machine. */
#include "families.h"
#include "meter.h"
#include "roofs.h"

extern "C" {
#include "base/clock.h"
#include "data/dataset.h"
#include "data/random.h"
#include "verify/sigmoid_error.h"
}

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <memory>
#include <type_traits>
#include <vector>

namespace sgdmark {

namespace {

const size_t row_lengths[] = {16, 64, 100, 256, 784, 1024, 3072, 4096};
const size_t image_pixels = 784;
const size_t model_counts[] = {1, 2, 3, 4, 6, 10}; /* of kernels that many models share; at most MODELS_MOST */

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
    /* The weights of many models. */
    const float *const *many_floats() { return many_f32.data(); }
    const int16_t *const *many_integers() { return many_i16.data(); }
    /* Rows of one call for decisions, */
    static const size_t batch_rows = 64;
    /* from a place of the order on, and room for their decisions. */
    struct batch batch(size_t at) const {
        return {ds.pixels, ds.stride, ds.d, refs.data() + at, batch_rows};
    }
    double *decisions() { return decision.data(); }
    /* The pixels of the row at a place of the order, and of the one `distance` later. The order continues that far. */
    const uint8_t *row(size_t at) const { return ds.pixels + order[at] * ds.stride; }
    const uint8_t *l1_row(size_t at) const { return ds.pixels + order[at + distance] * ds.stride; }

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
        for (size_t k = drawn; k < bytes; k += drawn) /* the same again: speed does not depend on it */
            memcpy(ds.pixels + k, ds.pixels, std::min(drawn, bytes - k));
        order.resize(ds.n + distance);
        random_permutation(&random, order.data(), ds.n);
        for (size_t k = 0; k < distance; k++)
            order[ds.n + k] = order[k % ds.n];
        refs.resize(ds.n + batch_rows);
        for (size_t k = 0; k < refs.size(); k++)
            refs[k].row = order[k % ds.n];
        decision.resize(batch_rows);
        f32.resize(ds.d);
        i16.resize(ds.d);
        f64.resize(ds.d);
        for (size_t k = 0; k < ds.d; k++) {
            f32.data()[k] = static_cast<float>(random_uint32(&random)) * 0x1p-32F - 0.5F;
            i16.data()[k] = static_cast<int16_t>(random_uint32(&random) >> 16);
            f64.data()[k] = static_cast<double>(f32.data()[k]);
        }
        fill_models();
    }

    /* The same weights for each model, some lines apart beside their size, so that no power of 2 lies between them. */
    void fill_models() {
        const size_t apart = ds.d / 64 * 64 + 144;
        models_f32.resize(MODELS_MOST * apart);
        models_i16.resize(MODELS_MOST * apart);
        for (size_t m = 0; m < MODELS_MOST; m++) {
            std::copy_n(f32.data(), ds.d, models_f32.data() + m * apart);
            std::copy_n(i16.data(), ds.d, models_i16.data() + m * apart);
            many_f32.push_back(models_f32.data() + m * apart);
            many_i16.push_back(models_i16.data() + m * apart);
        }
    }

    dataset ds = {};
    std::vector<uint32_t> order;
    std::vector<row_ref> refs;
    Aligned<double> decision;
    Aligned<float> f32;
    Aligned<int16_t> i16;
    Aligned<double> f64;
    Aligned<float> models_f32;
    Aligned<int16_t> models_i16;
    std::vector<const float *> many_f32;
    std::vector<const int16_t *> many_i16;
};

/* The place of a run in the rows. Its members stay in registers over a call; stores would delay later loads by 4K
 * aliasing. */
class Walk {
  public:
    explicit Walk(size_t rows) : n(rows) {}
    size_t next(size_t rows = 1) {
        const size_t now = at;
        at = at + rows < n ? at + rows : 0;
        return now;
    }
    /* True for every second call. */
    bool back() { return (calls++ & 1) != 0; }
    /* Keeps the compiler from dropping a call. */
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

/* The weights of a kernel, whatever their type. */
struct Weights {
    Rows &rows;
    operator float *() const { return rows.floats(); }
    operator int16_t *() const { return rows.integers(); }
    operator double *() const { return rows.doubles(); }
};

/* The operands of kernel_spec.def for one call, on the next row or rows. */
class Operands {
  public:
    Operands(Rows &its_rows, Walk &its_walk, size_t row_count, size_t model_count)
        : rows(its_rows), walk(its_walk), at(its_walk.next(row_count)), its_models(model_count) {}

    Weights weights() const { return {rows}; }
    const uint8_t *row() const { return rows.row(at); }
    const uint8_t *l1_row() const { return rows.l1_row(at); }
    const uint8_t *l2_row() const { return nullptr; }
    size_t length() const { return rows.d(); }
    /* There and back, so that the weights stay what they are. */
    float factor_f32() const { return walk.back() ? -0x1p-10F : 0x1p-10F; }
    double factor_f64() const { return static_cast<double>(factor_f32()); }
    int sign() const { return walk.back() ? -1 : 1; }
    double *decision() const { return rows.decisions(); }
    const struct batch *batch() {
        its_batch = rows.batch(at);
        return &its_batch;
    }
    const linear_model *model() {
        its_model = {rows.floats(), 0.5, 0.25};
        return &its_model;
    }
    const float *const *many_f32() const { return rows.many_floats(); }
    const int16_t *const *many_i16() const { return rows.many_integers(); }
    size_t models() const { return its_models; }
    const struct shared_row *shared_row() {
        its_row = {row(), 0, length(), l1_row(), nullptr};
        return &its_row;
    }

  private:
    Rows &rows;
    Walk &walk;
    const size_t at, its_models;
    struct shared_row its_row;
    struct batch its_batch;
    linear_model its_model;
};

/* Spec_<kernel>: whether it reads rows at all, its rows per call and the call itself, for each line of kernel_spec.def.
 * Templates: those for packed rows are not timed here, and not compiled. */
#define READS_CROPPED        true
#define READS_PACKED         true
#define READS_ABSENT         false
#define ROWS_NONE            1
#define ROWS_REAL            1
#define ROWS_INTEGER         1
#define ROWS_DECISIONS       Rows::batch_rows
#define ROWS_MANY            1
#define MANY_NONE            false
#define MANY_REAL            false
#define MANY_INTEGER         false
#define MANY_DECISIONS       false
#define MANY_MANY            true
#define KEEP_NONE(call)      call
#define KEEP_REAL(call)      walk.keep(call)
#define KEEP_INTEGER(call)   walk.keep(call)
#define KEEP_DECISIONS(call) call
#define KEEP_MANY(call)      call
#define IN(operand)          now.operand()
#define KERNEL(name, its_weights, its_row, result, reference, ...)                                                     \
    struct Spec_##name {                                                                                               \
        using Function = name##_fn;                                                                                    \
        static constexpr const char *kernel = #name;                                                                   \
        static constexpr bool reads_rows = READS_##its_row;                                                            \
        static constexpr size_t rows = ROWS_##result;                                                                  \
        static constexpr bool many = MANY_##result;                                                                    \
        static Function *of(const backend &backend) { return backend.name; }                                           \
        template <class Now> static void call(Function *function, Now now, Walk &walk) {                               \
            (void)walk;                                                                                                \
            KEEP_##result(function(__VA_ARGS__));                                                                      \
        }                                                                                                              \
    };
#include "verify/kernel_spec.def"
#undef KERNEL
#undef IN

/* An iteration is a row, also where a call takes many, or many models share it. */
template <class Spec>
double time_kernel(benchmark::State &state, typename Spec::Function *kernel, Rows &rows, size_t models) {
    Walk walk(rows.all().n);
    Meter meter;
    if constexpr (Spec::rows == 1) {
        for (auto _ : state)
            Spec::call(kernel, Operands(rows, walk, 1, models), walk);
    } else {
        while (state.KeepRunningBatch(Spec::rows))
            Spec::call(kernel, Operands(rows, walk, Spec::rows, models), walk);
    }
    benchmark::DoNotOptimize(walk.kept());
    const double d = static_cast<double>(rows.d());
    const double bytes = Spec::reads_rows ? d : d * sizeof(float);
    return meter.stop(state, static_cast<double>(state.iterations()), d, bytes);
}

/* sigmoid_f32 as a plain loop over libm's exponential. */
__attribute__((noinline)) void sigmoid_of_libm(float *z, size_t n) {
    for (size_t k = 0; k < n; k++) {
        const float e = std::exp(-std::fabs(z[k]));
        z[k] = (z[k] < 0.0F ? e : 1.0F) / (1.0F + e);
    }
}

/* Seconds of one call: the fastest of a few short samples, which a busy machine leaves alone. */
double fastest_call(double fastest, sigmoid_f32_fn *sigmoid, Rows &rows) {
    const size_t calls = 1 + 4096 / rows.d();
    const double begin = seconds_now();
    for (size_t i = 0; i < calls; i++)
        sigmoid(rows.floats(), rows.d());
    return std::min(fastest, (seconds_now() - begin) / static_cast<double>(calls));
}

/* How many times as fast the kernel is as the plain loop, in turns. The numbers, which each call replaces by its
 * results, soon hardly change; the time depends on none of them. */
double times_libm(sigmoid_f32_fn *kernel, Rows &rows) {
    double by_libm = HUGE_VAL;
    double by_kernel = HUGE_VAL;
    for (int turn = 0; turn < 50; turn++) {
        by_libm = fastest_call(by_libm, sigmoid_of_libm, rows);
        by_kernel = fastest_call(by_kernel, kernel, rows);
    }
    return by_libm / by_kernel;
}

/* A kernel without rows is sigmoid_f32: sets the counters times_libm and max_ulp, its largest error. */
template <class Spec> void time_sigmoid(benchmark::State &state, typename Spec::Function *kernel, Rows &rows) {
    time_kernel<Spec>(state, kernel, rows, 1);
    state.counters["times_libm"] = times_libm(kernel, rows);
    state.counters["max_ulp"] = sigmoid_measure(kernel, SIGMOID_STEP).ulp;
}

/* The same between samples of the read roof, unless the kernel is the roof. */
template <class Spec>
void time_against_roof(benchmark::State &state, typename Spec::Function *kernel, Rows &rows, size_t models,
                       const backend &on) {
    if (std::is_same_v<Spec, Spec_read_u8>) {
        time_kernel<Spec>(state, kernel, rows, models);
        return;
    }
    Roofs roofs(rows.all(), rows.shuffled(), on);
    roofs.sample_reading();
    double seconds = time_kernel<Spec>(state, kernel, rows, models);
    roofs.sample_reading();
    roofs.count(state, seconds);
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

template <class Spec> std::string kernel_name(const bench_subject &subject) {
    return std::string("kernel/") + Spec::kernel + "/" + subject.backend_name;
}

/* How many models a kernel serves at once, and the end of its name: "" and 1, or "/k:4" and 4. */
struct Models {
    std::string ending;
    size_t count;
};
template <class Spec> std::vector<Models> models_of() {
    if (!Spec::many) return {{"", 1}};
    std::vector<Models> all;
    for (size_t count : model_counts)
        all.push_back({"/k:" + std::to_string(count), count});
    return all;
}

template <class Spec>
void register_length(Registry &registry, const bench_subject &subject, size_t d, const Models &models) {
    auto *kernel = Spec::of(*subject.backend);
    const size_t count = models.count;
    auto body = [kernel, d, count](benchmark::State &state) {
        error err;
        auto rows = Rows::make(1, d, &err);
        if (!rows)
            state.SkipWithError(err.text);
        else if constexpr (Spec::reads_rows)
            time_kernel<Spec>(state, kernel, *rows, count);
        else
            static_cast<void>(count), time_sigmoid<Spec>(state, kernel, *rows); /* no rows, no models */
    };
    registry.add(kernel_name<Spec>(subject) + "/d:" + std::to_string(d) + models.ending, subject, body,
                 benchmark::kNanosecond);
}

template <class Spec> void register_lengths(Registry &registry, const bench_subject &subject) {
    for (size_t d : row_lengths)
        for (const Models &models : models_of<Spec>())
            register_length<Spec>(registry, subject, d, models);
}

template <class Spec>
void register_working_set(Registry &registry, const bench_subject &subject, size_t where,
                          const std::shared_ptr<WorkingSet> &set) {
    if (!Spec::reads_rows) return;
    auto *kernel = Spec::of(*subject.backend);
    for (const Models &models : models_of<Spec>()) {
        const size_t count = models.count;
        auto body = [kernel, where, set, count, &subject](benchmark::State &state) {
            error err;
            if (Rows *rows = set->get(where, &err))
                time_against_roof<Spec>(state, kernel, *rows, count, *subject.backend);
            else
                state.SkipWithError(err.text);
        };
        registry.add(kernel_name<Spec>(subject) + "/d:" + std::to_string(image_pixels) + "/ws:" + where_names[where] +
                         models.ending,
                     subject, body, benchmark::kNanosecond);
    }
}

/* A backend of engine int only: it has OWN_KERNELS, the others are its base's. */
bool has_own_kernels(const bench_subject &subject) {
    return subject.engine == ENGINE_INT && backend_base(subject.backend) != subject.backend;
}

} // namespace

/* Size by size, so that each is made once. */
void register_kernels(Registry &registry) {
    const bench_job &job = registry.job;
    for (size_t i = 0; i < job.subject_count; i++) {
        const bench_subject &subject = job.subjects[i];
#define LENGTHS(kernel, unused) register_lengths<Spec_##kernel>(registry, subject);
        if (subject.engine == ENGINE_F32) {
            SHARED_KERNELS(LENGTHS, ) OWN_KERNELS(LENGTHS, )
        }
        if (has_own_kernels(subject)) {
            OWN_KERNELS(LENGTHS, )
        }
#undef LENGTHS
    }
    auto set = std::make_shared<WorkingSet>(job);
    for (size_t where = 0; where < wheres; where++) {
        for (size_t i = 0; i < job.subject_count; i++) {
            const bench_subject &subject = job.subjects[i];
#define IN_SET(kernel, unused) register_working_set<Spec_##kernel>(registry, subject, where, set);
            if (subject.engine == ENGINE_F32) {
                SHARED_KERNELS(IN_SET, ) OWN_KERNELS(IN_SET, )
            }
            if (has_own_kernels(subject)) {
                OWN_KERNELS(IN_SET, )
            }
#undef IN_SET
        }
    }
}

} // namespace sgdmark
