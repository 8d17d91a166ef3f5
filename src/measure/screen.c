/* SPDX-License-Identifier: MIT */
#include "measure/screen.h"

#include "base/clock.h"
#include "machine/binding.h"
#include "machine/clock.h"
#include "measure/fold_pool.h"
#include "measure/roof.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Per core and round. An epoch of MNIST takes a millisecond; 200 cores then take half a second each round. */
enum { EPOCHS = 10, SAMPLES = 3, FOLD_SAMPLES = 3 };

/* Enough to leave every core's caches; reading it takes some 20 ms. */
static const size_t most_memory = (size_t)256 << 20;

/* What all cores are timed with, one after the other. */
struct bench {
    const struct screen_request *request;
    const struct verified_job *best;
    uint32_t *permutation; /* [n] */
    struct trainer *trainer;
    struct compute_roof compute;
    struct level_roof memory;
    bool has_compute, has_memory;
    double wall, cpu; /* of the calling thread, in the timed parts */
};

static void close_bench(struct bench *bench) {
    if (bench->has_compute) compute_roof_free(&bench->compute);
    if (bench->has_memory) level_roof_free(&bench->memory);
    trainer_free(bench->trainer);
    free(bench->permutation);
}

static int open_bench(struct bench *bench, const struct screen_request *request, struct error *err) {
    const struct row_list *rows = &request->job->row_list;
    struct hyper hyper = *request->hyper;
    const struct verified_job *best = &request->jobs->list[verified_jobs_best(request->jobs, ENGINE_F32)];
    size_t bytes = roof_level_bytes(request->topology, ROOF_MEMORY);
    *bench = (struct bench){.request = request, .best = best};
    hyper.engine = best->engine;
    if (bytes > most_memory) bytes = most_memory;
    bench->permutation = malloc(rows->n * sizeof *bench->permutation);
    if (!bench->permutation) return fail_program(err, "out of memory for %zu rows", rows->n);
    hyper_permutation(bench->permutation, rows->n, &hyper);
    bench->trainer = trainer_new(rows->n, rows->ds->d, &hyper, best->backend, err);
    if (!bench->trainer) return -1;
    if (compute_roof_new(&bench->compute, best->backend, COMPUTE_F32, rows->ds->d, err) != 0) return -1;
    bench->has_compute = true;
    if (bytes == 0) return 0;
    if (level_roof_new(&bench->memory, bytes, bytes, best->backend->read_u8, err) != 0) return -1;
    bench->has_memory = true;
    return 0;
}

/* ---- One core alone */

static double least(double a, double b) {
    return a == 0.0 || b < a ? b : a;
}

static double time_of(void (*run)(void *), void *context) {
    const double begin = seconds_now();
    run(context);
    return seconds_now() - begin;
}

static void run_epoch(void *trainer) {
    trainer_epoch(trainer);
}

static double time_epochs(struct bench *bench) {
    const struct row_list *rows = &bench->request->job->row_list;
    double seconds = 0.0;
    trainer_start(bench->trainer, rows, bench->permutation);
    for (unsigned e = 0; e < EPOCHS; e++) {
        if (!trainer_more(bench->trainer)) trainer_start(bench->trainer, rows, bench->permutation);
        seconds = least(seconds, time_of(run_epoch, bench->trainer));
    }
    return seconds / (double)rows->n;
}

static int time_core(struct bench *bench, struct screen_core *core, unsigned round, struct error *err) {
    if (bind_worker(bench->request->topology, &core->slot, err) != 0) return -1;
    const double wall = seconds_now(), cpu = thread_seconds();
    core->epoch[round] = time_epochs(bench);
    for (unsigned s = 0; s < SAMPLES; s++) {
        const double ghz = clock_probe();
        if (ghz > 0.0) core->cycle[round] = least(core->cycle[round], 1e-9 / ghz);
        const double compute = time_of(compute_roof_run, &bench->compute);
        core->compute[round] =
            least(core->compute[round], compute / ((double)bench->compute.calls * (double)bench->compute.d));
        if (!bench->has_memory) continue;
        const double bytes = (double)bench->memory.bytes * (double)bench->memory.passes;
        core->memory[round] = least(core->memory[round], time_of(level_roof_run, &bench->memory) / bytes);
    }
    bench->cpu += thread_seconds() - cpu;
    bench->wall += seconds_now() - wall;
    if (compute_roof_check(&bench->compute, err) != 0) return -1;
    return bench->has_memory ? level_roof_check(&bench->memory, err) : 0;
}

/* ---- All cores */

static unsigned divisor(unsigned a, unsigned b) {
    return b ? divisor(b, a % b) : a;
}

/* The folds of a pool must be those that were verified. */
static int check_folds(const struct fold_pool *pool, const struct verified_job *best, struct error *err) {
    for (unsigned f = 0; f < best->cv.folds; f++)
        if (fold_pool_folds(pool)[f].fingerprint != best->cv.fold[f].fingerprint)
            return fail_as(err, ERROR_CHECK, "fold %u on all cores has another fingerprint than on one", f);
    return 0;
}

