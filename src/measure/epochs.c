/* SPDX-License-Identifier: MIT */
/* The experiment `epochs`: one epoch of every verified job on one core, with the roofs. */
#include "machine/binding.h"
#include "measure/cache_state.h"
#include "measure/experiment.h"
#include "measure/roof.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Slow cases barely depend on the cache state but evict it for the others, since other programs use the last-level
 * cache meanwhile. So cases slower than this many times the fastest run first in each round. Mixed, a 2 ms epoch
 * took 2.1 to 2.3 ms after a fast epoch and 2.5 to 3.2 after a slow one (Sapphire Rapids, gcc 12). */
static const double slow_factor = 4.0;

enum {
    MOST_WHOLE_BYTES = 64 << 20, /* largest copy of whole rows: MNIST takes 50 MB */
    LEVEL_BYTES = 64 << 20       /* per sample: 0.3 ms from L1, 3 ms from a last-level cache */
};

/* A case that runs one epoch of a fit per round. In a round all such cases run the same epoch of the fit.
 *
 * Cases of one engine and one form of rows share a trainer and so the same memory: where weights and row order lie,
 * which alone moves a time by some percent, is then no difference between them. Each keeps its own fit in `state`. */
struct epoch_case {
    struct trainer *trainer;     /* shared */
    struct trainer_state *state; /* after `done` epochs */
    const struct verified_job *job;
    struct prefetch prefetch;
    const struct timing_setup *setup;
    unsigned done; /* samples kept so far */
    bool slow;
    enum row_form form;
    struct cache_state *cache;
};

struct read_case {
    struct read_roof *roof;
    enum row_form form;
    struct cache_state *cache;
};

struct level_case {
    struct level_roof roof;
    struct cache_state *cache;
};

/* The context of the experiment. Arrays "by job" have setup->jobs->count elements. */
struct epochs {
    const struct timing_setup *setup;
    struct experiment *experiment;
    struct cache_state cache;
    size_t best;  /* the job of `--isa auto` */
    int twins[2]; /* the A/A twin of the fast cases and of the slow ones, or NO_CASE */
    struct trainer *trainers[ENGINES][FORMS];
    struct epoch_case *epoch_cases; /* by job, then the A/A twins */
    struct compute_roof *computes;  /* by job, of rows as stored */
    struct compute_roof *wholes;    /* by job, of rows with their empty border */
    int *compute_of, *whole_of;     /* by job: the case of the compute roof, or NO_CASE */
    int read_of[FORMS];             /* by form: the case of the read roof, or NO_CASE */
    struct read_case read_cases[FORMS];
    struct level_case level_cases[ROOF_LEVELS];
};

static void epoch_prepare(void *context) {
    struct epoch_case *self = context;
    const struct timing_setup *setup = self->setup;
    trainer_use(self->trainer, self->job->backend, &self->prefetch);
    if (self->done % self->job->model.epochs == 0)
        trainer_start(self->trainer, &setup->job->row_list, setup->permutation);
    else
        trainer_load(self->trainer, self->state);
    if (self->slow)
        cache_state_evicted(self->cache);
    else
        cache_state_restore(self->cache, self->form);
}

static void epoch_run(void *context) {
    trainer_epoch(((struct epoch_case *)context)->trainer);
}

/* Fails unless the weights after this epoch are those of the verified fit, bit for bit. */
static int epoch_check(void *context, struct error *err) {
    const struct epoch_case *self = context;
    const unsigned epoch = self->done % self->job->model.epochs;
    const uint64_t got = trainer_hash(self->trainer), want = self->job->model.epoch_hash[epoch];
    if (got == want) return 0;
    return fail_as(err, ERROR_CHECK,
                   "epoch %u of the fit ended with other weights than in the verified fit: hash %016" PRIx64
                   ", not %016" PRIx64,
                   epoch + 1, got, want);
}

static void epoch_keep(void *context) {
    struct epoch_case *self = context;
    trainer_save(self->state, self->trainer);
    self->done++;
}

static void read_prepare(void *context) {
    struct read_case *self = context;
    read_roof_next(self->roof);
    cache_state_restore(self->cache, self->form);
}

/* Whole rows are a copy that cache_state does not know. Reads it until a fit's caches would hold it, which evicts the
 * stored rows. */
static void whole_prepare(void *context) {
    struct read_case *self = context;
    read_roof_next(self->roof);
    for (int pass = 0; pass < COLD_PASSES; pass++)
        read_roof_run(self->roof);
    cache_state_evicted(self->cache);
}

