/* sgdmark bench: the Google Benchmark driver, on a job that was checked first. */
#include "bench.h"

#include "base/file.h"
#include "cli/bench_flags.h"
#include "cli/commands.h"
#include "cli/run.h"
#include "machine/binding.h"
#include "machine/environment.h"
#include "measure/roof.h"
#include "record/receipts.h"
#include "verify/kernel_check.h"
#include "version.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench_options {
    struct job_options job;
    struct bench_flags flags;
};

static error_t parse(int key, char *value __attribute__((unused)), struct argp_state *state) {
    struct bench_options *options = state->input;
    if (key != ARGP_KEY_INIT) return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = &options->job;
    state->child_inputs[1] = &options->flags;
    return 0;
}

static const struct argp_child children[] = {
    {&job_argp, 0, "Job:", 1}, {&bench_flags_argp, 0, "Google Benchmark:", 3}, {0}};
static const struct argp argp = {
    NULL,
    parse,
    NULL,
    "Time kernels, epochs, folds and growing numbers of rows with Google Benchmark. Every backend is checked on the "
    "job "
    "before it is timed; one that fails is shown with the reason and not timed.\v"
    "Names:\n"
    "  kernel/<kernel>/<backend>/d:<d>             a row of d pixels in the L1 cache\n"
    "  kernel/<kernel>/<backend>/d:784/ws:<where>  rows in shuffled order from half of L1, L2, LLC, and from memory\n"
    "  epoch/<engine>/<backend>                    one epoch of the job's rows\n"
    "  cv/<engine>/<backend>                       its 3-fold cross-validation\n"
    "  rows/<engine>/<backend>/n:<n>               one epoch of n made-up rows of 784 pixels\n"
    "Without --engine and --isa these are all that run here. bytes_per_second counts the stored bytes of the rows.",
    children,
    NULL,
    NULL};

enum { FOLDS = 3, KERNEL_CHECK_SEED = 1 };

/* What the driver's questions are answered from. */
struct bench_run_state {
    const struct bench_options *options;
    int argc;
    char **argv;
    struct backend_list chosen; /* room for backend_count */
    struct bench_subject *subjects;
    size_t subject_count;
    struct run run;
    size_t level_bytes[ROOF_LEVELS];
    struct result *result;        /* NULL: no result file */
    struct kernel_check *kernels; /* [backend_count] of those that were checked */
    bool *kernels_checked;        /* [backend_count] */
    bool failed;                  /* a check */
    char reason[1024];
};

/* One engine on the backends that the options choose. */
static void add_subjects(struct bench_run_state *state, enum engine engine) {
    const struct job_options *options = &state->options->job;
    struct error err;
    struct hyper hyper = options->spec.hyper;
    hyper.engine = engine;
    if (options->engine_given && engine != options->spec.hyper.engine) return;
    if (engine_possible(&hyper, 1, &err) != 0) return;
    const struct backend **backend = calloc(backend_count, sizeof *backend);
    if (!backend) usage_error("out of memory");
    memcpy(backend, state->chosen.list, state->chosen.count * sizeof *backend);
    struct backend_list mine = {backend, state->chosen.count};
    engine_backends(engine, &mine);
    size_t count = mine.count;
    if (engine == ENGINE_F64) {
        backend[0] = backend_scalar();
        count = 1;
    }
    for (size_t i = 0; i < count; i++)
        state->subjects[state->subject_count++] =
            (struct bench_subject){engine, backend[i], engine_names[engine], engine_backend_name(engine, backend[i])};
    free(backend);
}

static void choose_subjects(struct bench_run_state *state) {
    struct job_options every = state->options->job;
    if (strcmp(every.isa, "auto") == 0) every.isa = "all";
    every.spec.hyper.engine = ENGINE_INT; /* the engine that knows them all */
    state->chosen = (struct backend_list){calloc(backend_count, sizeof *state->chosen.list), 0};
    state->subjects = calloc(2 * backend_count + 1, sizeof *state->subjects);
    state->kernels = calloc(backend_count, sizeof *state->kernels);
    state->kernels_checked = calloc(backend_count, sizeof *state->kernels_checked);
    if (!state->chosen.list || !state->subjects || !state->kernels || !state->kernels_checked)
        usage_error("out of memory");
    choose_backends(&every, &state->chosen);
    add_subjects(state, ENGINE_F32);
    add_subjects(state, ENGINE_F64);
    add_subjects(state, ENGINE_INT);
}

