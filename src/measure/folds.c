/* SPDX-License-Identifier: MIT */
/* The experiment `folds`: cross-validation on every placement by every vector backend, with the roofs of the
 * placements. */
#include "base/hash.h"
#include "machine/binding.h"
#include "measure/experiment.h"
#include "measure/fold_pool.h"
#include "measure/roof.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CORE_BYTES = 64 << 20 /* read per sample of the L1 roof: 0.3 ms */ };

/* A case: the workers of a placement at one task. */
struct fold_case {
    const struct placement *placement;
    size_t job;
    unsigned repeats;
    size_t rows;
    enum fold_task task;
    struct fold_pool *pool;
    const struct verified_job *expected; /* whose folds every sample must reproduce */
    const uint64_t *read;                /* [folds] exclusive or of the rows that FOLD_READ reads */
    double *decision;                    /* [n] of the first sample, whose hash is the verified job's; NULL before it */
};

/* The L1 roof of the run's core, timed in the rounds of the folds: how fast the core itself was. A program on the
 * core's sibling thread shows in no other number. */
struct core_case {
    const struct timing_setup *setup;
    struct level_roof roof;
};

struct folds {
    const struct timing_setup *setup;
    struct experiment *experiment;
    struct placements placements;
    struct cv_plan plan, integer_plan; /* integer_plan: a copy for engine int that shares the memory of `plan` */
    uint64_t *read[FORMS];             /* [folds] what reading the rows of each fold must give */
    struct fold_case *fold_cases;      /* [experiment->room] */
    size_t fold_case_count;
    struct core_case core_roof;
};

static void fold_prepare(void *context) {
    fold_pool_begin(((struct fold_case *)context)->pool);
}

static void fold_run(void *context) {
    fold_pool_run(((struct fold_case *)context)->pool);
}

/* Fails unless the out-of-fold decisions are those of the verified job, bit for bit: by their hash in the first sample,
 * by comparison with the first sample in the others, which is faster. */
static int check_decisions(struct fold_case *self, struct error *err) {
    const double *decision = fold_pool_decision(self->pool);
    const size_t size = self->rows * sizeof *decision;
    if (!self->decision) {
        const uint64_t hash = fnv1a(FNV_START, decision, size);
        if (hash != self->expected->decision_hash)
            return fail_as(err, ERROR_CHECK,
                           "placement %s: the decisions have the hash %016" PRIx64
                           ", those of the verified job %016" PRIx64,
                           self->placement->name, hash, self->expected->decision_hash);
        self->decision = malloc(size);
        if (!self->decision) return fail_program(err, "out of memory for %zu decisions", self->rows);
        memcpy(self->decision, decision, size);
    }
    /* NOLINTBEGIN(bugprone-suspicious-memory-comparison): compares bits on purpose */
    if (memcmp(self->decision, decision, size) == 0) return 0;
    size_t row = 0;
    while (memcmp(&self->decision[row], &decision[row], sizeof *decision) == 0)
        row++;
    /* NOLINTEND(bugprone-suspicious-memory-comparison) */
    return fail_as(err, ERROR_CHECK, "placement %s: the decision on row %zu is %.17g, not %.17g", self->placement->name,
                   row, decision[row], self->decision[row]);
}

static int check_reads(const struct fold_case *self, struct error *err) {
    for (unsigned f = 0; f < self->expected->cv.folds; f++) {
        const uint64_t got = fold_pool_folds(self->pool)[f].fingerprint;
        if (got != self->read[f])
            return fail_as(err, ERROR_CHECK,
                           "placement %s: the rows read for fold %u give the exclusive or %016" PRIx64
                           ", not %016" PRIx64,
                           self->placement->name, f + 1, got, self->read[f]);
    }
    return 0;
}

