/* sgdmark run: the whole job. */
#include "cli/run.h"

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "machine/binding.h"
#include "machine/cgroup.h"
#include "record/launches.h"
#include "report/job_report.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_JSON = 0x200, KEY_FOLDS, KEY_QUICK, KEY_RIGOROUS, KEY_PLACE, KEY_REPEATS, KEY_SOAK };

/* How long a run may take. */
struct preset {
    const char *name;
    struct budget epochs, places;
    bool launches; /* several processes */
};
static const struct preset quick = {"--quick", {4.0, 51}, {3.0, 51}, false};
static const struct preset usual = {"default", {16.0, 51}, {16.0, 51}, false};
static const struct preset rigorous = {"--rigorous", {24.0, 51}, {24.0, 51}, true};

struct run_options {
    struct job_options job;
    double soak; /* minutes; 0: time */
    unsigned folds, repeats;
    const struct preset *preset; /* the one that was given last */
    const char *json, *place;
    int stdout_kept; /* where stdout went before it was silenced; -1: it was not */
};

static error_t parse(int key, char *value, struct argp_state *state) {
    struct run_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        options->folds = 3;
        options->preset = &usual;
        state->child_inputs[0] = &options->job;
        return 0;
    case KEY_JSON:
        options->json = parse_output("json", value);
        return 0;
    case KEY_FOLDS:
        options->folds = (unsigned)parse_integer("folds", value, 2, 65535);
        return 0;
    case KEY_QUICK:
        options->preset = &quick;
        return 0;
    case KEY_RIGOROUS:
        options->preset = &rigorous;
        return 0;
    case KEY_PLACE:
        options->place = value;
        return 0;
    case KEY_SOAK:
        options->soak = parse_real("soak", value, 0.0, 1e6);
        return 0;
    case ARGP_KEY_END:
        if (options->soak > 0.0 && options->json) usage_error("--soak times nothing, so it writes no --json");
        return 0;
    case KEY_REPEATS:
        options->repeats = (unsigned)parse_integer("repeats", value, 1, 1000000);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {"quick", KEY_QUICK, NULL, 0, "fewer rounds: under 15 s", 0},
    {"rigorous", KEY_RIGOROUS, NULL, 0, "more rounds, and the epochs in five more processes: about two minutes", 0},
    {"soak", KEY_SOAK, "MINUTES", 0, "time nothing: repeat the fit on each core and compare every decision", 0},
    {"folds", KEY_FOLDS, "K", 0, "stratified folds (3)", 0},
    {"place", KEY_PLACE, "NAME", 0, "time folds on this placement, beside one core (all that `sgdmark topo` lists)", 0},
    {"repeats", KEY_REPEATS, "N", 0, "how often the folds are repeated (so that workers share evenly)", 0},
    {"json", KEY_JSON, "FILE or -", 0, "where the result goes (results/<host>-<UTC time>.json)", 0},
    {0}};
static const struct argp_child children[] = {{&job_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    list,     parse, NULL, "The whole job: the notebook's results, every backend checked, then timed side by side.",
    children, NULL,  NULL};

struct time_unit time_unit_for(double shortest) {
    return shortest < 1e-4 ? (struct time_unit){"us", 1e6} : (struct time_unit){"ms", 1e3};
}

static bool is_published_job(const struct run *run) {
    const struct job_spec *o = &run->options.spec;
    return !run->job.ds.synthetic && o->rows.split == SPLIT_TRAIN && o->rows.order == ORDER_NOTEBOOK &&
           o->rows.order_seed == 42 && o->rows.limit == 0 && o->digit == 5 && o->hyper.epochs == 5 &&
           o->hyper.alpha == 1e-4 && o->hyper.seed == 42 && o->hyper.compat == COMPAT_0_19 && run->folds == 3;
}

/* With --json - the report is not wanted: it goes nowhere until the JSON is written. */
static int silence(void) {
    int kept = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY);
    if (kept < 0 || nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0) usage_error("/dev/null cannot be opened");
    close(nowhere);
    return kept;
}

static void unsilence(int kept) {
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
}

static void open_run(struct run *run, const struct run_options *options) {
    struct error err;
    *run = (struct run){
        .options = options->job, .folds = options->folds, .repeats = options->repeats, .place = options->place};
    if (topology_load(&run->topology, NULL, &err) != 0 ||
        placement_resolve(&run->core, run->topology, "core", &err) != 0)
        usage_error("%s", err.text);
    if (options->place) { /* a name that is wrong is told before anything is loaded */
        struct placement asked;
        if (placement_resolve(&asked, run->topology, options->place, &err) != 0) usage_error("--place: %s", err.text);
        placement_free(&asked);
    }
    if (job_open(&run->job, &run->options.spec, &err) != 0) usage_error("%s", err.text);
    run->published = is_published_job(run);
    run->permutation = malloc(run->job.view.n * sizeof *run->permutation);
    if (!run->permutation) usage_error("out of memory for %zu rows", run->job.view.n);
    epoch_permutation(run->permutation, run->job.view.n,
                      epoch_seed(run->options.spec.hyper.seed, run->options.spec.hyper.compat));
}