static void read_run(void *context) {
    read_roof_run(((struct read_case *)context)->roof);
}

static int read_check(void *context, struct error *err) {
    return read_roof_check(((struct read_case *)context)->roof, err);
}

static int level_check(void *context, struct error *err) {
    return level_roof_check(&((struct level_case *)context)->roof, err);
}

static void level_prepare(void *context) {
    cache_state_evicted(((struct level_case *)context)->cache);
}

static void level_run(void *context) {
    level_roof_run(&((struct level_case *)context)->roof);
}

static enum row_form form_of(const struct epochs *epochs, size_t job) {
    const struct verified_job *which = &epochs->setup->jobs->list[job];
    return reads_packed(&epochs->setup->job->ds, which->engine, which->backend) ? FORM_PACKED : FORM_CROPPED;
}

static bool is_timed(const struct verified_job *job) {
    return job->passed && job->timed;
}

/* True if the job takes over slow_factor times as long as the fastest. */
static bool is_slow(const struct verified_jobs *jobs, size_t job) {
    double fastest = jobs->list[job].model.seconds;
    for (size_t i = 0; i < jobs->count; i++)
        if (is_timed(&jobs->list[i]) && jobs->list[i].model.seconds < fastest) fastest = jobs->list[i].model.seconds;
    return jobs->list[job].model.seconds > slow_factor * fastest;
}

/* The job that the others are compared with: the best one of f32, or of the first engine that is timed. */
static size_t best_job(const struct verified_jobs *jobs) {
    static const enum engine order[] = {ENGINE_F32, ENGINE_INT, ENGINE_F64};
    for (size_t e = 0; e < sizeof order / sizeof *order; e++) {
        size_t best = jobs->count;
        for (size_t i = 0; i < jobs->count; i++) {
            const struct verified_job *one = &jobs->list[i];
            if (is_timed(one) && one->engine == order[e] && one->backend->parity == PARITY_BITS) best = i;
        }
        if (best < jobs->count) return best;
    }
    return 0;
}

/* The job that the A/A twin of the fast cases, or of the slow ones, runs: the best job if it is one of them, else the
 * fastest of them. NO_CASE: there is none. */
static int twinned_job(const struct verified_jobs *jobs, bool slow) {
    int fastest = NO_CASE;
    if (is_slow(jobs, best_job(jobs)) == slow) return (int)best_job(jobs);
    for (size_t i = 0; i < jobs->count; i++) {
        const struct verified_job *one = &jobs->list[i];
        if (!is_timed(one) || is_slow(jobs, i) != slow) continue;
        if (fastest == NO_CASE || one->model.seconds < jobs->list[fastest].model.seconds) fastest = (int)i;
    }
    return fastest;
}

static double rows_of(const struct epochs *epochs) {
    return (double)epochs->setup->job->row_list.n;
}

/* The trainer that all cases of this engine and form share. NULL with the reason when memory runs out. */
static struct trainer *shared_trainer(struct epochs *epochs, const struct verified_job *job, enum row_form form,
                                      struct error *err) {
    const struct timing_setup *setup = epochs->setup;
    struct trainer **trainer = &epochs->trainers[job->engine][form];
    struct hyper hyper = *setup->hyper;
    hyper.engine = job->engine;
    if (!*trainer) *trainer = trainer_new(setup->job->row_list.n, setup->job->ds.d, &hyper, job->backend, err);
    return *trainer;
}

/* Adds the epoch of a job as epoch_cases[place]. control_of: the case of which it is the A/A twin, or NO_CASE. */
static int add_epoch(struct epochs *epochs, size_t job, size_t place, int control_of, struct error *err) {
    const struct timing_setup *setup = epochs->setup;
    const struct verified_job *which = &setup->jobs->list[job];
    const struct dataset *ds = &setup->job->ds;
    const bool twin = control_of != NO_CASE;
    struct epoch_case *self = &epochs->epoch_cases[place];
    *self = (struct epoch_case){.job = which, .setup = setup, .cache = &epochs->cache};
    self->prefetch = which->prefetch;
    self->slow = is_slow(setup->jobs, job);
    self->form = form_of(epochs, job);
    self->trainer = shared_trainer(epochs, which, self->form, err);
    if (self->trainer) self->state = trainer_state_new(self->trainer, err);
    if (!self->state) return -1;
    struct timed_case timed = {.prepare = epoch_prepare,
                               .run = epoch_run,
                               .check = epoch_check,
                               .keep = epoch_keep,
                               .context = self,
                               .leads = self->slow};
    char name[JOB_NAME];
    verified_job_name(name, which);
    snprintf(timed.name, sizeof timed.name, "epoch/%s%s", name, twin ? "/again" : "");
    struct case_facts facts = case_facts_of(CASE_EPOCH, "rows", rows_of(epochs));
    facts.job = which;
    facts.row_bytes = row_bytes(ds, which->engine, which->backend);
    prefetch_text(facts.prefetch, &self->prefetch);
    const int added = experiment_add(epochs->experiment, &timed, &facts);
    if (twin) experiment_control(epochs->experiment, added, control_of);
    return added;
}