/* Fails unless every fold is that of the verified job: its weights, updates, accuracy and decisions. */
static int fold_check(void *context, struct error *err) {
    struct fold_case *self = context;
    if (fold_pool_end(self->pool, err) != 0) return -1;
    if (self->task == FOLD_READ) return check_reads(self, err);
    for (unsigned f = 0; f < self->expected->cv.folds; f++) {
        const struct fold_result *got = &fold_pool_folds(self->pool)[f], *want = &self->expected->cv.fold[f];
        if (got->fingerprint != want->fingerprint || got->update_hash != want->update_hash)
            return fail_as(err, ERROR_CHECK,
                           "placement %s: fold %u ended with the fingerprint %016" PRIx64
                           ", that of the verified job is %016" PRIx64,
                           self->placement->name, f + 1, got->fingerprint, want->fingerprint);
        if (got->accuracy != want->accuracy)
            return fail_as(err, ERROR_CHECK, "placement %s: fold %u has the accuracy %.17g, not %.17g",
                           self->placement->name, f + 1, got->accuracy, want->accuracy);
    }
    return check_decisions(self, err);
}

static void fold_observe(void *context, const struct disturbance *mine, struct disturbance *all,
                         struct watcher *watcher) {
    fold_pool_observe(((const struct fold_case *)context)->pool, mine, all, watcher);
}

/* Binds the thread to the run's core again. Ignores errors: it worked before, and another core's L1 is as fast. */
static void core_prepare(void *context) {
    const struct timing_setup *setup = ((struct core_case *)context)->setup;
    bind_worker(setup->topology, &setup->core->slots[0], NULL);
}

static void core_run(void *context) {
    level_roof_run(&((struct core_case *)context)->roof);
}

static int core_check(void *context, struct error *err) {
    return level_roof_check(&((struct core_case *)context)->roof, err);
}

static unsigned common_divisor(unsigned a, unsigned b) {
    return b ? common_divisor(b, a % b) : a;
}

/* The repeats asked for, or the fewest that give all workers equally many folds: workers / gcd(workers, folds). */
static unsigned filling_repeats(const struct timing_setup *setup, const struct placement *placement) {
    if (setup->repeats) return setup->repeats;
    unsigned workers = (unsigned)placement->count;
    return workers / common_divisor(workers, setup->folds);
}

/* Rows per sample: per repeat, each fold's epochs over its training part, and n predictions. */
static double rows_read(const struct folds *folds, const struct fold_case *self) {
    const struct cv_plan *plan = &folds->plan;
    const double n = (double)plan->row_list.n;
    double rows = n;
    for (unsigned f = 0; f < plan->folds; f++)
        rows += (n - (double)plan->tested[f]) *
                (self->task == FOLD_READ ? plan->epochs[f] : self->expected->cv.fold[f].epochs);
    return self->repeats * rows;
}

static struct case_facts facts_of(const struct folds *folds, const struct fold_case *self) {
    const struct timing_setup *setup = folds->setup;
    const struct verified_job *job = &setup->jobs->list[self->job];
    const bool reads = self->task == FOLD_READ;
    struct case_facts facts = case_facts_of(reads ? CASE_READ_ROOF : CASE_FOLDS, "rows", rows_read(folds, self));
    facts.job = job;
    facts.placement = self->placement->name;
    facts.workers = (unsigned)self->placement->count;
    facts.row_bytes = row_bytes(&setup->job->ds, job->engine, job->backend);
    if (reads)
        facts.what = "reads of the rows of the folds by all workers of the placement";
    else
        facts.folds = (double)self->repeats * setup->folds;
    return facts;
}

/* What reading the rows of each fold gives, as the scalar backend reads them: an odd number of epochs reads each row
 * once more often than not, an even number leaves the rows of the test part. [folds], of the form that the job reads;
 * NULL when memory runs out. */