static const char *refuse(struct bench_run_state *state, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *refuse(struct bench_run_state *state, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(state->reason, sizeof state->reason, format, args);
    va_end(args);
    state->failed = true;
    return state->reason;
}

/* NULL when the subject did the whole job rightly. */
static const char *check_trial(struct bench_run_state *state, const struct bench_subject *subject) {
    for (size_t i = 0; i < state->run.jobs.count; i++) {
        const struct verified_job *trial = &state->run.jobs.list[i];
        if (trial->engine != subject->engine || trial->backend != subject->backend) continue;
        if (trial->passed) return NULL;
        char against[JOB_NAME];
        verified_job_name(against, trial->reference);
        return refuse(state, "its parity check failed: needs %s of %s, has %s", parity_words(trial->needed), against,
                      parity_words(trial->reached));
    }
    return refuse(state, "it was not checked");
}

static const struct kernel_verdict *first_wrong(const struct kernel_check *check) {
    for (size_t i = 0; i < KERNEL_COUNT; i++)
        if (check->kernel[i].state == KERNEL_WRONG) return &check->kernel[i];
    return NULL;
}

static void record_kernels(struct bench_run_state *state, const struct bench_subject *subject,
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
    if (result_parity(state->result, &receipt, &err) != 0) usage_error("%s", err.text);
}

/* NULL when every kernel of the subject's backend is right; checked when first asked for. */
static const char *check_kernels(struct bench_run_state *state, const struct bench_subject *subject) {
    size_t which = (size_t)(subject->backend - backends);
    struct kernel_check *found = &state->kernels[which];
    if (!state->kernels_checked[which]) {
        kernel_check_backend(subject->backend, KERNEL_CHECK_SEED, found);
        if (state->result) record_kernels(state, subject, found);
        state->kernels_checked[which] = true;
    }
    const struct kernel_verdict *wrong = first_wrong(found);
    return wrong ? refuse(state, "its kernel check failed: %s", wrong->text) : NULL;
}

/* bench_job.check */
static const char *check(void *context, const struct bench_subject *subject) {
    const char *why = check_trial(context, subject);
    return why || subject->engine != ENGINE_F32 ? why : check_kernels(context, subject);
}

/* bench_job.timed */
static void timed(void *context, const struct bench_series *series) {
    struct bench_run_state *state = context;
    if (!state->result) return;
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
    if (result_timing(state->result, &timing, &err) != 0) usage_error("%s", err.text);
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
static void add_context(const struct bench_run_state *state) {
    const struct run *run = &state->run;
    const struct dataset *ds = &run->job.ds;
    char hash[HEX_TEXT], chosen[1024] = "";
    for (size_t i = 0; i < state->subject_count; i++) {
        const struct bench_subject *subject = &state->subjects[i];
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
    context_number("rows", run->job.view.n);
    hex_text(hash, view_hash(&run->job.view));
    bench_context("permutation_hash", hash);
    context_number("seed", run->options.spec.hyper.seed);
    bench_context("dispatch_asked", run->options.isa);
    bench_context("dispatch_chosen", chosen);
    context_not_run();
    context_number("pu", run->core.slots[0].pu_os);
}

static int start_result(struct bench_run_state *state, struct error *err) {
    state->result = result_new(state->argc, state->argv, err);
    if (!state->result ||
        record_workload(state->result, &state->run.job, &state->run.options.spec, state->run.folds, err) != 0 ||
        result_environment(state->result, environment_json(state->run.topology), err) != 0)
        return -1;
    for (size_t i = 0; i < state->run.jobs.count; i++) {
        const struct verified_job *trial = &state->run.jobs.list[i];
        if (trial->engine == ENGINE_F32 &&
            record_dispatch(state->result, state->run.options.isa, trial->backend, err) != 0)
            return -1;
        if (record_parity(state->result, trial, err) != 0) return -1;
    }
    return 0;
}

/* bench_job.prepare */
static int prepare(void *context, struct error *err) {
    struct bench_run_state *state = context;
    struct run *run = &state->run;
    const struct bench_flags *flags = &state->options->flags;
    if (topology_load(&run->topology, NULL, err) != 0 ||
        placement_resolve(&run->core, run->topology, "core", err) != 0 ||
        bind_worker(run->topology, &run->core.slots[0], err) != 0)
        return -1;
    for (int level = 0; level < ROOF_LEVELS; level++)
        state->level_bytes[level] = roof_level_bytes(run->topology, (enum roof_level)level);
    if (job_open(&run->job, &state->options->job.spec, err) != 0) return -1;
    if (verified_jobs_run(&run->jobs, &run->job, &run->options.spec.hyper, run->folds, &state->chosen, NULL, err) != 0)
        return -1;
    dataset_hash(&run->job.ds);
    add_context(state);
    if (!flags->out || strcmp(flags->out_format, "json") != 0) return 0;
    return start_result(state, err);
}

static int write_output(struct bench_run_state *state, const char *text, struct error *err) {
    const char *path = state->options->flags.out;
    if (state->result) {
        if (result_adopt(state->result, text, err) != 0) return -1;
        return result_write(state->result, path, true, err);
    }
    struct span whole = {text, strlen(text)};
    return write_file(path, &whole, 1, err);
}

static void release(struct bench_run_state *state) {
    verified_jobs_free(&state->run.jobs);
    free(state->chosen.list);
    free(state->subjects);
    free(state->kernels);
    free(state->kernels_checked);
    result_free(state->result);
    job_close(&state->run.job);
    placement_free(&state->run.core);
    topology_free(state->run.topology);
}

int command_bench(int argc, char **argv, struct error *err) {
    (void)err;
    struct bench_options options = {0};
    struct bench_run_state state = {.options = &options, .argc = argc, .argv = argv};
    struct error why;
    parse_arguments(&argp, argc, argv, &options);
    state.run.options = options.job;
    state.run.folds = FOLDS;
    choose_subjects(&state);
    const struct bench_job job = {.row_list = &state.run.job.row_list,
                                  .hyper = options.job.spec.hyper,
                                  .folds = FOLDS,
                                  .level_bytes = state.level_bytes,
                                  .subjects = state.subjects,
                                  .subject_count = state.subject_count,
                                  .long_ones = options.flags.filter != NULL,
                                  .prepare = prepare,
                                  .check = check,
                                  .timed = timed,
                                  .context = &state};
    const char *format = options.flags.out ? options.flags.out_format : NULL;
    char *handed[BENCH_FLAGS], *text = NULL;
    size_t count = bench_flags_text(&options.flags, handed);
    if (bench_run(&job, handed, count, options.flags.list_tests, format, &text, &why) != 0 ||
        (text && write_output(&state, text, &why) != 0))
        usage_error("%s", why.text);
    bench_flags_free(handed, count);
    free(text);
    release(&state);
    return state.failed ? EXIT_CHECK_FAILED : EXIT_DONE;
}