/* Adds the slow epochs, or the fast ones. One of each is added twice: its A/A twin comes last. */
static int add_epochs(struct epochs *epochs, bool slow, struct error *err) {
    const struct verified_jobs *jobs = epochs->setup->jobs;
    struct experiment *experiment = epochs->experiment;
    const int twinned = twinned_job(jobs, slow);
    int of = NO_CASE;
    for (size_t i = 0; i < jobs->count; i++) {
        if (!is_timed(&jobs->list[i]) || is_slow(jobs, i) != slow) continue;
        if (i == epochs->best) experiment->best = experiment->count;
        const int added = add_epoch(epochs, i, i, NO_CASE, err);
        if (added < 0) return -1;
        if ((int)i == twinned) of = added;
    }
    epochs->twins[slow] = NO_CASE;
    if (of == NO_CASE) return 0;
    epochs->twins[slow] = add_epoch(epochs, (size_t)twinned, jobs->count + slow, of, err);
    return epochs->twins[slow] < 0 ? -1 : 0;
}

static void compute_resize(void *context, double work) {
    ((struct compute_roof *)context)->calls = (size_t)work;
}

/* Adds the compute roof of a job, on whole rows or on rows as stored. */
static int add_compute(struct epochs *epochs, size_t job, bool whole, struct error *err) {
    const struct verified_job *which = &epochs->setup->jobs->list[job];
    struct compute_roof *roof = whole ? &epochs->wholes[job] : &epochs->computes[job];
    const enum row_form form = whole ? FORM_WHOLE : form_of(epochs, job);
    if (compute_roof_new(roof, which->backend, compute_kind_of(which->engine, form),
                         compute_features(&epochs->setup->job->ds, form), err) != 0)
        return -1;
    struct timed_case timed = {
        .run = compute_roof_run, .check = compute_roof_check, .resize = compute_resize, .context = roof, .leads = true};
    char name[JOB_NAME];
    verified_job_name(name, which);
    snprintf(timed.name, sizeof timed.name, "roof/compute/%s%s", name, whole ? "/whole" : "");
    struct case_facts facts = case_facts_of(CASE_COMPUTE_ROOF, "rows", (double)roof->calls);
    facts.job = which;
    facts.what = whole ? "the dot product of one row with its empty border, in the L1 cache"
                       : "the dot product of one row, in the L1 cache";
    int added = experiment_add(epochs->experiment, &timed, &facts);
    *(whole ? &epochs->whole_of[job] : &epochs->compute_of[job]) = added;
    return 0;
}

/* Engine f64 has no compute roof: scikit-learn's order adds one number at a time, far below what the machine can do. */
static int add_computes(struct epochs *epochs, struct error *err) {
    const struct verified_jobs *jobs = epochs->setup->jobs;
    for (size_t i = 0; i < jobs->count; i++) {
        epochs->compute_of[i] = epochs->whole_of[i] = NO_CASE;
        if (!is_timed(&jobs->list[i]) || jobs->list[i].engine == ENGINE_F64) continue;
        if (add_compute(epochs, i, false, err) != 0) return -1;
    }
    return 0;
}

