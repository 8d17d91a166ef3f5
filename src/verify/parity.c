/* SPDX-License-Identifier: MIT */
#include "verify/parity.h"

#include "base/hash.h"
#include "learn/prefetch_choice.h"
#include "verify/published.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int verified_job_run(struct verified_job *verified, const struct row_list *row_list, const struct hyper *hyper,
                     unsigned folds, const struct backend *backend, struct error *err) {
    struct hyper tuned = *hyper;
    *verified = (struct verified_job){.engine = hyper->engine, .backend = backend, .timed = true};
    prefetch_choose(&tuned, row_list, backend, NULL);
    verified->prefetch = tuned.prefetch;
    if (fit(&verified->model, row_list, &tuned, backend, err) != 0) return -1;
    if (cross_validate(&verified->cv, row_list, folds, &tuned, backend, NULL, err) != 0) {
        verified_job_free(verified);
        return -1;
    }
    verified->decision_hash = fnv1a(FNV_START, verified->cv.decision, verified->cv.n * sizeof *verified->cv.decision);
    return 0;
}

void verified_job_free(struct verified_job *verified) {
    model_free(&verified->model);
    cv_free(&verified->cv);
}

enum parity_level parity_between(const struct verified_job *a, const struct verified_job *b) {
    if (a->cv.folds != b->cv.folds || memcmp(&a->cv.confusion, &b->cv.confusion, sizeof a->cv.confusion) != 0)
        return PARITY_NONE;
    bool updates =
        a->model.update_hash == b->model.update_hash && a->model.update_hash_by_epoch == b->model.update_hash_by_epoch;
    bool weights = a->model.fingerprint == b->model.fingerprint;
    for (unsigned f = 0; f < a->cv.folds; f++) {
        if (a->cv.fold[f].accuracy != b->cv.fold[f].accuracy) return PARITY_NONE;
        updates = updates && a->cv.fold[f].update_hash == b->cv.fold[f].update_hash &&
                  a->cv.fold[f].update_hash_by_epoch == b->cv.fold[f].update_hash_by_epoch;
        weights = weights && a->cv.fold[f].fingerprint == b->cv.fold[f].fingerprint;
    }
    if (!updates) return PARITY_L0;
    return weights ? PARITY_L2 : PARITY_L1;
}

double decision_deviation(const struct cv_result *cv, const struct cv_result *reference) {
    double difference = 0.0, largest = 0.0;
    if (cv->n != reference->n) return (double)INFINITY;
    for (size_t i = 0; i < cv->n; i++) {
        if (!isfinite(cv->decision[i]) || !isfinite(reference->decision[i])) return (double)INFINITY;
        difference = fmax(difference, fabs(cv->decision[i] - reference->decision[i]));
        largest = fmax(largest, fabs(reference->decision[i]));
    }
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): compares bits on purpose */
    if (cv->n == 0 || memcmp(cv->decision, reference->decision, cv->n * sizeof *cv->decision) == 0) return 0.0;
    /* -0 and +0 are the only different bits of equal numbers; and a ratio may be too small for a number. */
    return difference > 0.0 ? fmax(difference / fmax(largest, DBL_MIN), DBL_MIN) : DBL_MIN;
}

void verified_job_reject(struct verified_job *verified, const char *reason) {
    if (verified->passed) snprintf(verified->failure, sizeof verified->failure, "%s", reason);
    verified->passed = false;
}

void parity_judge(struct verified_job *verified, const struct verified_job *reference, enum parity_level needed) {
    char name[JOB_NAME], why[128];
    verified->reference = reference;
    verified->needed = needed;
    verified->reached = parity_between(verified, reference);
    verified->max_deviation = decision_deviation(&verified->cv, &reference->cv);
    verified->tolerance = (double)NAN;
    verified->passed = true;
    verified->failure[0] = 0;
    if (verified->reached >= needed) return;
    verified_job_name(name, reference);
    snprintf(why, sizeof why, "needs the %s as %s, has %s%s", parity_meaning(needed), name,
             verified->reached == PARITY_NONE ? "" : "only the ", parity_meaning(verified->reached));
    verified_job_reject(verified, why);
}

