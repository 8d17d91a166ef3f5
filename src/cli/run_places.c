/* The placements of `sgdmark run`: cross-validation by several workers, in interleaved rounds. */
#include "base/clock.h"
#include "cli/progress.h"
#include "cli/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin_crew(void *context) {
    fold_pool_begin(((struct place_arm *)context)->crew);
}

static void run_crew(void *context) {
    fold_pool_run(((struct place_arm *)context)->crew);
}

/* A time stands only for folds that came out as the single-threaded trial's did. */
static int check_crew(void *context, struct error *err) {
    struct place_arm *arm = context;
    if (fold_pool_end(arm->crew, err) != 0) return -1;
    arm->migrated = arm->migrated || fold_pool_migrated(arm->crew);
    if (arm->task == FOLD_READ) return 0;
    for (unsigned f = 0; f < arm->expected->cv.folds; f++)
        if (fold_pool_folds(arm->crew)[f].fingerprint != arm->expected->cv.fold[f].fingerprint)
            return fail(err, "placement %s: fold %u is not the model that one core trained", arm->placement->name,
                        f + 1);
    return 0;
}

static unsigned common_divisor(unsigned a, unsigned b) {
    return b ? common_divisor(b, a % b) : a;
}

/* Repeats that give every worker the same number of folds. */
static unsigned filling_repeats(const struct run *run, const struct placement *placement) {
    if (run->repeats) return run->repeats;
    unsigned workers = (unsigned)placement->count;
    return workers / common_divisor(workers, run->folds);
}

static int add_arm(struct places *places, const struct run *run, const struct placement *placement, size_t trial,
                   enum fold_task task, const char *suffix, struct error *err) {
    struct place_arm *place = &places->arm[places->count];
    *place = (struct place_arm){.placement = placement,
                                .trial = trial,
                                .repeats = filling_repeats(run, placement),
                                .task = task,
                                .expected = &run->jobs.list[trial]};
    place->crew = fold_pool_new(run->topology, placement,
                                run->jobs.list[trial].engine == ENGINE_INT ? &places->integer_plan : &places->plan,
                                run->jobs.list[trial].backend, place->repeats, task, err);
    if (!place->crew) return -1;
    struct arm *arm = &places->arms[places->count++];
    char name[JOB_NAME];
    verified_job_name(name, &run->jobs.list[trial]);
    *arm = (struct arm){.prepare = begin_crew, .run = run_crew, .check = check_crew, .context = place};
    snprintf(arm->name, sizeof arm->name, "%s/%s/place:%s%s", task == FOLD_READ ? "roof/read" : "cv", name,
             placement->name, suffix);
    return 0;
}

/* A placement that the system refuses becomes one of the unavailable ones, with its reason. */
static int add_placement(struct places *places, const struct run *run, struct placement *placement, struct error *err) {
    for (size_t i = 0; i < run->jobs.count; i++) {
        const struct verified_job *trial = &run->jobs.list[i];
        if (!run->jobs.list[i].passed || trial->engine == ENGINE_F64 || trial->backend->parity != PARITY_BITS) continue;
        if (trial->backend == backend_scalar() && verified_jobs_best(&run->jobs, ENGINE_F32) != i) continue;
        if (trial->engine == ENGINE_INT && verified_jobs_best(&run->jobs, ENGINE_INT) != i) continue;
        if (add_arm(places, run, placement, i, FOLD_FIT, "", err) != 0) return -1;
    }
    if (add_arm(places, run, placement, verified_jobs_best(&run->jobs, ENGINE_F32), FOLD_READ, "", err) != 0) return -1;
    size_t best = verified_jobs_best(&run->jobs, ENGINE_INT);
    if (!reads_packed(&run->job.ds, run->jobs.list[best].engine, run->jobs.list[best].backend)) return 0;
    return add_arm(places, run, placement, best, FOLD_READ, "", err);
}

static int choose_placements(struct places *places, const struct run *run, struct error *err) {
    if (!run->place) return placement_list(&places->list, &places->listed, run->topology, err);
    places->list = calloc(2, sizeof *places->list);
    if (!places->list) return fail_program(err, "out of memory");
    if (placement_resolve(&places->list[0], run->topology, "core", err) != 0) return -1;
    places->listed = 1;
    if (strcmp(run->place, "core") == 0) return 0;
    if (placement_resolve(&places->list[1], run->topology, run->place, err) != 0) return -1;
    places->listed = 2;
    return 0;
}