static int add_read(struct epochs *epochs, enum row_form form, struct error *err) {
    static const char *const names[FORMS] = {"", "/packed", "/whole"};
    static const char *const what[FORMS] = {"reading the rows of an epoch in its order",
                                            "reading the packed rows of an epoch in its order",
                                            "reading the rows of an epoch with their empty border in its order"};
    const struct timing_setup *setup = epochs->setup;
    const struct read_roof_spec spec = {.row_list = &setup->job->row_list,
                                        .form = form,
                                        .permutation = setup->permutation,
                                        .epochs = setup->jobs->list[epochs->best].model.epochs,
                                        .read = setup->jobs->list[epochs->best].backend->read_u8};
    struct read_case *self = &epochs->read_cases[form];
    *self = (struct read_case){read_roof_new(&spec, err), form, &epochs->cache};
    if (!self->roof) return -1;
    const bool whole = form == FORM_WHOLE;
    struct timed_case timed = {.prepare = whole ? whole_prepare : read_prepare,
                               .run = read_run,
                               .check = read_check,
                               .context = self,
                               .leads = whole};
    snprintf(timed.name, sizeof timed.name, "roof/read/epoch-order%s", names[form]);
    struct case_facts facts = case_facts_of(CASE_READ_ROOF, "rows", rows_of(epochs));
    facts.what = what[form];
    facts.row_bytes = read_roof_row_bytes(self->roof);
    epochs->read_of[form] = experiment_add(epochs->experiment, &timed, &facts);
    return 0;
}

/* Adds the roofs of whole rows: the fastest loop over the rows as the files hold them. Stored rows are smaller, so an
 * epoch may exceed these roofs; by how much shows the gain from cropping and packing. It never exceeds the roof of its
 * stored rows. */
static int add_whole(struct epochs *epochs, struct error *err) {
    const struct dataset *ds = &epochs->setup->job->ds;
    if (ds->width == ds->d || ds->n > MOST_WHOLE_BYTES / ds->d) return 0;
    for (size_t i = 0; i < epochs->setup->jobs->count; i++) {
        if (epochs->compute_of[i] == NO_CASE || is_slow(epochs->setup->jobs, i)) continue;
        if (add_compute(epochs, i, true, err) != 0) return -1;
    }
    return add_read(epochs, FORM_WHOLE, err);
}

/* Adds the cache roofs. There is none for memory: its buffer would evict the rows in every round, and if the rows do
 * not fit the caches, the read roof in the epoch's order already is one of memory. */
static int add_levels(struct epochs *epochs, struct error *err) {
    for (enum roof_level level = ROOF_L1; level <= ROOF_LAST; level++) {
        size_t bytes = roof_level_bytes(epochs->setup->topology, level);
        struct level_case *self = &epochs->level_cases[level];
        if (bytes == 0) continue;
        if (level_roof_new(&self->roof, bytes, LEVEL_BYTES, epochs->setup->jobs->list[epochs->best].backend->read_u8,
                           err) != 0)
            return -1;
        self->cache = &epochs->cache;
        struct timed_case timed = {.run = level_run, .check = level_check, .context = self, .leads = true};
        if (level == ROOF_LAST) timed.prepare = level_prepare;
        snprintf(timed.name, sizeof timed.name, "roof/read/%s", roof_level_names[level]);
        struct case_facts facts =
            case_facts_of(CASE_CACHE_ROOF, "bytes", (double)self->roof.bytes * (double)self->roof.passes);
        facts.what = "sequential reads of a buffer in this cache";
        experiment_add(epochs->experiment, &timed, &facts);
    }
    return 0;
}

/* The case of this engine's scalar backend, or NO_CASE. */
static int scalar_epoch(const struct experiment *experiment, enum engine engine) {
    for (size_t c = 0; c < experiment->count; c++) {
        const struct case_facts *facts = &experiment->facts[c];
        if (facts->kind == CASE_EPOCH && facts->control_of == NO_CASE && facts->job->engine == engine &&
            facts->job->backend == backend_scalar())
            return (int)c;
    }
    return NO_CASE;
}

/* Sets the roofs of every epoch, and adds the pairs of epochs to compare. */
static void link_cases(struct epochs *epochs) {
    struct experiment *experiment = epochs->experiment;
    const struct verified_job *first = epochs->setup->jobs->list;
    int scalar = scalar_epoch(experiment, ENGINE_F32), f64 = scalar_epoch(experiment, ENGINE_F64);
    for (size_t c = 0; c < experiment->count; c++) {
        struct case_facts *facts = &experiment->facts[c];
        if (facts->kind != CASE_EPOCH) continue;
        size_t job = (size_t)(facts->job - first);
        facts->control = epochs->twins[is_slow(epochs->setup->jobs, job)];
        if (epochs->compute_of[job] != NO_CASE)
            facts->roofs = (struct roof_pair){epochs->read_of[form_of(epochs, job)], epochs->compute_of[job]};
        if (epochs->whole_of[job] != NO_CASE)
            facts->whole_roofs = (struct roof_pair){epochs->read_of[FORM_WHOLE], epochs->whole_of[job]};
        if (facts->control_of != NO_CASE) continue;
        if (c != experiment->best) experiment_pair(experiment, PAIR_BEST, experiment->best, c);
        if (scalar != NO_CASE && (int)c != scalar) experiment_pair(experiment, PAIR_SCALAR, c, (size_t)scalar);
        if (f64 != NO_CASE && (int)c != f64) experiment_pair(experiment, PAIR_F64, c, (size_t)f64);
    }
}

