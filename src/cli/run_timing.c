/* SPDX-License-Identifier: MIT */
/* What a run times: epochs, folds and ten digits, in several processes; and one of these processes. */
#include "cli/run.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/progress.h"
#include "data/row_pages.h"
#include "machine/binding.h"
#include "machine/perf_control.h"
#include "record/processes.h"
#include "record/run_facts.h"

#include <string.h>

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
                                 .places = &options->places,
                                 .digits = &run->digits};
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
    if (experiment_counts(experiment))
        run->usable = run->usable.reason[0] || run->usable.above > 0 ? usable_both(&run->usable, &analysis.usable)
                                                                     : analysis.usable;
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
static struct process_order order_of(struct run *run, struct experiment *const experiments[EXPERIMENTS],
                                     uint32_t seed) {
    struct experiment *const epochs = experiments[EPOCHS_EXPERIMENT], *const folds = experiments[FOLDS_EXPERIMENT];
    const struct preset *preset = run->options->preset;
    struct process_order order = {.processes = preset->processes,
                                  .seed = seed,
                                  .budget = {preset->epochs, preset->folds, preset->digits},
                                  .experiments = {epochs, folds, experiments[DIGITS_EXPERIMENT]},
                                  .jobs = &run->jobs,
                                  .digits = &run->digits,
                                  .ended = process_ended,
                                  .context = run};
    if (!is_planned(&run->options->plan)) return order;
    run->planner = (struct planner){.plan = plan_asked_for(&run->options->plan), .experiments = {epochs, folds}};
    for (size_t e = 0; e < PLANNED; e++) {
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

/* Spreads the experiments over processes, then analyses and records each. */
static int time_experiments(struct run *run, struct experiment *const experiments[EXPERIMENTS],
                            const struct placements *placements, uint32_t seed, struct error *err) {
    const struct process_order order = order_of(run, experiments, seed);
    struct process_end ends[PLAN_MOST];
    unsigned ran = 0;
    fflush(run->out);
    if (processes_run(&order, run->argc, run->argv, ends, &ran, err) != 0 || record_processes(run, ends, ran, err) != 0)
        return -1;
    for (size_t e = 0; e < EXPERIMENTS; e++)
        if (experiments[e] && analyse_and_record(run, experiments[e], err) != 0) return -1;
    if (!placements) return 0; /* no folds were timed */
    return result_section(run->result, "placements", placements_json(placements->list, placements->count), err);
}

/* Refuses a case for perf that is not timed, before anything is. */
static int check_perf_case(const struct run *run, struct experiment *const experiments[EXPERIMENTS],
                           struct error *err) {
    const struct experiment *epochs = experiments[EPOCHS_EXPERIMENT];
    const char *name = run->options->perf_case;
    if (!name) return 0;
    for (size_t e = 0; e < EXPERIMENTS; e++)
        if (experiments[e] && experiment_find(experiments[e], name) != NO_CASE) return 0;
    char names[1024] = "";
    for (size_t c = 0; c < epochs->count; c++) {
        const size_t used = strlen(names);
        if (epochs->facts[c].kind == CASE_EPOCH)
            snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", epochs->cases[c].name);
    }
    return fail(err, "--perf-case: '%.200s' is not timed here; epochs are: %s", name, names);
}

/* The processes that time put rows of their own on explicit huge pages, of which there may be no more than one of them
 * needs. */
static int give_huge_pages_back(struct run *run, struct error *err) {
    return run->job.ds.pages == PAGES_HUGE ? row_pages_move(&run->job.ds, PAGES_AUTO, err) : 0;
}

/* Builds an experiment. NULL with the reason on failure. */
static struct experiment *build(size_t which, const struct timing_setup *setup, const struct placements **placements,
                                struct error *err) {
    if (which == EPOCHS_EXPERIMENT) return epochs_experiment(setup, err);
    return which == FOLDS_EXPERIMENT ? folds_experiment(setup, placements, err) : digits_experiment(setup, err);
}

int run_time(struct run *run, struct error *err) {
    if (give_huge_pages_back(run, err) != 0) return -1;
    const struct timing_setup setup = setup_of(run);
    const struct placements *placements = NULL;
    const uint32_t seed = (uint32_t)((uint64_t)(seconds_now() * 1e6) & UINT32_MAX);
    const bool wanted[EXPERIMENTS] = {true, folds_possible(&run->jobs), run->digits.job != NULL};
    struct experiment *experiments[EXPERIMENTS] = {NULL};
    int bad = 0;
    for (size_t e = 0; e < EXPERIMENTS && !bad; e++) {
        if (!wanted[e]) continue;
        experiments[e] = build(e, &setup, &placements, err);
        bad = experiments[e] ? 0 : -1;
    }
    if (!bad) bad = check_perf_case(run, experiments, err);
    if (!bad) bad = time_experiments(run, experiments, placements, seed, err);
    for (size_t e = 0; e < EXPERIMENTS; e++)
        experiment_free(experiments[e]);
    return bad;
}

/* Times this process's share of one experiment. Its bar goes on from where the processes before it came to. */
static int run_share(struct experiment *experiment, const struct run *run, const struct process_work *work,
                     size_t which, struct error *err) {
    struct progress progress;
    char what[64];
    process_work_resize(work, experiment);
    snprintf(what, sizeof what, "[2/2] timing %s", experiment->name);
    unsigned wanted = 0, done = 0; /* experiments of a process; of this one so far */
    for (size_t e = 0; e < EXPERIMENTS; e++) {
        wanted += work->wanted[e];
        done += e < which && work->wanted[e];
    }
    const double parts = (double)(work->share.processes * wanted), before = work->share.process * wanted + done;
    if (is_planned(&run->options->plan)) /* nobody knows yet how many processes there will be */
        progress_begin(&progress, what);
    else
        progress_begin_part(&progress, what, before / parts, 1.0 / parts);
    const struct progress_sink sink = {progress_step, &progress};
    int bad = experiment_run(experiment, &work->budget[which], &work->share, run->topology, &sink, err);
    progress_end(&progress);
    return bad;
}

/* Times the experiments as far as the order wants them, and answers. */
static int do_work(struct run *run, const struct process_work *work, struct error *err) {
    const struct timing_setup setup = setup_of(run);
    const struct placements *placements;
    struct experiment *experiments[EXPERIMENTS] = {NULL};
    int bad = 0;
    for (size_t e = 0; e < EXPERIMENTS && !bad; e++) {
        if (!work->wanted[e]) continue;
        bad = bind_worker(run->topology, &run->core.slots[0], err); /* the folds end on any PU of their placements */
        if (!bad) experiments[e] = build(e, &setup, &placements, err);
        if (!bad) bad = experiments[e] ? run_share(experiments[e], run, work, e, err) : -1;
    }
    if (!bad) bad = perf_control_close(err);
    if (!bad) bad = process_answer(experiments, err);
    for (size_t e = 0; e < EXPERIMENTS; e++)
        experiment_free(experiments[e]);
    return bad;
}

int run_be_process(struct run *run, struct error *err) {
    struct process_work work;
    if (process_work_read(&work, err) != 0) return -1;
    int bad = choose_for_every_engine(&run->options->job, &run->chosen, err);
    if (!bad) bad = run_load(run, err);
    if (!bad && run->options->perf) bad = perf_control_open(run->options->perf, run->options->perf_case, err);
    if (!bad) bad = job_pack(&run->job, &run->chosen, err);
    if (!bad) {
        run->jobs = work.jobs;
        run->digits = work.digits;
        bad = do_work(run, &work, err);
        run->jobs = (struct verified_jobs){0};
        run->digits = (struct verified_digits){.job = NULL};
    }
    process_work_free(&work);
    return bad;
}