/* The machine, and what of it this process may use: nothing else is timed. */
static void print_machine(const struct topology *topology) {
    struct topology_summary machine;
    struct cgroup cgroup;
    topology_summarize(topology, &machine);
    cgroup_read(&cgroup);
    printf("machine      %s: %u packages, %u cores, %u PUs\n",
           machine.cpu_model[0] ? machine.cpu_model : "a processor without a name", machine.packages, machine.cores,
           machine.pus);
    if (machine.not_allowed[0])
        printf("allowed      PUs %s, not %s (cgroup cpuset, taskset): only those are timed\n", machine.allowed,
               machine.not_allowed);
    if (!isnan(cgroup.quota))
        printf("CPU quota    %.3g CPUs' worth of time (cgroup %s): workers beyond it are stopped at times\n",
               cgroup.quota, cgroup.path);
}

static void close_run(struct run *run) {
    verified_jobs_free(&run->jobs);
    free(run->permutation);
    job_close(&run->job);
    placement_free(&run->core);
    topology_free(run->topology);
}

static void notebook(const struct run *run) {
    struct error err;
    struct cv_result never;
    if (cross_validate_never(&never, &run->job.row_list, run->folds, &err) != 0) usage_error("%s", err.text);
    print_notebook(run, &run->jobs.list[0], &never);
    cv_free(&never);
}

static void measure_launches(struct result *result, int argc, char *const *argv) {
    struct error err;
    struct launches launches;
    if (launches_make(&launches, argc, argv, &err) != 0) usage_error("%s", err.text);
    print_launches(&launches);
    if (result_facts(result, "launches", launches_json(&launches), &err) != 0) usage_error("%s", err.text);
    launches_free(&launches);
}

/* The A/A intervals say what a difference has to be to show. */
static void print_resolution(const struct preset *preset, const struct epochs *epochs, const struct places *places) {
    printf("\nRESOLUTION of this %s run: epochs that differ by %.1f %%, folds by %.1f %%\n", preset->name,
           100.0 * resolution(&epochs->aa.shown), 100.0 * resolution(&places->aa.shown));
}

static void print_verdict(bool held) {
    printf("VERDICT %s\n", held ? "every check held" : "a check FAILED: see above");
}

/* Times everything, prints it and writes the result file; returns whether every check held. */
static bool measure(struct run *run, const struct run_options *options, struct result *result, int argc, char **argv,
                    bool held) {
    struct error err;
    uint32_t seed = (uint32_t)((uint64_t)(seconds_now() * 1e6) & UINT32_MAX);
    struct epochs epochs;
    struct places places;
    struct affinity *saved = affinity_save(run->topology, &err);
    if (!saved || bind_worker(run->topology, &run->core.slots[0], &err) != 0) usage_error("%s", err.text);
    if (epochs_measure(&epochs, run, &options->preset->epochs, seed, &err) != 0) usage_error("%s", err.text);
    held = print_epochs(run, &epochs) && held;
    if (places_measure(&places, run, &options->preset->places, seed, &err) != 0) usage_error("%s", err.text);
    print_places(run, &places);
    if (affinity_restore(run->topology, saved, &err) != 0) usage_error("%s", err.text);
    if (options->preset->launches) measure_launches(result, argc, argv);
    print_resolution(options->preset, &epochs, &places);
    print_verdict(held);
    if (options->stdout_kept >= 0) unsilence(options->stdout_kept);
    if (write_run(result, run, &epochs, &places, options->json, &err) != 0) usage_error("%s", err.text);
    places_free(&places);
    epochs_free(&epochs, run);
    return held;
}

int command_run(int argc, char **argv, struct error *err) {
    (void)err;
    struct run_options options = {0};
    struct error why;
    parse_arguments(&argp, argc, argv, &options);
    struct job_options every = options.job;
    if (strcmp(every.isa, "auto") == 0) every.isa = "all";
    every.spec.hyper.engine = ENGINE_INT; /* the engine that knows them all */
    struct backend_list chosen = {calloc(backend_count, sizeof *chosen.list), 0};
    if (!chosen.list) usage_error("out of memory");
    if (choose_backends(&every, &chosen, &why) != 0) usage_error("%s", why.text);
    struct result *result = result_new(argc, argv, &why);
    if (!result) usage_error("%s", why.text);
    options.stdout_kept = to_stdout(options.json) ? silence() : -1;

    struct run run;
    open_run(&run, &options);
    if (!options.json && make_results_folder(&why) != 0) usage_error("%s", why.text);
    print_machine(run.topology);
    print_job(stdout, &run.job, &run.options.spec);
    struct progress progress;
    progress_begin(&progress, "checking");
    const struct progress_sink sink = {progress_step, &progress};
    if (verified_jobs_run(&run.jobs, &run.job, &run.options.spec.hyper, run.folds, &chosen, &sink, &why) != 0)
        usage_error("%s", why.text);
    progress_end(&progress);
    notebook(&run);
    bool held = print_parity(&run);
    if (options.soak > 0.0) {
        held = run_soak(&run, options.soak) && held;
        print_verdict(held);
    } else {
        held = measure(&run, &options, result, argc, argv, held);
    }
    result_free(result);
    close_run(&run);
    free(chosen.list);
    return held ? EXIT_DONE : EXIT_CHECK_FAILED;
}
