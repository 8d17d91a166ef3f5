/* SPDX-License-Identifier: MIT */
#include "verify/parity.h"

#include "learn/prefetch_tune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int verified_job_run(struct verified_job *verified, const struct row_list *row_list, const struct hyper *hyper,
                     unsigned folds, const struct backend *backend, struct error *err) {
    struct hyper tuned = *hyper;
    double seconds;
    *verified = (struct verified_job){.engine = hyper->engine, .backend = backend, .timed = true};
    if (prefetch_tune(&tuned, row_list, backend, &seconds, err) != 0) return -1;
    verified->prefetch = tuned.prefetch;
    if (fit(&verified->model, row_list, &tuned, backend, err) != 0) return -1;
    if (cross_validate(&verified->cv, row_list, folds, &tuned, backend, NULL, err) == 0) return 0;
    verified_job_free(verified);
    return -1;
}

void verified_job_free(struct verified_job *verified) {
    model_free(&verified->model);
    cv_free(&verified->cv);
}

enum parity_level parity_between(const struct verified_job *a, const struct verified_job *b) {
    if (a->cv.folds != b->cv.folds || memcmp(&a->cv.confusion, &b->cv.confusion, sizeof a->cv.confusion) != 0)
        return PARITY_NONE;
    bool updates = a->model.update_hash == b->model.update_hash;
    bool weights = a->model.fingerprint == b->model.fingerprint;
    for (unsigned f = 0; f < a->cv.folds; f++) {
        if (a->cv.fold[f].accuracy != b->cv.fold[f].accuracy) return PARITY_NONE;
        updates = updates && a->cv.fold[f].update_hash == b->cv.fold[f].update_hash;
        weights = weights && a->cv.fold[f].fingerprint == b->cv.fold[f].fingerprint;
    }
    if (!updates) return PARITY_L0;
    return weights ? PARITY_L2 : PARITY_L1;
}

void parity_judge(struct verified_job *verified, const struct verified_job *reference, enum parity_level needed) {
    verified->reference = reference;
    verified->needed = needed;
    verified->reached = parity_between(verified, reference);
    verified->passed = verified->reached >= needed;
}

const char *parity_words(enum parity_level level) {
    switch (level) {
    case PARITY_L0:
        return "L0 metrics";
    case PARITY_L1:
        return "L1 updates";
    case PARITY_L2:
        return "L2 weights";
    case PARITY_NONE:
        break;
    }
    return "none";
}

void verified_job_name(char text[JOB_NAME], const struct verified_job *verified) {
    snprintf(text, JOB_NAME, "%s/%s", engine_names[verified->engine],
             engine_backend_name(verified->engine, verified->backend));
}

/* The arguments of verified_jobs_run, for the functions below. */
struct job_batch {
    struct verified_jobs *jobs;
    const struct row_list *row_list;
    const struct hyper *hyper;
    unsigned folds;
    const struct progress_sink *progress;
};

/* Runs one more job and checks it against job number `reference` of the list. */
static int add_job(const struct job_batch *all, enum engine engine, const struct backend *backend, size_t reference,
                   enum parity_level needed, struct error *err) {
    struct verified_jobs *jobs = all->jobs;
    struct verified_job *added = &jobs->list[jobs->count];
    struct hyper hyper = *all->hyper;
    hyper.engine = engine;
    if (verified_job_run(added, all->row_list, &hyper, all->folds, backend, err) != 0) return -1;
    jobs->count++;
    parity_judge(added, &jobs->list[reference], needed);
    return 0;
}

/* Runs the job on every backend of one engine. Backends that promise bits need the bits of job number `reference`. */
static int add_jobs(const struct job_batch *all, enum engine engine, const struct backend_list *chosen,
                    size_t reference, struct error *err) {
    const struct verified_job *done = &all->jobs->list[reference];
    struct backend_list mine = {malloc((chosen->count + 1) * sizeof *mine.list), chosen->count};
    if (!mine.list) return fail_program(err, "out of memory");
    memcpy(mine.list, chosen->list, chosen->count * sizeof *mine.list);
    engine_backends(engine, &mine);
    int bad = 0;
    for (size_t i = 0; i < mine.count && !bad; i++) {
        const struct backend *backend = mine.list[i];
        if (done->engine == engine && done->backend == backend) continue;
        bad = add_job(all, engine, backend, reference, backend->parity == PARITY_BITS ? PARITY_L2 : PARITY_L0, err);
        progress_tell(all->progress, all->jobs->count, all->jobs->count + mine.count - i);
    }
    free(mine.list);
    return bad;
}

int verified_jobs_run(struct verified_jobs *jobs, struct job *job, const struct hyper *hyper, unsigned folds,
                      const struct backend_list *chosen, const struct progress_sink *progress, struct error *err) {
    enum { F64, F32_SCALAR };
    const struct job_batch all = {jobs, &job->row_list, hyper, folds, progress};
    *jobs = (struct verified_jobs){.list = calloc(2 * chosen->count + 2, sizeof *jobs->list)};
    if (!jobs->list) return fail_program(err, "out of memory");
    int bad = add_job(&all, ENGINE_F64, backend_scalar(), F64, PARITY_L2, err);
    if (!bad) jobs->list[F64].reference = NULL;
    /* f32 and f64 may round to different sides of the margin. On MNIST they never do; on synthetic rows they may. */
    if (!bad) bad = add_job(&all, ENGINE_F32, backend_scalar(), F64, job->ds.synthetic ? PARITY_NONE : PARITY_L1, err);
    if (!bad) bad = add_jobs(&all, ENGINE_F32, chosen, F32_SCALAR, err);
    struct hyper integer = *hyper;
    struct error why;
    integer.engine = ENGINE_INT;
    if (!bad && engine_possible(&integer, job->row_list.n, &why) == 0) {
        job_pack(job, chosen);
        bad = add_jobs(&all, ENGINE_INT, chosen, F64, err);
    } else if (!bad) {
        snprintf(jobs->no_integers, sizeof jobs->no_integers, "%.255s", why.text);
    }
    if (bad) verified_jobs_free(jobs);
    return bad;
}

void verified_jobs_free(struct verified_jobs *jobs) {
    for (size_t i = 0; i < jobs->count; i++)
        verified_job_free(&jobs->list[i]);
    free(jobs->list);
    *jobs = (struct verified_jobs){0};
}

size_t verified_jobs_best(const struct verified_jobs *jobs, enum engine engine) {
    size_t best = 0;
    for (size_t i = 0; i < jobs->count; i++) {
        const struct verified_job *one = &jobs->list[i];
        if (one->passed && one->engine == engine && one->backend->parity == PARITY_BITS) best = i;
    }
    return best;
}

bool verified_jobs_all_passed(const struct verified_jobs *jobs) {
    for (size_t i = 0; i < jobs->count; i++)
        if (!jobs->list[i].passed) return false;
    return true;
}
