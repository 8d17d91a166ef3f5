/* SPDX-License-Identifier: MIT */
/* sgdmark run: the whole job. */
#include "base/clock.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/outputs.h"
#include "cli/planned.h"
#include "cli/progress.h"
#include "cli/results.h"
#include "cli/terminal.h"
#include "machine/binding.h"
#include "machine/doctor.h"
#include "machine/environment.h"
#include "machine/perf_control.h"
#include "measure/analysis.h"
#include "measure/bound_group.h"
#include "record/findings.h"
#include "record/notebook.h"
#include "record/processes.h"
#include "record/receipts.h"
#include "record/run_facts.h"
#include "record/soak_json.h"
#include "report/facts.h"
#include "report/run_report.h"
#include "report/screen.h"
#include "report/soak_report.h"
#include "verify/published.h"
#include "verify/self_check.h"
#include "verify/soak.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_LABEL = 200 };
enum {
    KEY_JSON = 0x200,
    KEY_FOLDS,
    KEY_QUICK,
    KEY_RIGOROUS,
    KEY_PLACE,
    KEY_REPEATS,
    KEY_SOAK,
    KEY_USABLE,
    KEY_NOTEBOOK,
    KEY_RESOLVE,
    KEY_TIME,
    KEY_LABEL,
    KEY_PROCESS
};

/* The budget of a run. */
struct preset {
    const char *name;
    struct budget epochs, folds; /* of all processes together */
    unsigned processes;
    double shuffle_seconds; /* for other shuffles of the notebook's rows */
    double promised;        /* seconds that the whole run takes at most, on two cores */
};
static const struct preset quick = {"--quick", {4.0, 30, 0}, {3.0, 30, 0}, 3, 0.5, 15.0};
static const struct preset standard = {"default", {16.0, 101, 0}, {16.0, 101, 0}, 5, 3.0, 60.0};
static const struct preset rigorous = {"--rigorous", {48.0, 201, 0}, {48.0, 201, 0}, 10, 3.0, 180.0};
/* Of --resolve and --time: the budgets follow from the plan, and so does what is promised. */
static const struct preset planned = {"planned", {0, 0, 0}, {0, 0, 0}, PLAN_MOST, 0.5, INFINITY};

struct run_options {
    struct job_options job;
    double soak; /* minutes; 0: no soak, time the job */
    unsigned folds, repeats;
    const struct preset *preset;
    struct plan_options plan;
    struct placement_names places; /* none: all */
    const char *json, *perf, *perf_case;
    const char *label; /* NULL: none */
    bool require_usable;
    bool notebook; /* print all of its steps */
    bool process;  /* this is a process of a run (record/processes.h) */
};

static error_t take_preset(struct run_options *options, const struct preset *preset) {
    if (options->preset && options->preset != preset)
        return bad_option("--quick and --rigorous exclude each other: give one of them");
    options->preset = preset;
    return 0;
}

