/* SPDX-License-Identifier: MIT */
/* One alternative: what a sample of it prepares, runs and checks. */
#include "measure/alternatives_private.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

/* Binds the calling thread, or sets it free. */
static int take_place(struct alternative_case *self) {
    const struct tried *tried = self->tried;
    const struct topology *topology = tried->setup->topology;
    if (self->slot) return bind_worker(topology, self->slot, &self->err);
    return affinity_return(topology, tried->free, &self->err);
}

/* Before each sample: the thread goes to its place, every fit starts anew, and the caches hold the rows of this case as
 * an epoch inside a fit finds them. Other cases have read other copies, or from another PU. */
static void prepare(void *context) {
    struct alternative_case *self = context;
    const struct tried *tried = self->tried;
    const struct verified_job *job = tried->setup->verified;
    self->failed = take_place(self) != 0;
    const double begin = thread_seconds();
    const size_t fits = self->together ? tried->threads : 1;
    for (size_t i = 0; i < fits; i++) {
        trainer_use(tried->trainers[i], job->backend, &job->prefetch);
        trainer_start(tried->trainers[i], &self->rows, tried->setup->permutation);
    }
    cache_state_evicted(&self->cache);
    cache_state_restore(&self->cache, FORM_CROPPED);
    self->prepared = thread_seconds() - begin;
    if (self->together) worker_pool_begin(tried->pool);
}

static void run(void *context) {
    trainer_epoch(((struct alternative_case *)context)->tried->trainers[0]);
}

static void run_together(void *context) {
    worker_pool_run(((struct alternative_case *)context)->tried->pool);
}

/* Fails unless the weights of every fit are those of the verified job after its first epoch, bit for bit. */
static int check(void *context, struct error *err) {
    const struct alternative_case *self = context;
    const struct tried *tried = self->tried;
    const uint64_t want = tried->setup->verified->model.epoch_hash[0];
    const size_t fits = self->together ? tried->threads : 1;
    if (self->together && worker_pool_end(tried->pool, err) != 0) return -1;
    if (self->failed) return fail_as(err, self->err.kind, "%.1000s", self->err.text);
    for (size_t i = 0; i < fits; i++) {
        const uint64_t got = trainer_hash(tried->trainers[i]);
        if (got != want)
            return fail_as(err, ERROR_CHECK,
                           "the epoch ended with other weights than in the verified fit: hash %016" PRIx64
                           ", not %016" PRIx64,
                           got, want);
    }
    return 0;
}

/* That a thread which is not bound moves is part of what is timed, and disturbs nothing. */
static void observe(void *context, const struct disturbance *mine, struct disturbance *all, struct watcher *watcher) {
    const struct alternative_case *self = context;
    const int pu = self->slot ? bound_pu(self->tried->setup->topology, self->slot) : current_pu();
    if (!self->slot) all->flags &= ~(unsigned)DISTURBED_MIGRATION;
    if (!watcher || pu < 0) return;
    watcher_own(watcher, (unsigned)pu, mine->cpu + self->prepared);
    watcher_elsewhere(watcher, mine->cpu + self->prepared);
}

static void observe_together(void *context, const struct disturbance *mine, struct disturbance *all,
                             struct watcher *watcher) {
    const struct worker_pool *pool = ((const struct alternative_case *)context)->tried->pool;
    for (size_t w = 0; w < worker_pool_count(pool); w++) {
        const struct disturbance *seen = worker_pool_seen(pool, w);
        const int pu = worker_pool_pu(pool, w);
        disturbance_add(all, seen);
        if (watcher && pu >= 0) watcher_own(watcher, (unsigned)pu, w == 0 ? mine->cpu : seen->cpu);
    }
    if (watcher) watcher_elsewhere(watcher, mine->cpu);
}

int alternative_add(struct tried *tried, const struct alternative_spec *spec) {
    struct alternatives *made = tried->made;
    struct experiment *experiment = made->experiment;
    const size_t place = experiment->count;
    const bool twin = place == 1, together = spec->threads > 1;
    const struct row_list *rows = &tried->setup->job->row_list;
    struct alternative_case *self = &tried->cases[place];
    *self = (struct alternative_case){
        .tried = tried, .rows = {spec->rows, rows->at, rows->n}, .slot = spec->slot, .together = together};
    cache_state_init(&self->cache, spec->rows);
    struct timed_case timed = {.prepare = prepare,
                               .run = together ? run_together : run,
                               .check = check,
                               .observe = together ? observe_together : observe,
                               .context = self};
    snprintf(timed.name, sizeof timed.name, "doctor/%s/%s%s", experiment->name, spec->name, twin ? "/again" : "");
    struct case_facts facts = case_facts_of(CASE_EPOCH, "rows", (double)rows->n * spec->threads);
    facts.job = tried->setup->verified;
    facts.workers = spec->threads;
    facts.row_bytes = (double)spec->rows->width;
    prefetch_text(facts.prefetch, &facts.job->prefetch);
    facts.control = 1;
    made->what[place] = spec->what;
    made->rows[place] = spec->rows;
    const int added = experiment_add(experiment, &timed, &facts);
    if (twin) experiment_control(experiment, added, 0);
    return added;
}

static struct trainer *new_trainer(const struct tried *tried, struct error *err) {
    const struct alternatives_setup *setup = tried->setup;
    struct hyper hyper = *setup->hyper;
    hyper.engine = setup->verified->engine;
    return trainer_new(setup->job->row_list.n, setup->job->ds.d, &hyper, setup->verified->backend, err);
}

/* worker_task.set_up: memory that the worker itself touches first. */
static int set_up_worker(void *context, size_t worker, struct error *err) {
    struct tried *tried = context;
    tried->trainers[worker] = new_trainer(tried, err);
    return tried->trainers[worker] ? 0 : -1;
}

static int work(void *context, size_t worker, struct error *err) {
    (void)err;
    trainer_epoch(((struct tried *)context)->trainers[worker]);
    return 0;
}

int alternative_threads(struct tried *tried, const struct placement *placement, struct error *err) {
    tried->threads = placement ? placement->count : 1;
    if (!placement) return set_up_worker(tried, 0, err);
    if (placement->count > MOST_THREADS)
        return fail(err, "a core of %zu hardware threads: at most %d are tried", placement->count, MOST_THREADS);
    const struct worker_task task = {.set_up = set_up_worker, .work = work, .context = tried};
    tried->pool = worker_pool_new(tried->setup->topology, placement, &task, err);
    return tried->pool ? 0 : -1;
}
