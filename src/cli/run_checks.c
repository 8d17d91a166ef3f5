/* SPDX-License-Identifier: MIT */
/* What a run is of, and whether it is right: rows, backends, parity, the notebook. */
#include "cli/run.h"

#include "base/json.h"
#include "cli/progress.h"
#include "learn/shuffle.h"
#include "measure/bound_group.h"
#include "record/pages_json.h"
#include "record/receipts.h"
#include "record/run_facts.h"
#include "verify/published.h"
#include "verify/self_check.h"

#include <stdlib.h>
#include <string.h>

/* Refuses a wrong name of a placement before anything is loaded. */
static int check_places(const struct run *run, struct error *err) {
    struct placement asked;
    for (size_t i = 0; i < run->options->places.count; i++) {
        if (find_placement(&asked, run->topology, "place", run->options->places.name[i], err) != 0) return -1;
        placement_free(&asked);
    }
    return 0;
}

int run_load(struct run *run, struct error *err) {
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

int run_record_head(struct run *run, struct error *err) {
    const struct run_options *options = run->options;
    if (run->job.ds.synthetic && result_context(run->result, "data_note", "SYNTHETIC rows, not MNIST", err) != 0)
        return -1;
    json_t *job = json_pack("{s:b, s:b, s:s, s:b}", "synthetic", run->job.ds.synthetic, "published", run->published,
                            "preset", options->preset->name, "notebook", options->notebook);
    if (options->label) json_put(job, "label", json_escaped(options->label));
    if (record_workload(run->result, &run->job, &options->job.spec, options->folds, err) != 0 ||
        result_section(run->result, "job", job, err) != 0 ||
        result_section(run->result, "pages", pages_json(&run->job.ds), err) != 0)
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

int run_verify(struct run *run, struct error *err) {
    const struct job_spec *spec = &run->options->job.spec;
    if (verify_jobs(run, err) != 0 || notebook_make(&run->notebook, &run->job, spec, &run->jobs.list[0], err) != 0)
        return -1;
    return run->published ? published_check(&run->checks, &run->job, spec, &run->jobs, &run->notebook, err) : 0;
}

int run_record_receipts(struct run *run, struct error *err) {
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
int run_record_not_timed(struct run *run, struct error *err) {
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
int run_try_shuffles(struct run *run, struct error *err) {
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

int run_verify_digits(struct run *run, struct error *err) {
    const struct run_options *options = run->options;
    const struct job_spec *spec = &options->job.spec;
    struct verified_digits *digits = &run->digits;
    const struct digits_request request = {
        .job = &run->job, .hyper = &spec->hyper, .jobs = &run->jobs, .digit = spec->digit, .asked = options->job.group};
    const bool timed = options->preset->digits.seconds > 0.0;
    struct check_failure failure = {.process = -1, .round = -1};
    if (timed && verified_digits_make(digits, &request, err) != 0) return -1;
    if (!timed) verified_digits_leave(digits, "only default and --rigorous runs time them");
    if (result_section(run->result, "digits", digits_json(digits), err) != 0) return -1;
    run->checks.made += digits->hash != NULL; /* that the job's own digit is the verified job */
    if (!digits->wrong[0]) return 0;
    const struct verified_job *job = &run->jobs.list[verified_jobs_best(&run->jobs, ENGINE_F32)];
    snprintf(failure.case_name, sizeof failure.case_name, "digits");
    snprintf(failure.what, sizeof failure.what, "%s", digits->wrong);
    check_command(failure.command, spec, options->folds, job->engine, job->backend);
    return check_list_add(&run->checks, &failure, err);
}

int run_record_notebook(struct run *run, struct error *err) {
    json_t *notebook = notebook_json(&run->job, &run->notebook, run->published, &run->shuffles);
    return result_section(run->result, "notebook", notebook, err);
}