/* Checks what excludes each other, after all options. */
static error_t check_options(struct run_options *options) {
    if (is_planned(&options->plan) && options->preset)
        return bad_option("--resolve and --time plan the rounds: leave out --quick and --rigorous");
    if (is_planned(&options->plan) && options->soak > 0.0)
        return bad_option("--soak times nothing, so there is nothing for --resolve and --time to plan");
    if (!options->preset) options->preset = is_planned(&options->plan) ? &planned : &standard;
    if (!options->perf != !options->perf_case)
        return bad_option("--perf-ctl and --perf-case belong together: which perf counts, and which case");
    if (options->soak > 0.0 && options->perf) return bad_option("--soak times nothing that --perf-ctl could count");
    if (options->soak > 0.0 && options->json)
        return bad_option("--soak times nothing, so there is no result for --json (sgdmark soak --json)");
    return 0;
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct run_options *options = state->input;
    uint64_t repeats = 0;
    struct error why;
    error_t bad = 0;
    switch (key) {
    case ARGP_KEY_INIT:
        options->folds = (unsigned)hyper_table[HYPER_FOLDS].fallback;
        state->child_inputs[0] = &options->job;
        return 0;
    case KEY_JSON:
        return take_output(&options->json, "json", value);
    case KEY_FOLDS:
        return take_folds(&options->folds, value);
    case KEY_QUICK:
        return take_preset(options, &quick);
    case KEY_RIGOROUS:
        return take_preset(options, &rigorous);
    case KEY_RESOLVE:
        return take_resolve(&options->plan, value);
    case KEY_TIME:
        return take_time(&options->plan, value);
    case KEY_PLACE:
        return placement_names_add(&options->places, value, &why) == 0 ? 0 : bad_value("place", &why);
    case KEY_USABLE:
        options->require_usable = true;
        return 0;
    case KEY_NOTEBOOK:
        options->notebook = true;
        return 0;
    case KEY_PERF_CTL:
        return take_perf_control(&options->perf, value);
    case KEY_PERF_CASE:
        options->perf_case = value;
        return 0;
    case KEY_LABEL:
        options->label = value;
        return *value && strlen(value) <= MOST_LABEL ? 0 : bad_option("--label: takes 1 to %d bytes", MOST_LABEL);
    case KEY_PROCESS:
        options->process = true;
        outputs_are_unused();
        return 0;
    case KEY_SOAK:
        return take_real(&options->soak, "soak", value, 0.0, 1e6);
    case KEY_REPEATS:
        bad = take_integer(&repeats, "repeats", value, 1, 1000000);
        options->repeats = (unsigned)repeats;
        return bad;
    case ARGP_KEY_END:
        return check_options(options);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {NULL, 0, NULL, 0, "What is timed:", OPTIONS_OWN},
    {"quick", KEY_QUICK, NULL, 0, "fewer rounds, in three processes: under 15 s (five processes, under a minute)", 0},
    {"rigorous", KEY_RIGOROUS, NULL, 0, "more rounds, in ten processes: under three minutes", 0},
    {"resolve", KEY_RESOLVE, "PERCENT", 0,
     "go on until every pair is faster, slower, or known to PERCENT; says before in how long, and stops after --time "
     "(5min)",
     0},
    {"time", KEY_TIME, "TIME", 0, "take about so long in all (90s, 5min), and say before what that will resolve", 0},
    {"process", KEY_PROCESS, NULL, OPTION_HIDDEN, "", 0},
    {"require-usable", KEY_USABLE, NULL, 0, "exit with status 4 if the times are not usable", 0},
    {"folds", KEY_FOLDS, "K", 0, "stratified folds (3)", 0},
    {"place", KEY_PLACE, "NAMES", 0,
     "time folds on these placements, with commas between them, and on one core; may be given several times (every "
     "placement of `topo`)",
     0},
    {"repeats", KEY_REPEATS, "N", 0, "repeat the folds N times (until all workers have the same number)", 0},
    {"soak", KEY_SOAK, "MINUTES", 0,
     "time nothing: repeat kernels and fits on every core and compare every result (`sgdmark soak` does more)", 0},
    OPTION_PERF_CTL,
    {"perf-case", KEY_PERF_CASE, "CASE", 0, "the case that perf counts, as results name it: epoch/f32/avx2", 0},
    OPTIONS_OUTPUT,
    {"label", KEY_LABEL, "TEXT", 0, "a name for this result, kept in it (none)", 0},
    {"notebook", KEY_NOTEBOOK, NULL, 0, "print the notebook step by step, up to the trade-off that it announces", 0},
    {"json", KEY_JSON, "FILE", 0,
     "where the result goes, - for stdout and nothing else there (results/<host>-<UTC time>.json)", 0},
    {0}};
static const struct argp_child children[] = {{&job_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {list,
                                 parse,
                                 NULL,
                                 "The whole job: the notebook's results, every backend checked, then timed. Without "
                                 "--engine and --isa that is engine f64, and engines f32 and int on every backend "
                                 "that runs here (`sgdmark kernels`), on one core and on every placement (`sgdmark "
                                 "topo`), in five processes and under a minute. --engine and --isa choose among them; "
                                 "the scalar backends are checked all the same.\v"
                                 "Examples:\n"
                                 "  sgdmark run                                 all of it, under a minute\n"
                                 "  sgdmark run --quick --notebook              with every step of the notebook\n"
                                 "  sgdmark run --quick --place core            epochs and folds on one core\n"
                                 "  sgdmark run --quick --place core,all-cores  folds on these placements\n"
                                 "  sgdmark run --engine f32 --isa avx2,avx512  these two, beside f32/scalar\n"
                                 "  sgdmark run --resolve 1% --place core       until 1 % is told apart\n"
                                 "  sgdmark run --isa avx2 --json avx2.json     one, beside the scalar backends\n",
                                 children,
                                 NULL,
                                 NULL};

/* The state of a run. */
struct run {
    const struct run_options *options;
    int argc;
    char **argv;
    FILE *out; /* where the report goes */
    struct backend_list chosen;
    struct job job;
    uint32_t *permutation; /* the rows' order in an epoch, [n] */
    struct topology *topology;
    struct placement core; /* the one core of epochs and of everything else that needs one */
    struct verified_jobs jobs;
    struct notebook notebook;
    struct shuffles shuffles; /* that were tried beside the job's own; count 0: none */
    struct result *result;
    struct check_list checks;
    bool published;       /* the job is the notebook's */
    bool checks_held;     /* every check so far has passed */
    struct usable usable; /* of all experiments together */
    double began, slow_said;
    struct planner planner;
};

static int make_results_folder(const struct run *run, struct error *err) {
    struct error why;
    char path[512];
    if (mkdir("results", 0777) != 0 && errno != EEXIST)
        return fail(err, "results: cannot be created: %s (--json FILE writes elsewhere)", strerror(errno));
    if (result_path(run->result, "results", path, sizeof path, err) != 0) return -1;
    if (check_writable(path, &why) != 0) return fail(err, "%.900s (--json FILE writes elsewhere)", why.text);
    return 0;
}

/* Refuses a wrong name of a placement before anything is loaded. */
static int check_places(const struct run *run, struct error *err) {
    struct placement asked;
    struct error why;
    for (size_t i = 0; i < run->options->places.count; i++) {
        if (placement_resolve(&asked, run->topology, run->options->places.name[i], &why) != 0)
            return fail_as(err, why.kind, "--place: %.1000s", why.text);
        placement_free(&asked);
    }
    return 0;
}

static int select_backends(struct run *run, struct error *err) {
    struct job_options every = run->options->job;
    if (strcmp(every.isa, "auto") == 0) every.isa = "all";
    every.spec.hyper.engine =
        ENGINE_INT; /* engine int keeps the most backends: every one that has a kernel of some engine */
    run->chosen.list = calloc(backend_count, sizeof *run->chosen.list);
    if (!run->chosen.list) return fail_program(err, "out of memory");
    return choose_backends(&every, &run->chosen, err);
}

static int load(struct run *run, struct error *err) {
    const struct job_spec *spec = &run->options->job.spec;
    if (topology_load(&run->topology, NULL, err) != 0 ||
        placement_resolve(&run->core, run->topology, "core", err) != 0 || check_places(run, err) != 0 ||
        job_open(&run->job, spec, err) != 0 || cv_every_fold_trains(&run->job.row_list, err) != 0)
        return -1;
    size_t n = run->job.row_list.n;
    run->permutation = malloc(n * sizeof *run->permutation);
    if (!run->permutation) return fail_program(err, "out of memory for %zu rows", n);
    hyper_permutation(run->permutation, n, &spec->hyper);
    dataset_hash(&run->job.ds);
    run->published = is_published_job(&run->job, spec, run->options->folds);
    return 0;
}

/* Records job, rows, hyper-parameters and machine, before anything is checked. */
static int record_head(struct run *run, struct error *err) {
    const struct run_options *options = run->options;
    if (run->job.ds.synthetic && result_context(run->result, "data_note", "SYNTHETIC rows, not MNIST", err) != 0)
        return -1;
    json_t *job = json_pack("{s:b, s:b, s:s, s:b}", "synthetic", run->job.ds.synthetic, "published", run->published,
                            "preset", options->preset->name, "notebook", options->notebook);
    if (options->label) json_put(job, "label", json_escaped(options->label));
    if (record_workload(run->result, &run->job, &options->job.spec, options->folds, err) != 0 ||
        result_section(run->result, "job", job, err) != 0)
        return -1;
    return result_section(run->result, "machine", machine_json(run->topology), err);
}

/* Runs the self-check of a job's kernels, and counts its checks. A failure is noted for the verdict. */
static int check_job(struct run *run, struct verified_job *job, struct error *err) {
    const struct job_spec *spec = &run->options->job.spec;
    struct self_check done;
    struct error why;
    struct check_failure failure = {.process = -1, .round = -1};
    if (self_check(job->backend, job->engine, &run->job.row_list, &done, &why) != 0) {
        if (why.kind != ERROR_CHECK) return fail_as(err, why.kind, "%.1000s", why.text);
        verified_job_reject(job, "its kernels fail their self-check: see CORRECT below");
        snprintf(failure.what, sizeof failure.what, "%.255s", why.text);
    }
    run->checks.made += 2; /* parity and kernels */
    if (job->passed) return 0;
    verified_job_name(failure.case_name, job);
    if (!failure.what[0]) snprintf(failure.what, sizeof failure.what, "%s", job->failure);
    check_command(failure.command, spec, run->options->folds, job->engine, job->backend);
    return check_list_add(&run->checks, &failure, err);
}

static int verify_jobs(struct run *run, struct error *err) {
    const struct job_options *options = &run->options->job;
    struct progress progress;
    progress_begin(&progress, "[1/2] checking");
    const struct progress_sink sink = {progress_step, &progress};
    const struct job_request request = {.job = &run->job,
                                        .hyper = &options->spec.hyper,
                                        .folds = run->options->folds,
                                        .chosen = &run->chosen,
                                        .only = options->engine_given ? &options->spec.hyper.engine : NULL,
                                        .progress = &sink};
    int bad = verified_jobs_run(&run->jobs, &request, err);
    progress_end(&progress);
    for (size_t i = 0; !bad && i < run->jobs.count; i++)
        bad = check_job(run, &run->jobs.list[i], err);
    return bad;
}

/* Checks every job, and on the notebook's job what was published. */
static int verify(struct run *run, struct error *err) {
    const struct job_spec *spec = &run->options->job.spec;
    if (verify_jobs(run, err) != 0 || notebook_make(&run->notebook, &run->job, spec, &run->jobs.list[0], err) != 0)
        return -1;
    if (run->published && published_check(&run->checks, &run->job, spec, &run->jobs, &run->notebook, err) != 0)
        return -1;
    run->checks_held = run->checks.count == 0;
    return 0;
}

static int record_receipts(struct run *run, struct error *err) {
    for (size_t i = 0; i < run->jobs.count; i++) {
        const struct verified_job *one = &run->jobs.list[i];
        if (one->engine == ENGINE_F32 && record_dispatch(run->result, run->options->job.isa, one->backend, err) != 0)
            return -1;
        if (record_parity(run->result, one, err) != 0) return -1;
    }
    if (!run->jobs.no_integers[0]) return 0;
    return result_no_engine(run->result, "int", run->jobs.no_integers, err);
}

/* Adds an error row in place of the times of each job that failed its check. */
static int record_not_timed(struct run *run, struct error *err) {
    for (size_t i = 0; i < run->jobs.count; i++) {
        char name[JOB_NAME], timed[CASE_NAME];
        if (run->jobs.list[i].passed) continue;
        verified_job_name(name, &run->jobs.list[i]);
        snprintf(timed, sizeof timed, "epoch/%s", name);
        if (result_not_timed(run->result, timed, "its parity check failed", err) != 0) return -1;
    }
    return 0;
}

/* Tries other shuffles of the notebook's rows, with the fastest backend that passed, on all cores. Not with scalar
 * code: too few would fit the time. */
static int try_shuffles(struct run *run, struct error *err) {
    const struct backend *best = NULL;
    const struct job_spec *spec = &run->options->job.spec;
    for (size_t i = 0; i < run->jobs.count; i++) {
        const struct verified_job *one = &run->jobs.list[i];
        if (one->engine == ENGINE_F32 && one->passed && one->backend->parity == PARITY_BITS) best = one->backend;
    }
    if (!run->published || !best || best == backend_scalar()) return 0;
    struct job_spec shuffled = *spec;
    shuffled.hyper.engine = ENGINE_F32;
    struct placement cores;
    if (placement_resolve(&cores, run->topology, "all-cores", err) != 0) return -1;
    struct bound_group bound = {run->topology, &cores};
    const struct worker_group workers = bound_group(&bound);
    const struct shuffles_request request = {.ds = &run->job.ds,
                                             .spec = &shuffled,
                                             .folds = run->options->folds,
                                             .backend = best,
                                             .workers = &workers,
                                             .seconds = run->options->preset->shuffle_seconds};
    int bad = cores.available ? shuffles_run(&run->shuffles, &request, err) : 0;
    placement_free(&cores);
    return bad;
}

static int record_notebook(struct run *run, struct error *err) {
    json_t *notebook = notebook_json(&run->job, &run->notebook, run->published, &run->shuffles);
    return result_section(run->result, "notebook", notebook, err);
}

static struct timing_setup setup_of(struct run *run) {
    const struct run_options *options = run->options;
    return (struct timing_setup){.job = &run->job,
                                 .hyper = &options->job.spec.hyper,
                                 .jobs = &run->jobs,
                                 .topology = run->topology,
                                 .core = &run->core,
                                 .permutation = run->permutation,
                                 .folds = options->folds,
                                 .repeats = options->repeats,
                                 .places = &options->places};
}

/* Takes over the checks of an experiment's samples. */
static int take_checks(struct run *run, const struct experiment *experiment, struct error *err) {
    const struct check_list *checks = &experiment->rounds.checks;
    for (size_t i = 0; i < checks->count; i++) {
        struct check_failure failure = checks->failed[i];
        const int which = experiment_find(experiment, failure.case_name);
        const struct verified_job *job =
            which < 0 || !experiment->facts[which].job ? &run->jobs.list[0] : experiment->facts[which].job;
        check_command(failure.command, &run->options->job.spec, run->options->folds, job->engine, job->backend);
        if (check_list_add(&run->checks, &failure, err) != 0) return -1;
    }
    run->checks.made += checks->made;
    return 0;
}

/* Notes every case above its roof. */
static int check_roofs(struct run *run, const struct analysis *analysis, struct error *err) {
    const struct experiment *experiment = analysis->experiment;
    if (analysis_possible(analysis)) {
        run->checks.made++;
        return 0;
    }
    for (size_t c = 0; c < experiment->count; c++) {
        const struct roof_share *share = &analysis->cases[c].stored;
        const struct case_facts *facts = &experiment->facts[c];
        struct check_failure failure = {.process = -1, .round = -1};
        if (!share->known || share->verdict != ROOF_BROKEN) continue;
        run->checks.made++;
        snprintf(failure.case_name, sizeof failure.case_name, "%s", experiment->cases[c].name);
        snprintf(failure.what, sizeof failure.what,
                 "it reaches %.1f %% of its roof [%.1f, %.1f]: one of the two times is wrong", share->percent,
                 share->low, share->high);
        check_command(failure.command, &run->options->job.spec, run->options->folds, facts->job->engine,
                      facts->job->backend);
        if (check_list_add(&run->checks, &failure, err) != 0) return -1;
    }
    return 0;
}

/* Analyses one experiment and records it. */
static int analyse_and_record(struct run *run, const struct experiment *experiment, struct error *err) {
    struct analysis analysis;
    if (take_checks(run, experiment, err) != 0 || analyse(&analysis, experiment, err) != 0) return -1;
    int bad = check_roofs(run, &analysis, err);
    run->usable =
        run->usable.reason[0] || run->usable.above > 0 ? usable_both(&run->usable, &analysis.usable) : analysis.usable;
    if (!bad) bad = result_experiment(run->result, &analysis, err);
    analysis_free(&analysis);
    return bad;
}

/* process_order.ended: says so when the run will take longer than its preset promised. */
static void process_ended(void *context, unsigned process, double seconds) {
    struct run *run = context;
    const struct preset *preset = run->options->preset;
    const double left = (double)(preset->processes - process - 1) * seconds;
    const double all = seconds_now() - run->began + left;
    if (run->slow_said > 0.0 || all < 1.1 * preset->promised) return;
    run->slow_said = all;
    progress_make_way();
    fprintf(stderr, "sgdmark run: this will take about %.0f s, not the %.0f s of a %s run\n", all, preset->promised,
            preset->name);
}

/* process_order.next of a planned run. */
static int next_process(void *context, unsigned started, bool wanted[EXPERIMENTS], struct error *err) {
    struct run *run = context;
    return planned_next(&run->planner, run->began, started, wanted, err);
}

/* What the processes are to do; a planned run stops them itself. */
static struct process_order order_of(struct run *run, struct experiment *epochs, struct experiment *folds,
                                     uint32_t seed) {
    const struct preset *preset = run->options->preset;
    struct process_order order = {.processes = preset->processes,
                                  .seed = seed,
                                  .budget = {preset->epochs, preset->folds},
                                  .experiments = {epochs, folds},
                                  .jobs = &run->jobs,
                                  .ended = process_ended,
                                  .context = run};
    if (!is_planned(&run->options->plan)) return order;
    run->planner = (struct planner){.plan = plan_asked_for(&run->options->plan), .experiments = {epochs, folds}};
    for (size_t e = 0; e < EXPERIMENTS; e++) {
        if (!order.experiments[e]) continue;
        order.experiments[e]->plan = run->planner.plan;
        order.budget[e] = planner_budget(order.experiments[e]);
    }
    order.next = next_process;
    return order;
}

static int record_processes(struct run *run, const struct process_end *ends, unsigned count, struct error *err) {
    json_t *processes = json_array();
    for (unsigned k = 0; k < count; k++)
        json_add(processes,
                 json_pack("{s:i, s:s, s:o*, s:f}", "index", (int)k, "status", ends[k].failed ? "failed" : "done",
                           "reason", ends[k].failed ? json_escaped(ends[k].reason) : NULL, "seconds", ends[k].seconds));
    return result_section(run->result, "processes", processes, err);
}

/* Spreads both experiments over processes, then analyses and records each. */
static int time_experiments(struct run *run, struct experiment *epochs, struct experiment *folds,
                            const struct placements *placements, uint32_t seed, struct error *err) {
    const struct process_order order = order_of(run, epochs, folds, seed);
    struct process_end ends[PLAN_MOST];
    unsigned ran = 0;
    fflush(run->out);
    if (processes_run(&order, run->argc, run->argv, ends, &ran, err) != 0 ||
        record_processes(run, ends, ran, err) != 0 || analyse_and_record(run, epochs, err) != 0)
        return -1;
    if (!folds) return 0;
    if (analyse_and_record(run, folds, err) != 0) return -1;
    return result_section(run->result, "placements", placements_json(placements->list, placements->count), err);
}

/* Refuses a case for perf that is not timed, before anything is. */
static int check_perf_case(const struct run *run, const struct experiment *epochs, const struct experiment *folds,
                           struct error *err) {
    const char *name = run->options->perf_case;
    if (!name || experiment_find(epochs, name) != NO_CASE || (folds && experiment_find(folds, name) != NO_CASE))
        return 0;
    char names[1024] = "";
    for (size_t c = 0; c < epochs->count; c++) {
        const size_t used = strlen(names);
        if (epochs->facts[c].kind == CASE_EPOCH)
            snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", epochs->cases[c].name);
    }
    return fail(err, "--perf-case: '%.200s' is not timed here; epochs are: %s", name, names);
}

static int time_everything(struct run *run, struct error *err) {
    const struct timing_setup setup = setup_of(run);
    const struct placements *placements = NULL;
    const uint32_t seed = (uint32_t)((uint64_t)(seconds_now() * 1e6) & UINT32_MAX);
    struct experiment *epochs = epochs_experiment(&setup, err);
    struct experiment *folds = NULL;
    int bad = epochs ? 0 : -1;
    if (!bad && folds_possible(&run->jobs)) {
        folds = folds_experiment(&setup, &placements, err);
        bad = folds ? 0 : -1;
    }
    if (!bad) bad = check_perf_case(run, epochs, folds, err);
    if (!bad) bad = time_experiments(run, epochs, folds, placements, seed, err);
    experiment_free(folds);
    experiment_free(epochs);
    return bad;
}

/* Times this process's share of one experiment. Its bar goes on from where the processes before it came to. */
static int run_share(struct experiment *experiment, const struct run *run, const struct process_work *work,
                     size_t which, struct error *err) {
    struct progress progress;
    char what[64];
    process_work_resize(work, experiment);
    snprintf(what, sizeof what, "[2/2] timing %s", experiment->name);
    const double parts = (double)(work->share.processes * (work->wanted[0] + work->wanted[1]));
    const double before = work->share.process * (work->wanted[0] + work->wanted[1]) + (which > 0 && work->wanted[0]);
    if (is_planned(&run->options->plan)) /* nobody knows yet how many processes there will be */
        progress_begin(&progress, what);
    else
        progress_begin_part(&progress, what, before / parts, 1.0 / parts);
    const struct progress_sink sink = {progress_step, &progress};
    int bad = experiment_run(experiment, &work->budget[which], &work->share, run->topology, &sink, err);
    progress_end(&progress);
    return bad;
}

/* Times both experiments as far as the order wants them, and answers. */
static int do_work(struct run *run, const struct process_work *work, struct error *err) {
    const struct timing_setup setup = setup_of(run);
    const struct placements *placements;
    struct experiment *experiments[EXPERIMENTS] = {NULL, NULL};
    int bad = 0;
    for (size_t e = 0; e < EXPERIMENTS && !bad; e++) {
        if (!work->wanted[e]) continue;
        experiments[e] = e == 0 ? epochs_experiment(&setup, err) : folds_experiment(&setup, &placements, err);
        bad = experiments[e] ? run_share(experiments[e], run, work, e, err) : -1;
    }
    if (!bad) bad = perf_control_close(err);
    if (!bad) bad = process_answer(experiments, err);
    for (size_t e = 0; e < EXPERIMENTS; e++)
        experiment_free(experiments[e]);
    return bad;
}

/* This process is one of a run's: does its work and nothing else. */
static int be_process(struct run *run, struct error *err) {
    struct process_work work;
    if (process_work_read(&work, err) != 0) return -1;
    int bad = select_backends(run, err);
    if (!bad) bad = load(run, err);
    if (!bad && run->options->perf) bad = perf_control_open(run->options->perf, run->options->perf_case, err);
    if (!bad) {
        job_pack(&run->job, &run->chosen);
        bad = bind_worker(run->topology, &run->core.slots[0], err);
    }
    if (!bad) {
        run->jobs = work.jobs;
        bad = do_work(run, &work, err);
        run->jobs = (struct verified_jobs){0};
    }
    process_work_free(&work);
    return bad;
}

static int record_verdict(struct run *run, struct error *err) {
    run->checks_held = run->checks_held && run->checks.count == 0;
    json_t *verdict = verdict_json(&run->checks, run->checks_held, usable_json(&run->usable));
    if (result_section(run->result, "verdict", verdict, err) != 0) return -1;
    return 0;
}

/* What was printed must have arrived. */
static int flush_report(const struct run *run, struct error *err) {
    if (fflush(run->out) == 0 && !ferror(run->out)) return 0;
    return fail(err, "standard output: cannot be written: %s", strerror(errno));
}

/* Writes the result; where[] is the path that it got, "-" standard output. */
static int write_result(const struct run *run, char where[PATH_MAX], struct error *err) {
    char name[512];
    const json_t *file = result_finish(run->result, true, err);
    if (!file) return -1;
    if (run->options->json) {
        snprintf(where, PATH_MAX, "%s", run->options->json);
        return output_work(where, file, err);
    }
    return result_path(run->result, "results", name, sizeof name, err) != 0 ? -1
                                                                            : output_new_work(name, file, where, err);
}

/* Prints the answer, and the walk through the notebook if it was asked for. The result is written: a reader who went
 * away does not cost it. */
static int print_result(const struct run *run, const char *where, struct error *err) {
    const json_t *facts = result_facts(run->result);
    struct error why;
    if (report_screen(run->out, facts, terminal_columns(SCREEN_COLUMNS), err) != 0) return -1;
    if (run->options->notebook) {
        fputc('\n', run->out);
        report_notebook(run->out, facts, true);
        fputc('\n', run->out);
    }
    report_next(run->out, facts, to_stdout(where) ? NULL : where, terminal_columns(SCREEN_COLUMNS));
    if (flush_report(run, &why) == 0) return 0;
    return fail_as(err, ERROR_OUTPUT, "%.400s; the result is in %.600s", why.text, where);
}

/* Records the machine's settings, and which of them disturb. */
static int record_environment(struct run *run, struct error *err) {
    struct doctor doctor;
    json_t *environment = environment_json(run->topology);
    doctor_examine(&doctor, environment);
    if (result_environment(run->result, environment, err) != 0) return -1;
    return result_section(run->result, "findings", findings_json(&doctor), err);
}

static int time_and_record(struct run *run, struct error *err) {
    if (record_environment(run, err) != 0 || result_section(run->result, "clock", timer_json(), err) != 0 ||
        record_not_timed(run, err) != 0 || time_everything(run, err) != 0 || record_verdict(run, err) != 0)
        return -1;
    char where[PATH_MAX];
    return write_result(run, where, err) != 0 ? -1 : print_result(run, where, err);
}

/* Adds what the soak found to the checks of the run. */
static int note_soak(struct run *run, const struct soak_outcome *outcome, struct error *err) {
    run->checks.made += outcome->core_count * outcome->unit_count;
    if (soak_passed(outcome)) return 0;
    run->checks_held = false;
    struct check_failure failure = {.case_name = "soak", .process = -1, .round = -1};
    if (outcome->wrong > 0)
        snprintf(failure.what, sizeof failure.what, "%llu results were wrong, see WRONG above",
                 (unsigned long long)outcome->wrong);
    else
        snprintf(failure.what, sizeof failure.what, "%s", outcome->reference);
    snprintf(failure.command, sizeof failure.command, "sgdmark run --soak %g", run->options->soak);
    return check_list_add(&run->checks, &failure, err);
}

/* Notes that the fits differ from those that are published, which no other check does if all are wrong alike. */
static void compare_published(const struct run *run, struct soak_outcome *outcome) {
    for (int engine = 0; run->published && engine < ENGINES; engine++)
        if (outcome->fingerprint[engine] && outcome->fingerprint[engine] != published.fingerprint[engine])
            snprintf(outcome->reference, sizeof outcome->reference, "%s/scalar has another fingerprint than published",
                     engine_names[engine]);
}

static int conclude_soak(struct run *run, struct soak_outcome *outcome, struct error *err) {
    compare_published(run, outcome);
    if (note_soak(run, outcome, err) != 0 || result_section(run->result, "soak", soak_json(outcome), err) != 0)
        return -1;
    if (report_soak(run->out, json_object_get(result_facts(run->result), "soak"), err) != 0) return -1;
    json_t *verdict = verdict_json(&run->checks, run->checks_held, NULL);
    if (result_section(run->result, "verdict", verdict, err) != 0) return -1;
    report_verdict(run->out, result_facts(run->result));
    return 0;
}

/* Times nothing: repeats the job's fits and every kernel on every core, and compares every result. */
static int soak_machine(struct run *run, struct error *err) {
    struct placement cores;
    struct soak_outcome outcome;
    struct progress progress;
    struct error why;
    const struct progress_sink sink = {progress_step, &progress};
    const struct job_options *job = &run->options->job;
    const struct soak_request request = {.topology = run->topology,
                                         .cores = &cores,
                                         .rows = &run->job.row_list,
                                         .row_names = run->job.view.index,
                                         .hyper = &job->spec.hyper,
                                         .backends = &run->chosen,
                                         .only = job->engine_given ? &job->spec.hyper.engine : NULL,
                                         .kernel = -1,
                                         .seconds = run->options->soak * 60.0,
                                         .progress = &sink};
    if (placement_resolve(&cores, run->topology, "all-cores", err) != 0) return -1;
    progress_begin(&progress, "soaking");
    int bad = soak_run(&outcome, &request, &why);
    progress_end(&progress);
    placement_free(&cores);
    if (bad) return fail_as(err, why.kind, "--soak: %.1000s", why.text);
    bad = conclude_soak(run, &outcome, err);
    soak_outcome_free(&outcome);
    return bad;
}

/* What a soak prints before it begins. */
static int print_checks(struct run *run, struct error *err) {
    if (record_notebook(run, err) != 0) return -1;
    report_head(run->out, result_facts(run->result));
    report_notebook(run->out, result_facts(run->result), false);
    return report_parity(run->out, result_facts(run->result), err) != 0 ? -1 : flush_report(run, err);
}

static int run_all(struct run *run, struct error *err) {
    const struct run_options *options = run->options;
    if (select_backends(run, err) != 0) return -1;
    run->result = result_new(run->argc, run->argv, err);
    if (!run->result || load(run, err) != 0) return -1;
    if (options->soak <= 0.0 && processes_check(err) != 0) return -1;
    if (!options->json && options->soak <= 0.0 && make_results_folder(run, err) != 0) return -1;
    if (record_head(run, err) != 0 || verify(run, err) != 0 || record_receipts(run, err) != 0) return -1;
    if (options->soak > 0.0) return print_checks(run, err) != 0 ? -1 : soak_machine(run, err);
    return try_shuffles(run, err) != 0 || record_notebook(run, err) != 0 ? -1 : time_and_record(run, err);
}

static void release(struct run *run) {
    result_free(run->result);
    notebook_free(&run->notebook);
    shuffles_free(&run->shuffles);
    check_list_free(&run->checks);
    verified_jobs_free(&run->jobs);
    free(run->permutation);
    job_close(&run->job);
    placement_free(&run->core);
    topology_free(run->topology);
    free(run->chosen.list);
}

int command_run(int argc, char **argv, struct error *err) {
    struct run_options options = {0};
    int parsed = take_arguments(&argp, argc, argv, &options, err);
    if (parsed != 0) return parsed < 0 ? -1 : EXIT_DONE;
    struct run run = {.options = &options, .argc = argc, .argv = argv, .out = stdout, .began = seconds_now()};
    run.usable.above = NAN;
    if (options.process) {
        int failed = be_process(&run, err);
        release(&run);
        return failed ? -1 : EXIT_DONE;
    }
    ignore_broken_pipes(); /* the result is written though nobody reads the report any more */
    /* With --json - standard output holds only the JSON, so the report is discarded. */
    if (to_stdout(options.json)) run.out = fopen("/dev/null", "we");
    if (!run.out) return fail(err, "/dev/null: cannot be opened: %s", strerror(errno));
    int bad = run_all(&run, err);
    char warning[FOLDS_WARNING];
    const bool few = !bad && folds_warning(warning, &run.job.row_list, options.folds);
    if (run.out != stdout) fclose(run.out);
    release(&run);
    if (bad) return -1;
    if (few) fprintf(stderr, "sgdmark run: warning: %s\n", warning);
    if (!run.checks_held) return EXIT_CHECK_FAILED;
    return options.require_usable && run.usable.state == NOT_USABLE ? EXIT_NO_ANSWER : EXIT_DONE;
}