/* One pool: the least of a few samples. */
static int time_pool(double *seconds, struct bench *bench, const struct cv_plan *plan,
                     const struct placement *placement, enum fold_task task, struct error *err) {
    const unsigned repeats =
        placement->count > 1 ? (unsigned)placement->count / divisor((unsigned)placement->count, plan->folds) : 1;
    struct fold_pool *pool =
        fold_pool_new(bench->request->topology, placement, plan, bench->best->backend, repeats, task, err);
    int bad = pool ? 0 : -1;
    for (unsigned s = 0; s < FOLD_SAMPLES && !bad; s++) {
        fold_pool_begin(pool);
        const double begin = seconds_now();
        fold_pool_run(pool);
        *seconds = least(*seconds, seconds_now() - begin);
        bad = fold_pool_end(pool, err);
        if (!bad && task == FOLD_FIT) bad = check_folds(pool, bench->best, err);
    }
    fold_pool_free(pool);
    return bad;
}

static int time_folds(struct screen_folds *folds, struct bench *bench, struct error *err) {
    const struct screen_request *request = bench->request;
    struct placement core = {0}, all = {0};
    struct cv_plan plan = {0};
    struct hyper hyper = *request->hyper;
    hyper.engine = bench->best->engine;
    int bad = cv_plan_make(&plan, &request->job->row_list, request->folds, ESTIMATOR_SGD, &hyper, err);
    if (bad) return -1;
    if (placement_resolve(&core, request->topology, "core", err) != 0 ||
        placement_resolve(&all, request->topology, "all-cores", err) != 0)
        bad = -1;
    if (!bad) bad = time_pool(&folds->core, bench, &plan, &core, FOLD_FIT, err);
    if (!bad) bad = time_pool(&folds->all, bench, &plan, &all, FOLD_FIT, err);
    if (!bad) bad = time_pool(&folds->read_all, bench, &plan, &all, FOLD_READ, err);
    placement_free(&core);
    placement_free(&all);
    cv_plan_free(&plan);
    return bad;
}

/* ---- The screening */

/* A wrong result is noted; anything else ends the screening. */
static int note_wrong(struct screen *screen, char *to, size_t size, int bad, struct error *err) {
    screen->checks++;
    if (!bad) return 0;
    if (err->kind != ERROR_CHECK) return -1;
    if (!to[0]) snprintf(to, size, "%.150s", err->text);
    return 0;
}

static int time_round(struct screen *screen, struct bench *bench, unsigned round, struct error *err) {
    for (size_t c = 0; c < screen->cores; c++) {
        struct screen_core *core = &screen->core[c];
        const int bad = time_core(bench, core, round, err);
        if (note_wrong(screen, core->wrong, sizeof core->wrong, bad, err) != 0) return -1;
        progress_tell(bench->request->progress, round * screen->cores + c + 1, SCREEN_ROUNDS * screen->cores);
    }
    const int bad = time_folds(&screen->folds[round], bench, err);
    return note_wrong(screen, screen->wrong, sizeof screen->wrong, bad, err);
}

/* Every kernel and engine on every core. */
static int soak(struct screen *screen, const struct screen_request *request, struct error *err) {
    struct placement all;
    if (placement_resolve(&all, request->topology, "all-cores", err) != 0) return -1;
    const struct soak_request wanted = {
        .topology = request->topology, .cores = &all, .kernel = -1, .seconds = request->soak_seconds};
    const int bad = soak_run(&screen->soak, &wanted, err);
    if (!bad) screen->checks += screen->soak.calls + screen->soak.fits;
    placement_free(&all);
    return bad;
}

static int take_cores(struct screen *screen, const struct topology *topology, struct error *err) {
    struct placement all;
    if (placement_resolve(&all, topology, "all-cores", err) != 0) return -1;
    screen->core = calloc(all.count, sizeof *screen->core);
    screen->cores = screen->core ? all.count : 0;
    for (size_t c = 0; c < screen->cores; c++)
        screen->core[c].slot = all.slots[c];
    placement_free(&all);
    return screen->core ? 0 : fail_program(err, "out of memory for the cores");
}

int screen_run(struct screen *screen, const struct screen_request *request, struct error *err) {
    struct bench bench = {0};
    *screen = (struct screen){0};
    struct affinity *before = affinity_save(request->topology, err);
    if (!before) return -1;
    int bad = take_cores(screen, request->topology, err);
    if (!bad) bad = bind_worker(request->topology, &screen->core[0].slot, err);
    if (!bad) bad = open_bench(&bench, request, err);
    if (!bad) bad = time_round(screen, &bench, 0, err);
    if (!bad) bad = soak(screen, request, err);
    if (!bad) bad = bind_worker(request->topology, &screen->core[0].slot, err); /* a soak sets it free */
    if (!bad) bad = time_round(screen, &bench, 1, err);
    screen->away = bench.wall > 0.0 ? fmax(0.0, 1.0 - bench.cpu / bench.wall) : 0.0;
    close_bench(&bench);
    if (affinity_restore(request->topology, before, bad ? NULL : err) != 0 && !bad) bad = -1;
    if (bad) screen_free(screen);
    return bad;
}

void screen_free(struct screen *screen) {
    free(screen->core);
    soak_outcome_free(&screen->soak);
    *screen = (struct screen){0};
}