static const uint64_t *read_sums(struct folds *folds, const struct verified_job *job, struct error *err) {
    const struct timing_setup *setup = folds->setup;
    const struct dataset *ds = &setup->job->ds;
    const enum row_form form = reads_packed(ds, job->engine, job->backend) ? FORM_PACKED : FORM_CROPPED;
    const struct row_view view = row_view_of(ds, form);
    if (folds->read[form]) return folds->read[form];
    uint64_t *sums = folds->read[form] = calloc(setup->folds, sizeof *sums);
    if (!sums) {
        fail_program(err, "out of memory for %u folds", setup->folds);
        return NULL;
    }
    for (size_t i = 0; i < setup->job->row_list.n; i++) {
        const uint32_t row = row_view_read_from(&view, row_view_index(ds, form, setup->job->at[i].row));
        const uint64_t bits = backend_scalar()->read_u8(row_view_row(&view, row), view.width);
        for (unsigned f = 0; f < setup->folds; f++)
            if (folds->plan.epochs[f] % 2 || folds->plan.fold_of[i] == f) sums[f] ^= bits;
    }
    return sums;
}

/* Adds a case; returns its index, or NO_CASE with the reason. */
static int add_case(struct folds *folds, const struct placement *placement, size_t job, enum fold_task task,
                    const char *suffix, struct error *err) {
    const struct timing_setup *setup = folds->setup;
    const struct verified_job *which = &setup->jobs->list[job];
    struct fold_case *self = &folds->fold_cases[folds->fold_case_count];
    *self = (struct fold_case){.placement = placement,
                               .job = job,
                               .repeats = filling_repeats(setup, placement),
                               .rows = setup->job->row_list.n,
                               .task = task,
                               .expected = which};
    if (task == FOLD_READ) {
        self->read = read_sums(folds, which, err);
        if (!self->read) return NO_CASE;
    }
    self->pool =
        fold_pool_new(setup->topology, placement, which->engine == ENGINE_INT ? &folds->integer_plan : &folds->plan,
                      which->backend, self->repeats, task, err);
    if (!self->pool) return NO_CASE;
    folds->fold_case_count++;
    struct timed_case timed = {
        .prepare = fold_prepare, .run = fold_run, .check = fold_check, .observe = fold_observe, .context = self};
    char name[JOB_NAME];
    verified_job_name(name, which);
    snprintf(timed.name, sizeof timed.name, "%s/%s/place:%s%s", task == FOLD_READ ? "roof/read" : "cv", name,
             placement->name, suffix);
    struct case_facts facts = facts_of(folds, self);
    return experiment_add(folds->experiment, &timed, &facts);
}

/* True if folds of this job are timed: verified vector backends that promise bits; scalar only if it is the best;
 * engine int only on its best backend. */
static bool is_timed(const struct verified_jobs *jobs, size_t i) {
    const struct verified_job *job = &jobs->list[i];
    if (!job->passed || !job->timed || job->backend->parity != PARITY_BITS) return false;
    if (job->engine == ENGINE_F64) return verified_jobs_best(jobs, ENGINE_F32) == i;
    if (job->backend == backend_scalar() && verified_jobs_best(jobs, ENGINE_F32) != i) return false;
    return job->engine != ENGINE_INT || verified_jobs_best(jobs, ENGINE_INT) == i;
}

bool folds_possible(const struct verified_jobs *jobs) {
    for (size_t i = 0; i < jobs->count; i++)
        if (is_timed(jobs, i)) return true;
    return false;
}

/* Sets the read roof of every case from `first` on, and pairs it with the same job on one core. */
static void link_cases(struct folds *folds, size_t first, int read, int packed_read) {
    struct experiment *experiment = folds->experiment;
    const struct dataset *ds = &folds->setup->job->ds;
    for (size_t c = first; c < experiment->count; c++) {
        struct case_facts *facts = &experiment->facts[c];
        if (facts->kind != CASE_FOLDS || facts->control_of != NO_CASE) continue;
        bool packed = reads_packed(ds, facts->job->engine, facts->job->backend);
        facts->roofs.read = packed && packed_read != NO_CASE ? packed_read : read;
        for (size_t other = 0; other < c && facts->alone == NO_CASE; other++) {
            const struct case_facts *one = &experiment->facts[other];
            if (one->kind == CASE_FOLDS && one->job == facts->job && one->alone == NO_CASE &&
                one->control_of == NO_CASE)
                facts->alone = (int)other;
        }
        if (facts->alone != NO_CASE) experiment_pair(experiment, PAIR_CONTENTION, c, (size_t)facts->alone);
    }
}