static int add_arms(struct places *places, const struct run *run, struct error *err) {
    size_t most = places->listed * (run->jobs.count + 2) + 1;
    places->arm = calloc(most, sizeof *places->arm);
    places->arms = calloc(most + 1, sizeof *places->arms);
    if (!places->arm || !places->arms) return fail_program(err, "out of memory");
    const struct placement *first = NULL;
    for (size_t i = 0; i < places->listed; i++) {
        struct placement *placement = &places->list[i];
        if (!placement->available || placement->same_as[0]) continue;
        size_t before = places->count;
        if (add_placement(places, run, placement, err) == 0) {
            if (!first) first = placement;
            continue;
        }
        for (; places->count > before; places->count--)
            fold_pool_free(places->arm[places->count - 1].crew);
        placement->available = false;
        snprintf(placement->reason, sizeof placement->reason, "%.180s", err->text);
    }
    if (!first) return fail(err, "no placement can be used: %s", places->list[0].reason);
    return add_arm(places, run, first, places->arm[0].trial, FOLD_FIT, "/again", err);
}

int places_measure(struct places *places, const struct run *run, const struct budget *budget, uint32_t seed,
                   struct error *err) {
    *places = (struct places){0};
    struct hyper hyper = run->options.spec.hyper;
    hyper.engine = ENGINE_F32;
    hyper.prefetch = run->jobs.list[verified_jobs_best(&run->jobs, ENGINE_F32)].prefetch;
    if (cv_plan_make(&places->plan, &run->job.row_list, run->folds, ESTIMATOR_SGD, &hyper, err) != 0 ||
        choose_placements(places, run, err) != 0)
        return -1;
    places->integer_plan = places->plan;
    places->integer_plan.hyper.engine = ENGINE_INT;
    places->integer_plan.hyper.prefetch = run->jobs.list[verified_jobs_best(&run->jobs, ENGINE_INT)].prefetch;
    if (add_arms(places, run, err) != 0 || pace_new(&places->pace, &places->arms[places->count], run, err) != 0)
        return -1;
    size_t arms = places->count + (places->pace.roof.bytes > 0);
    size_t rounds = affordable_rounds(places->arms, arms, budget);
    struct progress progress;
    progress_begin(&progress, "timing placements");
    int bad = rounds_run(&places->rounds, places->arms, arms, rounds, seed, -1,
                         &(struct progress_sink){progress_step, &progress}, err);
    progress_end(&progress);
    if (bad) return -1;
    return judge_aa(&places->aa, rounds_of(&places->rounds, places->count - 1), rounds_of(&places->rounds, 0), rounds,
                    err);
}

void places_free(struct places *places) {
    for (size_t a = 0; a < places->count; a++)
        fold_pool_free(places->arm[a].crew);
    free(places->arm);
    free(places->arms);
    cv_plan_free(&places->plan);
    placement_list_free(places->list, places->listed);
    level_roof_free(&places->pace.roof);
    rounds_free(&places->rounds);
}

/* Rows that one sample of an arm reads: training rows of all epochs, and the predicted ones. */
static double rows_of(const struct run *run, const struct place_arm *arm) {
    double n = (double)run->job.view.n, folds = run->folds;
    return arm->repeats * n * ((folds - 1.0) * run->options.spec.hyper.epochs + 1.0);
}

static size_t arm_like(const struct places *places, const struct placement *placement, size_t trial,
                       enum fold_task task) {
    for (size_t a = 0; a < places->count; a++)
        if (places->arm[a].placement == placement && places->arm[a].trial == trial && places->arm[a].task == task)
            return a;
    return places->count;
}