/* Leading cases first: those that read the rows slowly or not at all. */
static int add_cases(struct epochs *epochs, struct error *err) {
    bool packed = false;
    for (size_t i = 0; i < epochs->setup->jobs->count; i++)
        packed = packed || (is_timed(&epochs->setup->jobs->list[i]) && form_of(epochs, i) == FORM_PACKED);
    if (add_epochs(epochs, true, err) != 0 || add_computes(epochs, err) != 0 || add_whole(epochs, err) != 0 ||
        add_levels(epochs, err) != 0 || add_epochs(epochs, false, err) != 0 ||
        add_read(epochs, FORM_CROPPED, err) != 0 || (packed && add_read(epochs, FORM_PACKED, err) != 0))
        return -1;
    link_cases(epochs);
    return 0;
}

static void epochs_release(void *context) {
    struct epochs *epochs = context;
    for (size_t i = 0; epochs->epoch_cases && i < epochs->setup->jobs->count + 2; i++)
        trainer_state_free(epochs->epoch_cases[i].state);
    for (int engine = 0; engine < ENGINES; engine++)
        for (int form = 0; form < FORMS; form++)
            trainer_free(epochs->trainers[engine][form]);
    for (size_t i = 0; i < epochs->setup->jobs->count; i++) {
        if (epochs->computes) compute_roof_free(&epochs->computes[i]);
        if (epochs->wholes) compute_roof_free(&epochs->wholes[i]);
    }
    for (int form = 0; form < FORMS; form++)
        read_roof_free(epochs->read_cases[form].roof);
    for (int level = 0; level < ROOF_LEVELS; level++)
        level_roof_free(&epochs->level_cases[level].roof);
    free(epochs->epoch_cases);
    free(epochs->computes);
    free(epochs->wholes);
    free(epochs->compute_of);
    free(epochs->whole_of);
    free(epochs);
}

static struct epochs *epochs_new(const struct timing_setup *setup, struct error *err) {
    size_t jobs = setup->jobs->count;
    struct epochs *epochs = calloc(1, sizeof *epochs);
    if (epochs) {
        epochs->setup = setup;
        epochs->best = best_job(setup->jobs);
        epochs->epoch_cases = calloc(jobs + 2, sizeof *epochs->epoch_cases);
        epochs->computes = calloc(jobs, sizeof *epochs->computes);
        epochs->wholes = calloc(jobs, sizeof *epochs->wholes);
        epochs->compute_of = calloc(jobs, sizeof *epochs->compute_of);
        epochs->whole_of = calloc(jobs, sizeof *epochs->whole_of);
        for (int form = 0; form < FORMS; form++)
            epochs->read_of[form] = NO_CASE;
        cache_state_init(&epochs->cache, &setup->job->ds);
        if (epochs->epoch_cases && epochs->computes && epochs->wholes && epochs->compute_of && epochs->whole_of)
            return epochs;
        epochs_release(epochs);
    }
    fail_program(err, "out of memory for the epochs of %zu backends", jobs);
    return NULL;
}

struct experiment *epochs_experiment(const struct timing_setup *setup, struct error *err) {
    size_t jobs = setup->jobs->count;
    struct epochs *epochs = epochs_new(setup, err);
    if (!epochs) return NULL;
    struct experiment *experiment = experiment_new("epochs", 3 * jobs + 2 + FORMS + ROOF_LEVELS, 3 * jobs, err);
    if (!experiment) {
        epochs_release(epochs);
        return NULL;
    }
    epochs->experiment = experiment;
    experiment->context = epochs;
    experiment->release = epochs_release;
    experiment->pixels = (double)setup->job->ds.d;
    experiment->pu = bound_pu(setup->topology, &setup->core->slots[0]);
    if (add_cases(epochs, err) == 0) return experiment;
    experiment_free(experiment);
    return NULL;
}
