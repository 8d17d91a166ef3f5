/* SPDX-License-Identifier: MIT */
/* run --soak: fits and kernels on every core, compared and not timed. */
#include "cli/run.h"

#include "cli/progress.h"
#include "record/run_facts.h"
#include "record/soak_json.h"
#include "report/run_report.h"
#include "report/soak_report.h"
#include "verify/published.h"
#include "verify/soak.h"

#include <stdio.h>

/* Adds what the soak found to the checks of the run. */
static int note_soak(struct run *run, const struct soak_outcome *outcome, struct error *err) {
    run->checks.made += outcome->core_count * outcome->unit_count;
    if (soak_passed(outcome)) return 0;
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
    json_t *verdict = verdict_json(&run->checks, run->checks.count == 0, NULL);
    if (result_section(run->result, "verdict", verdict, err) != 0) return -1;
    report_verdict(run->out, result_facts(run->result));
    return 0;
}

/* What a soak prints before it begins. */
static int print_checks(struct run *run, struct error *err) {
    if (run_record_notebook(run, err) != 0) return -1;
    report_head(run->out, result_facts(run->result));
    report_notebook(run->out, result_facts(run->result), false);
    return report_parity(run->out, result_facts(run->result), err) != 0 ? -1 : run_flush(run, err);
}

/* Repeats the job's fits and every kernel on every core, and compares every result. */
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

int run_soak(struct run *run, struct error *err) {
    return print_checks(run, err) != 0 ? -1 : soak_machine(run, err);
}
