/* SPDX-License-Identifier: MIT */
/* sgdmark bench: the Google Benchmark driver, on a job that was checked first. */
#include "bench.h"

#include "base/file.h"
#include "base/json.h"
#include "cli/bench_flags.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/results.h"
#include "machine/binding.h"
#include "machine/environment.h"
#include "machine/perf_control.h"
#include "machine/placement.h"
#include "measure/roof.h"
#include "record/load.h"
#include "record/pages_json.h"
#include "record/receipts.h"
#include "verify/kernel_check.h"
#include "verify/parity.h"
#include "version.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench_options {
    struct job_options job;
    struct bench_flags flags;
    const char *perf;
};

static error_t parse(int key, char *value, struct argp_state *state) {
    struct bench_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->job;
        state->child_inputs[1] = &options->flags;
        return 0;
    case KEY_PERF_CTL:
        return take_perf_control(&options->perf, value);
    case ARGP_KEY_END:
        if (options->perf && options->flags.iterations == 0)
            return bad_option("--perf-ctl: would count the search for a number of iterations, too: give one with "
                              "--benchmark_min_time=100x");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options_list[] = {{NULL, 0, NULL, 0, "perf:", OPTIONS_OWN + 1}, OPTION_PERF_CTL, {0}};

static const struct argp_child children[] = {
    {&job_argp, 0, NULL, 0}, {&bench_flags_argp, 0, "Google Benchmark:", OPTIONS_OWN}, {0}};
static const struct argp argp = {
    options_list,
    parse,
    NULL,
    "Time kernels, epochs, folds and growing numbers of rows with Google Benchmark. Without --engine and --isa, every "
    "engine and backend is timed that runs here. A backend whose check fails is not timed; its line says why.\v"
    "Benchmarks:\n"
    "  kernel/<kernel>/<backend>/d:<d>             one row of d pixels in L1\n"
    "  kernel/<kernel>/<backend>/d:784/ws:<where>  rows in random order, from L1,\n"
    "                                              L2, LLC or memory\n"
    "  epoch/<engine>/<backend>                    one epoch of the job's rows\n"
    "  cv/<engine>/<backend>                       its 3-fold cross-validation\n"
    "  rows/<engine>/<backend>/n:<n>               one epoch of n synthetic rows\n"
    "bytes_per_second counts the bytes as they are stored.\n"
    "\n"
    "Examples:\n"
    "  sgdmark bench --benchmark_list_tests\n"
    "  sgdmark bench --benchmark_filter=epoch/f32 --benchmark_repetitions=10\n"
    "  sgdmark bench --isa avx2 --benchmark_filter=kernel/ --benchmark_out=k.json\n",
    children,
    NULL,
    NULL};

enum { FOLDS = 3, KERNEL_CHECK_SEED = 1 };

/* What the driver's questions are answered from. */
struct bench_work {
    const struct bench_options *options;
    int argc;
    char **argv;
    struct backend_list chosen; /* room for backend_count */
    struct bench_subject *subjects;
    size_t subject_count;
    struct job job;
    struct verified_jobs jobs;
    struct topology *topology;
    struct placement core; /* where everything is timed */
    size_t level_bytes[ROOF_LEVELS];
    struct result *result;        /* NULL: no result file */
    struct kernel_check *kernels; /* [backend_count] of those that were checked */
    bool *kernels_checked;        /* [backend_count] */
    bool failed;                  /* a check */
    char reason[1024];
    bool broken; /* the result cannot be recorded: `fault` says why */
    struct error fault;
};

/* One engine on the backends that the options choose. */
static int add_subjects(struct bench_work *work, enum engine engine, struct error *err) {
    const struct job_options *options = &work->options->job;
    struct hyper hyper = options->spec.hyper;
    hyper.engine = engine;
    if (options->engine_given && engine != options->spec.hyper.engine) return 0;
    if (engine_possible(&hyper, 1, NULL) != 0) return 0;
    const struct backend **list = calloc(backend_count, sizeof *list);
    if (!list) return fail_program(err, "out of memory");
    memcpy(list, work->chosen.list, work->chosen.count * sizeof *list);
    struct backend_list mine = {list, work->chosen.count};
    engine_backends(engine, &mine);
    if (engine == ENGINE_F64) {
        list[0] = backend_scalar();
        mine.count = 1;
    }
    for (size_t i = 0; i < mine.count; i++)
        work->subjects[work->subject_count++] =
            (struct bench_subject){engine, list[i], engine_names[engine], engine_backend_name(engine, list[i])};
    free(list);
    return 0;
}

static int choose_subjects(struct bench_work *work, struct error *err) {
    work->subjects = calloc(2 * backend_count + 1, sizeof *work->subjects);
    work->kernels = calloc(backend_count, sizeof *work->kernels);
    work->kernels_checked = calloc(backend_count, sizeof *work->kernels_checked);
    if (!work->subjects || !work->kernels || !work->kernels_checked) return fail_program(err, "out of memory");
    if (choose_for_every_engine(&work->options->job, &work->chosen, err) != 0 ||
        add_subjects(work, ENGINE_F32, err) != 0 || add_subjects(work, ENGINE_F64, err) != 0)
        return -1;
    return add_subjects(work, ENGINE_INT, err);
}

/* Keeps the first fault of the record, for after the run: the driver's callbacks return none. */
static void note_fault(struct bench_work *work, int bad, const struct error *err) {
    if (!bad || work->broken) return;
    work->broken = true;
    work->fault = *err;
}

static const char *refuse(struct bench_work *work, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *refuse(struct bench_work *work, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(work->reason, sizeof work->reason, format, args);
    va_end(args);
    work->failed = true;
    return work->reason;
}

/* NULL when the subject did the whole job rightly. */
static const char *check_job(struct bench_work *work, const struct bench_subject *subject) {
    for (size_t i = 0; i < work->jobs.count; i++) {
        const struct verified_job *verified = &work->jobs.list[i];
        if (verified->engine != subject->engine || verified->backend != subject->backend) continue;
        if (verified->passed) return NULL;
        return refuse(work, "its parity check failed: %s", verified->failure);
    }
    return refuse(work, "it was not checked");
}

static const struct kernel_verdict *first_wrong(const struct kernel_check *check) {
    for (size_t i = 0; i < KERNEL_COUNT; i++)
        if (check->kernel[i].state == KERNEL_WRONG) return &check->kernel[i];
    return NULL;
}

static void record_kernels(struct bench_work *work, const struct bench_subject *subject,
                           const struct kernel_check *found) {
    uint64_t calls = 0;
    char detail[128];
    bool right = !first_wrong(found);
    struct error err;
    for (size_t i = 0; i < KERNEL_COUNT; i++)
        calls += found->kernel[i].calls;
    snprintf(detail, sizeof detail, "%llu calls of %zu kernels compared", (unsigned long long)calls,
             kernels_of(subject->backend));
    const struct parity_receipt receipt = {
        .engine = subject->engine_name,
        .backend = subject->backend_name,
        .needed = subject->backend->parity == PARITY_BITS ? "every bit of each kernel" : "each kernel within rounding",
        .reached = right ? "that" : "not that",
        .reference = "the reference of the kernel check",
        .passed = right,
        .detail = detail,
        .accuracy = (double)NAN,
        .max_deviation = (double)NAN,
        .tolerance = (double)NAN};
    note_fault(work, result_parity(work->result, &receipt, &err), &err);
}

/* NULL when every kernel of the subject's backend is right; checked when first asked for. */
static const char *check_kernels(struct bench_work *work, const struct bench_subject *subject) {
    size_t which = (size_t)(subject->backend - backends);
    struct kernel_check *found = &work->kernels[which];
    if (!work->kernels_checked[which]) {
        kernel_check_backend(subject->backend, KERNEL_CHECK_SEED, found);
        if (work->result) record_kernels(work, subject, found);
        work->kernels_checked[which] = true;
    }
    const struct kernel_verdict *wrong = first_wrong(found);
    return wrong ? refuse(work, "its kernel check failed: %s", wrong->text) : NULL;
}

/* bench_job.check */
static const char *check(void *context, const struct bench_subject *subject) {
    const char *why = check_job(context, subject);
    return why || subject->engine != ENGINE_F32 ? why : check_kernels(context, subject);
}

/* bench_job.timed */
static void timed(void *context, const struct bench_series *series) {
    struct bench_work *work = context;
    if (!work->result) return;
    const struct timing timing = {.name = series->name,
                                  .engine = series->subject->engine_name,
                                  .backend = series->subject->backend_name,
                                  .seconds = series->seconds,
                                  .cpu_seconds = series->cpu_seconds,
                                  .samples = series->n,
                                  .iterations = series->iterations,
                                  .threads = 1,
                                  .disturbed = series->disturbed};
    struct error err;
    note_fault(work, result_timing(work->result, &timing, &err), &err);
}

static void context_number(const char *key, uint64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    bench_context(key, text);
}

/* The backends that do not run here, and why. */
static void context_not_run(void) {
    char list[2048] = "";
    for (size_t i = 0; i < backend_count; i++) {
        if (backend_state(&backends[i]) == BACKEND_OK) continue;
        char reason[160];
        size_t used = strlen(list);
        backend_reason(&backends[i], reason, sizeof reason);
        snprintf(list + used, sizeof list - used, "%s%s (%s)", used ? ", " : "", backends[i].name, reason);
    }
    if (list[0]) bench_context("not_run", list);
}

/* Our facts; values in Google Benchmark's context are strings. */
static void add_context(const struct bench_work *work) {
    const struct job_options *options = &work->options->job;
    const struct dataset *ds = &work->job.ds;
    char hash[HEX_TEXT], chosen[1024] = "";
    for (size_t i = 0; i < work->subject_count; i++) {
        const struct bench_subject *subject = &work->subjects[i];
        size_t used = strlen(chosen);
        snprintf(chosen + used, sizeof chosen - used, "%s%s/%s", used ? ", " : "", subject->engine_name,
                 subject->backend_name);
    }
    context_number("schema_version", RESULT_SCHEMA);
    bench_context("version", SGDMARK_VERSION);
    bench_context("commit", SGDMARK_COMMIT);
#ifdef __OPTIMIZE__
    bench_context("build_type", "release (library_build_type and the warning about DEBUG speak of Debian's package of "
                                "Google Benchmark, which leaves its assertions in; they are outside of what is timed)");
#else
    bench_context("build_type", "debug");
#endif
    bench_context("data", ds->name);
    bench_context("pixels_sha256", ds->pixels_sha256);
    bench_context("labels_sha256", ds->labels_sha256);
    context_number("rows", work->job.view.n);
    hex_text(hash, view_hash(&work->job.view));
    bench_context("permutation_hash", hash);
    context_number("seed", options->spec.hyper.seed);
    bench_context("dispatch_asked", options->isa);
    bench_context("dispatch_chosen", chosen);
    context_not_run();
    const int pu = bound_pu(work->topology, &work->core.slots[0]);
    if (pu >= 0)
        context_number("pu", (uint64_t)pu);
    else
        bench_context("pu", "none: the system refuses to bind threads");
    for (size_t i = 0; i < work->options->flags.context_count; i++)
        bench_context(work->options->flags.context[i].key, work->options->flags.context[i].value);
}

static int start_result(struct bench_work *work, struct error *err) {
    const struct job_options *options = &work->options->job;
    work->result = result_new(work->argc, work->argv, err);
    if (!work->result || record_workload(work->result, &work->job, &options->spec, FOLDS, err) != 0 ||
        result_environment(work->result, environment_json(work->topology), err) != 0 ||
        result_section(work->result, "pages", pages_json(&work->job.ds), err) != 0)
        return -1;
    for (size_t i = 0; i < work->jobs.count; i++) {
        const struct verified_job *verified = &work->jobs.list[i];
        if (verified->engine == ENGINE_F32 && record_dispatch(work->result, options->isa, verified->backend, err) != 0)
            return -1;
        if (record_parity(work->result, verified, err) != 0) return -1;
    }
    return 0;
}

static bool writes_result(const struct bench_flags *flags) {
    return flags->out && strcmp(flags->out_format, "json") == 0;
}

/* Refuses a result that would be too long to be read again, before it is measured. */
static int check_size(const struct bench_flags *flags, size_t benchmarks, struct error *err) {
    const double repetition = 1000; /* bytes in the file, at most: a row of Google Benchmark's and a sample */
    if (!writes_result(flags) || repetition * (double)flags->repetitions * (double)benchmarks <= RESULT_BYTES) return 0;
    return fail(err,
                "--benchmark_repetitions: %llu repetitions of %zu benchmarks make a result of more than %d MiB, which "
                "sgdmark compare does not read: choose fewer of them (--benchmark_filter)",
                (unsigned long long)flags->repetitions, benchmarks, RESULT_BYTES >> 20);
}

/* bench_job.prepare */
static int prepare(void *context, size_t benchmarks, struct error *err) {
    struct bench_work *work = context;
    const struct job_spec *spec = &work->options->job.spec;
    const struct bench_flags *flags = &work->options->flags;
    if (check_size(flags, benchmarks, err) != 0 || topology_load(&work->topology, NULL, err) != 0 ||
        placement_resolve(&work->core, work->topology, "core", err) != 0 ||
        bind_worker(work->topology, &work->core.slots[0], err) != 0)
        return -1;
    for (int level = 0; level < ROOF_LEVELS; level++)
        work->level_bytes[level] = roof_level_bytes(work->topology, (enum roof_level)level);
    if (job_open(&work->job, spec, err) != 0 || cv_every_fold_trains(&work->job.row_list, err) != 0) return -1;
    dataset_hash(&work->job.ds);
    const struct job_request request = {
        .job = &work->job, .hyper = &spec->hyper, .folds = FOLDS, .chosen = &work->chosen};
    if (verified_jobs_run(&work->jobs, &request, err) != 0) return -1;
    add_context(work);
    if (!writes_result(flags)) return 0;
    return start_result(work, err);
}

static int write_result(struct bench_work *work, const char *text, struct error *err) {
    const char *path = work->options->flags.out;
    if (work->result) {
        if (result_take_benchmarks(work->result, text, err) != 0) return -1;
        const json_t *file = result_finish(work->result, true, err);
        return file ? output_work(path, file, err) : -1;
    }
    struct span whole = {text, strlen(text)};
    return write_output(path, "sgdmark.txt", &whole, 1, err);
}

static void release(struct bench_work *work) {
    verified_jobs_free(&work->jobs);
    free(work->chosen.list);
    free(work->subjects);
    free(work->kernels);
    free(work->kernels_checked);
    result_free(work->result);
    job_close(&work->job);
    placement_free(&work->core);
    topology_free(work->topology);
}

static int run_benchmarks(struct bench_work *work, struct error *err) {
    const struct bench_options *options = work->options;
    const struct bench_job job = {.row_list = &work->job.row_list,
                                  .hyper = options->job.spec.hyper,
                                  .folds = FOLDS,
                                  .level_bytes = work->level_bytes,
                                  .subjects = work->subjects,
                                  .subject_count = work->subject_count,
                                  .long_ones = options->flags.filter != NULL,
                                  .json_on_screen = bench_flags_json(&options->flags),
                                  .min_seconds = options->flags.min_seconds,
                                  .iterations = options->flags.iterations,
                                  .prepare = prepare,
                                  .check = check,
                                  .timed = timed,
                                  .context = work};
    const char *format = options->flags.out ? options->flags.out_format : NULL;
    char *flags[BENCH_FLAGS], *text = NULL;
    size_t count;
    if (bench_flags_text(&options->flags, flags, &count, err) != 0) return -1;
    int bad = options->perf ? perf_control_open(options->perf, NULL, err) : 0;
    if (!bad) bad = bench_run(&job, flags, count, options->flags.list_tests, format, &text, err);
    if (!bad) bad = perf_control_close(err);
    bench_texts_free(flags, count);
    if (!bad && work->broken) {
        *err = work->fault;
        bad = -1;
    }
    if (!bad && text) bad = write_result(work, text, err);
    free(text);
    return bad;
}

int command_bench(int argc, char **argv, struct error *err) {
    struct bench_options options = {0};
    struct bench_work work = {.options = &options, .argc = argc, .argv = argv};
    int asked = take_arguments(&argp, argc, argv, &options, err);
    if (asked != 0) {
        bench_flags_free(&options.flags);
        return asked < 0 ? -1 : EXIT_DONE;
    }
    bench_flags_warn();
    if (options.flags.out) ignore_broken_pipes(); /* the file is written though nobody reads the screen any more */
    int bad = choose_subjects(&work, err);
    if (!bad) bad = run_benchmarks(&work, err);
    release(&work);
    bench_flags_free(&options.flags);
    if (bad) return -1;
    return work.failed ? EXIT_CHECK_FAILED : EXIT_DONE;
}