/* Adds the A/A twin of the placement's first case, the control of all of them. */
static int add_twin(struct folds *folds, const struct placement *placement, size_t first, struct error *err) {
    struct experiment *experiment = folds->experiment;
    const size_t job = (size_t)(experiment->facts[first].job - folds->setup->jobs->list);
    const int twin = add_case(folds, placement, job, FOLD_FIT, "/again", err);
    if (twin == NO_CASE) return -1;
    experiment_control(experiment, twin, (int)first);
    for (size_t c = first; c < experiment->count; c++)
        if (experiment->facts[c].kind == CASE_FOLDS) experiment->facts[c].control = twin;
    return 0;
}

static int add_placement(struct folds *folds, const struct placement *placement, struct error *err) {
    const struct verified_jobs *jobs = folds->setup->jobs;
    const size_t first = folds->experiment->count;
    for (size_t i = 0; i < jobs->count; i++)
        if (is_timed(jobs, i) && add_case(folds, placement, i, FOLD_FIT, "", err) == NO_CASE) return -1;
    if (add_twin(folds, placement, first, err) != 0) return -1;
    const size_t reader = verified_jobs_best(jobs, ENGINE_F32);
    int read = add_case(folds, placement, reader, FOLD_READ, "", err);
    int packed_read = NO_CASE;
    if (read == NO_CASE) return -1;
    const size_t best = verified_jobs_best(jobs, ENGINE_INT);
    if (reads_packed(&folds->setup->job->ds, jobs->list[best].engine, jobs->list[best].backend)) {
        packed_read = best == reader ? read : add_case(folds, placement, best, FOLD_READ, "", err);
        if (packed_read == NO_CASE) return -1;
    }
    link_cases(folds, first, read, packed_read);
    return 0;
}

static int choose_placements(struct folds *folds, struct error *err) {
    const struct timing_setup *setup = folds->setup;
    struct placements *all = &folds->placements;
    const struct placement_names *names = setup->places;
    if (!names || names->count == 0) return placement_list(&all->list, &all->count, setup->topology, err);
    all->list = calloc(1 + names->count, sizeof *all->list);
    if (!all->list) return fail_program(err, "out of memory");
    if (placement_resolve(&all->list[0], setup->topology, "core", err) != 0) return -1;
    all->count = 1;
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->name[i], "core") == 0) continue;
        if (placement_resolve(&all->list[all->count], setup->topology, names->name[i], err) != 0) return -1;
        all->count++;
    }
    return 0;
}

/* Removes the cases from `first` on. */
static void drop_cases(struct folds *folds, size_t first) {
    struct experiment *experiment = folds->experiment;
    for (; folds->fold_case_count > first; folds->fold_case_count--)
        fold_pool_free(folds->fold_cases[folds->fold_case_count - 1].pool);
    experiment->count = first;
    while (experiment->control_count > 0 && experiment->controls[experiment->control_count - 1] >= (int)first)
        experiment->control_count--;
    while (experiment->pair_count > 0 && experiment->pairs[experiment->pair_count - 1].subject >= first)
        experiment->pair_count--;
}

/* Adds the cases of every placement. A placement that the system refuses becomes unavailable, with the reason. */
static int add_placements(struct folds *folds, struct error *err) {
    bool any = false;
    for (size_t i = 0; i < folds->placements.count; i++) {
        struct placement *placement = &folds->placements.list[i];
        if (!placement->available || placement->same_as[0]) continue;
        const size_t before = folds->fold_case_count;
        if (add_placement(folds, placement, err) == 0) {
            any = true;
            continue;
        }
        if (err->kind == ERROR_PROGRAM) return -1;
        drop_cases(folds, before);
        placement->available = false;
        snprintf(placement->reason, sizeof placement->reason, "%.180s", err->text);
    }
    return any ? 0 : fail(err, "no placement works here: %s", folds->placements.list[0].reason);
}

