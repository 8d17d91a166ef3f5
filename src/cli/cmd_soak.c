/* SPDX-License-Identifier: MIT */
/* sgdmark soak: does any core compute something else? */
#include "verify/soak.h"

#include "base/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/results.h"
#include "cli/stopping.h"
#include "machine/environment.h"
#include "record/result.h"
#include "record/run_facts.h"
#include "record/soak_json.h"
#include "report/soak_report.h"
#include "verify/kernel_check.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_JSON = 0x200, KEY_MINUTES, KEY_CORES, KEY_QUICK, KEY_ISA, KEY_KERNEL };

#define DEFAULT_MINUTES 10.0
#define QUICK_MINUTES   0.25

struct soak_options {
    double minutes; /* 0: not given */
    bool quick;
    const char *cores, *isa, *json;
    int kernel; /* -1: every one */
};

static error_t take_kernel(int *to, const char *value) {
    const char *names[KERNEL_COUNT + 1] = {NULL};
    memcpy(names, kernel_names, sizeof kernel_names);
    return take_choice(to, "kernel", value, names);
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct soak_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        options->kernel = -1;
        options->cores = "all-cores";
        return 0;
    case KEY_JSON:
        return take_output(&options->json, "json", value);
    case KEY_MINUTES:
        return take_real(&options->minutes, "minutes", value, 0.0, 1e6);
    case KEY_CORES:
        options->cores = value;
        return 0;
    case KEY_QUICK:
        options->quick = true;
        return 0;
    case KEY_ISA:
        options->isa = value;
        return 0;
    case KEY_KERNEL:
        return take_kernel(&options->kernel, value);
    case ARGP_KEY_END:
        if (options->quick && options->minutes > 0.0)
            return bad_option("--quick is --minutes %g: give one of them", QUICK_MINUTES);
        if (options->minutes == 0.0) options->minutes = options->quick ? QUICK_MINUTES : DEFAULT_MINUTES;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {NULL, 0, NULL, 0, "What is soaked:", OPTIONS_OWN},
    {"minutes", KEY_MINUTES, "M", 0, "how long (10); every core meets every kernel once in any case", 0},
    {"quick", KEY_QUICK, NULL, 0, "a quarter of a minute", 0},
    {"cores", KEY_CORES, "NAME", 0,
     "a placement that `sgdmark topo` lists, or parts of the machine such as pu:0,4-7 (all-cores)", 0},
    {"isa", KEY_ISA, "NAME", 0, "only these backends, with commas between them (every one that runs here)", 0},
    {"kernel", KEY_KERNEL, "NAME", 0, "only this kernel, without fits", 0},
    OPTIONS_OUTPUT,
    {"json", KEY_JSON, "FILE", 0, "write the outcome as a result file; with - nothing else goes to stdout", 0},
    {0}};
static const struct argp argp = {
    list,
    parse,
    NULL,
    "Repeat every kernel of every backend, and fits by every engine, on every core, and compare each result with a "
    "known "
    "answer: one core alone, all at once, in bursts, and after a stretch of the widest kernel. What is wrong is named "
    "with core, row and bits, and repeated there and on another core, so that the report says whether it is the core, "
    "the memory, or happened once. The exit status is then 1. Interrupted, it reports what it has.\v"
    "Examples:\n"
    "  sgdmark soak                            every core, ten minutes\n"
    "  sgdmark soak --quick                    a quarter of a minute\n"
    "  sgdmark soak --minutes 60 --cores pu:0 --json soak.json\n"
    "  sgdmark soak --isa avx2 --kernel dot_u8f32 --cores pu:0\n"
    "                                          repeat what was wrong\n",
    NULL,
    NULL,
    NULL};

static int write_file_of(struct result *result, const char *path, bool complete, struct error *err) {
    const json_t *file = result_finish(result, complete, err);
    return file ? output_work(path, file, err) : -1;
}

/* Records the outcome, prints it and writes it. Returns the exit status, or -1 with the reason. */
static int conclude(const struct soak_options *options, struct result *result, const struct topology *topology,
                    const struct soak_outcome *outcome, struct error *err) {
    if (result_section(result, "machine", machine_json(topology), err) != 0 ||
        result_section(result, "soak", soak_json(outcome), err) != 0)
        return -1;
    const json_t *soak = json_object_get(result_facts(result), "soak");
    if (!to_stdout(options->json) && report_soak(stdout, soak, err) != 0) return -1;
    if (options->json && write_file_of(result, options->json, !outcome->stopped, err) != 0) return -1;
    return soak_passed(outcome) ? EXIT_DONE : EXIT_CHECK_FAILED;
}

static int choose(const struct soak_options *options, struct backend_list *chosen, struct error *err) {
    /* Engine int, since it tells apart all backends: some differ only in its kernels. */
    const struct job_options job = {
        .spec.hyper.engine = ENGINE_INT, .isa = options->isa ? options->isa : "all", .isa_source = "--isa"};
    return choose_backends(&job, chosen, err);
}

static int soak(const struct soak_options *options, struct result *result, const struct topology *topology,
                const struct placement *cores, struct error *err) {
    struct backend_list chosen = {0};
    struct soak_outcome outcome;
    struct progress progress;
    const struct progress_sink sink = {progress_step, &progress};
    const struct soak_request request = {.topology = topology,
                                         .cores = cores,
                                         .backends = &chosen,
                                         .kernel = options->kernel,
                                         .seconds = options->minutes * 60.0,
                                         .progress = &sink,
                                         .stop = stopping};
    int status = choose(options, &chosen, err);
    if (!status) status = result_environment(result, environment_json(topology), err);
    if (!status) {
        progress_begin(&progress, "soaking");
        status = soak_run(&outcome, &request, err);
        progress_end(&progress);
    }
    if (!status) {
        status = conclude(options, result, topology, &outcome, err);
        soak_outcome_free(&outcome);
    }
    free(chosen.list);
    return status;
}

int command_soak(int argc, char **argv, struct error *err) {
    struct soak_options options = {0};
    struct topology *topology = NULL;
    struct placement cores = {0};
    int status = take_arguments(&argp, argc, argv, &options, err);
    if (status != 0) return status < 0 ? -1 : EXIT_DONE;
    stopping_begin();
    struct result *result = result_new(argc, argv, err);
    status = result ? topology_load(&topology, NULL, err) : -1;
    if (!status) status = find_placement(&cores, topology, "cores", options.cores, err);
    if (!status) status = soak(&options, result, topology, &cores, err);
    placement_free(&cores);
    topology_free(topology);
    result_free(result);
    stopping_end();
    return status;
}