void parity_judge_decisions(struct verified_job *verified, const struct verified_job *as, double tolerance) {
    char name[JOB_NAME], why[160];
    verified->max_deviation = decision_deviation(&verified->cv, &as->cv);
    verified->tolerance = tolerance;
    if (verified->max_deviation <= tolerance) return;
    verified_job_name(name, as);
    snprintf(why, sizeof why, "decisions differ from %s by %.2g of the largest, %.2g is allowed", name,
             verified->max_deviation, tolerance);
    verified_job_reject(verified, why);
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

const char *parity_meaning(enum parity_level level) {
    static const char *const meanings[] = {"same metrics", "same decisions", "same bits"};
    return level == PARITY_NONE ? "other metrics" : meanings[level];
}

void verified_job_name(char text[JOB_NAME], const struct verified_job *verified) {
    snprintf(text, JOB_NAME, "%s/%s", engine_names[verified->engine],
             engine_backend_name(verified->engine, verified->backend));
}

/* Fits of engine int whose metrics fast-math was never seen to change: their dot products are exact. */
static bool is_plain_hinge(const struct hyper *hyper) {
    return hyper_is_plain(hyper) && hyper->loss == LOSS_HINGE && hyper->shuffle;
}

/* Is it the published job (verify/published.h), known by what f64 makes of it? */
static bool made_published(const struct verified_job *f64) {
    bool same = f64->model.fingerprint == published.fingerprint[ENGINE_F64] && f64->cv.folds == PUBLISHED_FOLDS;
    for (unsigned f = 0; f < PUBLISHED_FOLDS && same; f++)
        same = f64->cv.fold[f].accuracy == published.fold_accuracy[f];
    return same;
}

enum parity_level parity_promise(enum kernel_parity promise, const struct hyper *hyper,
                                 const struct verified_job *f64) {
    if (promise == PARITY_BITS) return PARITY_L2;
    const bool kept = hyper->engine == ENGINE_INT ? is_plain_hinge(hyper) : made_published(f64);
    return kept ? PARITY_L0 : PARITY_NONE;
}

enum parity_level parity_promise_f32(const struct verified_job *f64) {
    return made_published(f64) ? PARITY_L1 : PARITY_NONE;
}

/* The two references, the first two of the list. */
enum { F64, F32_SCALAR };

/* Runs one more job of the list. Returns it, or NULL with the reason. */
static struct verified_job *add_job(struct verified_jobs *jobs, const struct job_request *request, enum engine engine,
                                    const struct backend *backend, struct error *err) {
    struct verified_job *added = &jobs->list[jobs->count];
    struct hyper hyper = *request->hyper;
    hyper.engine = engine;
    if (verified_job_run(added, &request->job->row_list, &hyper, request->folds, backend, err) != 0) return NULL;
    added->timed = !request->only || *request->only == engine;
    jobs->count++;
    return added;
}

static bool is_listed(const struct backend_list *list, const struct backend *backend) {
    for (size_t i = 0; i < list->count; i++)
        if (list->list[i] == backend) return true;
    return false;
}

/* Runs the job on every backend of one engine but the scalar one, number `scalar` of the list, whose decisions they
 * must reproduce. Backends that promise bits need the weights of job number `reference`, bit for bit. */
static int add_jobs(struct verified_jobs *jobs, const struct job_request *request, size_t scalar, size_t reference,
                    struct error *err) {
    struct hyper hyper = *request->hyper;
    hyper.engine = jobs->list[scalar].engine;
    const size_t count = request->chosen->count;
    struct backend_list mine = {malloc((count + 1) * sizeof *mine.list), count};
    if (!mine.list) return fail_program(err, "out of memory");
    memcpy(mine.list, request->chosen->list, count * sizeof *mine.list);
    engine_backends(hyper.engine, &mine);
    int bad = 0;
    for (size_t i = 0; i < mine.count && !bad; i++) {
        const struct backend *backend = mine.list[i];
        if (backend == backend_scalar()) continue;
        struct verified_job *added = add_job(jobs, request, hyper.engine, backend, err);
        bad = added ? 0 : -1;
        if (bad) break;
        const enum parity_level needed = parity_promise(backend->parity, &hyper, &jobs->list[F64]);
        parity_judge(added, &jobs->list[reference], needed);
        if (needed != PARITY_NONE)
            parity_judge_decisions(added, &jobs->list[scalar], needed == PARITY_L2 ? 0.0 : FAST_MATH_TOLERANCE);
        progress_tell(request->progress, jobs->count, jobs->count + mine.count - i);
    }
    free(mine.list);
    return bad;
}

static int add_references(struct verified_jobs *jobs, const struct job_request *request, struct error *err) {
    struct verified_job *f64 = add_job(jobs, request, ENGINE_F64, backend_scalar(), err);
    if (!f64) return -1;
    parity_judge(f64, f64, PARITY_L2);
    f64->reference = NULL;
    struct verified_job *f32 = add_job(jobs, request, ENGINE_F32, backend_scalar(), err);
    if (!f32) return -1;
    parity_judge(f32, f64, parity_promise_f32(f64));
    return 0;
}

static int add_integers(struct verified_jobs *jobs, const struct job_request *request, struct error *err) {
    struct hyper integer = *request->hyper;
    struct error why;
    integer.engine = ENGINE_INT;
    if (engine_possible(&integer, request->job->row_list.n, &why) != 0) {
        if (request->only) return fail(err, "%.1000s", why.text);
        snprintf(jobs->no_integers, sizeof jobs->no_integers, "%.255s", why.text);
        return 0;
    }
    if (job_pack(request->job, request->chosen, err) != 0) return -1;
    const size_t scalar = jobs->count;
    struct verified_job *added = add_job(jobs, request, ENGINE_INT, backend_scalar(), err);
    if (!added) return -1;
    added->timed = request->only || is_listed(request->chosen, backend_scalar());
    parity_judge(added, &jobs->list[F64], PARITY_L2);
    parity_judge_decisions(added, &jobs->list[F64], INTEGER_TOLERANCE);
    return add_jobs(jobs, request, scalar, F64, err);
}

int verified_jobs_run(struct verified_jobs *jobs, const struct job_request *request, struct error *err) {
    const enum engine *only = request->only;
    *jobs = (struct verified_jobs){.list = calloc(2 * request->chosen->count + 3, sizeof *jobs->list)};
    if (!jobs->list) return fail_program(err, "out of memory");
    int bad = add_references(jobs, request, err);
    if (!bad && (!only || *only == ENGINE_F32)) bad = add_jobs(jobs, request, F32_SCALAR, F32_SCALAR, err);
    if (!bad && (!only || *only == ENGINE_INT)) bad = add_integers(jobs, request, err);
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
    size_t best = 0, any = 0;
    for (size_t i = 0; i < jobs->count; i++) {
        const struct verified_job *one = &jobs->list[i];
        if (!one->passed || !one->timed || one->backend->parity != PARITY_BITS) continue;
        any = i;
        if (one->engine == engine) best = i;
    }
    return jobs->count > 0 && jobs->list[best].engine == engine && jobs->list[best].timed ? best : any;
}

bool verified_jobs_all_passed(const struct verified_jobs *jobs) {
    for (size_t i = 0; i < jobs->count; i++)
        if (!jobs->list[i].passed) return false;
    return true;
}
