/* SPDX-License-Identifier: MIT */
#include "cli/doctor_measure.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "record/tried_json.h"
#include "verify/self_check.h"

#include <stdlib.h>

enum { FOLDS = 3 };

struct measuring {
    struct job_options options;
    struct backend_list chosen;
    struct job job;
    struct verified_jobs jobs;
    struct topology *topology;
    uint32_t *permutation;
    struct alternatives_setup setup;
    struct alternatives questions[QUESTIONS];
};

static int load(struct measuring *m, const char *data, struct error *err) {
    struct job_spec *spec = &m->options.spec;
    job_spec_defaults(spec);
    isa_defaults(&m->options);
    spec->rows.data = data;
    if (choose_backends(&m->options, &m->chosen, err) != 0 || topology_load(&m->topology, NULL, err) != 0 ||
        job_open(&m->job, spec, err) != 0 || cv_every_fold_trains(&m->job.row_list, err) != 0)
        return -1;
    m->permutation = malloc(m->job.row_list.n * sizeof *m->permutation);
    if (!m->permutation) return fail_program(err, "out of memory for %zu rows", m->job.row_list.n);
    hyper_permutation(m->permutation, m->job.row_list.n, &spec->hyper);
    return 0;
}

/* Nothing is timed whose work was not checked. */
static int verify(struct measuring *m, struct error *err) {
    static const enum engine only = ENGINE_F32;
    struct self_check done;
    struct progress progress;
    const struct backend *backend = m->chosen.list[m->chosen.count - 1];
    const struct hyper *hyper = &m->options.spec.hyper;
    const struct backend_list mine = {&backend, 1};
    if (self_check(backend, only, &m->job.row_list, &done, err) != 0) return -1;
    progress_begin(&progress, "[1/2] checking");
    const struct progress_sink sink = {progress_step, &progress};
    const struct job_request request = {
        .job = &m->job, .hyper = hyper, .folds = FOLDS, .chosen = &mine, .only = &only, .progress = &sink};
    const int bad = verified_jobs_run(&m->jobs, &request, err);
    progress_end(&progress);
    if (bad) return -1;
    for (size_t i = 0; i < m->jobs.count; i++) {
        const struct verified_job *one = &m->jobs.list[i];
        char name[JOB_NAME];
        verified_job_name(name, one);
        if (!one->passed) return fail_as(err, ERROR_CHECK, "%s: %s", name, one->failure);
        if (one->engine == only && one->backend == backend) m->setup.verified = one;
    }
    m->setup.job = &m->job;
    m->setup.hyper = hyper;
    m->setup.topology = m->topology;
    m->setup.permutation = m->permutation;
    return 0;
}

/* Times one question, if this machine can answer it, and appends what it shows. Of the line of progress it has a
 * `share`, which begins at `from`. */
static int ask(json_t *list, struct measuring *m, enum question question, double seconds, double from, double share,
               struct error *err) {
    struct alternatives *made = &m->questions[question];
    struct tried_outcome outcome;
    struct progress progress;
    char what[64];
    if (!made->experiment) {
        json_add(list, tried_json(made, NULL));
        return 0;
    }
    snprintf(what, sizeof what, "[2/2] trying %s", question_names[question]);
    progress_begin_part(&progress, what, from, share);
    const struct progress_sink sink = {progress_step, &progress};
    const uint32_t seed = (uint32_t)((uint64_t)(seconds_now() * 1e6) & UINT32_MAX);
    int bad = alternatives_run(made, seconds, seed, m->topology, &sink, err);
    progress_end(&progress);
    if (bad || tried_judge(&outcome, made->experiment, err) != 0) return -1;
    json_add(list, tried_json(made, &outcome));
    tried_free(&outcome);
    return 0;
}

/* All are made before the first is timed, so that those that can be share the time. */
static int ask_all(json_t *list, struct measuring *m, double seconds, struct error *err) {
    unsigned timed = 0, done = 0;
    for (int q = 0; q < QUESTIONS; q++) {
        if (alternatives_make(&m->questions[q], (enum question)q, &m->setup, err) != 0) return -1;
        timed += m->questions[q].experiment != NULL;
    }
    for (int q = 0; q < QUESTIONS; q++) {
        const double share = 1.0 / (timed > 0 ? timed : 1);
        if (ask(list, m, (enum question)q, seconds * share, done * share, share, err) != 0) return -1;
        done += m->questions[q].experiment != NULL;
    }
    return 0;
}

static void release(struct measuring *m) {
    for (int q = 0; q < QUESTIONS; q++)
        alternatives_free(&m->questions[q]);
    verified_jobs_free(&m->jobs);
    free(m->permutation);
    job_close(&m->job);
    topology_free(m->topology);
    free(m->chosen.list);
}

int measure_alternatives(json_t **measured, const char *data, double seconds, struct error *err) {
    struct measuring m = {.chosen = {NULL, 0}};
    json_t *list = json_array();
    const double begin = seconds_now();
    int bad = load(&m, data, err) != 0 || verify(&m, err) != 0 || ask_all(list, &m, seconds, err) != 0 ? -1 : 0;
    if (bad)
        json_decref(list);
    else
        *measured = measured_json(&m.setup, list, seconds_now() - begin);
    release(&m);
    return bad;
}