static int add_core(struct folds *folds, struct error *err) {
    const struct timing_setup *setup = folds->setup;
    const struct verified_jobs *jobs = setup->jobs;
    const size_t bytes = roof_level_bytes(setup->topology, ROOF_L1);
    struct level_roof *roof = &folds->core_roof.roof;
    if (bytes == 0) return 0;
    folds->core_roof.setup = setup;
    if (level_roof_new(roof, bytes, CORE_BYTES, jobs->list[verified_jobs_best(jobs, ENGINE_F32)].backend->read_u8,
                       err) != 0)
        return -1;
    struct timed_case timed = {
        .prepare = core_prepare, .run = core_run, .check = core_check, .context = &folds->core_roof};
    snprintf(timed.name, sizeof timed.name, "roof/read/L1/beside-folds");
    struct case_facts facts = case_facts_of(CASE_CACHE_ROOF, "bytes", (double)roof->bytes * (double)roof->passes);
    facts.what = "reads from L1 in the rounds of the folds: the speed of the core in these rounds";
    experiment_add(folds->experiment, &timed, &facts);
    return 0;
}

static void folds_release(void *context) {
    struct folds *folds = context;
    for (size_t i = 0; i < folds->fold_case_count; i++) {
        fold_pool_free(folds->fold_cases[i].pool);
        free(folds->fold_cases[i].decision);
    }
    for (int form = 0; form < FORMS; form++)
        free(folds->read[form]);
    free(folds->fold_cases);
    cv_plan_free(&folds->plan);
    placement_list_free(folds->placements.list, folds->placements.count);
    level_roof_free(&folds->core_roof.roof);
    free(folds);
}

static int plan_folds(struct folds *folds, struct error *err) {
    const struct timing_setup *setup = folds->setup;
    const struct verified_jobs *jobs = setup->jobs;
    const struct verified_job *best = &jobs->list[verified_jobs_best(jobs, ENGINE_F32)];
    struct hyper hyper = *setup->hyper;
    hyper.engine = best->engine == ENGINE_F64 ? ENGINE_F64 : ENGINE_F32;
    hyper.prefetch = best->prefetch;
    if (cv_plan_make(&folds->plan, &setup->job->row_list, setup->folds, ESTIMATOR_SGD, &hyper, err) != 0) return -1;
    for (unsigned f = 0; f < setup->folds; f++)
        folds->plan.epochs[f] = best->cv.fold[f].epochs;
    folds->integer_plan = folds->plan;
    folds->integer_plan.hyper.engine = ENGINE_INT;
    folds->integer_plan.hyper.prefetch = jobs->list[verified_jobs_best(jobs, ENGINE_INT)].prefetch;
    return 0;
}

static int build(struct folds *folds, struct error *err) {
    const struct timing_setup *setup = folds->setup;
    if (choose_placements(folds, err) != 0) return -1;
    const size_t room = folds->placements.count * (setup->jobs->count + 3) + 2;
    struct experiment *experiment = experiment_new("folds", room, room, err);
    if (!experiment) return -1;
    folds->experiment = experiment;
    experiment->context = folds;
    experiment->pixels = (double)setup->job->ds.d;
    experiment->pu = bound_pu(setup->topology, &setup->core->slots[0]);
    folds->fold_cases = calloc(room, sizeof *folds->fold_cases);
    if (!folds->fold_cases) return fail_program(err, "out of memory for %zu cases", room);
    if (plan_folds(folds, err) != 0 || add_placements(folds, err) != 0 || add_core(folds, err) != 0) return -1;
    experiment->release = folds_release;
    return 0;
}

struct experiment *folds_experiment(const struct timing_setup *setup, const struct placements **placements,
                                    struct error *err) {
    struct folds *folds = calloc(1, sizeof *folds);
    if (!folds) {
        fail_program(err, "out of memory");
        return NULL;
    }
    folds->setup = setup;
    if (build(folds, err) == 0) {
        *placements = &folds->placements;
        return folds->experiment;
    }
    experiment_free(folds->experiment); /* its `release` is not set yet */
    folds_release(folds);
    return NULL;
}
