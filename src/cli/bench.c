/* sgdmark bench: the Google Benchmark driver, on a job that was checked first. */
#include "bench.h"

#include "base/file.h"
#include "cli/bench_flags.h"
#include "cli/commands.h"
#include "cli/run.h"
#include "version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench_options {
    struct job_options job;
    struct bench_flags flags;
};

static error_t parse(int key, char *value, struct argp_state *state) {
    (void)value;
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

enum { FOLDS = 3 };

/* What the driver's questions are answered from. */
struct bench_run_state {
    struct run run;
    struct result *result; /* NULL: no result file */
    bool failed;           /* a check */
    char reason[256];
};

/* Every engine on every backend that the options choose. The caller frees it. */
static struct bench_subject *make_subjects(const struct job_options *options, const struct backend *const *chosen,
                                           size_t chosen_count, size_t *count) {
    struct bench_subject *subjects = calloc(chosen_count + 1, sizeof *subjects);
    if (!subjects) usage_error("out of memory");
    *count = 0;
    for (size_t i = 0; i < chosen_count; i++)
        if (!options->engine_given || options->hyper.engine == ENGINE_F32)
            subjects[(*count)++] = (struct bench_subject){ENGINE_F32, chosen[i], engine_names[ENGINE_F32],
                                                          isa_name(ENGINE_F32, chosen[i])};
    if (!options->engine_given || options->hyper.engine == ENGINE_F64)
        subjects[(*count)++] = (struct bench_subject){ENGINE_F64, backend_scalar(), engine_names[ENGINE_F64],
                                                      isa_name(ENGINE_F64, backend_scalar())};
    return subjects;
}

/* bench_job.check */
static const char *check(void *context, const struct bench_subject *subject) {
    struct bench_run_state *state = context;
    for (size_t i = 0; i < state->run.trial_count; i++) {
        const struct trial *trial = &state->run.trials[i];
        const struct judgement *judged = &state->run.judged[i];
        if (trial->engine != subject->engine || trial->backend != subject->backend) continue;
        if (judged->passed) return NULL;
        char against[ARM_TEXT];
        trial_name(against, judged->against);
        state->failed = true;
        snprintf(state->reason, sizeof state->reason, "its parity check failed: needs %s of %s, has %s",
                 parity_words(judged->needed), against, parity_words(judged->reached));
        return state->reason;
    }
    return "it was not checked";
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
                                  .threads = 1};
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
static void add_context(const struct run *run, const struct bench_subject *subjects, size_t count) {
    const struct dataset *ds = &run->job.ds;
    char hash[HEX_TEXT], chosen[1024] = "";
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(chosen);
        snprintf(chosen + used, sizeof chosen - used, "%s%s/%s", used ? ", " : "", subjects[i].engine_name,
                 subjects[i].backend_name);
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
    context_number("seed", run->options.hyper.seed);
    bench_context("dispatch_asked", run->options.isa);
    bench_context("dispatch_chosen", chosen);
    context_not_run();
}

static int start_result(struct bench_run_state *state, int argc, char **argv, struct error *err) {
    state->result = result_new(argc, argv, err);
    if (!state->result || add_workload(state->result, &state->run, err) != 0) return -1;
    for (size_t i = 0; i < state->run.trial_count; i++) {
        const struct trial *trial = &state->run.trials[i];
        if (trial->engine == ENGINE_F32 && add_dispatch(state->result, &state->run, trial->backend, err) != 0)
            return -1;
        if (add_parity(state->result, trial, &state->run.judged[i], err) != 0) return -1;
    }
    return 0;
}

static int write_output(struct bench_run_state *state, const struct bench_flags *flags, const char *text,
                        struct error *err) {
    if (state->result) {
        if (result_adopt(state->result, text, err) != 0) return -1;
        return result_write(state->result, flags->out, true, err);
    }
    struct span whole = {text, strlen(text)};
    return write_file(flags->out, &whole, 1, err);
}

static void close_state(struct bench_run_state *state) {
    for (size_t i = 0; i < state->run.trial_count; i++)
        trial_free(&state->run.trials[i]);
    free(state->run.trials);
    free(state->run.judged);
    result_free(state->result);
    job_close(&state->run.job);
}

int command_bench(int argc, char **argv) {
    struct bench_options options = {0};
    struct error err;
    parse_arguments(&argp, argc, argv, &options);
    const struct bench_flags *flags = &options.flags;
    struct job_options every = options.job;
    if (strcmp(every.isa, "auto") == 0) every.isa = "all";
    const struct backend **chosen = calloc(backend_count, sizeof *chosen);
    if (!chosen) usage_error("out of memory");
    size_t chosen_count = choose_backends(&every, chosen), count;
    struct bench_subject *subjects = make_subjects(&options.job, chosen, chosen_count, &count);

    struct bench_run_state state = {.run = {.options = options.job, .folds = FOLDS}};
    if (!flags->list_tests) {
        job_open(&state.run.job, &options.job);
        run_trials(&state.run, chosen, chosen_count);
        dataset_hash(&state.run.job.ds);
        add_context(&state.run, subjects, count);
        if (flags->out && strcmp(flags->out_format, "json") == 0 && start_result(&state, argc, argv, &err) != 0)
            usage_error("%s", err.text);
    }
    const struct bench_job job = {.examples = &state.run.job.examples,
                                  .hyper = options.job.hyper,
                                  .folds = FOLDS,
                                  .subjects = subjects,
                                  .subject_count = count,
                                  .long_ones = flags->filter != NULL,
                                  .check = check,
                                  .timed = timed,
                                  .context = &state};
    char *handed[BENCH_FLAGS], *text = NULL;
    size_t handed_count = bench_flags_text(flags, handed);
    if (bench_run(&job, handed, handed_count, flags->list_tests, flags->out ? flags->out_format : NULL, &text, &err) !=
        0)
        usage_error("%s", err.text);
    if (text && write_output(&state, flags, text, &err) != 0) usage_error("%s", err.text);
    bench_flags_free(handed, handed_count);
    free(text);
    free(subjects);
    free(chosen);
    close_state(&state);
    return state.failed ? EXIT_CHECK_FAILED : EXIT_DONE;
}