static void print_row(const struct run *run, const struct places *places, size_t a, unsigned comparisons,
                      struct time_unit unit) {
    const struct place_arm *arm = &places->arm[a];
    const struct rounds *rounds = &places->rounds;
    struct error err;
    struct summary s, roof;
    struct comparison c;
    size_t alone = arm_like(places, places->arm[0].placement, arm->trial, FOLD_FIT);
    size_t reads = arm_like(places, arm->placement, arm->trial, FOLD_READ);
    if (reads == places->count)
        reads = arm_like(places, arm->placement, verified_jobs_best(&run->jobs, ENGINE_F32), FOLD_READ);
    if (summarize(&s, rounds_of(rounds, a), rounds->rounds, &err) != 0 ||
        summarize(&roof, rounds_of(rounds, reads), rounds->rounds, &err) != 0 ||
        compare_paired(&c, rounds_of(rounds, a), rounds_of(rounds, alone), rounds->rounds, 0.95, comparisons, &err) !=
            0)
        return;
    /* Same work on each worker as on the one core alone: what sharing costs is the excess of its time. */
    double workers = (double)arm->placement->count;
    double share = workers * places->arm[alone].repeats / arm->repeats;
    char name[JOB_NAME], tax[40] = "alone";
    verified_job_name(name, &run->jobs.list[arm->trial]);
    if (a != alone)
        snprintf(tax, sizeof tax, "%+.1f %% [%+.1f, %+.1f]", 100.0 * (c.ratio * share - 1.0),
                 100.0 * (c.low * share - 1.0), 100.0 * (c.high * share - 1.0));
    double folds = (double)arm->repeats * run->folds, rows = rows_of(run, arm);
    printf("%-15s %-15s %7zu %8.2f %8.2f %8.1f %8.2f %6.1f\n", arm->placement->name, name, arm->placement->count,
           s.median * unit.per_second, s.median * unit.per_second * workers / folds, folds / s.median,
           rows / s.median * 1e-6,
           rows * row_bytes(&run->job.ds, run->jobs.list[arm->trial].engine, run->jobs.list[arm->trial].backend) /
               s.median * 1e-9);
    printf("  %.3f x one core, efficiency %.2f, %.0f %% of the read roof, tax %s%s\n", workers / (c.ratio * share),
           1.0 / (c.ratio * share), 100.0 * roof.median / s.median, tax, arm->migrated ? ", MIGRATED" : "");
}

/* Of a sample, the median, for each fold of a worker. */
static double fold_time(const struct run *run, const struct places *places, size_t a) {
    const struct place_arm *arm = &places->arm[a];
    struct error err;
    struct summary s;
    if (summarize(&s, rounds_of(&places->rounds, a), places->rounds.rounds, &err) != 0) return (double)INFINITY;
    return s.median * (double)arm->placement->count / (arm->repeats * run->folds);
}

void print_places(const struct run *run, const struct places *places) {
    unsigned fits = 0;
    double shortest = (double)INFINITY;
    for (size_t a = 0; a + 1 < places->count; a++) {
        if (places->arm[a].task != FOLD_FIT) continue;
        fits++;
        shortest = fmin(shortest, fold_time(run, places, a));
    }
    const struct time_unit unit = time_unit_for(shortest);
    char per_fold[16];
    snprintf(per_fold, sizeof per_fold, "%s/fold", unit.name);
    printf("\nPLACEMENTS of %u-fold cross-validation, %zu interleaved rounds\n", run->folds, places->rounds.rounds);
    printf("%-15s %-15s %7s %8s %8s %8s %8s %6s\n", "placement", "engine", "workers", unit.name, per_fold, "folds/s",
           "Mrow/s", "GB/s");
    for (size_t a = 0; a + 1 < places->count; a++)
        if (places->arm[a].task == FOLD_FIT) print_row(run, places, a, fits, unit);
    for (size_t i = 0; i < places->listed; i++) {
        const struct placement *placement = &places->list[i];
        if (!placement->available)
            printf("%-15s not here: %s\n", placement->name, placement->reason);
        else if (placement->same_as[0])
            printf("%-15s the same workers as %s\n", placement->name, placement->same_as);
    }
    const struct comparison *aa = &places->aa.shown;
    printf("Folds are repeated until all workers have the same number. Tax: what a fold takes longer than alone\n"
           "on one core, with its 95 %% interval. Every fold was the model that one core trained.\n"
           "A/A: %.4f [%.4f, %.4f], %s\n",
           aa->ratio, aa->low, aa->high, aa_words(places->aa.state));
}
